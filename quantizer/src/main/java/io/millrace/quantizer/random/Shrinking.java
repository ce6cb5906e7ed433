package io.millrace.quantizer.random;

import io.millrace.quantizer.MapType;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.QuantizedGraphVerifier;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Makes graphs on which a test fails smaller, as long as it fails: what is left shows where to look. */
public final class Shrinking {
    private static final int TRIES_MAX = 300;

    private final Predicate<QuantizedGraph> fails;
    private int triesLeft;

    private Shrinking(Predicate<QuantizedGraph> fails, int tries) {
        this.fails = fails;
        this.triesLeft = tries;
    }

    /**
     * A graph that still fails, of which no single step of these makes a smaller one that does: leave all outputs but one, and what only the others need;
     * make an operation's result an output in place of what reads it; make it an input; read its operand in its place; take a few rows of the only input.
     *
     * @param graph one that fails
     * @param fails must not change its mind
     */
    public static QuantizedGraph shrink(QuantizedGraph graph, Predicate<QuantizedGraph> fails) {
        return shrink(graph, fails, TRIES_MAX);
    }

    /** As {@link #shrink(QuantizedGraph, Predicate)}, with so many tests at most, for those that build hardware. */
    public static QuantizedGraph shrink(QuantizedGraph graph, Predicate<QuantizedGraph> fails, int tries) {
        var shrinking = new Shrinking(fails, tries);
        QuantizedGraph small = graph;
        Optional<QuantizedGraph> smaller = shrinking.step(small);
        while (smaller.isPresent()) {
            small = smaller.get();
            smaller = shrinking.step(small);
        }
        return small;
    }

    private Optional<QuantizedGraph> step(QuantizedGraph graph) {
        for (QNode node : graph.nodes()) {
            for (QuantizedGraph candidate : candidates(graph, node)) {
                boolean smaller = size(candidate) < size(graph);
                if (smaller && isLegal(candidate) && triesLeft-- > 0 && fails.test(candidate)) {
                    return Optional.of(candidate);
                }
            }
        }
        return Optional.empty();
    }

    private static long size(QuantizedGraph graph) {
        long codes = graph.nodes().stream().mapToLong(n -> n.type().elements()).sum();
        return 1000L * graph.nodes().size() + 100L * operations(graph) + codes;
    }

    /** How many nodes are no inputs. */
    public static long operations(QuantizedGraph graph) {
        return graph.nodes().stream()
                .filter(n -> !(n.op() instanceof QOp.Input))
                .count();
    }

    private static boolean isLegal(QuantizedGraph graph) {
        boolean read = graph.inputs().stream()
                .allMatch(i -> graph.nodes().stream().anyMatch(n -> n.inputs().contains(i.id())));
        return read && QuantizedGraphVerifier.check(graph).isEmpty();
    }

    private static List<QuantizedGraph> candidates(QuantizedGraph graph, QNode node) {
        var candidates = new ArrayList<QuantizedGraph>();
        if (node.op() instanceof QOp.Input) {
            if (node.type().rows() > 1) {
                candidates.addAll(withFewerRows(graph, node));
            }
            return candidates;
        }
        if (!(node.op() instanceof QOp.Concat)) {
            candidates.add(kept(graph, graph.nodes(), List.of(node.id())));
            candidates.add(replaced(
                    graph,
                    node,
                    new QNode(node.id(), node.name(), new QOp.Input(), List.of(), node.type(), node.source())));
        }
        for (int operand : node.inputs()) {
            if (graph.node(operand).type().equals(node.type())) {
                candidates.add(bypassed(graph, node, operand));
            }
        }
        return candidates;
    }

    private static QuantizedGraph replaced(QuantizedGraph graph, QNode node, QNode by) {
        var nodes = new ArrayList<>(graph.nodes());
        nodes.set(node.id(), by);
        return kept(graph, nodes, graph.outputs());
    }

    private static QuantizedGraph bypassed(QuantizedGraph graph, QNode node, int operand) {
        var nodes = new ArrayList<QNode>();
        for (QNode n : graph.nodes()) {
            var inputs =
                    n.inputs().stream().map(i -> i == node.id() ? operand : i).toList();
            nodes.add(new QNode(n.id(), n.name(), n.op(), inputs, n.type(), n.source()));
        }
        var outputs = graph.outputs().stream()
                .map(o -> o == node.id() ? operand : o)
                .distinct()
                .toList();
        return kept(graph, nodes, outputs);
    }

    /** The graph with half as many rows, where its only operations are of single positions. */
    private static List<QuantizedGraph> withFewerRows(QuantizedGraph graph, QNode input) {
        int rows = input.type().rows();
        var nodes = new ArrayList<QNode>();
        for (QNode n : graph.nodes()) {
            boolean alike = n.type().spatial().size() == 2 && n.type().rows() == rows;
            MapType type = alike
                    ? new MapType(
                            n.type().channels(),
                            List.of(rows / 2, n.type().columns()),
                            n.type().scale(),
                            n.type().zeroPoint(),
                            n.type().depth())
                    : n.type();
            nodes.add(new QNode(n.id(), n.name(), n.op(), n.inputs(), type, n.source()));
        }
        return List.of(kept(graph, nodes, graph.outputs()));
    }

    /** What some outputs need, in the order it had. */
    private static QuantizedGraph kept(QuantizedGraph graph, List<QNode> nodes, List<Integer> outputs) {
        var needed = new boolean[nodes.size()];
        outputs.forEach(o -> needed[o] = true);
        for (QNode n : nodes.reversed()) {
            if (needed[n.id()]) {
                n.inputs().forEach(i -> needed[i] = true);
            }
        }
        var ids = new int[nodes.size()];
        var left = new ArrayList<QNode>();
        for (QNode n : nodes) {
            if (needed[n.id()]) {
                ids[n.id()] = left.size();
                var inputs = n.inputs().stream().map(i -> ids[i]).toList();
                left.add(new QNode(left.size(), n.name(), n.op(), inputs, n.type(), n.source()));
            }
        }
        return new QuantizedGraph(
                graph.name(),
                graph.precision(),
                left,
                outputs.stream().map(o -> ids[o]).toList(),
                outputs.stream().map(o -> "out" + ids[o]).toList());
    }
}
