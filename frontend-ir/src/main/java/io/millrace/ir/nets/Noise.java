package io.millrace.ir.nets;

import io.millrace.ir.Graph;
import io.millrace.ir.Tensor;
import java.util.List;
import java.util.Random;

/** Inputs for nets whose weights are random too. */
public final class Noise {
    private Noise() {}

    /** A frame of a graph's inputs, uniform in [-1, 1); equal arguments give equal frames. */
    public static List<Tensor> frame(Graph graph, long seed) {
        var random = new Random(seed);
        return graph.inputs().stream()
                .map(input -> {
                    var values = new float[input.shape().volume()];
                    for (int i = 0; i < values.length; i++) {
                        values[i] = 2 * random.nextFloat() - 1;
                    }
                    return Tensor.wrap(input.shape(), values);
                })
                .toList();
    }
}
