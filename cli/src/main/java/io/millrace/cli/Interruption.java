package io.millrace.cli;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * What happens on Ctrl-C or SIGTERM: external tools and boards that this process started end with all they started, the command's thread
 * gets a moment to remove its temporary files, and nothing more is printed. The JVM then ends with 130 or 143.
 */
final class Interruption {
    private static final Duration GRACE = Duration.ofSeconds(2);

    private final Terminal terminal;
    private final Thread worker;
    private final CountDownLatch finished = new CountDownLatch(1);

    private Interruption(Terminal terminal, Thread worker) {
        this.terminal = terminal;
        this.worker = worker;
    }

    /** From now on an interruption of the JVM is one of the calling thread. */
    static Interruption prepare(Terminal terminal) {
        var interruption = new Interruption(terminal, Thread.currentThread());
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(interruption::endAll));
        return interruption;
    }

    /** The command has ended by itself. */
    void finished() {
        finished.countDown();
    }

    private void endAll() {
        boolean ordinary = finished.getCount() == 0;
        if (!ordinary) {
            terminal.out().close();
            terminal.err().close();
        }
        endChildren();
        if (!ordinary) {
            worker.interrupt();
            try {
                finished.await(GRACE.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException _) {
                // the JVM ends anyway
            }
        }
    }

    private static void endChildren() {
        var children = ProcessHandle.current().descendants().toList();
        children.forEach(ProcessHandle::destroy);
        try {
            CompletableFuture.allOf(children.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new))
                    .get(GRACE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (Exception _) {
            children.forEach(ProcessHandle::destroyForcibly);
        }
    }
}
