package io.millrace.quantizer;

import io.millrace.ir.SourceRef;
import java.util.List;

/**
 * One operation of a quantized graph.
 *
 * @param id position in {@link QuantizedGraph#nodes()}
 * @param inputs ids of the operands, all smaller than {@code id}
 */
public record QNode(int id, String name, QOp op, List<Integer> inputs, MapType type, SourceRef source) {
    public QNode {
        inputs = List.copyOf(inputs);
    }
}
