package io.millrace.runtime.protocol;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * A board's status counters; section 4 of {@code docs/protocol.md}.
 *
 * @param frames frames finished since START
 * @param cycles clocks since START
 * @param cyclesStarved clocks the core waited for input
 * @param cyclesBlocked clocks its output waited for the link
 * @param damaged packets dropped for checksum or length since power-up, stops at 65,535, like the following
 * @param repeated packets dropped as repeated or outside the window
 * @param resent results sent again
 */
public record Counters(
        long frames, long cycles, long cyclesStarved, long cyclesBlocked, int damaged, int repeated, int resent) {
    static final int BYTES = 24;

    public byte[] encode() {
        return ByteBuffer.allocate(BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt((int) frames)
                .putInt((int) cycles)
                .putInt((int) cyclesStarved)
                .putInt((int) cyclesBlocked)
                .putShort((short) damaged)
                .putShort((short) repeated)
                .putShort((short) resent)
                .putShort((short) 0)
                .array();
    }

    /** The counters in this packet; empty if its length is wrong. */
    public static Optional<Counters> decode(Packet packet) {
        if (packet.payloadLength() != BYTES) {
            return Optional.empty();
        }
        var in = packet.view();
        return Optional.of(new Counters(
                in.getInt(0) & 0xffffffffL,
                in.getInt(4) & 0xffffffffL,
                in.getInt(8) & 0xffffffffL,
                in.getInt(12) & 0xffffffffL,
                in.getShort(16) & 0xffff,
                in.getShort(18) & 0xffff,
                in.getShort(20) & 0xffff));
    }

    /** One line for people. */
    @Override
    public String toString() {
        return frames + " frames, " + cycles + " cycles (" + cyclesStarved + " waiting for input, " + cyclesBlocked
                + " for the link), packets: " + damaged + " damaged, " + repeated + " repeated, " + resent
                + " sent again";
    }
}
