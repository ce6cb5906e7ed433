package io.millrace.ir.internal;

import io.millrace.ir.Sampling;
import java.util.Optional;

/**
 * A sampling at even steps: element i lies at {@code start + i * stride / stretch} on the operand's axis, or at that end of the axis
 * beyond which it falls.
 *
 * @param stretch at least 1; elements of the result an element of the operand, times stride
 * @param stride at least 1
 * @param start where the first element lies, may be negative
 */
record Ramp(int stretch, int stride, double start) {
    /** The longest kernel that a stretch needs has twice as many taps. */
    static final int STRETCH_MAX = 32;

    private static final int STRIDE_MAX = 64;
    /** Samplings are computed in single precision. */
    private static final double TOLERANCE = 1e-4;

    double position(int i) {
        return start + i * (double) stride / stretch;
    }

    /** The even sampling of the least stretch that one is; empty if there is none. */
    static Optional<Ramp> of(Sampling sampling, int size) {
        int inside = firstInside(sampling, size);
        if (inside < 0) {
            return Optional.empty();
        }
        for (int stretch = 1; stretch <= STRETCH_MAX; stretch++) {
            for (int stride = 1; stride <= STRIDE_MAX; stride++) {
                double start = place(sampling, size, inside) - inside * (double) stride / stretch;
                var ramp = new Ramp(stretch, stride, start);
                if (ramp.fits(sampling, size)) {
                    return Optional.of(ramp);
                }
            }
        }
        return Optional.empty();
    }

    private static double place(Sampling sampling, int size, int i) {
        return Math.min(sampling.source().get(i) + (double) sampling.fraction().get(i), size - 1);
    }

    /** An element that certainly was not moved to an end of the axis. */
    private static int firstInside(Sampling sampling, int size) {
        for (int i = 0; i < sampling.source().size(); i++) {
            double place = place(sampling, size, i);
            if (place > 0 && place < size - 1) {
                return i;
            }
        }
        return -1;
    }

    private boolean fits(Sampling sampling, int size) {
        for (int i = 0; i < sampling.source().size(); i++) {
            if (Math.abs(Math.clamp(position(i), 0, size - 1) - place(sampling, size, i)) > TOLERANCE) {
                return false;
            }
        }
        return true;
    }
}
