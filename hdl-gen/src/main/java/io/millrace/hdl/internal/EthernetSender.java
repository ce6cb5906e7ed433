package io.millrace.hdl.internal;

import io.millrace.hdl.EthernetOptions.Wires;
import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.UInt;

/**
 * Frames to a PHY, in its transmit clock: with preamble, filled up to 60 bytes with zeros, with their check sequence and the gap behind them. A frame is begun when it lies
 * in the queue as a whole, since on the line no byte may be late.
 */
final class EthernetSender extends Block {
    /** A word of the queue: byte, whether it is the last of its frame. */
    static final int WORD_BITS = 9;

    static final int LAST_BIT = 8;

    private static final int IDLE = 0;
    private static final int PREAMBLE = 1;
    private static final int DATA = 2;
    private static final int PAD = 3;
    private static final int CHECK = 4;
    private static final int GAP = 5;

    private static final int PREAMBLE_BYTES = 7;
    private static final int BODY_BYTES_MIN = 60;
    /** The idle state is one more. */
    private static final int GAP_BYTES = 11;

    /** A whole frame waits. */
    final Bit frameWaits;

    final Bit frameTaken;
    final Bits word;
    final Bit taken;
    final Bit enable;
    final Bits data;

    EthernetSender(Wires wires) {
        super("ethernet_sender");
        frameWaits = in("frame_waits", bit());
        word = in("word", bits(WORD_BITS));

        UInt state = reg("state", uint(3)).init(IDLE);
        UInt count = reg("count", uint(6)).initial(0);
        Bits crc = reg("crc", bits(32)).initial(0);
        Bit on = reg("byte_on", bit()).init(0);
        Bits value = reg("byte_value", bits(8)).initial(0);
        // A byte takes two clocks of MII.
        Bit highHalf = reg("high_half", bit()).init(0);
        highHalf.set(highHalf.not());
        Bit step = switch (wires) {
            case GMII -> Bit.of(true);
            case MII -> highHalf;
        };

        Bit last = word.bit(LAST_BIT);
        Bit enough = wire("enough", count.ge(BODY_BYTES_MIN - 1));
        Bits body = wire("body", state.eq(DATA).mux(word.slice(0, 8), Bits.of(0, 8)));
        Bits stepped = Crc32.FRAME.step(crc, body);
        when(step, () -> {
            on.set(state.ne(IDLE).and(state.ne(GAP)));
            value.set(body);
            count.set(count.plus(1));
            select(state)
                    .is(IDLE, () -> {
                        count.set(0);
                        when(frameWaits, () -> state.set(PREAMBLE));
                    })
                    .is(PREAMBLE, () -> {
                        value.set(0x55);
                        crc.set(Bits.of(Crc32.START, 32));
                        when(count.eq(PREAMBLE_BYTES), () -> {
                            value.set(0xD5);
                            count.set(0);
                            state.set(DATA);
                        });
                    })
                    .is(DATA, () -> {
                        crc.set(stepped);
                        when(enough, () -> count.set(BODY_BYTES_MIN - 1));
                        when(last, () -> {
                            state.set(enough.mux(UInt.of(CHECK, 3), UInt.of(PAD, 3)));
                            when(enough, () -> count.set(0));
                        });
                    })
                    .is(PAD, () -> {
                        crc.set(stepped);
                        when(enough, () -> {
                            count.set(0);
                            state.set(CHECK);
                        });
                    })
                    .is(CHECK, () -> {
                        value.set(crc.slice(0, 8).not());
                        crc.set(crc.shiftRight(UInt.of(8, 4)));
                        when(count.eq(3), () -> {
                            count.set(0);
                            state.set(GAP);
                        });
                    })
                    .otherwise(() -> when(count.eq(GAP_BYTES - 1), () -> state.set(IDLE)));
        });
        frameTaken = out("frame_taken", step.and(state.eq(IDLE)));
        taken = out("word_taken", step.and(state.eq(DATA)));
        enable = out(
                "tx_en",
                switch (wires) {
                    case GMII -> on;
                    case MII -> regNext("tx_en_r", on);
                });
        data = out(
                "txd",
                switch (wires) {
                    case GMII -> value;
                    case MII -> regNext("txd_r", highHalf.mux(value.slice(4, 4), value.slice(0, 4)));
                });
    }
}
