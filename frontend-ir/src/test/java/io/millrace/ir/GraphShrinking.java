package io.millrace.ir;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Makes graphs on which a test fails smaller, as long as it fails. */
public final class GraphShrinking {
    private static final int TRIES_MAX = 200;

    private final Predicate<Graph> fails;
    private int tries;

    private GraphShrinking(Predicate<Graph> fails) {
        this.fails = fails;
    }

    /**
     * A graph that still fails, of which no single step makes a smaller one that does: one output in place of all; the result of an operation as an input, or as the
     * only output; the operand in place of the result; half the size of a spatial axis of the inputs.
     */
    public static Graph shrink(Graph graph, Predicate<Graph> fails) {
        var shrinking = new GraphShrinking(fails);
        Graph small = graph;
        Optional<Graph> smaller = shrinking.step(small);
        while (smaller.isPresent()) {
            small = smaller.get();
            smaller = shrinking.step(small);
        }
        return small;
    }

    private Optional<Graph> step(Graph graph) {
        for (Node n : graph.nodes()) {
            for (Change change : changes(graph, n)) {
                Optional<Graph> candidate = rebuilt(graph, change);
                if (candidate.isPresent()
                        && size(candidate.get()) < size(graph)
                        && tries++ < TRIES_MAX
                        && fails.test(candidate.get())) {
                    return candidate;
                }
            }
        }
        return Optional.empty();
    }

    private static long size(Graph graph) {
        long operations = graph.nodes().stream()
                .filter(n -> !(n.op() instanceof Op.Input))
                .count();
        long elements =
                graph.nodes().stream().mapToLong(n -> n.shape().volume()).sum();
        return 1000L * graph.nodes().size() + 100 * operations + elements;
    }

    /**
     * One step.
     *
     * @param node the operation it is about
     * @param by the node that is read in its place; -1 for an input, or itself
     * @param only whether it becomes the only output
     * @param halved an axis of all inputs, or 0
     */
    private record Change(int node, int by, boolean only, int halved) {}

    private static List<Change> changes(Graph graph, Node n) {
        var changes = new ArrayList<Change>();
        if (n.op() instanceof Op.Input) {
            for (int a = n.shape().rank() == 2 ? 1 : 2; a < n.shape().rank(); a++) {
                changes.add(new Change(n.id(), n.id(), false, a));
            }
            return changes;
        }
        changes.add(new Change(n.id(), n.id(), true, 0));
        changes.add(new Change(n.id(), -1, false, 0));
        for (int i : n.inputs()) {
            if (graph.node(i).shape().equals(n.shape())) {
                changes.add(new Change(n.id(), i, false, 0));
            }
        }
        return changes;
    }

    private static Optional<Graph> rebuilt(Graph graph, Change change) {
        var builder = new GraphBuilder();
        List<Integer> outputs = change.only ? List.of(change.node) : graph.outputs();
        var needed = new boolean[graph.nodes().size()];
        outputs.forEach(o -> needed[change.by >= 0 && o == change.node ? change.by : o] = true);
        for (Node n : graph.nodes().reversed()) {
            boolean cut = n.id() == change.node && change.by < 0;
            if (needed[n.id()] && !cut) {
                n.inputs().forEach(i -> needed[i == change.node && change.by >= 0 ? change.by : i] = true);
            }
        }
        var ids = new int[graph.nodes().size()];
        Arrays.fill(ids, -1);
        try {
            for (Node n : graph.nodes()) {
                if (n.id() == change.node && change.by >= 0 && change.by != n.id()) {
                    ids[n.id()] = ids[change.by];
                } else if (needed[n.id()]) {
                    ids[n.id()] = appended(builder, n, ids, change);
                }
            }
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
        var left = outputs.stream().map(o -> ids[o]).distinct().toList();
        return Optional.of(builder.build(
                graph.name(), left, left.stream().map(o -> "out" + o).toList()));
    }

    private static int appended(GraphBuilder builder, Node n, int[] ids, Change change) {
        if (n.op() instanceof Op.Input || n.id() == change.node && change.by < 0) {
            var dims = new ArrayList<>(n.shape().dims());
            if (change.halved > 0 && change.halved < dims.size()) {
                dims.set(change.halved, Math.ceilDiv(dims.get(change.halved), 2));
            }
            return builder.input(n.name(), new Shape(dims), n.source());
        }
        var operands = n.inputs().stream().map(i -> ids[i]).toList();
        return n.op() instanceof Op.Reshape
                ? builder.reshape(n.name(), operands.getFirst(), n.shape(), n.source())
                : builder.add(n.name(), n.op(), n.source(), operands);
    }
}
