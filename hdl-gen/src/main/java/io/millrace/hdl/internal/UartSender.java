package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.UInt;

/** Bytes to an asynchronous serial line: a start bit, eight data bits, lowest first, a stop bit. */
final class UartSender extends Block {
    private static final int FRAME_BITS = 10;

    final Bit valid;
    final Bits data;
    final Bit ready;
    final Bit line;

    UartSender(int clocksPerBit) {
        super("uart_sender");
        valid = in("valid", bit());
        data = in("data", bits(8));
        UInt left = reg("clocks_left", uint(indexBits(clocksPerBit))).init(0);
        // What is still to be sent, the bit on the line lowest; the stop bit, at last alone, is also the line's rest.
        Bits frame = reg("frame", bits(FRAME_BITS)).init(1);
        Bit ends = wire("ends", left.eq(0));
        Bit rests = wire("rests", frame.slice(1, FRAME_BITS - 1).orReduce().not());
        ready = out("ready", ends.and(rests));
        when(ends.not(), () -> left.set(left.minus(1)));
        when(ends.and(rests.not()), () -> {
            frame.set(frame.slice(1, FRAME_BITS - 1).resize(FRAME_BITS));
            left.set(clocksPerBit - 1);
        });
        when(ready.and(valid), () -> {
            frame.set(Bits.concat(Bits.of(1, 1), data, Bits.of(0, 1)));
            left.set(clocksPerBit - 1);
        });
        line = out("line", frame.bit(0));
    }
}
