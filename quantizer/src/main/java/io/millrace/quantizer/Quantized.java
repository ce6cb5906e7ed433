package io.millrace.quantizer;

import io.millrace.ir.Graph;
import java.util.List;
import java.util.OptionalInt;

/**
 * A quantized graph with what it was made from and how.
 *
 * @param reference the float graph
 * @param floatNodes for each node of {@code graph} the node of {@code reference} whose value it stands for; empty where a
 *     saturation was moved before a max pool, or a map was requantized to join others, so that no float node equals it
 * @param tensors how each node was quantized, by node id
 */
public record Quantized(
        QuantizedGraph graph,
        Graph reference,
        QuantizeOptions options,
        List<OptionalInt> floatNodes,
        List<TensorSummary> tensors) {
    public Quantized {
        floatNodes = List.copyOf(floatNodes);
        tensors = List.copyOf(tensors);
    }
}
