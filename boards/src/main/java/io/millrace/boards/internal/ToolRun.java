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
    private static final Duration TICK = Duration.ofSeconds(10);

    private ToolRun() {}

    /**
     * Runs a command in a folder; all it writes goes to a log file.
     *
     * @return its exit status, empty if it did not end within the limit and was killed with all that it had started
     * @throws InterruptedIOException if the thread is interrupted; the tool is killed likewise
     * @throws IOException if it cannot be started
     */
    public static OptionalInt run(List<String> command, Path folder, Path log, Duration limit) throws IOException {
        return run(command, folder, log, limit, () -> {});
    }

    /** As above; {@code tick} is called every ten seconds while the tool runs. */
    public static OptionalInt run(List<String> command, Path folder, Path log, Duration limit, Runnable tick)
            throws IOException {
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            long end = System.nanoTime() + limit.toNanos();
            for (long left = limit.toNanos(); left > 0; left = end - System.nanoTime()) {
                if (process.waitFor(Math.min(left, TICK.toNanos()), TimeUnit.NANOSECONDS)) {
                    return OptionalInt.of(process.exitValue());
                }
                tick.run();
            }
        } catch (InterruptedException e) {
            kill(process);
            Thread.currentThread().interrupt();
            var interrupted = new InterruptedIOException("interrupted while " + command.getFirst() + " ran");
            interrupted.initCause(e);
            throw interrupted;
        }
        kill(process);
        return OptionalInt.empty();
    }

    /** Ends a tool with all that it has started, such as the compilers of a {@code make}. */
    private static void kill(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }
}
