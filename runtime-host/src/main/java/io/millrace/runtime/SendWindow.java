package io.millrace.runtime;

import io.millrace.runtime.protocol.Acknowledgement;
import io.millrace.runtime.protocol.Packet;
import io.millrace.runtime.protocol.PacketType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Numbered packets on their way to the board, until it has executed them. */
final class SendWindow {
    private static final class Sent {
        final int sequence;
        final byte[] bytes;
        long order;
        long at;
        boolean again;
        boolean overtaken;
        long overtakenAt;
        boolean received;

        Sent(int sequence, byte[] bytes) {
            this.sequence = sequence;
            this.bytes = bytes;
        }
    }

    private final int session;
    private final int slots;
    private final int reorderPackets;
    private final RoundTrip roundTrip;
    private final ArrayDeque<Sent> window = new ArrayDeque<>();
    private int base;
    private int next;
    private long order;
    private long orderReceived = -1;

    SendWindow(int session, int slots, int reorderPackets, RoundTrip roundTrip) {
        this.session = session;
        this.slots = slots;
        this.reorderPackets = reorderPackets;
        this.roundTrip = roundTrip;
    }

    boolean hasRoom() {
        return next - base < slots;
    }

    /** Whether the board has executed all that was sent. */
    boolean isEmpty() {
        return window.isEmpty();
    }

    /** Numbers a new packet. */
    byte[] add(PacketType type, byte[] payload, long now) {
        if (!hasRoom()) {
            throw new IllegalStateException("the host never sends beyond the board's window");
        }
        var sent = new Sent(next, new Packet(type, 0, session, next, payload).encode());
        next++;
        window.add(sent);
        return send(sent, now);
    }

    private byte[] send(Sent sent, long now) {
        sent.order = order++;
        sent.at = now;
        sent.overtaken = false;
        return sent.bytes;
    }

    private byte[] resend(Sent sent, long now) {
        sent.again = true;
        return send(sent, now);
    }

    /**
     * Takes an ACK. Returns whether it is the first word of a packet that was sent once: that of one that was sent again may be an answer to either, and while answers
     * come late a shorter time-out would send everything twice (P. Karn and C. Partridge, SIGCOMM 1987).
     */
    boolean acknowledge(Acknowledgement ack, long now) {
        int ahead = ack.base() - base;
        if (ahead < 0 || ahead > next - base) {
            return false;
        }
        boolean timed = false;
        base = ack.base();
        while (!window.isEmpty() && window.getFirst().sequence - base < 0) {
            timed |= received(window.removeFirst(), now);
        }
        for (Sent sent : window) {
            int bit = sent.sequence - base;
            if (!sent.received && (ack.received() >>> bit & 1) != 0) {
                timed |= received(sent, now);
            }
        }
        for (Sent sent : window) {
            if (!sent.overtaken && orderReceived > sent.order) {
                sent.overtaken = true;
                sent.overtakenAt = now;
            }
        }
        return timed;
    }

    /** Returns whether the packet's round trip was timed. */
    private boolean received(Sent sent, long now) {
        if (sent.received) {
            return false;
        }
        sent.received = true;
        orderReceived = Math.max(orderReceived, sent.order);
        if (sent.again) {
            return false;
        }
        roundTrip.sample(now - sent.at);
        return true;
    }

    /** Packets to send again because later ones have arrived. */
    List<byte[]> overtaken(long now) {
        var lost = new ArrayList<byte[]>();
        for (Sent sent : window) {
            boolean late = orderReceived - sent.order >= reorderPackets
                    || sent.overtaken && now - sent.overtakenAt >= roundTrip.reordering();
            if (!sent.received && late) {
                lost.add(resend(sent, now));
            }
        }
        return lost;
    }

    /** When {@link #overtaken} has to be asked again. */
    long overtakenAt() {
        long at = Long.MAX_VALUE;
        for (Sent sent : window) {
            if (!sent.received && sent.overtaken) {
                at = Math.min(at, sent.overtakenAt + roundTrip.reordering());
            }
        }
        return at;
    }

    /** The oldest packet the board has not named as received, to be sent again after a time-out. */
    Optional<byte[]> oldest(long now) {
        for (Sent sent : window) {
            if (!sent.received) {
                return Optional.of(resend(sent, now));
            }
        }
        return Optional.empty();
    }
}
