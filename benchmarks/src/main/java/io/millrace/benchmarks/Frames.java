package io.millrace.benchmarks;

import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QuantizedGraph;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Frames to measure with. */
public final class Frames {
    private static final long SEED = 1;

    private Frames() {}

    /** So many frames of noise over all codes: for each, the codes of every input. The same at each call. */
    public static List<List<short[]>> noise(QuantizedGraph graph, int frames) {
        var random = new SplittableRandom(SEED);
        var noise = new ArrayList<List<short[]>>();
        for (int f = 0; f < frames; f++) {
            var frame = new ArrayList<short[]>();
            for (var input : graph.inputs()) {
                frame.add(codes(random, input.type().elements(), graph.precision()));
            }
            noise.add(List.copyOf(frame));
        }
        return List.copyOf(noise);
    }

    private static short[] codes(SplittableRandom random, int elements, Precision precision) {
        var codes = new short[elements];
        for (int i = 0; i < elements; i++) {
            codes[i] = (short) random.nextInt(precision.low(), precision.high() + 1);
        }
        return codes;
    }
}
