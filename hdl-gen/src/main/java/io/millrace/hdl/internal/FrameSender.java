package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.UInt;

/** Frames to an asynchronous serial line: a start bit, eight data bits, lowest first, a stop bit. */
abstract class FrameSender extends Block {
    private static final int FRAME_BITS = 10;

    /** Nothing is being sent, or the stop bit is over. */
    final Bit ready;
    /** The frame moves on by a bit. */
    final Bit next;
    /** The stop bit is on the line, or nothing. */
    final Bit rests;
    /** What is on the line. */
    final Bit lowest;

    private final UInt left;
    private final Bits frame;
    private final int clocksPerBit;

    FrameSender(String name, int clocksPerBit) {
        super(name);
        this.clocksPerBit = clocksPerBit;
        left = reg("clocks_left", uint(indexBits(clocksPerBit))).init(0);
        // What is still to be sent, the bit on the line lowest; the stop bit, at last alone, is also the line's rest.
        frame = reg("frame", bits(FRAME_BITS)).init(1);
        lowest = frame.bit(0);
        Bit ends = wire("ends", left.eq(0));
        rests = wire("rests", frame.slice(1, FRAME_BITS - 1).orReduce().not());
        ready = out("ready", ends.and(rests));
        next = wire("next", ends.and(rests.not()));
        when(ends.not(), () -> left.set(left.minus(1)));
        when(next, () -> {
            frame.set(frame.slice(1, FRAME_BITS - 1).resize(FRAME_BITS));
            left.set(clocksPerBit - 1);
        });
    }

    /** Begins a frame; to be called in a {@code when}. */
    final void begin(Bits data) {
        frame.set(Bits.concat(Bits.of(1, 1), data, Bits.of(0, 1)));
        left.set(clocksPerBit - 1);
    }
}
