package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.UInt;

/**
 * Bytes to an asynchronous serial line, and the CRC of those since {@code begin}, worked out a bit at a time as the bits leave: a byte that is
 * sent with {@code checks} is the next one of the CRC, whatever {@code data} says besides all ones.
 */
final class SerialSender extends Block {
    private static final int FRAME_BITS = 10;

    final Bit begin;
    final Bit send;
    final Bit checks;
    final Bits data;
    final Bit ready;
    final Bit line;

    SerialSender(int clocksPerBit) {
        super("serial_sender");
        begin = in("begins", bit());
        send = in("send", bit());
        checks = in("checks", bit());
        data = in("data", bits(8));
        UInt left = reg("clocks_left", uint(indexBits(clocksPerBit))).init(0);
        // What is still to be sent, the bit on the line lowest; the stop bit, at last alone, is also the line's rest.
        Bits frame = reg("frame", bits(FRAME_BITS)).init(1);
        Bit starts = reg("starts", bit()).initial(0);
        Bit ofCrc = reg("of_crc", bit()).initial(0);
        Bits crc = reg("crc", bits(32)).initial(0);

        Bit ends = wire("ends", left.eq(0));
        Bit rests = wire("rests", frame.slice(1, FRAME_BITS - 1).orReduce().not());
        ready = out("ready", ends.and(rests));
        when(ends.not(), () -> left.set(left.minus(1)));
        Bit next = wire("next", ends.and(rests.not()));
        when(next, () -> {
            frame.set(frame.slice(1, FRAME_BITS - 1).resize(FRAME_BITS));
            starts.set(0);
            left.set(clocksPerBit - 1);
        });
        // With the bit that the register would give itself, the step is a shift.
        Bit stepped = ofCrc.mux(crc.bit(0), frame.bit(0));
        when(next.and(starts.not()), () -> crc.set(Crc32c.step(crc, stepped)));
        when(begin, () -> crc.set(Bits.of(Crc32c.START, 32)));
        when(send, () -> {
            frame.set(Bits.concat(Bits.of(1, 1), data, Bits.of(0, 1)));
            starts.set(1);
            ofCrc.set(checks);
            left.set(clocksPerBit - 1);
        });
        line = out(
                "line", frame.bit(0).and(ofCrc.and(crc.bit(0)).and(rests.not()).not()));
    }
}
