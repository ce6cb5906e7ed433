package io.millrace.scheduler.internal;

import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.Operands;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Which convolutions are computed an input channel at a time, and which maps are written channel by channel for them: on engines with slots, all whose maps' writers can
 * do so and have no other readers. A map of one channel lies so however it is written.
 *
 * @param layers ids of such convolutions
 * @param planes ids of nodes whose maps are written so
 */
record Singles(Set<Integer> layers, Set<Integer> planes) {
    Singles {
        layers = Set.copyOf(layers);
        planes = Set.copyOf(planes);
    }

    /**
     * @param onSlots whether a convolution's engine has slots
     * @param writesPlanes whether the engine that computes a node can write its rows channel by channel
     */
    static Singles of(QuantizedGraph graph, Predicate<QNode> onSlots, Predicate<QNode> writesPlanes) {
        var live = Skeleton.live(graph);
        var layers = new TreeSet<Integer>();
        for (var node : live) {
            // Few engines have slots: what is cheap to ask comes first.
            if (Skeleton.onMatrix(node) && onSlots.test(node) && canBe(graph, node)) {
                layers.add(node.id());
            }
        }
        var planes = new TreeSet<Integer>();
        boolean changed = true;
        while (changed) {
            changed = false;
            planes.clear();
            for (int layer : List.copyOf(layers)) {
                var producer = graph.node(graph.node(layer).inputs().getFirst());
                if (producer.type().channels() == 1 || isWritten(graph, live, producer, layers, writesPlanes)) {
                    planes.add(producer.id());
                } else {
                    layers.remove(layer);
                    changed = true;
                }
            }
        }
        planes.removeIf(p -> graph.node(p).type().channels() == 1);
        return new Singles(layers, planes);
    }

    /** Whether a convolution reads one map, in one group, whose kernel rows are runs of a channel's columns. */
    static boolean canBe(QuantizedGraph graph, QNode node) {
        var conv = (QOp.Conv) node.op();
        var operands = Operands.of(graph, node);
        if (conv.groups() > 1 || conv.bands().isPresent() || operands.size() > 1) {
            return false;
        }
        var read = graph.node(node.inputs().getFirst());
        boolean asItIs = operands.getFirst() == read.id() && Operands.source(graph, read.id()) == read.id();
        var g = Geometry.ofNode(graph, node.id());
        return asItIs && !g.batches() && (g.columnDilation() == 1 || g.kernelColumns() == 1);
    }

    private static boolean isWritten(
            QuantizedGraph graph,
            List<QNode> live,
            QNode producer,
            Set<Integer> layers,
            Predicate<QNode> writesPlanes) {
        boolean computed = Skeleton.onMatrix(producer) || Skeleton.onVector(producer);
        return computed
                && writesPlanes.test(producer)
                && !graph.outputs().contains(producer.id())
                && live.stream().filter(n -> n.inputs().contains(producer.id())).allMatch(n -> layers.contains(n.id()));
    }
}
