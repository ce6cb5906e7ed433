package io.millrace.scheduler.internal;

import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.Operands;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;

/**
 * What every machine for a graph needs at least, whatever its engines and the order of their firings. It follows from operations and maps alone.
 *
 * @param multipliers in matrix engines
 * @param rowBits of the rows on chip that layers read: a firing of one row starts when its whole window is there, and rows come back from DRAM to
 *     memories on chip too
 * @param widest name of the layer whose map takes most of these rows
 * @param widestBits of its rows
 * @param weightBits of all weights; of layers whose weights may turn out to be the same, of one
 */
public record LeastNeeds(int multipliers, long rowBits, String widest, long widestBits, long weightBits) {
    public static LeastNeeds of(QuantizedGraph graph) {
        // By node that writes them: readers on one unit share the rows.
        Map<Integer, Long> rows = new HashMap<>();
        var weights = new HashSet<Object>();
        long weightBits = 0;
        int bits = graph.precision().bits();
        boolean multiplies = false;
        for (var node : Skeleton.live(graph)) {
            if (Skeleton.onMatrix(node) || Skeleton.onVector(node)) {
                read(graph, node, rows);
            }
            multiplies |= Skeleton.onMatrix(node);
            if (node.op() instanceof QOp.Conv conv
                    && Skeleton.onMatrix(node)
                    && weights.add(new Shape(
                            conv.filters(), conv.window().taps(), conv.weights().size()))) {
                weightBits += (long) conv.weights().size() * bits;
            }
        }
        for (int output : graph.outputs()) {
            add(graph, rows, output, graph.node(output).type().rowElements());
        }
        long elements = rows.values().stream().mapToLong(Long::longValue).sum();
        var widest = rows.entrySet().stream()
                .max(Map.Entry.<Integer, Long>comparingByValue().thenComparing(Map.Entry.comparingByKey()))
                .orElseThrow();
        String name = graph.node(widest.getKey()).name();
        return new LeastNeeds(multiplies ? 1 : 0, elements * bits, name, widest.getValue() * bits, weightBits);
    }

    private record Shape(int filters, int taps, int weights) {}

    private static void read(QuantizedGraph graph, QNode node, Map<Integer, Long> rows) {
        var g = Geometry.ofNode(graph, node.id());
        int input = 0;
        for (int operand : Operands.of(graph, node)) {
            long elements =
                    (long) rowsAtOnce(g, input) * graph.node(operand).type().rowElements();
            add(graph, rows, operand, elements);
            input++;
        }
    }

    private static void add(QuantizedGraph graph, Map<Integer, Long> rows, int operand, long elements) {
        rows.merge(Operands.source(graph, operand), elements, Math::max);
    }

    /** Most rows of an input that a firing of one row needs and has not yet freed. */
    private static int rowsAtOnce(Geometry g, int input) {
        int most = 0;
        for (int f = 0; f < g.firings(1); f++) {
            int freed = f == 0 ? 0 : g.rowsFreed(f - 1, 1, input);
            most = Math.max(most, g.rowsNeeded(f, 1, input) - freed);
        }
        return most;
    }
}
