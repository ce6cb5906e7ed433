package io.millrace.runtime.board;

import io.millrace.runtime.FrameLayout;
import io.millrace.runtime.Manifest;
import io.millrace.runtime.Peer;
import io.millrace.runtime.protocol.Acknowledgement;
import io.millrace.runtime.protocol.BoardError;
import io.millrace.runtime.protocol.Counters;
import io.millrace.runtime.protocol.Info;
import io.millrace.runtime.protocol.Packet;
import io.millrace.runtime.protocol.PacketType;
import io.millrace.scheduler.Identity;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A board around a core: the state machines of section 8 of {@code docs/protocol.md}, with the same memory. It has no
 * clock and no threads: it moves when it is given bytes or asked for some.
 */
public final class ProtocolBoard implements Peer {
    private enum Reply {
        INFO,
        NO_SESSION,
        REFUSAL,
        ACK,
        COUNTERS
    }

    private static final int SLOTS = 16;
    private static final int FRAMES = 8;

    private final Info limits;
    private final boolean byteStream;
    private final Core core;
    private final PacketReceiver receiver;
    private final @Nullable Packet[] slots;
    private final ResultRing ring;
    private final EnumSet<Reply> pending = EnumSet.noneOf(Reply.class);

    private Identity program;
    private Identity programLoading = Identity.NONE;
    private long wordsLeft;
    private int session;
    private int base;
    private int executed;
    private boolean running;
    private boolean refused;
    private BoardError refusal = new BoardError(BoardError.Code.FORMAT, 0);
    private int foreignSession;
    private boolean resultDue;
    private int damaged;
    private int repeated;

    /**
     * A board after power-up.
     *
     * @param info its constants, and the program it holds from the start
     * @param byteStream whether its link is a byte stream or carries packets
     * @throws IllegalArgumentException if the limits are not those of the protocol
     */
    public ProtocolBoard(Info info, boolean byteStream, Core core) {
        info.problem().ifPresent(problem -> {
            throw new IllegalArgumentException(problem);
        });
        this.limits = info;
        this.byteStream = byteStream;
        this.core = core;
        this.receiver = new PacketReceiver(info.dataBytesMax() + Packet.PREFIX_BYTES);
        this.slots = new @Nullable Packet[info.receiveSlots()];
        this.ring = new ResultRing(info.sendSlots(), info.dataBytesMax());
        this.program = info.program();
    }

    /**
     * A board on a packet link, without a program, for a manifest: as generous as the protocol allows.
     *
     * @param function what its core computes
     */
    public static ProtocolBoard of(Manifest manifest, FrameFunction function) {
        FrameLayout input = manifest.inputLayout();
        var info = new Info(
                Info.VERSION,
                0,
                manifest.design(),
                Identity.NONE,
                largestData(input.beatBytes()),
                SLOTS,
                SLOTS,
                input.beatBytes(),
                input.codeBytes(),
                FRAMES,
                (int) Math.round(1000 * manifest.clockMhz()));
        return new ProtocolBoard(info, false, new FunctionCore(input, manifest.outputLayout(), function, FRAMES));
    }

    private static int largestData(int beatBytes) {
        int step = beatBytes;
        while (step % 4 != 0) {
            step += beatBytes;
        }
        return Packet.DATA_BYTES_MAX / step * step;
    }

    @Override
    public String describe() {
        return "design " + limits.design();
    }

    /** The program it holds, {@link Identity#NONE} if none is complete. */
    public Identity program() {
        return program;
    }

    /**
     * A reset at any moment: session, slots and all frames are gone.
     *
     * @param keepsProgram whether its memories keep the program
     */
    public void powerUp(boolean keepsProgram) {
        if (!keepsProgram || wordsLeft > 0) {
            program = limits.fixedProgram() ? limits.program() : Identity.NONE;
        }
        newSession(0);
        pending.clear();
        receiver.reset();
    }

    // ---- receiver

    @Override
    public void accept(byte[] bytes) {
        if (byteStream) {
            receiver.accept(bytes, this::act);
            damaged += receiver.takeDropped();
        } else {
            Packet.decode(bytes)
                    .filter(p -> p.payloadLength() <= limits.dataBytesMax() + Packet.PREFIX_BYTES)
                    .ifPresentOrElse(this::act, () -> damaged++);
        }
    }

    private void act(Packet packet) {
        if (packet.session() == 0) {
            damaged++;
        } else if (packet.type() == PacketType.HELLO) {
            if (packet.session() != session) {
                newSession(packet.session());
            }
            pending.add(Reply.INFO);
        } else if (packet.session() != session) {
            foreignSession = packet.session();
            pending.add(Reply.NO_SESSION);
        } else if (refused) {
            pending.add(Reply.REFUSAL);
        } else {
            actInSession(packet);
        }
    }

    private void actInSession(Packet packet) {
        switch (packet.type()) {
            case ACK ->
                Acknowledgement.decode(packet)
                        .ifPresentOrElse(
                                ack -> {
                                    ring.acknowledge(ack);
                                    if (ack.answer()) {
                                        pending.add(Reply.ACK);
                                    }
                                },
                                () -> damaged++);
            case STATUS -> pending.add(Reply.COUNTERS);
            case PROGRAM, LOAD, START, DATA -> {
                int distance = packet.sequence() - base;
                int at = packet.sequence() & slots.length - 1;
                if (distance >= 0 && distance < slots.length && slots[at] == null) {
                    slots[at] = packet;
                } else {
                    repeated++;
                }
                pending.add(Reply.ACK);
            }
            case HELLO, INFO, COUNTERS, ERROR, RESULT -> damaged++;
        }
    }

    private void newSession(int number) {
        session = number;
        base = 0;
        executed = 0;
        Arrays.fill(slots, null);
        ring.reset();
        running = false;
        refused = false;
        wordsLeft = 0;
        pending.clear();
        resultDue = false;
        core.reset();
    }

    // ---- executor

    /** Executes the packet whose turn it is, as far as the core lets it. Returns whether anything moved. */
    private boolean execute() {
        Packet packet = refused ? null : slots[base & slots.length - 1];
        if (packet == null) {
            return false;
        }
        if (packet.type() == PacketType.DATA && running && dataFits(packet)) {
            byte[] payload = packet.payload();
            int from = Packet.PREFIX_BYTES + executed;
            int taken = core.offer(payload, from, payload.length - from);
            executed += taken;
            if (from + taken == payload.length) {
                done();
            }
            return taken > 0;
        }
        if (running || !executeStopped(packet)) {
            refuse(BoardError.Code.FORMAT, packet.type().code());
        }
        if (!refused) {
            done();
        }
        return true;
    }

    private boolean dataFits(Packet packet) {
        int length = packet.payloadLength() - Packet.PREFIX_BYTES;
        return length > 0 && length % limits.beatBytes() == 0;
    }

    private void done() {
        slots[base & slots.length - 1] = null;
        base++;
        executed = 0;
        pending.add(Reply.ACK);
    }

    /** A packet that is in place only while the core is stopped. Returns false if it is not. */
    private boolean executeStopped(Packet packet) {
        return switch (packet.type()) {
            case PROGRAM -> program(packet);
            case LOAD -> load(packet);
            case START -> start(packet);
            case DATA, HELLO, INFO, ACK, STATUS, COUNTERS, ERROR, RESULT -> false;
        };
    }

    private boolean program(Packet packet) {
        if (packet.payloadLength() != 36 || limits.fixedProgram()) {
            return false;
        }
        var identity = new byte[Identity.BYTES];
        var in = packet.view();
        in.get(identity);
        if (!Identity.of(identity).equals(limits.design())) {
            refuse(BoardError.Code.WRONG_DESIGN, 0);
            return true;
        }
        in.get(identity);
        program = Identity.NONE;
        programLoading = Identity.of(identity);
        wordsLeft = in.getInt() & 0xffffffffL;
        core.loadStart();
        loaded();
        return true;
    }

    private boolean load(Packet packet) {
        int words = packet.payloadLength() / 4;
        if (words == 0 || packet.payloadLength() % 4 != 0 || words > wordsLeft) {
            return false;
        }
        var in = packet.view();
        while (in.hasRemaining()) {
            core.load(in.getInt());
        }
        wordsLeft -= words;
        loaded();
        return true;
    }

    private void loaded() {
        if (wordsLeft == 0) {
            program = programLoading;
        }
    }

    private boolean start(Packet packet) {
        if (packet.payloadLength() != 8) {
            return false;
        }
        if (program.equals(Identity.NONE)) {
            refuse(BoardError.Code.NO_PROGRAM, 0);
        } else {
            core.reset();
            ring.start(packet.view().getLong(0));
            running = true;
        }
        return true;
    }

    private void refuse(BoardError.Code code, int detail) {
        refused = true;
        running = false;
        refusal = new BoardError(code, detail);
        pending.add(Reply.REFUSAL);
    }

    // ---- sender

    /** Runs until one packet is ready for the host, or nothing moves. */
    @Override
    public Optional<byte[]> poll() {
        run();
        Packet packet = nextPacket();
        return packet == null ? Optional.empty() : Optional.of(packet.encode());
    }

    private void run() {
        boolean moved = true;
        while (moved) {
            moved = execute();
            if (running) {
                moved |= ring.collect(core);
            }
            var fault = core.fault();
            if (fault.isPresent() && !refused) {
                refuse(BoardError.Code.CORE, fault.getAsInt());
            }
        }
    }

    private @Nullable Packet nextPacket() {
        if (pending.remove(Reply.INFO)) {
            return new Packet(PacketType.INFO, 0, session, 0, info().encode());
        }
        if (pending.remove(Reply.NO_SESSION)) {
            var error = new BoardError(BoardError.Code.NO_SESSION, session);
            return new Packet(PacketType.ERROR, 0, foreignSession, 0, error.encode());
        }
        if (pending.remove(Reply.REFUSAL)) {
            return new Packet(PacketType.ERROR, 0, session, 0, refusal.encode());
        }
        if (resultDue) {
            resultDue = false;
            var result = ring.send(session);
            if (result.isPresent()) {
                return result.get();
            }
        }
        if (pending.remove(Reply.ACK)) {
            resultDue = true;
            return new Acknowledgement(base, received(), 0, false).packet(session);
        }
        if (pending.remove(Reply.COUNTERS)) {
            resultDue = true;
            return new Packet(PacketType.COUNTERS, 0, session, 0, counters().encode());
        }
        return ring.send(session).orElse(null);
    }

    private Info info() {
        return new Info(
                limits.version(),
                limits.features() & ~Info.CYCLE_COUNTERS,
                limits.design(),
                program,
                limits.dataBytesMax(),
                limits.receiveSlots(),
                limits.sendSlots(),
                limits.beatBytes(),
                limits.codeBytes(),
                limits.frames(),
                limits.clockKhz());
    }

    private int received() {
        int bits = 0;
        for (int i = 0; i < slots.length; i++) {
            if (slots[base + i & slots.length - 1] != null) {
                bits |= 1 << i;
            }
        }
        return bits;
    }

    /** This board has no clock: its cycle counts are 0. */
    private Counters counters() {
        return new Counters(
                ring.framesFinished(),
                0,
                0,
                0,
                Math.min(damaged, 0xffff),
                Math.min(repeated, 0xffff),
                Math.min(ring.resent(), 0xffff));
    }
}
