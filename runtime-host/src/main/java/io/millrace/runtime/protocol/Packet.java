package io.millrace.runtime.protocol;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32C;

/** One packet: header and payload; section 1 of {@code docs/protocol.md}. Immutable. */
public final class Packet {
    /** Bytes before the payload. */
    public static final int HEADER_BYTES = 16;
    /** Bytes of the checksum at the end. */
    public static final int CRC_BYTES = 4;
    /** Bytes before the data in the payload of DATA and RESULT. */
    public static final int PREFIX_BYTES = 16;
    /** Largest {@code maxData} a board may name. */
    public static final int DATA_BYTES_MAX = 1024;
    /** Largest payload of any packet. */
    public static final int PAYLOAD_BYTES_MAX = DATA_BYTES_MAX + PREFIX_BYTES;
    /** Largest packet. */
    public static final int BYTES_MAX = HEADER_BYTES + PAYLOAD_BYTES_MAX + CRC_BYTES;
    /** The two bytes a packet starts with, as a little-endian number. */
    public static final int MARK = 0x5aa5;
    /** Flag bit: the sender of this ACK wants one in return. */
    public static final int ANSWER = 1;

    private final PacketType type;
    private final int flags;
    private final int session;
    private final int sequence;
    private final byte[] payload;

    /** @throws IllegalArgumentException if the payload is longer than {@link #PAYLOAD_BYTES_MAX} */
    public Packet(PacketType type, int flags, int session, int sequence, byte[] payload) {
        if (payload.length > PAYLOAD_BYTES_MAX) {
            throw new IllegalArgumentException("a payload of " + payload.length + " bytes");
        }
        this.type = type;
        this.flags = flags;
        this.session = session;
        this.sequence = sequence;
        this.payload = payload.clone();
    }

    public PacketType type() {
        return type;
    }

    public int flags() {
        return flags;
    }

    public int session() {
        return session;
    }

    /** Unsigned, modulo 2^32. */
    public int sequence() {
        return sequence;
    }

    public int payloadLength() {
        return payload.length;
    }

    public byte[] payload() {
        return payload.clone();
    }

    /** A read-only little-endian view of the payload. */
    public ByteBuffer view() {
        return ByteBuffer.wrap(payload).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The bytes on the link, checksum included; a multiple of 4. */
    public byte[] encode() {
        var bytes = new byte[sizeOnLink(payload.length)];
        var out = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        out.putShort((short) MARK)
                .put((byte) type.code())
                .put((byte) flags)
                .putShort((short) payload.length)
                .putShort((short) ~payload.length)
                .putInt(session)
                .putInt(sequence)
                .put(payload);
        out.putInt(bytes.length - CRC_BYTES, crc(bytes, 0, bytes.length - CRC_BYTES));
        return bytes;
    }

    /** Bytes on the link of a packet with this payload. */
    public static int sizeOnLink(int payloadLength) {
        return HEADER_BYTES + (payloadLength + 3) / 4 * 4 + CRC_BYTES;
    }

    /**
     * Reads one message of a packet link.
     *
     * @return nothing unless the message is exactly one undamaged packet of a known type
     */
    public static Optional<Packet> decode(byte[] message) {
        int length = message.length < HEADER_BYTES + CRC_BYTES ? -1 : payloadLengthAt(message, 0);
        if (length < 0 || message.length != sizeOnLink(length)) {
            return Optional.empty();
        }
        return decodeAt(message, 0, length);
    }

    /** Payload length named by the 8 bytes from {@code at}, or -1 if they are no start of a header. */
    static int payloadLengthAt(byte[] bytes, int at) {
        int length = unsignedShort(bytes, at + 4);
        boolean good = unsignedShort(bytes, at) == MARK
                && unsignedShort(bytes, at + 6) == (~length & 0xffff)
                && length <= PAYLOAD_BYTES_MAX;
        return good ? length : -1;
    }

    /** Reads a packet of which all bytes are there; empty if its checksum or type is bad. */
    static Optional<Packet> decodeAt(byte[] bytes, int at, int payloadLength) {
        int end = at + sizeOnLink(payloadLength) - CRC_BYTES;
        var in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (crc(bytes, at, end - at) != in.getInt(end)) {
            return Optional.empty();
        }
        return PacketType.of(bytes[at + 2] & 0xff)
                .map(type -> new Packet(
                        type,
                        bytes[at + 3] & 0xff,
                        in.getInt(at + 8),
                        in.getInt(at + 12),
                        Arrays.copyOfRange(bytes, at + HEADER_BYTES, at + HEADER_BYTES + payloadLength)));
    }

    /** CRC-32C of a range. */
    public static int crc(byte[] bytes, int from, int length) {
        var crc = new CRC32C();
        crc.update(bytes, from, length);
        return (int) crc.getValue();
    }

    private static int unsignedShort(byte[] bytes, int at) {
        return bytes[at] & 0xff | (bytes[at + 1] & 0xff) << 8;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Packet p
                && type == p.type
                && flags == p.flags
                && session == p.session
                && sequence == p.sequence
                && Arrays.equals(payload, p.payload);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * type.hashCode() + sequence) + Arrays.hashCode(payload);
    }

    @Override
    public String toString() {
        return type + " session " + Integer.toHexString(session) + " sequence " + Integer.toUnsignedString(sequence)
                + (flags == 0 ? "" : " flags " + flags) + ", " + payload.length + " bytes";
    }
}
