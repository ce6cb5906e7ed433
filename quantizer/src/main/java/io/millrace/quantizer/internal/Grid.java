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

    /** The real number of the smallest code. */
    public double low() {
        return real(precision.low());
    }

    /** The real number of the largest code. */
    public double high() {
        return real(precision.high());
    }
}
