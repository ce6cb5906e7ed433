package io.millrace.hdl;

import io.millrace.scheduler.Machine;

/**
 * Sizes of a board's host port, see section 3 of {@code docs/protocol.md}. One block memory of {@code slots * dataBytesMax} bytes each way.
 *
 * @param dataBytesMax most data bytes in a packet, 64 to 1,024; the design takes the largest number below that whole beats fill
 * @param receiveSlots packets the receiver holds: 1, 2, 4, 8, 16 or 32
 * @param sendSlots packets the sender keeps for resending, likewise
 * @param frames frame credits, 1 to 255
 * @param clockKhz core clock as told to the host, 0 if not known
 * @param sequenced whether the port is a sequencer, which has its own fixed sizes and speaks on a serial line only
 * @param packets whether the link keeps the bounds of messages, one packet each, and says who sent them
 */
public record HostPortOptions(
        int dataBytesMax,
        int receiveSlots,
        int sendSlots,
        int frames,
        int clockKhz,
        boolean sequenced,
        boolean packets) {
    /**
     * For a serial line on the smallest parts: a sequencer with three 4-kbit block memories, a tenth of the logic of the others; of the machines
     * that {@link DesignGenerator#servesLean} names.
     */
    public static final HostPortOptions LEAN = new HostPortOptions(236, 1, 1, 32, 0, true, false);

    /** For pipe and TCP: one 36-kbit block memory each way. */
    public static final HostPortOptions WIDE = new HostPortOptions(1024, 4, 4, 64, 0, false, false);

    /** For UDP over Ethernet: four 36-kbit block memories each way, a window that a gap of some packets does not fill. */
    public static final HostPortOptions ETHERNET = new HostPortOptions(1024, 16, 16, 64, 0, false, true);

    /** For UART and small parts: one 4-kbit block memory each way. */
    public static final HostPortOptions SMALL = new HostPortOptions(128, 2, 2, 32, 0, false, false);

    private static final int SEQUENCED_CLOCKS_PER_BIT_MIN = 8;

    public HostPortOptions {
        if (dataBytesMax < 64 || dataBytesMax > 1024) {
            throw new IllegalArgumentException(dataBytesMax + " data bytes are not 64 to 1024");
        }
        if (!slots(receiveSlots) || !slots(sendSlots)) {
            throw new IllegalArgumentException(
                    receiveSlots + " and " + sendSlots + " slots are not powers of two up to 32");
        }
        if (sequenced && packets) {
            throw new IllegalArgumentException("a sequenced port speaks on a serial line only");
        }
        if (frames < 1 || frames > 255 || clockKhz < 0) {
            throw new IllegalArgumentException(frames + " frame credits, " + clockKhz + " kHz");
        }
    }

    /** The port for a machine on a serial line: the lean one if that will do. */
    public static HostPortOptions forSerialLine(Machine machine) {
        return DesignGenerator.servesLean(machine) ? LEAN : SMALL;
    }

    /** Fewest clocks of a bit on a serial line at which no byte is lost; at fewer a sequenced port loses packets, which are sent again. */
    public int clocksPerBitMin() {
        return sequenced ? SEQUENCED_CLOCKS_PER_BIT_MIN : DesignGenerator.CLOCKS_PER_BIT_MIN;
    }

    /** These sizes with another clock. */
    public HostPortOptions withClockKhz(int khz) {
        return new HostPortOptions(dataBytesMax, receiveSlots, sendSlots, frames, khz, sequenced, packets);
    }

    private static boolean slots(int n) {
        return n >= 1 && n <= 32 && Integer.bitCount(n) == 1;
    }
}
