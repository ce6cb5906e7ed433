package io.millrace.runtime.board;

import io.millrace.runtime.protocol.Acknowledgement;
import io.millrace.runtime.protocol.DataPrefix;
import io.millrace.runtime.protocol.Packet;
import io.millrace.runtime.protocol.PacketType;
import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Collector and send slots of a board: sections 8.5 and 8.6 of {@code docs/protocol.md}. */
final class ResultRing {
    private static final class Slot {
        final int sequence;
        final byte[] payload;
        boolean sent;

        Slot(int sequence, byte[] payload) {
            this.sequence = sequence;
            this.payload = payload;
        }
    }

    private final int slots;
    private final int dataBytes;
    private final ArrayDeque<Slot> ring = new ArrayDeque<>();
    private final ByteArrayOutputStream open = new ByteArrayOutputStream();
    private int openTensor;
    private Core.@Nullable Output held;
    private final Map<Integer, Place> places = new HashMap<>();
    private int next;
    private long firstFrame;
    private int resent;
    private int framesFinished;

    /** Where the stream of one output stands. */
    private record Place(long frame, int offset) {}

    /** @param dataBytes most data bytes in a packet, whole beats */
    ResultRing(int slots, int dataBytes) {
        this.slots = slots;
        this.dataBytes = dataBytes;
    }

    void reset() {
        ring.clear();
        open.reset();
        held = null;
        next = 0;
    }

    void start(long firstFrame) {
        this.firstFrame = firstFrame;
        places.clear();
        framesFinished = 0;
    }

    int resent() {
        return resent;
    }

    int framesFinished() {
        return framesFinished;
    }

    /** Takes what the core has, as long as there is room. Returns whether anything moved. */
    boolean collect(Core core) {
        boolean moved = false;
        while (ring.size() < slots) {
            Core.Output output =
                    held != null ? held : core.take(dataBytes - open.size()).orElse(null);
            if (output == null) {
                return moved;
            }
            moved = true;
            held = null;
            if (open.size() > 0 && output.tensor() != openTensor) {
                close(false);
                held = output;
            } else {
                add(output);
            }
        }
        return moved;
    }

    private void add(Core.Output output) {
        openTensor = output.tensor();
        open.writeBytes(output.bytes());
        if (output.last() || open.size() == dataBytes) {
            close(output.last());
        }
    }

    private void close(boolean last) {
        byte[] data = open.toByteArray();
        open.reset();
        Place at = places.getOrDefault(openTensor, new Place(firstFrame, 0));
        var prefix = new DataPrefix(at.frame, openTensor, last, at.offset);
        ring.add(new Slot(next++, prefix.payload(data, 0, data.length)));
        places.put(openTensor, last ? new Place(at.frame + 1, 0) : new Place(at.frame, at.offset + data.length));
        if (last && openTensor == 0) {
            framesFinished++;
        }
    }

    void acknowledge(Acknowledgement ack) {
        int oldest = next - ring.size();
        int freed = ack.base() - oldest;
        if (freed < 0 || freed > ring.size()) {
            return;
        }
        for (int i = 0; i < freed; i++) {
            ring.remove();
        }
        for (Slot slot : ring) {
            int bit = slot.sequence - ack.base();
            if (slot.sent && bit < 32 && (ack.resend() >>> bit & 1) != 0) {
                slot.sent = false;
                resent++;
            }
        }
    }

    /** The oldest result that waits to be sent; counts as sent from now on. */
    Optional<Packet> send(int session) {
        for (Slot slot : ring) {
            if (!slot.sent) {
                slot.sent = true;
                return Optional.of(new Packet(PacketType.RESULT, 0, session, slot.sequence, slot.payload));
            }
        }
        return Optional.empty();
    }
}
