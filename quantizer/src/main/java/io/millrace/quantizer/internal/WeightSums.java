package io.millrace.quantizer.internal;

import io.millrace.quantizer.Weights;

/** Sums over the weights of one output channel. */
public final class WeightSums {
    private WeightSums() {}

    /** Sum of the weights of output channel {@code m} of {@code channels}. */
    public static long ofWeights(Weights weights, int m, int channels) {
        int each = weights.size() / channels;
        long sum = 0;
        for (int i = m * each; i < (m + 1) * each; i++) {
            sum += weights.get(i);
        }
        return sum;
    }
}
