package io.millrace.runtime;

import io.millrace.ir.Diagnostic;
import io.millrace.runtime.protocol.Acknowledgement;
import io.millrace.runtime.protocol.BoardError;
import io.millrace.runtime.protocol.Counters;
import io.millrace.runtime.protocol.DataPrefix;
import io.millrace.runtime.protocol.Info;
import io.millrace.runtime.protocol.Packet;
import io.millrace.runtime.protocol.PacketType;
import io.millrace.scheduler.Identity;
import io.millrace.scheduler.ProgramImage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The host's side of the protocol without link and clock: packets and times go in, packets, results and the next time to
 * be called come out. Section 9 of {@code docs/protocol.md}.
 */
final class HostMachine {
    private static final long MILLI = 1_000_000;
    private static final int UNANSWERED_MIN = 3;
    private static final byte[] FLUSH = new byte[Packet.BYTES_MAX];

    private final String link;
    private final Link.Kind kind;
    private final Manifest manifest;
    private final Optional<ProgramImage> image;
    private final SessionOptions options;
    private final IntSupplier sessionNumbers;
    private final FrameLayout outputLayout;
    private final FrameLayout inputLayout;

    private final ArrayDeque<byte[]> outgoing = new ArrayDeque<>();
    private final ArrayDeque<FrameJob> unfinished = new ArrayDeque<>();
    private final ArrayDeque<FrameJob> finished = new ArrayDeque<>();
    private final Set<Integer> ownSessions = new HashSet<>();
    private final HostCounts counts = new HostCounts();

    private SessionState state = SessionState.CLOSED;
    private int session;
    private long frameNext;
    private long boardFrameNext;
    private int fillers;
    private Flush flush = Flush.NONE;
    private @Nullable Conversation conversation;
    private @Nullable Diagnostic failure;
    private @Nullable Counters counters;
    private int recoveriesInRow;
    private long helloSince;
    private long helloAt;
    private int hellos;
    private long heardAt;
    private long quietSince;
    private int doublings;
    private int unanswered;
    private boolean acknowledgementDue;

    /**
     * Which unfinished frames shall come out though nothing more may be submitted: fillers follow where fewer than
     * {@link Manifest#flushFrames()} frames do.
     */
    enum Flush {
        NONE,
        OLDEST,
        ALL
    }

    /** What lasts from one INFO to the loss of that session. */
    private final class Conversation {
        final Info info;
        final RoundTrip roundTrip;
        final SendWindow sender;
        final ReceiveWindow receiver;
        final ProgramLoader loader;
        final List<StreamCutter.Piece> pieces;
        private boolean startSent;

        Conversation(Info info) {
            this.info = info;
            this.roundTrip = new RoundTrip(
                    Math.max(kind.resendMillisMin() * MILLI, options.resendMin().toNanos()),
                    options.resendMax().toNanos());
            this.sender = new SendWindow(session, info.receiveSlots(), kind.reorderPackets(), roundTrip);
            this.receiver = new ReceiveWindow(info.sendSlots(), kind.reorderPackets(), roundTrip);
            boolean load = !info.program().equals(manifest.program());
            this.loader = new ProgramLoader(load ? image : Optional.empty(), info.dataBytesMax());
            this.pieces = StreamCutter.pieces(inputLayout, info.dataBytesMax());
        }

        void fill(long now) {
            while (sender.hasRoom() && state != SessionState.FAILED) {
                if (!startSent) {
                    var load = loader.next();
                    startSent = load.isEmpty();
                    send(load.map(l -> sender.add(l.type(), l.payload(), now))
                            .orElseGet(() -> sender.add(PacketType.START, startPayload(), now)));
                } else if (state == SessionState.LOADING || !sendData(now)) {
                    return;
                }
                quietSince = now;
            }
        }

        private byte[] startPayload() {
            long first = unfinished.isEmpty()
                    ? boardFrameNext
                    : unfinished.getFirst().boardNumber();
            return ByteBuffer.allocate(8)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(first)
                    .array();
        }

        private boolean sendData(long now) {
            for (FrameJob job : unfinished) {
                Optional<byte[]> payload = job.nextPayload(pieces);
                if (payload.isPresent()) {
                    send(sender.add(PacketType.DATA, payload.get(), now));
                    return true;
                }
            }
            if (fillersMissing() > 0) {
                unfinished.add(FrameJob.filler(boardFrameNext++, inputLayout, outputLayout, now));
                fillers++;
                return sendData(now);
            }
            return false;
        }

        boolean started() {
            return startSent && sender.isEmpty();
        }
    }

    HostMachine(
            String link,
            Link.Kind kind,
            Manifest manifest,
            Optional<ProgramImage> image,
            SessionOptions options,
            IntSupplier sessionNumbers) {
        this.link = link;
        this.kind = kind;
        this.manifest = manifest;
        this.image = image;
        this.options = options;
        this.sessionNumbers = sessionNumbers;
        this.inputLayout = manifest.inputLayout();
        this.outputLayout = manifest.outputLayout();
    }

    // ---- what the caller sees

    SessionState state() {
        return state;
    }

    Optional<Diagnostic> failure() {
        return Optional.ofNullable(failure);
    }

    Optional<Info> info() {
        return Optional.ofNullable(conversation).map(c -> c.info);
    }

    Optional<Counters> counters() {
        return Optional.ofNullable(counters);
    }

    HostCounts counts() {
        return counts;
    }

    int unfinishedFrames() {
        return unfinished.size() - fillers;
    }

    /** From now on. */
    void flush(Flush which) {
        flush = which;
    }

    /** Frames of zeros that have to follow before what {@link #flush} names can come out. */
    private int fillersMissing() {
        if (unfinishedFrames() == 0) {
            return 0;
        }
        int followers = unfinished.size() - 1;
        if (flush == Flush.ALL) {
            followers = 0;
            for (var it = unfinished.descendingIterator(); it.next().filler(); ) {
                followers++;
            }
        }
        return flush == Flush.NONE ? 0 : manifest.flushFrames() - followers;
    }

    /** Next bytes for the link. */
    Optional<byte[]> output() {
        return Optional.ofNullable(outgoing.poll());
    }

    /** Next finished frame, in order. */
    Optional<FrameJob> result() {
        return Optional.ofNullable(finished.poll());
    }

    /** Whether a frame credit is free. */
    boolean canSubmit() {
        int board = conversation == null ? 0 : conversation.info.frames();
        return unfinishedFrames() < Math.min(board, options.framesMax());
    }

    long submit(byte[] stream, long now) {
        if (!canSubmit()) {
            throw new IllegalStateException("frames are submitted only with a credit");
        }
        long number = frameNext++;
        unfinished.add(new FrameJob(number, boardFrameNext++, stream, outputLayout, now));
        if (state == SessionState.READY || state == SessionState.STREAMING) {
            stream(now);
        }
        return number;
    }

    private void stream(long now) {
        if (state == SessionState.READY) {
            quietSince = now;
            heardAt = now;
            doublings = 0;
            unanswered = 0;
        }
        go(SessionState.Event.FRAME);
    }

    void askCounters() {
        counters = null;
        send(new Packet(PacketType.STATUS, 0, session, 0, new byte[0]).encode());
    }

    void open(long now) {
        go(SessionState.Event.OPEN);
        hello(now);
    }

    void close() {
        go(SessionState.Event.CLOSE);
        outgoing.clear();
        unfinished.clear();
        fillers = 0;
        conversation = null;
    }

    /** The link broke. */
    void fail(Diagnostic diagnostic) {
        fail(SessionState.Event.REFUSED, diagnostic);
    }

    private void fail(SessionState.Event event, Diagnostic diagnostic) {
        if (state != SessionState.FAILED && state != SessionState.CLOSED) {
            failure = diagnostic;
            go(event);
            outgoing.clear();
        }
    }

    private void go(SessionState.Event event) {
        SessionState from = state;
        state = from.after(event)
                .orElseThrow(() -> new IllegalStateException("the session table has no " + event + " in " + from));
    }

    // ---- handshake and recovery

    private void hello(long now) {
        do {
            session = sessionNumbers.getAsInt();
        } while (session == 0 || !ownSessions.add(session));
        conversation = null;
        helloSince = now;
        hellos = 0;
        sendHello(now);
    }

    private void sendHello(long now) {
        if (hellos++ > 0) {
            flush();
        }
        byte[] payload = ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putShort((short) Info.VERSION)
                .putShort((short) 0)
                .array();
        send(new Packet(PacketType.HELLO, 0, session, 0, payload).encode());
        helloAt = now + options.hello().toNanos();
    }

    private void recover(SessionState.Event event, long now) {
        if (recoveriesInRow == options.recoveriesMax()) {
            refuse(
                    "LNK-0110",
                    "the board lost the session " + (recoveriesInRow + 1) + " times without finishing a frame",
                    "look for resets of the board: supply, clock, watchdog");
            return;
        }
        recoveriesInRow++;
        counts.recoveries++;
        go(event);
        outgoing.clear();
        unfinished.removeIf(FrameJob::filler);
        fillers = 0;
        for (FrameJob job : unfinished) {
            job.restart(boardFrameNext++);
        }
        hello(now);
    }

    private void onInfo(Info info, long now) {
        Optional<String> problem = info.problem();
        if (problem.isPresent()) {
            refuse("LNK-0105", problem.get(), "use a board and a tool of one version");
        } else if (!info.design().equals(manifest.design())) {
            refuse(
                    "LNK-0103",
                    "the board runs design " + info.design() + ", this folder is for design " + manifest.design(),
                    "load this folder's bitstream, or compile a program for the board's design with `--design`");
        } else if (info.beatBytes() != inputLayout.beatBytes() || info.codeBytes() != inputLayout.codeBytes()) {
            refuse(
                    "LNK-0105",
                    "the board takes beats of " + info.beatBytes() + " bytes with codes of " + info.codeBytes()
                            + ", the manifest says " + inputLayout.beatBytes() + " and " + inputLayout.codeBytes(),
                    "compile again: manifest and design are not of one run");
        } else if (!info.program().equals(manifest.program())) {
            onOtherProgram(info, now);
        } else {
            converse(info, now);
        }
    }

    private void onOtherProgram(Info info, long now) {
        String holds = info.program().equals(Identity.NONE) ? "no program" : "program " + info.program();
        if (info.fixedProgram()) {
            refuse(
                    "LNK-0104",
                    "the board holds " + holds + " for good, this folder needs " + manifest.program(),
                    "load this folder's bitstream");
        } else if (image.isEmpty()) {
            refuse(
                    "LNK-0104",
                    "the board holds " + holds + " and there is no program image to load " + manifest.program(),
                    "give the program image of this folder");
        } else if (!image.get().designId().equals(info.design())) {
            refuse(
                    "LNK-0103",
                    "the program image is for design " + image.get().designId() + ", the board runs " + info.design(),
                    "compile the program again with `--design`");
        } else if (!image.get().programId().equals(manifest.program())) {
            refuse(
                    "LNK-0104",
                    "the program image is " + image.get().programId() + ", the manifest names " + manifest.program(),
                    "compile again: manifest and program are not of one run");
        } else {
            converse(info, now);
        }
    }

    private void converse(Info info, long now) {
        go(SessionState.Event.INFO);
        conversation = new Conversation(info);
        heardAt = now;
        quietSince = now;
        doublings = 0;
        unanswered = 0;
    }

    private void refuse(String code, String problem, String remedy) {
        fail(SessionState.Event.REFUSED, Failures.diagnostic(code, link, problem, remedy));
    }

    // ---- packets

    /** Takes an undamaged packet. Call {@link #tick} once after the last of a group. */
    void receive(Packet packet, long now) {
        if (state == SessionState.CLOSED || state == SessionState.FAILED) {
            return;
        }
        if (packet.session() != session) {
            counts.foreign++;
            return;
        }
        counts.received++;
        heardAt = now;
        unanswered = 0;
        if (packet.type() == PacketType.INFO) {
            if (!state.inSession()) {
                Info.decode(packet).ifPresent(info -> onInfo(info, now));
            }
        } else if (conversation != null) {
            receive(packet, conversation, now);
        }
    }

    private void receive(Packet packet, Conversation c, long now) {
        quietSince = now;
        switch (packet.type()) {
            case ACK ->
                Acknowledgement.decode(packet).ifPresent(ack -> {
                    if (c.sender.acknowledge(ack, now)) {
                        doublings = 0;
                    }
                });
            case RESULT -> {
                acknowledgementDue = true;
                if (c.receiver.accept(packet, now)) {
                    doublings = 0;
                    deliver(c, now);
                } else {
                    counts.repeated++;
                }
            }
            case COUNTERS -> Counters.decode(packet).ifPresent(value -> counters = value);
            case ERROR -> BoardError.decode(packet).ifPresent(error -> onError(error, now));
            case INFO, HELLO, STATUS, PROGRAM, LOAD, START, DATA -> {}
        }
    }

    private void deliver(Conversation c, long now) {
        for (var packet = c.receiver.next(); packet.isPresent(); packet = c.receiver.next()) {
            Packet result = packet.get();
            DataPrefix.decode(result).ifPresent(prefix -> onResult(c, result, prefix, now));
        }
    }

    private void onResult(Conversation c, Packet packet, DataPrefix prefix, long now) {
        Optional<FrameJob> named = unfinished.stream()
                .filter(j -> j.boardNumber() == prefix.frame())
                .findFirst();
        if (named.isEmpty()) {
            counts.unknownResults++;
            return;
        }
        FrameJob job = named.get();
        var problem = job.take(packet, prefix);
        if (problem.isEmpty() && job.finished() && !job.allSent(c.pieces)) {
            problem = Optional.of("it is complete before the frame is");
        }
        if (problem.isPresent()) {
            refuse(
                    "LNK-0108",
                    "the result of frame " + job.boardNumber() + " is not what the manifest says: " + problem.get(),
                    "compile again: manifest, design and program are not of one run");
        } else {
            finishOldest(now);
        }
    }

    private void finishOldest(long now) {
        while (!unfinished.isEmpty() && unfinished.getFirst().finished()) {
            FrameJob job = unfinished.remove();
            if (job.filler()) {
                fillers--;
            } else {
                job.finish(now);
                finished.add(job);
                counts.finished++;
                recoveriesInRow = 0;
            }
        }
        if (state == SessionState.STREAMING && unfinishedFrames() == 0) {
            go(SessionState.Event.DONE);
        }
    }

    private void onError(BoardError error, long now) {
        switch (error.code()) {
            case NO_SESSION -> {
                if (error.detail() == 0 || ownSessions.contains(error.detail()) && error.detail() != session) {
                    recover(SessionState.Event.LOST, now);
                } else if (error.detail() != session) {
                    refuse(
                            "LNK-0107",
                            "another host has taken the board (its session is " + Integer.toHexString(error.detail())
                                    + ")",
                            "let one host at a time use a board");
                }
            }
            case WRONG_DESIGN ->
                refuse(
                        "LNK-0103",
                        "the board refused the program: it is for another design",
                        "compile the program again with `--design`");
            case NO_PROGRAM ->
                refuse("LNK-0104", "the board has no complete program", "run again; the program is loaded anew");
            case FORMAT ->
                refuse(
                        "LNK-0109",
                        "the board refused a packet of type " + error.detail(),
                        "use a board and a tool of one version");
            case CORE ->
                refuse(
                        "LNK-0109",
                        "the board stopped with fault " + error.detail(),
                        "check that program and design are of one version, then reset the board");
        }
    }

    // ---- time

    /** Does what is due: state changes, new packets, acknowledgements, time-outs. */
    void tick(long now) {
        if (state == SessionState.HELLO || state == SessionState.RECOVERING) {
            tickHello(now);
        }
        Conversation c = conversation;
        if (c == null || !state.inSession()) {
            return;
        }
        c.fill(now);
        if (state == SessionState.LOADING && c.started()) {
            go(SessionState.Event.LOADED);
            if (unfinishedFrames() > 0) {
                stream(now);
            }
            c.fill(now);
        }
        for (byte[] bytes : c.sender.overtaken(now)) {
            counts.resent++;
            send(bytes);
            quietSince = now;
        }
        int again = c.receiver.overtaken(now);
        if (acknowledgementDue || again != 0) {
            acknowledgementDue = false;
            send(c.receiver.acknowledgement(again, false).packet(session).encode());
        }
        if (waiting() && now >= timeoutAt(c)) {
            onTimeout(c, now);
        }
    }

    private void tickHello(long now) {
        if (now < helloAt) {
            return;
        }
        if (state == SessionState.RECOVERING
                && hellos >= UNANSWERED_MIN
                && now - helloSince >= options.silence().toNanos()) {
            fail(
                    SessionState.Event.SILENT,
                    Failures.diagnostic(
                            "LNK-0102",
                            link,
                            "the board has not answered for " + (now - heardAt) / MILLI + " ms; " + unfinishedFrames()
                                    + " frames are not finished",
                            "check that the board runs and is connected, then run again"));
            return;
        }
        sendHello(now);
    }

    private void onTimeout(Conversation c, long now) {
        if (unanswered >= UNANSWERED_MIN && now - heardAt >= options.silence().toNanos()) {
            recover(SessionState.Event.SILENT, now);
            return;
        }
        counts.timeouts++;
        doublings++;
        unanswered++;
        quietSince = now;
        flush();
        c.sender.oldest(now).ifPresent(bytes -> {
            counts.resent++;
            send(bytes);
        });
        send(c.receiver
                .acknowledgement(c.receiver.missing(), true)
                .packet(session)
                .encode());
    }

    /** Whether the board owes anything. */
    private boolean waiting() {
        return state == SessionState.LOADING || state == SessionState.STREAMING;
    }

    private long timeoutAt(Conversation c) {
        long initial = Math.max(options.hello().toNanos(), options.resendMin().toNanos());
        return quietSince + c.roundTrip.timeout(doublings, initial);
    }

    /** When {@link #tick} is due again; {@link Long#MAX_VALUE} if nothing but a packet can change anything. */
    long wakeAt() {
        Conversation c = conversation;
        return switch (state) {
            case HELLO, RECOVERING -> helloAt;
            case LOADING, READY, STREAMING -> {
                long at = waiting() && c != null ? timeoutAt(c) : Long.MAX_VALUE;
                yield c == null ? at : Math.min(at, Math.min(c.sender.overtakenAt(), c.receiver.overtakenAt()));
            }
            case CLOSED, FAILED -> Long.MAX_VALUE;
        };
    }

    private void flush() {
        if (kind.byteStream()) {
            outgoing.add(FLUSH);
        }
    }

    private void send(byte[] bytes) {
        counts.sent++;
        outgoing.add(bytes);
    }
}
