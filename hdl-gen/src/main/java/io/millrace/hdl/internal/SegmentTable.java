package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.Ram;
import io.millrace.hdl.bridge.SInt;
import io.millrace.hdl.bridge.UInt;
import io.millrace.scheduler.ProgramLayout;

/**
 * One lane of the int16 activation tables, pipelined: a code enters with the number of its table, and {@code Timing.tableLatency} cycles later
 * {@code y = sat16(base + ((slope * f + 32) >> 6))} leaves, f being the code's low 6 bits and base and slope those of the segment that its
 * high 10 bits, sign flipped, name. A code that enters with {@code enable} 0 leaves as it came.
 *
 * <p>The product is three registered sums of two rows each and never a DSP: 6 bits of factor are worth fewer cells than a multiplier of 25 x 18.
 */
final class SegmentTable extends Block {
    private static final int CODE_BITS = 16;
    private static final int FRACTION_BITS = 6;

    final ProgramBus program;
    final Bit enable;
    final UInt table;
    final Bits code;
    final Bits result;

    /**
     * @param tables how many tables the memory holds
     * @param memoryId the program memory it is a copy of
     */
    SegmentTable(int tables, int memoryId, ProgramLayout layout, ProgramBus.Shape shape) {
        super("segment_table");
        var fields = layout.table();
        program = ProgramBus.ports(this, shape);
        enable = in("enable", bit());
        table = in("table_number", uint(indexBits(tables)));
        code = in("code", bits(CODE_BITS));

        Ram segments = ram("segments", tables * layout.tableWords(), fields.bits());
        program.fill(segments, memoryId);
        Bits segment = Bits.concat(
                table.asBits(),
                code.bit(CODE_BITS - 1).not().asBits(),
                code.slice(FRACTION_BITS, CODE_BITS - 1 - FRACTION_BITS));
        // A memory is late in its cycle: its word is registered before it is multiplied.
        Bits word2 = regNext("word_2", segments.read(segment.asUInt().resize(segments.addressBits()), Bit.of(true)));
        SInt slope2 = wire("slope_2", field(word2, fields, "slope").asSInt());
        Bits base2 = field(word2, fields, "base").asBits();
        // Without a table the code is the base, and stands at the segment's first place.
        Bits fraction = code.slice(0, FRACTION_BITS);
        Bits fraction2 = delay("fraction", regNext("fraction_1", enable.mux(fraction, Bits.of(0, FRACTION_BITS))), 1);
        Bits base3 = regNext("base_3", delay("enable", enable, 2).mux(base2, delay("code", code, 2)));

        SInt product = SInt.of(0, 1);
        for (int b = 0; b < FRACTION_BITS; b += 2) {
            SInt low = masked(slope2, fraction2.bit(b));
            SInt high = masked(slope2, fraction2.bit(b + 1)).shiftLeft(1);
            SInt rows3 = regNext("rows" + b + "_3", high.plusCarry(low));
            product = b == 0 ? rows3 : rows3.shiftLeft(b).plus(product);
        }
        SInt halves4 = regNext("halves_4", product.shiftRight(FRACTION_BITS - 1));
        Bits base4 = regNext("base_4", base3);

        // base + ((p + 32) >> 6) is (2 base + 1 + (p >> 5)) >> 1.
        SInt doubled = Bits.concat(base4, Bits.of(1, 1)).asSInt();
        SInt sum = wire("sum", doubled.plusCarry(halves4).shiftRight(1));
        Bit fits = sum.bit(CODE_BITS).eq(sum.bit(CODE_BITS - 1));
        SInt limit = sum.sign()
                .mux(SInt.of(-(1 << (CODE_BITS - 1)), CODE_BITS), SInt.of((1 << (CODE_BITS - 1)) - 1, CODE_BITS));
        result = out(
                "result",
                regNext("result_5", fits.mux(sum.resize(CODE_BITS), limit).asBits()));
    }

    /** The value where the bit is 1, else 0; a mask, not a choice, so that it takes no level of cells before the adder. */
    private static SInt masked(SInt value, Bit bit) {
        Bits mask = bit.mux(Bits.of(0, value.width()).not(), Bits.of(0, value.width()));
        return value.asBits().and(mask).asSInt();
    }
}
