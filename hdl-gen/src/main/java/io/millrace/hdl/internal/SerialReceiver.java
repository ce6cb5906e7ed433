package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;

/**
 * Bytes from an asynchronous serial line with the CRC of the packets they are, worked out a bit at a time as the bits come. While the receiver
 * hunts, the first byte of a start mark begins a packet; {@code good} is set, and the hunt begins again, when the register shows that a packet has
 * ended undamaged. A byte that is not taken before the next one is lost, and its packet with it.
 */
final class SerialReceiver extends FrameReceiver {
    private static final int FIRST_MARK = 0xA5;

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
        super("serial_receiver", clocksPerBit);
        take = in("take", bit());
        hunt = in("hunt", bit());
        clearGood = in("clear_good", bit());
        Bit holds = reg("holds", bit()).init(0);
        Bits held = reg("held", bits(8)).initial(0);
        Bits crc = reg("crc", bits(32)).initial(0);
        Bit hunts = reg("hunts", bit()).init(1);
        Bit isGood = reg("is_good", bit()).init(0);

        when(take, () -> holds.set(0));
        when(clearGood, () -> isGood.set(0));
        when(hunt, () -> hunts.set(1));
        when(middle.and(starts.not()).and(complete.not()), () -> crc.set(Crc32.PACKET.step(crc, now)));
        Bit arrives = wire("arrives", middle.and(complete).and(now));
        when(arrives, () -> {
            holds.set(1);
            held.set(whole);
            // A byte that overran the one before it makes the packet a bad one.
            Bit lost = wire("lost", holds.and(take.not()));
            Bit marks = wire("marks", hunts.and(whole.eq(FIRST_MARK)));
            when(crc.eq(Crc32.PACKET.good).and(lost.not()), () -> {
                isGood.set(1);
                hunts.set(1);
            });
            when(marks, () -> hunts.set(0));
            when(marks.or(lost), () -> crc.set(Bits.of(Crc32.PACKET.after(FIRST_MARK), 32)));
        });
        full = out("full", holds);
        data = out("data", held);
        good = out("good", isGood);
    }
}
