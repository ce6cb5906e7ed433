package io.millrace.boards.verify;

import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.DramPort;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.Spill;
import io.millrace.scheduler.Operands;
import io.millrace.scheduler.SharedProgram;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Machines that spill maps to DRAM: evaluator, simulator and RTL agree on random graphs. */
class SpilledProofTest {
    private static final int PROGRAMS = 8;
    private static final int FRAMES = 3;
    private static final int[] ROWS = {1, 2, 3};

    /** Little bandwidth is left between gaps and refreshes, and the first beat is long in coming. */
    private static final DramPort SLOW = new DramPort(4, 4, 40, 64, 12, 500, 60);

    private static final DramPort FAST = new DramPort(8, 8, 3, 1024, 0, 0, 0);

    @TempDir
    Path folder;

    /** A chain, one map of which is spilled. */
    @Test
    void oneMapOfAChain() {
        var graph = ProofNets.random(2000, Precision.INT8);
        var spill = edges(graph).get(1);
        ProofNets.prove(
                MachineOptions.oneEngine(2, 3, 1, 2, 1).withHost(2, 2).withSpills(SLOW, List.of()),
                List.of(new SharedProgram(graph, List.of(1), List.of(spill))),
                FRAMES,
                folder);
    }

    /** All that a layer reads, in the order of the graph. */
    private static List<Spill> edges(QuantizedGraph graph) {
        var live = new TreeSet<Integer>(graph.outputs());
        for (int n = graph.nodes().size() - 1; n >= 0; n--) {
            if (live.contains(n)) {
                live.addAll(graph.node(n).inputs());
            }
        }
        var edges = new ArrayList<Spill>();
        for (QNode node : graph.nodes()) {
            boolean layer = !(node.op() instanceof QOp.Input
                    || node.op() instanceof QOp.View
                    || node.op() instanceof QOp.Concat);
            if (layer && live.contains(node.id())) {
                Operands.of(graph, node).stream()
                        .map(o -> new Spill(Operands.source(graph, o), node.id()))
                        .distinct()
                        .forEach(edges::add);
            }
        }
        return edges;
    }
}
