package io.millrace.scheduler.internal;

import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.Weights;
import io.millrace.scheduler.Connections;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** The convolutions with connection tables that engines with slots are worth while for, and the graph with their
 * output channels in the order that suits the lanes. */
final class TableLayers {
    private final QuantizedGraph graph;
    private final Singles singles;

    /** An output channels' order is that of a table and a number of lanes. */
    private record Balanced(Weights weights, int lanes) {}

    private record Tiles(int layer, int outputs, int lanes) {}

    private final Map<Balanced, List<Integer>> orders = new ConcurrentHashMap<>();
    private final Map<Tiles, Firing> firings = new ConcurrentHashMap<>();

    /** Tiles and groups of a firing. */
    record Firing(long tiles, int groups) {}

    private TableLayers(QuantizedGraph graph, Singles singles) {
        this.graph = graph;
        this.singles = singles;
    }

    /** Those whose maps are written by vector engines, which can write them channel by channel; none if there are no such layers. */
    static Optional<TableLayers> of(QuantizedGraph graph) {
        var singles = Singles.of(
                graph, n -> n.op() instanceof QOp.Conv conv && Connections.isTable(conv), Skeleton::onVector);
        return singles.layers().isEmpty() ? Optional.empty() : Optional.of(new TableLayers(graph, singles));
    }

    /** Ids of the convolutions, ascending. */
    List<Integer> layers() {
        return singles.layers().stream().sorted().toList();
    }

    /** Whether a node's map has to be written channel by channel. */
    boolean isPlanar(QNode node) {
        return singles.planes().contains(node.id());
    }

    /**
     * The graph with the output channels of layers in the order that suits their engines' lanes.
     *
     * @param lanesOf by layer, P of its engine
     */
    QuantizedGraph arranged(Map<Integer, Integer> lanesOf) {
        var arranged = new TreeMap<Integer, List<Integer>>();
        lanesOf.forEach((layer, lanes) -> order(layer, lanes).ifPresent(order -> arranged.put(layer, order)));
        return ChannelOrder.of(graph, arranged);
    }

    /** A firing of a layer on an engine of P lanes of S elements. */
    Firing firing(int layer, int outputs, int lanes) {
        return Objects.requireNonNull(firings.computeIfAbsent(new Tiles(layer, outputs, lanes), this::firing));
    }

    /** Bits of the weights of layers on one engine of so many lanes, those of equal layers once. */
    long weightBits(List<Integer> layers, MatrixSize size) {
        var counted = new HashSet<Weights>();
        long tiles = 0;
        for (int layer : layers) {
            if (counted.add(((QOp.Conv) graph.node(layer).op()).weights())) {
                tiles += firing(layer, size.outputs(), size.lanes()).tiles();
            }
        }
        return tiles * size.tileWeights() * graph.precision().bits();
    }

    private Firing firing(Tiles t) {
        var conv = (QOp.Conv) graph.node(t.layer).op();
        var g = Geometry.ofNode(graph, t.layer);
        var connections = order(t.layer, t.outputs)
                .map(order -> Connections.of(conv, g, t.outputs, order))
                .orElseGet(() -> Connections.of(conv, g, t.outputs));
        return new Firing(connections.count(t.lanes), connections.groups());
    }

    /** Where a layer's output channels are free to change places, their order for so many lanes. */
    private Optional<List<Integer>> order(int layer, int lanes) {
        var node = graph.node(layer);
        if (!ChannelOrder.isFree(graph, node)) {
            return Optional.empty();
        }
        var weights = ((QOp.Conv) node.op()).weights();
        return Optional.of(Objects.requireNonNull(
                orders.computeIfAbsent(new Balanced(weights, lanes), b -> balanced(node, b.lanes))));
    }

    private static List<Integer> balanced(QNode node, int lanes) {
        var conv = (QOp.Conv) node.op();
        int outputs = conv.outputChannels();
        int channels = conv.groupChannels();
        return LaneBalance.order(conv.weights().connected(outputs, channels), outputs, channels, lanes);
    }
}
