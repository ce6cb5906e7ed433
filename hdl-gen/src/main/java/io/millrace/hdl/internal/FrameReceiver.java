package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.UInt;

/** Frames of an asynchronous serial line: a start bit, eight data bits, lowest first, a stop bit. Bits are read at their middle. */
abstract class FrameReceiver extends Block {
    private static final int FRAME_BITS = 9;

    final Bit line;
    /** The line two clocks ago. */
    final Bit now;
    /** A bit is at its middle. */
    final Bit middle;
    /** It is the start bit. */
    final Bit starts;
    /** It is the stop bit: {@link #whole} is the byte. */
    final Bit complete;

    final Bits whole;

    /** @param clocksPerBit at least 4 */
    FrameReceiver(String name, int clocksPerBit) {
        super(name);
        line = in("line", bit());
        Bit before = reg("line_before", bit()).init(1);
        now = reg("line_now", bit()).init(1);
        before.set(line);
        now.set(before);

        UInt left = reg("clocks_left", uint(indexBits(clocksPerBit))).initial(0);
        Bit busy = reg("busy", bit()).init(0);
        starts = reg("starts", bit()).initial(0);
        // Start bit and data move down; the start bit's 0 at the lowest place says that all are here.
        Bits frame = reg("frame", bits(FRAME_BITS)).initial(0);
        middle = wire("middle", busy.and(left.eq(0)));
        complete = wire("complete", frame.bit(0).not());
        whole = frame.slice(1, 8);
        left.set(left.minus(1));
        when(busy.not(), () -> {
            // Two clocks have passed in the registers above, and one passes here.
            left.set(Math.max(0, clocksPerBit / 2 - 2));
            starts.set(1);
            frame.set(Bits.of((1 << FRAME_BITS) - 1, FRAME_BITS));
            when(now.not(), () -> busy.set(1));
        });
        when(middle, () -> {
            left.set(clocksPerBit - 1);
            starts.set(0);
            frame.set(Bits.concat(now.asBits(), frame.slice(1, FRAME_BITS - 1)));
            when(starts.and(now).or(complete), () -> busy.set(0));
        });
    }
}
