package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.UInt;

/**
 * Bytes from an asynchronous serial line: a start bit, eight data bits, lowest first, a stop bit. Bits are read at their middle. A byte whose
 * stop bit is 0 is dropped, and so is one that comes while the one before it has not been taken.
 */
final class UartReceiver extends Block {
    private static final int FRAME_BITS = 9;

    final Bit line;
    final Bit valid;
    final Bits data;
    final Bit ready;

    /** @param clocksPerBit at least 4 */
    UartReceiver(int clocksPerBit) {
        super("uart_receiver");
        line = in("line", bit());
        ready = in("ready", bit());
        Bit before = reg("line_before", bit()).init(1);
        Bit now = reg("line_now", bit()).init(1);
        before.set(line);
        now.set(before);

        int width = indexBits(clocksPerBit);
        UInt left = reg("clocks_left", uint(width)).initial(0);
        Bit busy = reg("busy", bit()).init(0);
        Bit starts = reg("starts", bit()).initial(0);
        // Start bit and data move down; the start bit's 0 at the lowest place says that all are here.
        Bits frame = reg("frame", bits(FRAME_BITS)).initial(0);
        Bit full = reg("full", bit()).init(0);
        Bits held = reg("held", bits(8)).initial(0);

        when(ready, () -> full.set(0));
        Bit middle = wire("middle", busy.and(left.eq(0)));
        Bit complete = wire("complete", frame.bit(0).not());
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
            when(complete.and(now), () -> {
                full.set(1);
                held.set(frame.slice(1, 8));
            });
        });
        valid = out("valid", full);
        data = out("data", held);
    }
}
