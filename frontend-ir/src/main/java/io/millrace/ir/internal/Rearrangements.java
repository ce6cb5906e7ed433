package io.millrace.ir.internal;

import io.millrace.ir.Graph;
import io.millrace.ir.GraphBuilder;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reshapes, transposes and choices of elements in a row, by way of tensors that are no maps, as one rearrangement. */
public final class Rearrangements {
    /** Engines move no more than this; element numbers are carried as floats, too. */
    private static final int ELEMENTS_MAX = 1 << 22;

    private Rearrangements() {}

    /** What goes in by one map and comes out as another is one operation; steps between that others read stay as well. */
    public static Graph merge(Graph graph) {
        var rewriter = new Rewriter(graph);
        for (Node n : graph.nodes()) {
            Optional<List<Node>> steps = steps(graph, n);
            if (steps.isEmpty()) {
                rewriter.copy(n);
                continue;
            }
            Node base = graph.node(steps.get().getFirst().inputs().getFirst());
            float[] numbers = Shuffles.sources(base.shape(), b -> appended(b, steps.get()));
            var sources = new ArrayList<Integer>();
            for (float number : numbers) {
                sources.add((int) number);
            }
            var op = new Op.Rearrange(n.shape(), sources);
            rewriter.map(n, rewriter.builder().add(n.name(), op, n.source(), rewriter.newId(base.id())));
        }
        return Simplification.dropDeadNodes(rewriter.build());
    }

    private static int appended(GraphBuilder b, List<Node> steps) {
        int id = 0;
        for (Node step : steps) {
            id = step.op() instanceof Op.Reshape
                    ? b.reshape(step.name(), id, step.shape(), step.source())
                    : b.add(step.name(), step.op(), step.source(), id);
        }
        return id;
    }

    /** Two steps or more, the last one the node, that lead from a map to a map. */
    private static Optional<List<Node>> steps(Graph graph, Node n) {
        var steps = new ArrayList<Node>();
        Node at = n;
        while (isStep(graph, at)) {
            steps.addFirst(at);
            at = graph.node(at.inputs().getFirst());
        }
        boolean merges = steps.size() > 1
                && isMap(at.shape())
                && isMap(n.shape())
                && Math.max(at.shape().volume(), n.shape().volume()) <= ELEMENTS_MAX;
        return merges ? Optional.of(steps) : Optional.empty();
    }

    /** Choices of elements of a map are what engines do by themselves. */
    private static boolean isStep(Graph graph, Node n) {
        return switch (n.op()) {
            case Op.Reshape _, Op.Transpose _, Op.Rearrange _ -> true;
            case Op.Gather _, Op.Slice _ ->
                !isMap(n.shape()) || !isMap(graph.node(n.inputs().getFirst()).shape());
            case Op _ -> false;
        };
    }

    static boolean isMap(Shape shape) {
        return shape.rank() >= 2 && shape.rank() <= 5 && shape.dim(0) == 1 && shape.volume() > 0;
    }
}
