package io.millrace.scheduler.internal;

import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.Spill;
import io.millrace.scheduler.Operands;
import io.millrace.scheduler.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A network cut where a single map is left that several layers read: between the blocks of residual and of branching networks. A phase computes a block, whose input
 * and output are in DRAM, so that row memories hold some rows of one block and no map whole.
 *
 * @param firstNodes nodes with which later phases begin, ascending
 * @param spills the maps between blocks, for all who read them
 */
record Blocks(List<Integer> firstNodes, List<Spill> spills) {
    /** Of a network of more, orders take too long to be tried. */
    private static final int SPILLS_MAX = 200;

    Blocks {
        firstNodes = List.copyOf(firstNodes);
        spills = List.copyOf(spills);
    }

    /** None where no map is read by several layers, or far too many are. */
    static Optional<Blocks> of(QuantizedGraph graph) {
        var live = Skeleton.live(graph);
        var last = new int[graph.nodes().size()];
        for (var node : live) {
            node.inputs().forEach(i -> last[i] = Math.max(last[i], node.id()));
        }
        graph.outputs().forEach(o -> last[o] = graph.nodes().size());
        var firstNodes = new ArrayList<Integer>();
        var spills = new ArrayList<Spill>();
        for (var node : live) {
            var across = live.stream()
                    .filter(n -> n.id() < node.id() && last[n.id()] >= node.id())
                    .toList();
            if (!computes(node) || across.size() != 1) {
                continue;
            }
            var readers = readers(graph, live, across.getFirst()).toList();
            if (readers.size() > 1) {
                firstNodes.add(node.id());
                maps(graph, across.getFirst()).forEach(map -> readers.forEach(r -> spills.add(new Spill(map, r.id()))));
            }
        }
        return firstNodes.isEmpty() || spills.size() > SPILLS_MAX
                ? Optional.empty()
                : Optional.of(new Blocks(firstNodes, spills));
    }

    /** The options with these phases and spills. */
    MachineOptions in(MachineOptions options, Target target) {
        return options.withSpills(target.dram(), spills)
                .withPacing(options.pacing().withPhases(firstNodes));
    }

    private static boolean computes(QNode node) {
        return Skeleton.onMatrix(node) || Skeleton.onVector(node);
    }

    /** The layers that read a map, be it as a part of others. */
    private static Stream<QNode> readers(QuantizedGraph graph, List<QNode> live, QNode map) {
        return live.stream()
                .filter(n -> n.inputs().contains(map.id()))
                .flatMap(n -> computes(n) ? Stream.of(n) : readers(graph, live, n))
                .distinct();
    }

    /** The maps that layers write of which one consists. */
    private static List<Integer> maps(QuantizedGraph graph, QNode node) {
        var parts = node.op() instanceof QOp.Concat ? Operands.of(graph, node) : List.of(node.id());
        return parts.stream().map(p -> Operands.source(graph, p)).distinct().toList();
    }
}
