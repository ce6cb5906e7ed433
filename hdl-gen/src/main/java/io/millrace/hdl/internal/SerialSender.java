package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;

/**
 * Bytes to an asynchronous serial line, and the CRC of those since {@code begin}, worked out a bit at a time as the bits leave: a byte that is
 * sent with {@code checks} is the next one of the CRC, whatever {@code data} says besides all ones.
 */
final class SerialSender extends FrameSender {
    final Bit begin;
    final Bit send;
    final Bit checks;
    final Bits data;
    final Bit line;

    SerialSender(int clocksPerBit) {
        super("serial_sender", clocksPerBit);
        begin = in("begins", bit());
        send = in("send", bit());
        checks = in("checks", bit());
        data = in("data", bits(8));
        Bit starts = reg("starts", bit()).initial(0);
        Bit ofCrc = reg("of_crc", bit()).initial(0);
        Bits crc = reg("crc", bits(32)).initial(0);

        when(next, () -> starts.set(0));
        // With the bit that the register would give itself, the step is a shift.
        Bit stepped = ofCrc.mux(crc.bit(0), lowest);
        when(next.and(starts.not()), () -> crc.set(Crc32.PACKET.step(crc, stepped)));
        when(begin, () -> crc.set(Bits.of(Crc32.START, 32)));
        when(send, () -> {
            begin(data);
            starts.set(1);
            ofCrc.set(checks);
        });
        line = out("line", lowest.and(ofCrc.and(crc.bit(0)).and(rests.not()).not()));
    }
}
