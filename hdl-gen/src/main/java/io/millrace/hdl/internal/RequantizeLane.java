package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.SInt;
import io.millrace.hdl.bridge.UInt;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;
import java.util.ArrayList;
import java.util.List;

/**
 * One lane of the requantizer, pipelined: accumulator and parameters enter in cycle d + 2 of a drain step and stay until a + 2, a being the
 * step's last cycle; the code leaves in a + 7 + {@code Timing.narrowStages + Timing.requantizeStages}. {@code preShift} is read in d + 3; zero point and bounds in the two cycles before the code. The shift takes two
 * cycles: by multiples of {@value #COARSE}, then by the rest.
 *
 * <p>The multiplier is a DSP, or adders in the fabric: all bits of the factor at once, or {@code ceil(18 / interval)} of them a cycle.
 */
final class RequantizeLane extends Block {
    private static final int FACTOR_BITS = ProgramLayout.MULTIPLIER_BITS;
    private static final int COARSE_STEP = 3;
    private static final int COARSE = 1 << COARSE_STEP;

    /** 1 in the first cycle of a step, d. */
    final Bit first;
    /** 1 in the last cycle of a step, a. */
    final Bit last;

    final SInt accumulator;
    final SInt bias;
    final SInt multiplier;
    final UInt shift;
    final UInt preShift;
    final SInt zeroPoint;
    final SInt low;
    final SInt high;
    final SInt code;

    RequantizeLane(int accumulatorBits, int codeBits, Unit.Drain drain) {
        super("requantize_lane");
        int preShiftMax = drain.preShiftMax();
        first = in("first", bit());
        last = in("last", bit());
        accumulator = in("accumulator", sint(accumulatorBits));
        bias = in("bias", sint(accumulatorBits));
        multiplier = in("multiplier", sint(FACTOR_BITS));
        shift = in("shift", uint(6));
        preShift = in("pre_shift", uint(indexBits(preShiftMax + 1)));
        zeroPoint = in("zero_point", sint(codeBits));
        low = in("low", sint(codeBits));
        high = in("high", sint(codeBits));

        SInt biased3 = regNext("biased_3", accumulator.plus(bias));
        SInt multiplier3 = regNext("multiplier_3", multiplier);
        // From here on names have the cycle without a shift before the saturation.
        SInt shifted = preShiftMax > 0 ? regNext("shifted", biased3.shiftRight(preShift)) : biased3;
        SInt narrow4 = regNext("narrow_4", saturate(shifted, Unit.SATURATED_BITS));
        int narrowStages = Timing.narrowStages(drain);
        SInt multiplier4 = delay("multiplier_4", multiplier3, narrowStages);
        SInt product5;
        if (drain.multipliersInDsp()) {
            product5 = regNext("product_5", narrow4.times(multiplier4));
        } else if (drain.interval() == 1) {
            product5 = logicProduct("product_5", narrow4, multiplier4);
        } else {
            SInt multiplierBefore = delay("multiplier_before", multiplier3, narrowStages - 1);
            product5 = serialProduct(narrow4, multiplierBefore, drain.interval(), 3 + narrowStages);
        }
        int stages = Timing.requantizeStages(drain);
        UInt shift5 = delay("shift", shift.minus(1), 1 + narrowStages + stages);
        // (p + 2^(s-1)) >> s is ((p >> (s-1)) + 1) >> 1. Zero point and bounds are codes: what is beyond twice their
        // range may be as near as that.
        int halfBits = codeBits + 3;
        Shifted coarse5 = shiftRight(new Shifted(product5, Bit.of(false)), shift5, halfBits, 5, COARSE_STEP);
        SInt coarse6 = regNext("coarse_6", coarse5.value);
        Bit large6 = regNext("coarse_large_6", coarse5.large);
        UInt shift6 = regNext("fine_shift_6", shift5.slice(0, COARSE_STEP));
        Bit negative6 = regNext("negative_6", product5.sign());
        Shifted half6 = shiftRight(new Shifted(coarse6, large6), shift6, halfBits, COARSE_STEP - 1, 0);
        SInt half7 = regNext("half_7", half6.value.resize(halfBits));
        Bit large7 = regNext("large_7", half6.large);
        Bit negative7 = regNext("negative_7", negative6);
        int bits = half7.width();
        SInt largest = SInt.of((1L << (bits - 1)) - 1, bits);
        SInt near = large7.mux(negative7.mux(SInt.of(-(1L << (bits - 1)), bits), largest), half7);
        SInt value8 =
                regNext("value_8", near.resize(bits + 1).plus(1).shiftRight(1).resize(bits));
        // The bounds less the zero point are there before the value, so that it is compared while it is added.
        SInt sum = value8.resize(bits + 1).plus(zeroPoint.resize(bits + 1));
        SInt lowest8 = regNext("lowest_8", low.resize(codeBits + 1).minus(zeroPoint.resize(codeBits + 1)));
        SInt highest8 = regNext("highest_8", high.resize(codeBits + 1).minus(zeroPoint.resize(codeBits + 1)));
        Bit under = value8.lt(lowest8.resize(bits));
        Bit over = value8.gt(highest8.resize(bits));
        code = out("code", regNext("code_9", under.mux(low, over.mux(high, sum.resize(codeBits)))));
    }

    /** A summand of a digit's product: {@code value << place}; {@code top} of the digit's highest bit, which may be the factor's sign. */
    private record Part(SInt value, int place, boolean top) {}

    /**
     * The product by adders of a value and of a factor that comes a cycle before it, from the low digits of the factor to the high ones: a digit's by a level of adders a cycle, then added to those of the digits below. It is there in the
     * cycle after a + {@code from} and the levels.
     */
    private SInt serialProduct(SInt value, SInt factor, int digits, int from) {
        int digitBits = Math.ceilDiv(FACTOR_BITS, digits);
        int factorBits = digitBits * digits;
        Bit first4 = delay("first", first, from);
        Bit last4 = delay("last", last, from);
        SInt wide = factor.resize(factorBits);
        int highBits = value.width() + 1;
        int sumBits = highBits + digitBits;
        SInt high = reg("product_high_5", sint(highBits)).initial(0);
        SInt rest = reg("factor_rest", sint(factorBits)).initial(0);
        // The factor is there a cycle before its value.
        SInt at = rest;
        rest.set(delay("first_factor", first, from - 1)
                .mux(wide, rest.shiftRight(digitBits).resize(factorBits)));
        List<Part> parts = new ArrayList<>();
        for (int b = 0; b < digitBits; b++) {
            // As a mask, not as a choice of zero: one level of cells with the adder.
            Bits mask = at.bit(b).mux(Bits.of(0, value.width()).not(), Bits.of(0, value.width()));
            parts.add(new Part(value.asBits().and(mask).asSInt(), b, b == digitBits - 1));
        }
        int levels = 0;
        for (; parts.size() > 1; levels++) {
            Bit lastHere = delay("last_level" + levels, last4, levels);
            var sums = new ArrayList<Part>();
            for (int k = 0; k < parts.size(); k += 2) {
                Part part = k + 1 < parts.size() ? sum(parts.get(k), parts.get(k + 1), lastHere) : parts.get(k);
                sums.add(new Part(regNext("digit_" + levels + "_" + k / 2, part.value), part.place, part.top));
            }
            parts = sums;
        }
        SInt before = delay("first_sum", first4, levels)
                .mux(SInt.of(0, highBits), high)
                .resize(sumBits);
        Part digitProduct = parts.getFirst();
        SInt term = digitProduct.value.resize(sumBits);
        SInt sum = digitProduct.top
                ? delay("last_sum", last4, levels).mux(before.minus(term), before.plus(term))
                : before.plus(term);
        SInt total = wire("product_sum", sum);
        high.set(total.shiftRight(digitBits).resize(highBits));
        Bits digit = total.slice(0, digitBits);
        Bits low = reg("product_low_5", bits(factorBits)).initial(0);
        low.set(Bits.concat(digit, low.slice(digitBits, factorBits - digitBits)));
        return Bits.concat(high.asBits(), low).asSInt().resize(value.width() + FACTOR_BITS);
    }

    /** The factor's sign has a negative weight. */
    private static Part sum(Part low, Part high, Bit last) {
        int apart = high.place - low.place;
        int bits = Math.max(low.value.width(), high.value.width() + apart) + 1;
        SInt a = low.value.resize(bits);
        SInt b = high.value.resize(bits - apart).shiftLeft(apart);
        return new Part(high.top ? last.mux(a.minus(b), a.plus(b)) : a.plus(b), low.place, false);
    }

    /**
     * The low bits of a shifted value.
     *
     * @param large whether the shifted value needs more bits, and {@code value} has lost them
     */
    private record Shifted(SInt value, Bit large) {}

    /**
     * Shifts right by some of the bits of {@code places}, {@code first} down to {@code last}, and drops what the others cannot bring into {@code bits} bits: the widest steps come
     * first, and after each no more is kept than those that follow can use.
     */
    private static Shifted shiftRight(Shifted value, UInt places, int bits, int first, int last) {
        SInt at = value.value;
        Bit large = value.large;
        for (int k = first; k >= last; k--) {
            int step = 1 << k;
            int keep = Math.min(at.width(), bits + step - 1);
            Bit shifts = places.bit(k);
            SInt shifted = step < at.width() ? at.shiftRight(step) : at.sign().mux(SInt.of(-1, 1), SInt.of(0, 1));
            large = large.or(shifts.mux(exceeds(shifted, keep), exceeds(at, keep)));
            at = shifts.mux(low(shifted, keep), low(at, keep));
        }
        return new Shifted(at, large);
    }

    private static Bit exceeds(SInt value, int bits) {
        if (value.width() <= bits) {
            return Bit.of(false);
        }
        Bits above = value.slice(bits - 1, value.width() - bits + 1);
        return above.orReduce().and(above.andReduce().not());
    }

    /** The low bits, or the value extended to as many. */
    private static SInt low(SInt value, int bits) {
        return value.width() <= bits ? value.resize(bits) : value.slice(0, bits).asSInt();
    }

    /** The value in {@code bits} bits, saturated; a narrower one is extended. */
    private SInt saturate(SInt value, int bits) {
        if (value.width() <= bits) {
            return value.resize(Math.min(bits, value.width()));
        }
        long limit = 1L << (bits - 1);
        Bit under = value.lt(SInt.of(-limit, value.width()));
        Bit over = value.ge(SInt.of(limit, value.width()));
        return under.mux(SInt.of(-limit, bits), over.mux(SInt.of(limit - 1, bits), value.resize(bits)));
    }
}
