package io.millrace.runtime.protocol;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * The content of an ACK.
 *
 * @param base oldest number the sender lacks or has not executed
 * @param received bit i: it has number base + i
 * @param resend bit i: it wants base + i sent again
 * @param answer whether it wants an ACK in return
 */
public record Acknowledgement(int base, int received, int resend, boolean answer) {
    private static final int BYTES = 8;

    public Packet packet(int session) {
        byte[] payload = ByteBuffer.allocate(BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(received)
                .putInt(resend)
                .array();
        return new Packet(PacketType.ACK, answer ? Packet.ANSWER : 0, session, base, payload);
    }

    /** The acknowledgement in this packet; empty if its length is wrong. */
    public static Optional<Acknowledgement> decode(Packet packet) {
        if (packet.payloadLength() != BYTES) {
            return Optional.empty();
        }
        var in = packet.view();
        return Optional.of(new Acknowledgement(
                packet.sequence(), in.getInt(0), in.getInt(4), (packet.flags() & Packet.ANSWER) != 0));
    }
}
