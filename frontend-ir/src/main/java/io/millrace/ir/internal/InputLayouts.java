package io.millrace.ir.internal;

import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Inputs that models read in another shape only, or with their last axis as channels: they have that shape, or one channel and all values of a
 * row as columns, which is the order in which the codes of a map lie. Nothing has to be moved.
 */
public final class InputLayouts {
    private InputLayouts() {}

    public static Graph asRead(Graph graph) {
        var rewriter = new Rewriter(graph);
        for (Node n : graph.nodes()) {
            Optional<Shape> only = n.op() instanceof Op.Input ? onlyShape(graph, n) : Optional.empty();
            if (only.isPresent()) {
                rewriter.map(n, rewriter.builder().input(n.name(), only.get(), n.source()));
            } else if (n.op() instanceof Op.Input && isOnlyTurned(graph, n)) {
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

    /** The shape of a map in which an input is read, if everything reads it so: the order of elements is the same. */
    private static Optional<Shape> onlyShape(Graph graph, Node input) {
        var readers = readers(graph, input);
        var shapes = readers.stream().map(Node::shape).distinct().toList();
        boolean one = shapes.size() == 1
                && Composer.isMap(shapes.getFirst())
                && shapes.getFirst().rank() <= 5
                && input.shape().rank() <= 4
                && readers.stream().allMatch(r -> r.op() instanceof Op.Reshape);
        return one && !graph.outputs().contains(input.id()) ? Optional.of(shapes.getFirst()) : Optional.empty();
    }

    private static List<Node> readers(Graph graph, Node input) {
        return graph.nodes().stream()
                .filter(r -> r.inputs().contains(input.id()))
                .toList();
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
        var readers = readers(graph, input);
        return !readers.isEmpty()
                && !graph.outputs().contains(input.id())
                && readers.stream().allMatch(r -> r.op().equals(turn));
    }
}
