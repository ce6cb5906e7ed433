package io.millrace.quantizer.internal;

import io.millrace.ir.SourceRef;
import io.millrace.quantizer.AccumulatorWidth;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizeCode;
import io.millrace.quantizer.Requantizer;
import java.util.ArrayList;
import java.util.List;

/**
 * A requantizer and the biases that go with it. See docs/numbers.md, sections 3 and 5.
 *
 * @param bias with the rounding constant of the pre-shift in it
 */
record RequantizerChoice(Requantizer requantizer, List<Long> bias) {
    /** Largest value of 25 bits. */
    static final long A_MAX = (1L << 24) - 1;

    private static final int A_BITS = 25;

    /**
     * What a layer's accumulators are and what they become.
     *
     * @param factors real value of one accumulator step over one output step, a channel
     * @param bias folded biases, without any rounding constant
     * @param magnitudes bound of everything but the bias, a channel
     * @param constant channels whose 25-bit value is to be {@link #A_MAX} whatever comes in; their bias is chosen here
     */
    @SuppressWarnings("ArrayRecordComponent") // lives within one lowering, compared nowhere
    record Layer(
            double[] factors, long[] bias, long[] magnitudes, boolean[] constant, int zeroPoint, int low, int high) {}

    /** The smallest pre-shift that changes no result, and for it the most precise multipliers. */
    static RequantizerChoice of(Layer layer, SourceRef where) {
        for (int d = 0; d <= Requantizer.PRE_SHIFT_MAX; d++) {
            var choice = withPreShift(layer, d, where);
            if (choice.keepsEverything(layer)) {
                return choice;
            }
        }
        throw QuantizeCode.ACCUMULATOR.exception(
                where,
                "its accumulator needs more than " + AccumulatorWidth.BITS_MAX + " bits",
                "use int8, or split the layer over its input channels");
    }

    /** What a sum of maps makes of an operand that is worth {@code factor} steps of the sum. */
    static QOp.Add.Term term(double factor, int zeroPoint, SourceRef where) {
        int shift = shiftOf(factor, where);
        return new QOp.Add.Term(zeroPoint, (int) Math.rint(Math.scalb(factor, shift)), shift);
    }

    private static RequantizerChoice withPreShift(Layer layer, int d, SourceRef where) {
        var bias = new ArrayList<Long>();
        var multipliers = new ArrayList<Integer>();
        var shifts = new ArrayList<Integer>();
        for (int c = 0; c < layer.factors.length; c++) {
            boolean constant = layer.constant[c];
            bias.add(constant ? ((A_MAX + 1) << d) + layer.magnitudes[c] : layer.bias[c] + (d > 0 ? 1L << (d - 1) : 0));
            double factor = constant ? layer.factors[c] : Math.scalb(layer.factors[c], d);
            int shift = shiftOf(factor, where);
            multipliers.add((int) Math.rint(Math.scalb(factor, shift)));
            shifts.add(shift);
        }
        return new RequantizerChoice(
                new Requantizer(d, multipliers, shifts, layer.zeroPoint, layer.low, layer.high), List.copyOf(bias));
    }

    /** The largest shift that keeps the multiplier below its limit. */
    private static int shiftOf(double factor, SourceRef where) {
        int limitBits = Integer.numberOfTrailingZeros(Requantizer.MULTIPLIER_LIMIT);
        int shift = factor == 0 ? Requantizer.SHIFT_MAX : limitBits - 1 - Math.getExponent(factor);
        if (Math.abs(Math.rint(Math.scalb(factor, shift))) >= Requantizer.MULTIPLIER_LIMIT) {
            shift--;
        }
        if (shift < 1) {
            throw QuantizeCode.SCALE_RATIO.exception(
                    where,
                    "one step of its accumulator is " + factor + " steps of its output, at most "
                            + (Requantizer.MULTIPLIER_LIMIT / 2) + " can be",
                    "give calibration frames on which its output is not almost constant");
        }
        return Math.min(shift, Requantizer.SHIFT_MAX);
    }

    private boolean keepsEverything(Layer layer) {
        for (int c = 0; c < bias.size(); c++) {
            long bound = Math.abs(bias.get(c)) + layer.magnitudes[c];
            int bits = 65 - Long.numberOfLeadingZeros(bound);
            if (bits > AccumulatorWidth.BITS_MAX) {
                return false;
            }
            boolean fits = bits - requantizer.preShift() <= A_BITS;
            if (!fits && !layer.constant[c] && !saturatesAnyway(c)) {
                return false;
            }
        }
        return true;
    }

    /** Whether the largest and the smallest 25-bit values already give the codes at the ends. */
    private boolean saturatesAnyway(int c) {
        long m = requantizer.multipliers().get(c);
        int s = requantizer.shifts().get(c);
        long atMax = requantizer.zeroPoint() + ((A_MAX * m + (1L << (s - 1))) >> s);
        long atMin = requantizer.zeroPoint() + (((-A_MAX - 1) * m + (1L << (s - 1))) >> s);
        return Math.max(atMax, atMin) >= requantizer.high() && Math.min(atMax, atMin) <= requantizer.low();
    }
}
