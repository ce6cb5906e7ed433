package io.millrace.boards.build;

import io.millrace.boards.synthesis.PlacementReport;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/**
 * The tools of an iCE40 build: all of them have to succeed.
 *
 * @param folder in which they run
 * @param board name for messages
 */
record Ice40Tools(Path folder, String board, Consumer<String> progress) {
    private static final Duration LIMIT = Duration.ofMinutes(30);
    private static final int SHOWN = 2000;

    /**
     * Runs a tool; returns the seconds it took.
     *
     * @throws java.io.InterruptedIOException if the thread is interrupted
     * @throws CompileException exit code 10, BLD-0213, if it is missing, fails or takes too long; 5, BLD-0214, if the design does not fit
     */
    double run(String name, List<String> arguments) throws IOException {
        var tool = new BuildTool(
                name,
                folder,
                board,
                LIMIT,
                "the device is too full to be routed: compile with --cycles or --multipliers for a smaller machine",
                progress);
        var ended = tool.run(arguments);
        if (ended.status() == 0) {
            return ended.seconds();
        }
        String log = Files.readString(ended.log());
        List<String> tooMany = PlacementReport.tooMany(log);
        if (!tooMany.isEmpty()) {
            throw tooLarge(tooMany);
        }
        throw tool.failure(
                "failed with status " + ended.status() + ":\n" + log.substring(Math.max(0, log.length() - SHOWN)),
                "report this as a bug with the model: what is built must pass");
    }

    private CompileException tooLarge(List<String> tooMany) {
        return new CompileException(
                5,
                new Diagnostic(
                        "BLD-0214",
                        SourceRef.file(board),
                        "the design with its host port needs " + String.join(", ", tooMany),
                        "compile a smaller machine (--multipliers, --cycles), a smaller model such as lenet1, or for a larger board"));
    }
}
