package io.millrace.runtime.protocol;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * What precedes the data in DATA and RESULT.
 *
 * @param frame number of the frame, unsigned
 * @param tensor input or output number, 0 to 65,535
 * @param last whether these are the frame's last bytes
 * @param last whether a DATA packet ends its frame, a RESULT packet its tensor in the frame
 * @param offset of the first data byte: of DATA in the frame's stream, of RESULT in the tensor's bytes
 */
public record DataPrefix(long frame, int tensor, boolean last, int offset) {
    /** A payload: this prefix, then {@code length} bytes of {@code stream} from {@code from}. */
    public byte[] payload(byte[] stream, int from, int length) {
        return ByteBuffer.allocate(Packet.PREFIX_BYTES + length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(frame)
                .putShort((short) tensor)
                .putShort((short) (last ? 1 : 0))
                .putInt(offset)
                .put(stream, from, length)
                .array();
    }

    /** The prefix in this packet; empty if no data follows it. */
    public static Optional<DataPrefix> decode(Packet packet) {
        if (packet.payloadLength() <= Packet.PREFIX_BYTES) {
            return Optional.empty();
        }
        var in = packet.view();
        return Optional.of(
                new DataPrefix(in.getLong(0), in.getShort(8) & 0xffff, (in.getShort(10) & 1) != 0, in.getInt(12)));
    }
}
