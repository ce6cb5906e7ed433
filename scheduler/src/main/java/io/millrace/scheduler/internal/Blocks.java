package io.millrace.scheduler.internal;

import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.Spill;
import io.millrace.scheduler.Operands;
import io.millrace.scheduler.Target;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A network cut where a single map, or the parts of one concatenation, are left that several layers read, or one layer all rows of: between the blocks of residual and of branching networks. A phase computes a block, whose input
 * and output are in DRAM, so that row memories hold some rows of one block and no map whole.
 *
 * @param firstNodes nodes with which later phases begin, ascending
 * @param spills the maps between blocks, for all who read them
 * @param beginnings nodes with which stages may begin, ascending: also those within blocks before which no more than two maps are left
 * @param moves the maps that are left before any of these, for all who read them
 */
record Blocks(List<Integer> firstNodes, List<Spill> spills, List<Integer> beginnings, List<Spill> moves) {
    /** Of a network of more, orders take too long to be tried. */
    private static final int SPILLS_MAX = 200;

    /** Maps that may be left where a stage begins: what a block computes and what its sum adds to it. */
    private static final int LEFT_MAX = 2;

    Blocks {
        firstNodes = List.copyOf(firstNodes);
        spills = List.copyOf(spills);
        beginnings = List.copyOf(beginnings);
        moves = List.copyOf(moves);
    }

    /** None where no map is read by several layers, or far too many are. */
    static Optional<Blocks> of(QuantizedGraph graph) {
        var live = Skeleton.live(graph);
        var layers = live.stream()
                .filter(n -> Skeleton.onMatrix(n) || Skeleton.onVector(n))
                .toList();
        var readers = readers(graph, layers);
        var parts = live.stream()
                .filter(n -> n.op() instanceof QOp.Concat)
                .map(n -> maps(graph, n))
                .collect(Collectors.toSet());
        // What is written before each layer and read by it or later.
        var across = layers.stream()
                .map(layer -> readers.entrySet().stream()
                        .filter(e -> e.getKey() < layer.id() && e.getValue().getLast() >= layer.id())
                        .toList())
                .toList();
        var elements = across.stream()
                .map(maps -> maps.stream()
                        .mapToLong(e -> elements(graph.node(e.getKey())))
                        .sum())
                .toList();
        var firstNodes = new ArrayList<Integer>();
        var spills = new ArrayList<Spill>();
        var beginnings = new ArrayList<Integer>();
        var moves = new LinkedHashSet<Spill>();
        for (int i = 1; i < layers.size(); i++) {
            var maps = across.get(i).stream().map(Map.Entry::getKey).collect(Collectors.toCollection(TreeSet::new));
            long reading = across.get(i).stream()
                    .flatMap(e -> e.getValue().stream())
                    .distinct()
                    .count();
            boolean least = elements.get(i) <= elements.get(i - 1)
                    && (i + 1 == layers.size() || elements.get(i) <= elements.get(i + 1));
            if ((maps.size() == 1 || parts.contains(maps))
                    && (reading > 1 || least || readsAllRows(graph, layers.get(i)))) {
                firstNodes.add(layers.get(i).id());
                across.get(i).forEach(e -> e.getValue().forEach(reader -> spills.add(new Spill(e.getKey(), reader))));
            }
            boolean computed = maps.stream().noneMatch(map -> graph.node(map).op() instanceof QOp.Input);
            if (firstNodes.contains(layers.get(i).id()) || maps.size() <= LEFT_MAX && computed) {
                beginnings.add(layers.get(i).id());
                across.get(i).forEach(e -> e.getValue().forEach(reader -> moves.add(new Spill(e.getKey(), reader))));
            }
        }
        return firstNodes.isEmpty() || spills.size() > SPILLS_MAX
                ? Optional.empty()
                : Optional.of(new Blocks(firstNodes, spills, beginnings, List.copyOf(moves)));
    }

    /** Whether the first rows of a layer's result ask for all of its map's: row memories hold it whole then, wherever it comes from. */
    private static boolean readsAllRows(QuantizedGraph graph, QNode layer) {
        var g = Geometry.ofNode(graph, layer.id());
        return g.inputRows() > 1 && g.rowExtent() >= g.inputRows();
    }

    private static long elements(QNode node) {
        return (long) node.type().rows() * node.type().rowElements();
    }

    /** By map, the layers that read it, in their order. */
    private static Map<Integer, List<Integer>> readers(QuantizedGraph graph, List<QNode> layers) {
        var readers = new TreeMap<Integer, List<Integer>>();
        for (var layer : layers) {
            maps(graph, layer)
                    .forEach(map ->
                            readers.computeIfAbsent(map, _ -> new ArrayList<>()).add(layer.id()));
        }
        return readers;
    }

    /** The maps that are read for a layer, or that a concatenation puts together. */
    private static TreeSet<Integer> maps(QuantizedGraph graph, QNode node) {
        return Operands.of(graph, node).stream()
                .map(o -> Operands.source(graph, o))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The options with all these phases and spills. */
    MachineOptions in(MachineOptions options, Target target) {
        return in(options, target, List.of(), firstNodes);
    }

    /**
     * The options with phases that begin at some of these nodes, and those maps spilled that are read in a later phase than they are written.
     *
     * @param stages nodes with which later stages begin: each has units of its own that move its maps
     * @param cuts nodes with which phases begin
     */
    MachineOptions in(MachineOptions options, Target target, List<Integer> stages, List<Integer> cuts) {
        var crossing = moves.stream()
                .filter(s -> cuts.stream().anyMatch(c -> s.node() < c && c <= s.reader()))
                .toList();
        var firstReader = new TreeMap<Integer, Integer>();
        crossing.forEach(s -> firstReader.merge(s.node(), s.reader(), Math::min));
        var stores = numbers(stages, firstReader.keySet());
        var loads = numbers(stages, firstReader.values());
        var moved = crossing.stream()
                .map(s -> new Spill(
                        s.node(),
                        s.reader(),
                        stores.indexOf(stage(stages, s.node())),
                        loads.indexOf(stage(stages, firstReader.getOrDefault(s.node(), s.reader())))))
                .toList();
        return options.withSpills(target.dram(), moved)
                .withPacing(options.pacing().withPhases(cuts));
    }

    /** The stages of some nodes, ascending. */
    private static List<Integer> numbers(List<Integer> stages, Collection<Integer> nodes) {
        return nodes.stream().map(n -> stage(stages, n)).distinct().sorted().toList();
    }

    /** The number of a node's stage, by the nodes with which later stages begin. */
    static int stage(List<Integer> stages, int node) {
        return (int) stages.stream().filter(n -> n <= node).count();
    }
}
