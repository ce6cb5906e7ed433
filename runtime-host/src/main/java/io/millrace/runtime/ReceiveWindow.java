package io.millrace.runtime;

import io.millrace.runtime.protocol.Acknowledgement;
import io.millrace.runtime.protocol.Packet;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Results from the board, put back into their order. */
final class ReceiveWindow {
    private static final int SIZE = 32;
    private static final long NEVER = Long.MIN_VALUE / 2;

    private final int slots;
    private final int reorderPackets;
    private final RoundTrip roundTrip;
    private final @Nullable Packet[] held = new @Nullable Packet[SIZE];
    private final long[] missedAt = new long[SIZE];
    private final long[] askedAt = new long[SIZE];
    private int base;
    private int ahead;

    ReceiveWindow(int slots, int reorderPackets, RoundTrip roundTrip) {
        this.slots = slots;
        this.reorderPackets = reorderPackets;
        this.roundTrip = roundTrip;
        for (int i = 0; i < SIZE; i++) {
            clear(i);
        }
    }

    private void clear(int at) {
        held[at] = null;
        missedAt[at] = NEVER;
        askedAt[at] = NEVER;
    }

    private int slot(int distance) {
        return base + distance & SIZE - 1;
    }

    /** Takes a result packet. Returns false if it had come before or lies outside the window. */
    boolean accept(Packet packet, long now) {
        int distance = packet.sequence() - base;
        if (distance < 0 || distance >= slots || held[slot(distance)] != null) {
            return false;
        }
        held[slot(distance)] = packet;
        for (int d = ahead; d < distance; d++) {
            missedAt[slot(d)] = now;
        }
        ahead = Math.max(ahead, distance + 1);
        return true;
    }

    /** Takes out the next packet in order, if it is there. */
    Optional<Packet> next() {
        Packet packet = held[slot(0)];
        if (packet != null) {
            clear(slot(0));
            base++;
            ahead--;
        }
        return Optional.ofNullable(packet);
    }

    /** Bits of missing packets that later ones have overtaken and that were not asked for lately; notes the asking. */
    int overtaken(long now) {
        int bits = 0;
        for (int d = 0; d < ahead; d++) {
            int at = slot(d);
            boolean late = ahead - 1 - d >= reorderPackets || now - missedAt[at] >= roundTrip.reordering();
            if (held[at] == null && late && now - askedAt[at] >= roundTrip.answer()) {
                bits |= 1 << d;
                askedAt[at] = now;
            }
        }
        return bits;
    }

    /** When {@link #overtaken} has to be asked again. */
    long overtakenAt() {
        long at = Long.MAX_VALUE;
        for (int d = 0; d < ahead; d++) {
            if (held[slot(d)] == null) {
                long late = missedAt[slot(d)] + roundTrip.reordering();
                at = Math.min(at, Math.max(late, askedAt[slot(d)] + roundTrip.answer()));
            }
        }
        return at;
    }

    /** What the board should know: all below base is here, and which ones after it. */
    Acknowledgement acknowledgement(int resend, boolean answer) {
        return new Acknowledgement(base, received(), resend, answer);
    }

    /** Bits of all packets of the window that are not here. */
    int missing() {
        int all = slots == SIZE ? -1 : (1 << slots) - 1;
        return all & ~received();
    }

    private int received() {
        int bits = 0;
        for (int d = 0; d < ahead; d++) {
            if (held[slot(d)] != null) {
                bits |= 1 << d;
            }
        }
        return bits;
    }
}
