package io.millrace.hdl.internal;

import io.millrace.hdl.EthernetOptions.Wires;
import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.UInt;

/**
 * Frames from a PHY, in its receive clock: preamble and frame check sequence taken off, the latter checked. What comes out are the bytes of a frame and after
 * them a word that ends it and says whether it was good: between 64 and 1,518 bytes long with its check sequence, undamaged, and not cut
 * short because the queue behind was full. A frame of which nothing came out has no end either.
 */
final class EthernetReceiver extends Block {
    /** A word: byte, whether the frame was good, whether it ends. */
    static final int WORD_BITS = 10;

    static final int GOOD_BIT = 8;
    static final int END_BIT = 9;

    static final int FRAME_BYTES_MIN = 64;
    static final int FRAME_BYTES_MAX = 1518;

    private static final int PREAMBLE = 0x55;
    private static final int START_OF_FRAME = 0xD5;
    private static final int CHECK_BYTES = 4;

    final Bit dataValid;
    final Bit error;
    final Bits data;

    final Bit valid;
    final Bits word;
    final Bit ready;

    /** Bytes of frames as they come: one at a time, and the end of each frame. */
    private record Bytes(Bit arrives, Bits value, Bit ends, Bit damaged) {}

    EthernetReceiver(Wires wires) {
        super("ethernet_receiver");
        dataValid = in("rx_dv", bit());
        error = in("rx_er", bit());
        data = in("rxd", bits(wires.bits()));
        ready = in("ready", bit());
        Bytes bytes = bytes(wires);

        Bits crc = reg("crc", bits(32)).initial(0);
        Bits delayed = reg("delayed", bits(8 * CHECK_BYTES)).initial(0);
        UInt count = reg("count", uint(11)).init(0);
        // Nothing more of this frame goes out.
        Bit lost = reg("lost", bit()).init(0);
        Bit begun = reg("begun", bit()).init(0);
        Bit due = reg("end_due", bit()).init(0);
        Bit good = reg("end_good", bit()).initial(0);

        Bit behindCheck = wire("behind_check", count.ge(CHECK_BYTES));
        Bit tooLong = wire("too_long", count.eq(FRAME_BYTES_MAX));
        Bit offers = wire(
                "offers",
                bytes.arrives
                        .and(behindCheck)
                        .and(lost.not())
                        .and(tooLong.not())
                        .and(due.not()));
        Bit taken = wire("taken", offers.and(ready));

        when(due.and(ready), () -> due.set(0));
        when(bytes.arrives, () -> {
            Bits from = count.eq(0).mux(Bits.of(Crc32.START, 32), crc);
            crc.set(Crc32.FRAME.step(from, bytes.value));
            delayed.set(Bits.concat(bytes.value, delayed.slice(8, 8 * (CHECK_BYTES - 1))));
            when(tooLong.not(), () -> count.set(count.plus(1)));
            when(taken, () -> begun.set(1));
            when(behindCheck.and(taken.not()), () -> lost.set(1));
        });
        when(bytes.ends, () -> {
            count.set(0);
            lost.set(0);
            begun.set(0);
            when(begun, () -> {
                due.set(1);
                good.set(crc.eq(Crc32.FRAME.good)
                        .and(lost.not())
                        .and(count.ge(FRAME_BYTES_MIN))
                        .and(bytes.damaged.not()));
            });
        });
        valid = out("valid", offers.or(due));
        word = out("word", Bits.concat(due.asBits(), good.asBits(), delayed.slice(0, 8)));
    }

    /** What comes in a clock: the start of a frame, more preamble, the end of a byte with its value. */
    private record Piece(Bit starts, Bit preamble, Bit completes, Bits value) {}

    /** The low half of a byte comes first. */
    private Piece half(Bits now, Bit inFrame) {
        Bits before = regNext("rxd_before", now);
        Bit second = reg("second_half", bit()).initial(0);
        second.set(inFrame.and(second.not()));
        return new Piece(
                now.eq(START_OF_FRAME >> 4).and(before.eq(START_OF_FRAME & 0xF)),
                now.eq(PREAMBLE & 0xF),
                second,
                Bits.concat(now, before));
    }

    private Bytes bytes(Wires wires) {
        Bit on = regNext("rx_dv_r", dataValid);
        Bit wrong = regNext("rx_er_r", error);
        Bits now = regNext("rxd_r", data);
        Bit inFrame = reg("in_frame", bit()).init(0);
        // From what is no preamble to the end of the transmission.
        Bit astray = reg("astray", bit()).init(0);
        Bit damaged = reg("damaged", bit()).initial(0);
        Bit arrives = reg("byte_arrives", bit()).init(0);
        Bits value = reg("byte_value", bits(8)).initial(0);
        Bit ends = reg("frame_ends", bit()).init(0);

        Piece piece = switch (wires) {
            case GMII -> new Piece(now.eq(START_OF_FRAME), now.eq(PREAMBLE), Bit.of(true), now);
            case MII -> half(now, inFrame);
        };
        arrives.set(on.and(inFrame).and(piece.completes));
        value.set(piece.value);
        ends.set(inFrame.and(on.not()));
        when(on.not(), () -> {
                    inFrame.set(0);
                    astray.set(0);
                })
                .elseWhen(inFrame.or(astray).not(), () -> {
                    damaged.set(0);
                    when(piece.starts, () -> inFrame.set(1)).elseWhen(piece.preamble.not(), () -> astray.set(1));
                });
        when(on.and(inFrame).and(wrong), () -> damaged.set(1));
        return new Bytes(arrives, value, ends, damaged);
    }
}
