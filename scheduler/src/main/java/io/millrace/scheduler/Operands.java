package io.millrace.scheduler;

import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import java.util.List;
import java.util.stream.IntStream;

/** The maps that a layer reads: a concatenation is never computed, its operands are read in its place. */
public final class Operands {
    private Operands() {}

    /** Ids of the nodes whose rows a node reads, in order, concatenations replaced by their operands. */
    public static List<Integer> of(QuantizedGraph graph, QNode node) {
        return node.inputs().stream()
                .mapToInt(Integer::intValue)
                .flatMap(i -> parts(graph, i))
                .boxed()
                .toList();
    }

    private static IntStream parts(QuantizedGraph graph, int id) {
        var node = graph.node(id);
        return node.op() instanceof QOp.Concat
                ? node.inputs().stream().mapToInt(Integer::intValue).flatMap(i -> parts(graph, i))
                : IntStream.of(id);
    }
}
