package io.millrace.boards.internal;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;

/** One run of an external tool. */
public final class ToolRun {
    private ToolRun() {}

    /**
     * Runs a command in a folder; all it writes goes to a log file.
     *
     * @return its exit status, empty if it did not end within the limit and was killed
     * @throws InterruptedIOException if the thread is interrupted; the tool is killed
     * @throws IOException if it cannot be started
     */
    public static OptionalInt run(List<String> command, Path folder, Path log, Duration limit) throws IOException {
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            if (process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                return OptionalInt.of(process.exitValue());
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            var interrupted = new InterruptedIOException("interrupted while " + command.getFirst() + " ran");
            interrupted.initCause(e);
            throw interrupted;
        }
        process.destroyForcibly();
        return OptionalInt.empty();
    }
}
