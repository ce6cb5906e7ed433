package io.millrace.hdl.internal;

import io.millrace.hdl.HostPortOptions;
import io.millrace.scheduler.Identity;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.Unit;

/**
 * What the parts of a host port agree on: packet numbers of {@code docs/protocol.md} and sizes of this design.
 *
 * @param design identity that INFO names and PROGRAM has to name
 * @param dataBytesMax a multiple of 4 and of {@code inBytes}
 * @param inBytes bytes of an input beat
 * @param outBytes bytes of an output beat
 * @param outputs most output tensors
 * @param packets whether the link keeps the bounds of messages
 */
record PacketFormat(
        Identity design,
        int dataBytesMax,
        int receiveSlots,
        int sendSlots,
        int frames,
        int clockKhz,
        int inBytes,
        int outBytes,
        int codeBytes,
        int outputs,
        boolean packets) {
    static final int HELLO = 0x01;
    static final int INFO = 0x02;
    static final int ACK = 0x03;
    static final int STATUS = 0x04;
    static final int COUNTERS = 0x05;
    static final int ERROR = 0x06;
    static final int RESULT = 0x20;

    /** Numbered packets are 0x10 to 0x13; these are their low two bits. */
    static final int PROGRAM = 0;

    static final int LOAD = 1;
    static final int START = 2;
    static final int DATA = 3;

    static final int NO_SESSION = 1;
    static final int WRONG_DESIGN = 2;
    static final int NO_PROGRAM = 3;
    static final int FORMAT = 4;

    static final int VERSION = 1;
    static final int FEATURE_CYCLE_COUNTERS = 1;
    static final int PREFIX_BYTES = 16;

    /** Enough for a payload of 1,040 bytes. */
    static final int LENGTH_BITS = 11;

    static PacketFormat of(Identity design, Machine machine, HostPortOptions options) {
        int codeBytes = machine.precision().bits() / 8;
        int inBytes = 0;
        int outBytes = 0;
        int outputs = 1;
        for (Unit unit : machine.units()) {
            switch (unit) {
                case Unit.HostIn u -> inBytes = u.lanes() * codeBytes;
                case Unit.HostOut u -> {
                    outBytes = u.lanes() * codeBytes;
                    outputs = u.capacity().actors();
                }
                case Unit.Matrix _, Unit.Vector _, Unit.Store _, Unit.Load _ -> {}
            }
        }
        int step = inBytes;
        while (step % 4 != 0) {
            step += inBytes;
        }
        int dataBytesMax = options.dataBytesMax() / step * step;
        if (dataBytesMax < 64 || outBytes > dataBytesMax) {
            throw new IllegalArgumentException("packets of " + options.dataBytesMax() + " bytes do not hold beats of "
                    + inBytes + " and " + outBytes);
        }
        return new PacketFormat(
                design,
                dataBytesMax,
                options.receiveSlots(),
                options.sendSlots(),
                options.frames(),
                options.clockKhz(),
                inBytes,
                outBytes,
                codeBytes,
                outputs,
                options.packets());
    }

    /** Address bits within a slot. */
    int slotBits() {
        return ProgramLayout.indexBits(dataBytesMax);
    }

    int receiveIndexBits() {
        return ProgramLayout.indexBits(receiveSlots);
    }

    int sendIndexBits() {
        return ProgramLayout.indexBits(sendSlots);
    }

    int outputBits() {
        return ProgramLayout.indexBits(outputs);
    }
}
