package io.millrace.runtime;

import io.millrace.ir.CompileException;
import io.millrace.runtime.protocol.Counters;
import io.millrace.runtime.protocol.Info;
import io.millrace.runtime.protocol.Packet;
import io.millrace.runtime.protocol.PacketDecoder;
import io.millrace.scheduler.ProgramImage;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Iterator;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntSupplier;

/**
 * A conversation with one board: handshake, program, frames out and results back, each result once and in the order of
 * the frames. Lost, damaged, repeated and reordered packets and resets of the board are repaired; what cannot be is
 * reported as a {@link CompileException} with exit code 8 and a code {@code LNK-….}
 *
 * <p>One thread owns a session; nothing happens between its calls. {@link #close()} may come from any thread.
 */
public final class Session implements AutoCloseable {
    private static final int CHUNKS_PER_TURN = 64;
    private static final long MILLI = 1_000_000;
    private static final Duration COUNTERS_AT_FAILURE = Duration.ofMillis(500);

    private final Link link;
    private final Ticker ticker;
    private final HostMachine machine;
    private final FrameLayout inputLayout;
    private final FrameLayout outputLayout;
    private final PacketDecoder decoder = new PacketDecoder();
    private final Thread owner = Thread.currentThread();
    private long timeoutsSeen;
    private long bytesAt;
    private volatile boolean closed;

    /** What a session needs beside its link; see {@link Session#open}. */
    private Session(
            Link link,
            Ticker ticker,
            Manifest manifest,
            Optional<ProgramImage> image,
            SessionOptions options,
            IntSupplier sessionNumbers) {
        this.link = link;
        this.ticker = ticker;
        this.machine = new HostMachine(link.describe(), link.kind(), manifest, image, options, sessionNumbers);
        this.inputLayout = manifest.inputLayout();
        this.outputLayout = manifest.outputLayout();
    }

    /**
     * Opens a session on the clock of this machine.
     *
     * @see #open(Link, Ticker, Manifest, Optional, SessionOptions, IntSupplier, Duration)
     */
    public static Session open(
            Link link, Manifest manifest, Optional<ProgramImage> image, SessionOptions options, Duration deadline) {
        var random = new SecureRandom();
        return open(link, Ticker.system(), manifest, image, options, random::nextInt, deadline);
    }

    /**
     * Opens a session: handshake, and the program is loaded if the board does not hold it. The link then belongs to the
     * session, and is closed if this fails.
     *
     * @param ticker the clock that {@link Link#receive} waits by
     * @param image the program to load; may be missing if the board holds the manifest's program
     * @param sessionNumbers random numbers
     * @param deadline longest wait for all of it
     * @throws CompileException exit code 8: {@code LNK-0102} no answer, {@code LNK-0103} other design, {@code LNK-0104} no
     *     fitting program, {@code LNK-0105} unfit limits or version, {@code LNK-0111} link broken
     */
    public static Session open(
            Link link,
            Ticker ticker,
            Manifest manifest,
            Optional<ProgramImage> image,
            SessionOptions options,
            IntSupplier sessionNumbers,
            Duration deadline) {
        var session = new Session(link, ticker, manifest, image, options, sessionNumbers);
        boolean opened = false;
        try {
            session.machine.open(ticker.nanos());
            session.await(() -> session.machine.state() == SessionState.READY, deadline, session::openingProblem);
            opened = true;
            return session;
        } finally {
            if (!opened) {
                session.close();
            }
        }
    }

    private CompileException openingProblem(Duration deadline) {
        boolean answered = machine.info().isPresent();
        return Failures.of(Failures.diagnostic(
                "LNK-0102",
                link.describe(),
                answered
                        ? "the board answers, but took no program within " + deadline.toMillis() + " ms"
                        : "no board answered within " + deadline.toMillis() + " ms",
                "check that the board runs and is connected, or allow more time"));
    }

    /**
     * Submits a frame.
     *
     * @param deadline longest wait for a frame credit
     * @return its number; numbers count from 0
     * @throws IllegalArgumentException if the frame does not fit the manifest
     * @throws CompileException exit code 8: {@code LNK-0106} no credit in time, or the failure of the session
     */
    public long submit(Frame frame, Duration deadline) {
        byte[] stream = inputLayout.pack(frame);
        awaitCredit(deadline, "no frame was finished");
        long number = machine.submit(stream, ticker.nanos());
        turn(0);
        return number;
    }

    /**
     * The next result, in the order of the frames.
     *
     * @throws IllegalStateException if no frame is unfinished and no result is left
     * @throws CompileException exit code 8: {@code LNK-0106} not in time (the frame stays unfinished and may be asked for
     *     again), or the failure of the session
     */
    public Result take(Duration deadline) {
        Optional<Result> ready = poll();
        if (ready.isPresent()) {
            return ready.get();
        }
        if (machine.unfinishedFrames() == 0) {
            requireLive();
            throw new IllegalStateException("a result is taken only for a submitted frame");
        }
        long before = machine.counts().finished;
        flushing(
                HostMachine.Flush.OLDEST,
                () -> await(() -> machine.counts().finished > before, deadline, d -> late("frame is not finished", d)));
        return poll().orElseThrow(() -> new IllegalStateException("a finished frame has a result"));
    }

    /** A result that has come already, in the order of the frames. Does not wait; the results of a failed session stay. */
    public Optional<Result> poll() {
        requireOwner();
        return machine.result()
                .map(job -> new Result(
                        job.number(), outputLayout.unpack(job.output()), job.finishedAt() - job.submittedAt()));
    }

    /**
     * Sends all frames, as many at once as there are credits, and hands over their results in order.
     *
     * @param deadline longest wait for any one result
     * @throws CompileException as {@link #submit} and {@link #take}; results handed over before are good
     */
    public void stream(Iterator<Frame> frames, Consumer<Result> results, Duration deadline) {
        while (frames.hasNext()) {
            byte[] stream = inputLayout.pack(frames.next());
            awaitCredit(deadline, "frame is not finished");
            machine.submit(stream, ticker.nanos());
            turn(0);
            handOver(results);
        }
        flushing(HostMachine.Flush.ALL, () -> {
            while (machine.unfinishedFrames() > 0) {
                long before = machine.counts().finished;
                await(() -> machine.counts().finished > before, deadline, d -> late("frame is not finished", d));
                handOver(results);
            }
        });
        handOver(results);
    }

    /** The board may owe the oldest frame until others follow; those that would follow it wait here for its credit. */
    private void awaitCredit(Duration deadline, String problem) {
        flushing(HostMachine.Flush.OLDEST, () -> await(machine::canSubmit, deadline, d -> late(problem, d)));
    }

    private void flushing(HostMachine.Flush which, Runnable body) {
        machine.flush(which);
        try {
            body.run();
        } finally {
            machine.flush(HostMachine.Flush.NONE);
        }
    }

    private void handOver(Consumer<Result> results) {
        for (var ready = poll(); ready.isPresent(); ready = poll()) {
            results.accept(ready.get());
        }
    }

    /**
     * The board's own counters.
     *
     * @throws CompileException exit code 8: {@code LNK-0106} not in time, or the failure of the session
     */
    public Counters counters(Duration deadline) {
        requireLive();
        return askCounters(deadline).orElseThrow(() -> late("the board does not tell its counters", deadline));
    }

    private Optional<Counters> askCounters(Duration deadline) {
        long end = end(deadline);
        long again = Math.max(1, deadline.toNanos() / 8);
        while (machine.state().inSession() && ticker.nanos() < end) {
            machine.askCounters();
            long until = Math.min(end, ticker.nanos() + again);
            while (machine.counters().isEmpty() && machine.state().inSession() && ticker.nanos() < until) {
                turn(until - ticker.nanos());
            }
            if (machine.counters().isPresent()) {
                return machine.counters();
            }
        }
        return Optional.empty();
    }

    private CompileException late(String what, Duration deadline) {
        String counters = machine.state().inSession()
                ? askCounters(COUNTERS_AT_FAILURE)
                        .map(c -> "the board answers and counts " + c)
                        .orElse("the board does not answer")
                : "the board is being looked for";
        return Failures.of(Failures.diagnostic(
                "LNK-0106",
                link.describe(),
                what + " within " + deadline.toMillis() + " ms; " + machine.unfinishedFrames()
                        + " frames are unfinished; " + counters,
                "allow more time, or see why the board is slow"));
    }

    public SessionState state() {
        return machine.state();
    }

    /** What the board said of itself, in the present session. */
    public Optional<Info> info() {
        return machine.info();
    }

    /** Frames submitted whose result has not come. */
    public int unfinishedFrames() {
        return machine.unfinishedFrames();
    }

    public LinkStatistics statistics() {
        return machine.counts().with(decoder.damagedPackets());
    }

    /** Ends the session and its link. Unfinished frames are given up. May be called again. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            if (Thread.currentThread() == owner) {
                machine.close();
            }
            link.close();
        }
    }

    // ---- turning the machine

    private interface Late {
        CompileException after(Duration deadline);
    }

    private void await(BooleanSupplier done, Duration deadline, Late late) {
        requireLive();
        long end = end(deadline);
        while (!done.getAsBoolean()) {
            long left = end - ticker.nanos();
            if (left <= 0) {
                throw late.after(deadline);
            }
            turn(left);
            requireLive();
        }
    }

    private long end(Duration deadline) {
        return ticker.nanos() + deadline.toNanos();
    }

    private void turn(long waitNanos) {
        try {
            exchange(waitNanos);
        } catch (CompileException e) {
            machine.fail(e.diagnostics().getFirst());
            throw e;
        }
    }

    /** Sends what is due, waits for the link at most this long, takes what it has. */
    private void exchange(long waitNanos) {
        machine.tick(ticker.nanos());
        sendAll();
        long wait = Math.min(waitNanos, machine.wakeAt() - ticker.nanos());
        Optional<byte[]> bytes = link.receive(Math.max(0, wait));
        for (int i = 0; bytes.isPresent() && i < CHUNKS_PER_TURN; i++) {
            take(bytes.get());
            bytes = link.receive(0);
        }
        bytes.ifPresent(this::take);
        resynchronise();
        machine.tick(ticker.nanos());
        sendAll();
    }

    private void take(byte[] bytes) {
        long now = ticker.nanos();
        if (!link.kind().byteStream()) {
            Packet.decode(bytes)
                    .ifPresentOrElse(p -> machine.receive(p, now), () -> machine.counts().damagedMessages++);
            return;
        }
        bytesAt = now;
        decoder.feed(bytes);
        takeDecoded(now);
    }

    private void takeDecoded(long now) {
        for (var packet = decoder.next(); packet.isPresent(); packet = decoder.next()) {
            machine.receive(packet.get(), now);
        }
    }

    /** After a time-out on a quiet link, what is held as the beginning of a packet has no end. */
    private void resynchronise() {
        long quiet = ticker.nanos() - bytesAt;
        if (machine.counts().timeouts != timeoutsSeen && quiet >= link.kind().resendMillisMin() * MILLI) {
            timeoutsSeen = machine.counts().timeouts;
            while (decoder.heldBytes() > 0) {
                decoder.giveUp();
                takeDecoded(ticker.nanos());
            }
        }
    }

    private void sendAll() {
        for (var bytes = machine.output(); bytes.isPresent(); bytes = machine.output()) {
            link.send(bytes.get());
        }
    }

    private void requireLive() {
        requireOwner();
        machine.failure().ifPresent(failure -> {
            throw Failures.of(failure);
        });
        if (closed) {
            throw new IllegalStateException("a closed session is not used");
        }
        if (Thread.currentThread().isInterrupted()) {
            throw Failures.of(Failures.diagnostic("LNK-0113", link.describe(), "interrupted", "run again"));
        }
    }

    private void requireOwner() {
        if (Thread.currentThread() != owner) {
            throw new IllegalStateException("one thread owns a session: " + owner.getName());
        }
    }
}
