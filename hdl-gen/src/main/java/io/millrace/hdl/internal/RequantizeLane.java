package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.SInt;
import io.millrace.hdl.bridge.UInt;

/**
 * One lane of the requantizer, pipelined: accumulator and parameters enter in cycle d + 2 of a drain step, the code leaves in
 * d + 8. {@code preShift} is read in d + 3; zero point and bounds in d + 7.
 */
final class RequantizeLane extends Block {
    private static final int SATURATED_BITS = 25;

    final SInt accumulator;
    final SInt bias;
    final SInt multiplier;
    final UInt shift;
    final UInt preShift;
    final SInt zeroPoint;
    final SInt low;
    final SInt high;
    final SInt code;

    /** @param preShiftMax largest pre-shift, 0 for none */
    RequantizeLane(int accumulatorBits, int codeBits, int preShiftMax) {
        super("requantize_lane");
        accumulator = in("accumulator", sint(accumulatorBits));
        bias = in("bias", sint(accumulatorBits));
        multiplier = in("multiplier", sint(18));
        shift = in("shift", uint(6));
        preShift = in("pre_shift", uint(indexBits(preShiftMax + 1)));
        zeroPoint = in("zero_point", sint(codeBits));
        low = in("low", sint(codeBits));
        high = in("high", sint(codeBits));

        SInt biased3 = regNext("biased_3", accumulator.plus(bias));
        SInt multiplier3 = regNext("multiplier_3", multiplier);
        SInt shifted = preShiftMax > 0 ? biased3.shiftRight(preShift) : biased3;
        SInt narrow4 = regNext("narrow_4", saturate(shifted, SATURATED_BITS));
        SInt multiplier4 = regNext("multiplier_4", multiplier3);
        SInt product5 = regNext("product_5", narrow4.times(multiplier4));
        UInt shift5 = delay("shift", shift.minus(1), 3);
        // (p + 2^(s-1)) >> s is ((p >> (s-1)) + 1) >> 1
        SInt half6 = regNext("half_6", product5.shiftRight(shift5));
        SInt rounded = half6.resize(half6.width() + 1).plus(1).shiftRight(1);
        SInt value7 = regNext("value_7", saturate(rounded, codeBits + 2).resize(codeBits + 3));
        SInt sum = value7.plus(zeroPoint);
        Bit under = sum.lt(low);
        Bit over = sum.gt(high);
        code = out("code", regNext("code_8", under.mux(low, over.mux(high, sum.resize(codeBits)))));
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
