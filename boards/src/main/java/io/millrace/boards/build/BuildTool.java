package io.millrace.boards.build;

import io.millrace.boards.internal.ToolRun;
import io.millrace.boards.synthesis.PlacementReport;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * A tool of an iCE40 build, run in the build's folder with its log beside its results.
 *
 * @param board name for messages
 */
record BuildTool(String name, Path folder, String board, Consumer<String> progress) {
    private static final Duration LIMIT = Duration.ofMinutes(30);
    private static final int SHOWN = 2000;

    /**
     * Runs the tool; returns the seconds it took.
     *
     * @throws InterruptedIOException if the thread is interrupted
     * @throws CompileException exit code 10, BLD-0213, if it is missing, fails or takes too long; 5, BLD-0214, if the design does not fit
     */
    double run(List<String> arguments) throws IOException {
        var command = new ArrayList<String>();
        command.add(name);
        command.addAll(arguments);
        Path log = folder.resolve(name + ".log");
        long start = System.nanoTime();
        progress.accept(name + " runs; its log is " + log);
        OptionalInt status;
        try {
            status = ToolRun.run(
                    command, folder, log, LIMIT, () -> progress.accept("%s: %.0f s".formatted(name, since(start))));
        } catch (InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            throw failure(
                    "is not on the PATH (" + e.getMessage() + ")", "install it: apt-get install " + debianPackage());
        }
        if (status.isEmpty()) {
            throw failure(
                    "did not end within " + LIMIT.toMinutes() + " minutes",
                    "the device is too full to be routed: compile with --cycles or --multipliers for a smaller machine");
        }
        if (status.getAsInt() != 0) {
            throw explained(status.getAsInt(), Files.readString(log));
        }
        return since(start);
    }

    private CompileException explained(int status, String log) {
        List<String> tooMany = PlacementReport.tooMany(log);
        if (!tooMany.isEmpty()) {
            return new CompileException(
                    5,
                    new Diagnostic(
                            "BLD-0214",
                            SourceRef.file(board),
                            "the design with its host port needs " + String.join(", ", tooMany),
                            "compile a smaller machine (--multipliers, --cycles), a smaller model such as lenet1, or for a larger board"));
        }
        String shown = log.substring(Math.max(0, log.length() - SHOWN));
        return failure(
                "failed with status " + status + ":\n" + shown,
                "report this as a bug with the model: what is built must pass");
    }

    private String debianPackage() {
        return switch (name) {
            case "icepack" -> "fpga-icestorm";
            default -> name;
        };
    }

    private CompileException failure(String problem, String remedy) {
        return new CompileException(
                10, new Diagnostic("BLD-0213", SourceRef.file(board), name + " " + problem, remedy));
    }

    private static double since(long start) {
        return (System.nanoTime() - start) / 1e9;
    }
}
