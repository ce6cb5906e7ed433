package io.millrace.ir;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * A graph cut in two: what {@code first} gives, output by output, is what {@code second} takes, input by input, under the same names and
 * in the same shapes.
 */
public record Cut(Graph first, Graph second) {
    public Cut {
        var given = first.outputs().stream().map(o -> first.node(o).shape()).toList();
        var taken = second.inputs().stream().map(Node::shape).toList();
        if (!given.equals(taken)) {
            throw new IllegalArgumentException("the first part gives " + given + ", the second takes " + taken);
        }
    }

    /**
     * The part of a graph that lies between some of its values. {@code second} computes {@code to} from {@code from}; other values that
     * it reads become inputs as well. {@code first} computes all its inputs from those of the graph.
     *
     * @param from ids of nodes whose results are given; empty for the graph's inputs
     * @param to ids of nodes whose results are wanted; empty for those of the graph's outputs that depend on {@code from}
     * @throws CompileException IMP-0802 if a node of {@code to}, or no output, depends on {@code from}
     */
    public static Cut between(Graph graph, List<Integer> from, List<Integer> to) {
        Set<Integer> later = new TreeSet<>();
        for (Node n : graph.nodes()) {
            boolean given = from.contains(n.id());
            boolean computed = !(n.op() instanceof Op.Input || n.op() instanceof Op.Constant);
            if (computed
                    && !given
                    && (from.isEmpty() || n.inputs().stream().anyMatch(i -> later.contains(i) || from.contains(i)))) {
                later.add(n.id());
            }
        }
        var names = new ArrayList<String>();
        var outputs = new ArrayList<Integer>();
        for (int i = 0; i < graph.outputs().size() && to.isEmpty(); i++) {
            if (later.contains(graph.outputs().get(i))) {
                outputs.add(graph.outputs().get(i));
                names.add(graph.outputNames().get(i));
            }
        }
        for (int id : to) {
            if (!later.contains(id)) {
                throw nothing(graph, "'" + graph.node(id).name() + "' does not depend on " + named(graph, from));
            }
            outputs.add(id);
            int known = graph.outputs().indexOf(id);
            names.add(known < 0 ? graph.node(id).name() : graph.outputNames().get(known));
        }
        if (outputs.isEmpty()) {
            throw nothing(graph, "no output depends on " + named(graph, from));
        }
        Set<Integer> kept = new TreeSet<>(outputs);
        for (Node n : graph.nodes().reversed()) {
            if (kept.contains(n.id())) {
                n.inputs().stream().filter(later::contains).forEach(kept::add);
            }
        }
        return of(graph, kept, outputs, names);
    }

    private static String named(Graph graph, List<Integer> ids) {
        return ids.isEmpty()
                ? "an input"
                : String.join(
                        " or ",
                        ids.stream().map(i -> "'" + graph.node(i).name() + "'").toList());
    }

    private static CompileException nothing(Graph graph, String problem) {
        return ImportCode.EMPTY_CUT.exception(
                SourceRef.file(graph.name()), problem, "name an earlier value with --from, or a later one with --to");
    }

    /**
     * Cuts off the end of a graph: {@code second} is every node that the predicate holds for and every node behind one, and has the
     * graph's outputs; those that it doesn't compute are handed through.
     */
    public static Cut endingBefore(Graph graph, Predicate<Node> unwanted) {
        Set<Integer> tail = new TreeSet<>();
        for (Node n : graph.nodes()) {
            if (unwanted.test(n) || n.inputs().stream().anyMatch(tail::contains)) {
                tail.add(n.id());
            }
        }
        return of(graph, tail, graph.outputs(), graph.outputNames());
    }

    /** @param kept nodes of the second part; what it reads or puts out beside them are its inputs */
    private static Cut of(Graph graph, Set<Integer> kept, List<Integer> outputs, List<String> names) {
        Set<Integer> inputs = new TreeSet<>(outputs);
        kept.forEach(id -> inputs.addAll(graph.node(id).inputs()));
        inputs.removeAll(kept);
        inputs.removeIf(id -> graph.node(id).op() instanceof Op.Constant);
        var second = new GraphBuilder();
        Map<Integer, Integer> ids = new TreeMap<>();
        for (int id : inputs) {
            Node n = graph.node(id);
            ids.put(id, second.input(n.name(), n.shape(), n.source()));
        }
        Set<Integer> copied = new TreeSet<>(kept);
        copied.addAll(outputs);
        kept.forEach(id -> copied.addAll(graph.node(id).inputs()));
        copied.removeAll(inputs);
        for (int id : copied) {
            ids.put(id, second.copy(graph.node(id), ids));
        }
        var wanted = List.copyOf(inputs);
        return new Cut(
                before(graph, wanted),
                second.build(graph.name(), outputs.stream().map(ids::get).toList(), names));
    }

    /** All that is needed for these nodes, and every input of the graph. */
    private static Graph before(Graph graph, List<Integer> outputs) {
        Set<Integer> kept = new TreeSet<>(outputs);
        for (Node n : graph.nodes().reversed()) {
            if (n.op() instanceof Op.Input) {
                kept.add(n.id());
            } else if (kept.contains(n.id())) {
                kept.addAll(n.inputs());
            }
        }
        var first = new GraphBuilder();
        Map<Integer, Integer> ids = new HashMap<>();
        for (int id : kept) {
            ids.put(id, first.copy(graph.node(id), ids));
        }
        return first.build(
                graph.name(),
                outputs.stream().map(ids::get).toList(),
                outputs.stream().map(id -> graph.node(id).name()).toList());
    }
}
