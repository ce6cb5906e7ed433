package io.millrace.ir.nets;

import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;

/**
 * Uniform random weights, the same for the same seed on every machine. Value {@code i} of a tensor is a function of the tensor's own
 * seed and of {@code i} alone (SplitMix64's output function on a counter; Steele, Lea, Flood, OOPSLA 2014), about a nanosecond each.
 */
final class SeededWeights {
    private static final long GOLDEN = 0x9E37_79B9_7F4A_7C15L;
    private final long seed;
    private long tensors;

    SeededWeights(long seed) {
        this.seed = seed;
    }

    /** A tensor of values in {@code [centre - spread, centre + spread)}. */
    Tensor uniform(Shape shape, double centre, double spread) {
        long start = mix(seed + ++tensors * GOLDEN);
        float scale = (float) (spread * 0x1p-23);
        float low = (float) (centre - spread);
        var values = new float[shape.volume()];
        for (int i = 0; i < values.length; i++) {
            values[i] = low + (mix(start + i * GOLDEN) >>> 40) * scale;
        }
        return Tensor.wrap(shape, values);
    }

    private static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58_476D_1CE4_E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D0_49BB_1331_11EBL;
        return z ^ (z >>> 31);
    }
}
