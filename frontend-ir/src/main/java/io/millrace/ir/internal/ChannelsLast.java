package io.millrace.ir.internal;

import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Inputs whose channels come last, and which are only read with them first: one channel, and all values of a row as columns. That is the
 * order in which the codes of a map lie, so that nothing has to be moved.
 */
public final class ChannelsLast {
    private ChannelsLast() {}

    public static Graph asRows(Graph graph) {
        var rewriter = new Rewriter(graph);
        for (Node n : graph.nodes()) {
            if (n.op() instanceof Op.Input && isOnlyTurned(graph, n)) {
                int rows = rewriter.builder().input(n.name(), rows(n.shape()), n.source());
                rewriter.map(n, rewriter.builder().reshape(n.name() + ".given", rows, n.shape(), n.source()));
            } else {
                rewriter.copy(n);
            }
        }
        return rewriter.build();
    }

    /** One row a row of the map, where there are two axes in space; one row in all, where there is one. */
    private static Shape rows(Shape shape) {
        int last = shape.rank() - 1;
        var dims = new ArrayList<>(List.of(1, 1));
        dims.addAll(shape.dims().subList(1, last));
        dims.set(last, dims.get(last) * shape.dim(last));
        return new Shape(dims);
    }

    private static boolean isOnlyTurned(Graph graph, Node input) {
        Shape shape = input.shape();
        int last = shape.rank() - 1;
        if (last != 2 && last != 3 || shape.dim(0) != 1 || shape.volume() == 0) {
            return false;
        }
        var order = new ArrayList<>(IntStream.range(0, last).boxed().toList());
        order.add(1, last);
        var turn = new Op.Transpose(order);
        var readers = graph.nodes().stream()
                .filter(r -> r.inputs().contains(input.id()))
                .toList();
        return !readers.isEmpty()
                && !graph.outputs().contains(input.id())
                && readers.stream().allMatch(r -> r.op().equals(turn));
    }
}
