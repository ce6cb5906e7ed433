package io.millrace.quantizer.internal;

import io.millrace.ir.Tensor;
import io.millrace.quantizer.Precision;

/** Finds the integers that a model's author made its weights from; the importer hands on their products with a scale. */
final class AuthorWeights {
    /** Largest code of an 8-bit type less its zero point. */
    private static final int CODES_MAX = 255;

    private static final double TOLERANCE = 1e-4;

    private AuthorWeights() {}

    /**
     * A scale of which all these weights are multiples within the precision's range, as fine as that range allows (a finer one keeps
     * the bias as exact as it can); {@code otherwise} if there is none.
     */
    static double scale(Tensor weights, int from, int count, double otherwise, Precision precision) {
        double magnitude = 0;
        for (int i = from; i < from + count; i++) {
            magnitude = Math.max(magnitude, Math.abs(weights.get(i)));
        }
        for (int largest = 1; magnitude > 0 && largest <= Math.min(CODES_MAX, precision.high()); largest++) {
            double scale = magnitude / largest;
            if (areMultiples(weights, from, count, scale)) {
                return scale / (precision.high() / largest);
            }
        }
        return otherwise;
    }

    private static boolean areMultiples(Tensor weights, int from, int count, double scale) {
        for (int i = from; i < from + count; i++) {
            double code = weights.get(i) / scale;
            if (Math.abs(code - Math.rint(code)) > TOLERANCE) {
                return false;
            }
        }
        return true;
    }
}
