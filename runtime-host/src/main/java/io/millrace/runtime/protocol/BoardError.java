package io.millrace.runtime.protocol;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/** What a board refuses; section 5 of {@code docs/protocol.md}. */
public record BoardError(Code code, int detail) {
    /** Reasons, by their number in the packet. */
    public enum Code {
        NO_SESSION(1),
        WRONG_DESIGN(2),
        NO_PROGRAM(3),
        FORMAT(4),
        CORE(5);

        private final int number;

        Code(int number) {
            this.number = number;
        }
    }

    static final int BYTES = 8;

    public byte[] encode() {
        return ByteBuffer.allocate(BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putShort((short) code.number)
                .putShort((short) 0)
                .putInt(detail)
                .array();
    }

    /** The error in this packet; empty if its length or code is wrong. */
    public static Optional<BoardError> decode(Packet packet) {
        if (packet.payloadLength() != BYTES) {
            return Optional.empty();
        }
        int number = packet.view().getShort(0);
        for (Code code : Code.values()) {
            if (code.number == number) {
                return Optional.of(new BoardError(code, packet.view().getInt(4)));
            }
        }
        return Optional.empty();
    }
}
