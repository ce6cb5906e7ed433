package io.millrace.runtime.protocol;

import io.millrace.scheduler.Identity;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * What a board says of itself; section 3 of {@code docs/protocol.md}.
 *
 * @param design the design it runs
 * @param program the program it holds, {@link Identity#NONE} if none
 * @param dataBytesMax most data bytes in one packet, 64 to 1,024
 * @param receiveSlots its receive window in packets, a power of two up to 32
 * @param sendSlots its send window in packets, a power of two up to 32
 * @param beatBytes bytes of one beat of the core's streams
 * @param codeBytes 1 or 2
 * @param frames most frames the host may have unfinished, 1 to 255
 * @param clockKhz core clock, 0 if not known
 */
public record Info(
        int version,
        int features,
        Identity design,
        Identity program,
        int dataBytesMax,
        int receiveSlots,
        int sendSlots,
        int beatBytes,
        int codeBytes,
        int frames,
        int clockKhz) {
    /** The protocol version of this tool. */
    public static final int VERSION = 1;
    /** Feature bit: COUNTERS has true cycle counts. */
    public static final int CYCLE_COUNTERS = 1;
    /** Feature bit: the program cannot be replaced. */
    public static final int FIXED_PROGRAM = 2;

    static final int BYTES = 48;

    public byte[] encode() {
        return ByteBuffer.allocate(BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putShort((short) version)
                .putShort((short) features)
                .put(design.toBytes())
                .put(program.toBytes())
                .putShort((short) dataBytesMax)
                .put((byte) receiveSlots)
                .put((byte) sendSlots)
                .putShort((short) beatBytes)
                .put((byte) codeBytes)
                .put((byte) frames)
                .putInt(clockKhz)
                .array();
    }

    /** The INFO in this packet; empty if its length is wrong. Fields may still be wild: see {@link #problem()}. */
    public static Optional<Info> decode(Packet packet) {
        if (packet.payloadLength() != BYTES) {
            return Optional.empty();
        }
        var in = packet.view();
        return Optional.of(new Info(
                in.getShort(0) & 0xffff,
                in.getShort(2) & 0xffff,
                identity(in, 4),
                identity(in, 20),
                in.getShort(36) & 0xffff,
                in.get(38) & 0xff,
                in.get(39) & 0xff,
                in.getShort(40) & 0xffff,
                in.get(42) & 0xff,
                in.get(43) & 0xff,
                in.getInt(44)));
    }

    private static Identity identity(ByteBuffer in, int at) {
        var bytes = new byte[Identity.BYTES];
        in.get(at, bytes);
        return Identity.of(bytes);
    }

    public boolean fixedProgram() {
        return (features & FIXED_PROGRAM) != 0;
    }

    /** What makes these limits unusable, in words; empty if nothing does. */
    public Optional<String> problem() {
        if (version != VERSION) {
            return Optional.of("the board speaks protocol version " + version + ", this tool " + VERSION);
        }
        if (dataBytesMax < 64 || dataBytesMax > Packet.DATA_BYTES_MAX || dataBytesMax % 4 != 0) {
            return Optional.of("packets of " + dataBytesMax + " data bytes are not 64 to 1024 in steps of 4");
        }
        if (!slots(receiveSlots) || !slots(sendSlots)) {
            return Optional.of(
                    "windows of " + receiveSlots + " and " + sendSlots + " packets are not powers of 2 to 32");
        }
        if (codeBytes < 1 || codeBytes > 2 || beatBytes < codeBytes || dataBytesMax % beatBytes != 0) {
            return Optional.of("beats of " + beatBytes + " bytes do not divide packets of " + dataBytesMax);
        }
        return frames < 1 ? Optional.of("no frame credits") : Optional.empty();
    }

    private static boolean slots(int n) {
        return n >= 1 && n <= 32 && Integer.bitCount(n) == 1;
    }
}
