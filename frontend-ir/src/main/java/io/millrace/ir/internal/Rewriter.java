package io.millrace.ir.internal;

import io.millrace.ir.Graph;
import io.millrace.ir.GraphBuilder;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import java.util.ArrayList;
import java.util.List;

/** Rebuilds a graph node by node while old ids are mapped to new ones. */
final class Rewriter {
    private final Graph graph;
    private final GraphBuilder builder = new GraphBuilder();
    private final int[] newIds;

    Rewriter(Graph graph) {
        this.graph = graph;
        newIds = new int[graph.nodes().size()];
        java.util.Arrays.fill(newIds, -1);
    }

    GraphBuilder builder() {
        return builder;
    }

    /** States that readers of the old node read the new one from now on. */
    void map(Node old, int newId) {
        newIds[old.id()] = newId;
    }

    int newId(int oldId) {
        int id = newIds[oldId];
        if (id < 0) {
            throw new IllegalStateException("node " + oldId + " was dropped but is read");
        }
        return id;
    }

    List<Integer> newInputs(Node old) {
        return old.inputs().stream().map(this::newId).toList();
    }

    /** Appends the node unchanged but for its operands. */
    void copy(Node old) {
        map(old, append(old, old.op()));
    }

    /** Appends a node like the old one with another operation. */
    int append(Node old, Op op) {
        if (op instanceof Op.Input) {
            return builder.input(old.name(), old.shape(), old.source());
        }
        if (op instanceof Op.Reshape) {
            return builder.reshape(old.name(), newId(old.inputs().getFirst()), old.shape(), old.source());
        }
        return builder.add(old.name(), op, old.source(), newInputs(old));
    }

    Graph build() {
        var outputs = new ArrayList<Integer>();
        graph.outputs().forEach(o -> outputs.add(newId(o)));
        return builder.build(graph.name(), outputs, graph.outputNames());
    }

    /** How many operands and outputs read each node. */
    static int[] useCounts(Graph graph) {
        int[] uses = new int[graph.nodes().size()];
        graph.nodes().forEach(n -> n.inputs().forEach(i -> uses[i]++));
        graph.outputs().forEach(o -> uses[o]++);
        return uses;
    }
}
