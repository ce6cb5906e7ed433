package io.millrace.quantizer.internal;

import io.millrace.quantizer.Precision;

/** The real numbers that codes stand for: {@code (code - zeroPoint) * scale}. */
public record Grid(double scale, int zeroPoint, Precision precision) {
    /** Nearest code, ties upwards, saturated. */
    public int code(double real) {
        return (int) Math.clamp(zeroPoint + Math.floor(real / scale + 0.5), precision.low(), precision.high());
    }

    public double real(int code) {
        return (code - zeroPoint) * scale;
    }

    /** The smallest scale of a result, a power of two, whose steps an accumulator of this scale is at most 2^15 of; 0 for none. */
    static double leastScale(double accumulatorScale) {
        return accumulatorScale == 0 ? 0 : Math.scalb(1.0, Math.getExponent(accumulatorScale) - 14);
    }

    /** The same zero with steps of this size, if its own are finer. */
    Grid atLeast(double leastScale) {
        return scale >= leastScale ? this : new Grid(leastScale, zeroPoint, precision);
    }

    /** The real number of the smallest code. */
    public double low() {
        return real(precision.low());
    }

    /** The real number of the largest code. */
    public double high() {
        return real(precision.high());
    }
}
