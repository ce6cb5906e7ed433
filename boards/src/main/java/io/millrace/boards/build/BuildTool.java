package io.millrace.boards.build;

import io.millrace.boards.internal.ToolRun;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * A tool of a build, run in the build's folder with its log beside its results.
 *
 * @param board name for messages
 * @param limit of the time that a run may take
 * @param remedy what to do where it takes longer
 */
record BuildTool(String name, Path folder, String board, Duration limit, String remedy, Consumer<String> progress) {
    /** A run that came to its end. */
    record Ended(int status, double seconds, Path log) {}

    /**
     * Runs the tool; what its status means is the caller's to say.
     *
     * @throws InterruptedIOException if the thread is interrupted
     * @throws CompileException exit code 10, BLD-0213, if the tool is missing or takes too long
     */
    Ended run(List<String> arguments) throws InterruptedIOException {
        var command = new ArrayList<String>();
        command.add(name);
        command.addAll(arguments);
        Path log = folder.resolve(name + ".log");
        long start = System.nanoTime();
        progress.accept(name + " runs; its log is " + log);
        OptionalInt status;
        try {
            status = ToolRun.run(
                    command, folder, log, limit, () -> progress.accept("%s: %.0f s".formatted(name, since(start))));
        } catch (InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            throw failure(
                    "is not on the PATH (" + e.getMessage() + ")", "install it: apt-get install " + debianPackage());
        }
        if (status.isEmpty()) {
            throw failure("did not end within " + words(limit), remedy);
        }
        return new Ended(status.getAsInt(), since(start), log);
    }

    private String debianPackage() {
        return switch (name) {
            case "icepack" -> "fpga-icestorm";
            default -> name;
        };
    }

    /** What went wrong with the tool. */
    CompileException failure(String problem, String help) {
        return new CompileException(10, new Diagnostic("BLD-0213", SourceRef.file(board), name + " " + problem, help));
    }

    private static String words(Duration time) {
        return time.toMinutesPart() == 0 ? time.toHours() + " hours" : time.toMinutes() + " minutes";
    }

    private static double since(long start) {
        return (System.nanoTime() - start) / 1e9;
    }
}
