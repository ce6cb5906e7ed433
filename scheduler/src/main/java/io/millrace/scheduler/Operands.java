package io.millrace.scheduler;

import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The maps that a layer reads. A concatenation and a view are never computed: the operands of the one are read in its place, and the
 * rows of the other's operand as the view cuts them.
 */
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

    /** The node whose actor writes the rows of a node that is read: of a view, what it is a view of. */
    public static int source(QuantizedGraph graph, int node) {
        int at = node;
        while (graph.node(at).op() instanceof QOp.View) {
            at = graph.node(at).inputs().getFirst();
        }
        return at;
    }

    private static IntStream parts(QuantizedGraph graph, int id) {
        var node = graph.node(id);
        return node.op() instanceof QOp.Concat
                ? node.inputs().stream().mapToInt(Integer::intValue).flatMap(i -> parts(graph, i))
                : IntStream.of(id);
    }
}
