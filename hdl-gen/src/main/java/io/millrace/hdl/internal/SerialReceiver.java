package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.UInt;

/**
 * Bytes from an asynchronous serial line with the CRC of the packets they are, worked out a bit at a time as the bits come. While the receiver
 * hunts, the first byte of a start mark begins a packet; {@code good} is set, and the hunt begins again, when the register shows that a packet has
 * ended undamaged. A byte that is not taken before the next one is lost, and its packet with it.
 */
final class SerialReceiver extends Block {
    private static final int FRAME_BITS = 9;
    private static final int FIRST_MARK = 0xA5;

    final Bit line;
    /** The byte is taken. */
    final Bit take;

    /** The packet that was begun is none. */
    final Bit hunt;

    final Bit clearGood;
    final Bit full;
    final Bits data;
    final Bit good;

    /** @param clocksPerBit at least 4 */
    SerialReceiver(int clocksPerBit) {
        super("serial_receiver");
        line = in("line", bit());
        take = in("take", bit());
        hunt = in("hunt", bit());
        clearGood = in("clear_good", bit());
        Bit before = reg("line_before", bit()).init(1);
        Bit now = reg("line_now", bit()).init(1);
        before.set(line);
        now.set(before);

        UInt left = reg("clocks_left", uint(indexBits(clocksPerBit))).initial(0);
        Bit busy = reg("busy", bit()).init(0);
        Bit starts = reg("starts", bit()).initial(0);
        // Start bit and data move down; the start bit's 0 at the lowest place says that all are here.
        Bits frame = reg("frame", bits(FRAME_BITS)).initial(0);
        Bit holds = reg("holds", bit()).init(0);
        Bits held = reg("held", bits(8)).initial(0);
        Bits crc = reg("crc", bits(32)).initial(0);
        Bit hunts = reg("hunts", bit()).init(1);
        Bit isGood = reg("is_good", bit()).init(0);

        when(take, () -> holds.set(0));
        when(clearGood, () -> isGood.set(0));
        when(hunt, () -> hunts.set(1));
        Bit middle = wire("middle", busy.and(left.eq(0)));
        Bit complete = wire("complete", frame.bit(0).not());
        left.set(left.minus(1));
        when(busy.not(), () -> {
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
        when(middle.and(starts.not()).and(complete.not()), () -> crc.set(Crc32c.step(crc, now)));
        Bit arrives = wire("arrives", middle.and(complete).and(now));
        Bits whole = frame.slice(1, 8);
        when(arrives, () -> {
            holds.set(1);
            held.set(whole);
            // A byte that overran the one before it makes the packet a bad one.
            Bit lost = wire("lost", holds.and(take.not()));
            Bit marks = wire("marks", hunts.and(whole.eq(FIRST_MARK)));
            when(crc.eq(Crc32c.GOOD).and(lost.not()), () -> {
                isGood.set(1);
                hunts.set(1);
            });
            when(marks, () -> hunts.set(0));
            when(marks.or(lost), () -> crc.set(Bits.of(Crc32c.after(FIRST_MARK), 32)));
        });
        full = out("full", holds);
        data = out("data", held);
        good = out("good", isGood);
    }
}
