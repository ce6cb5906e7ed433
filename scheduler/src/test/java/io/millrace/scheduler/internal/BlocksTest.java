package io.millrace.scheduler.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.nets.StandardNet;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.CostModel;
import io.millrace.scheduler.DramPort;
import io.millrace.scheduler.Fit;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.Spill;
import io.millrace.scheduler.MachineOptions.VectorSize;
import io.millrace.scheduler.Objective;
import io.millrace.scheduler.Optimizer;
import io.millrace.scheduler.RowMemory;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.ScheduleVerifier;
import io.millrace.scheduler.Scheduler;
import io.millrace.scheduler.SpilledMap;
import io.millrace.scheduler.Target;
import io.millrace.scheduler.TestNets;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Where networks are cut into blocks, and what that saves. */
class BlocksTest {
    private static final DramPort DDR = new DramPort(32, 16, 40, 8192, 6, 1560, 38);

    static Target part(int dsps, int blockRams) {
        return new Target("part", Target.Family.SERIES7, 200, dsps, blockRams, 0, 0, 203_800, 407_600, 0)
                .withDram(DDR, 512);
    }

    private static Set<String> names(QuantizedGraph graph, List<Integer> nodes) {
        return nodes.stream().map(n -> graph.node(n).name()).collect(Collectors.toSet());
    }

    @Test
    void residualNetworksAreCutBetweenTheirBlocks() {
        var graph = TestNets.standard(StandardNet.RESNET18, 64);
        var blocks = Blocks.of(graph).orElseThrow();
        assertEquals(
                Set.of(
                        "layer1.0.conv1",
                        "layer1.1.conv1",
                        "layer2.0.conv1",
                        "layer2.1.conv1",
                        "layer3.0.conv1",
                        "layer3.1.conv1",
                        "layer4.0.conv1",
                        "layer4.1.conv1",
                        "pool",
                        "fc"),
                names(graph, blocks.firstNodes()));
        assertEquals(18, blocks.spills().size(), "two readers of each block's input, the last pool and the classifier");
        var inputs = blocks.spills().stream().map(Spill::node).distinct().toList();
        assertEquals(10, inputs.size());
    }

    /** A stage may begin where a block has one map and another one that is added at its end, not where a third one is left. */
    @Test
    void stagesMayBeginWithinBlocks() {
        var graph = TestNets.standard(StandardNet.RESNET18, 64);
        var blocks = Blocks.of(graph).orElseThrow();
        assertTrue(blocks.beginnings().containsAll(blocks.firstNodes()));
        assertTrue(blocks.moves().containsAll(blocks.spills()));
        var begin = names(graph, blocks.beginnings());
        assertTrue(begin.containsAll(Set.of("layer1.0.conv2", "layer2.0.conv2", "layer2.0.add")), begin::toString);
        for (int first : blocks.beginnings()) {
            var left = blocks.moves().stream()
                    .filter(s -> s.node() < first && first <= s.reader())
                    .map(Spill::node)
                    .collect(Collectors.toSet());
            assertTrue(!left.isEmpty() && left.size() <= 2, first + " has " + left);
        }
    }

    /** All maps that a concatenation puts together are kept for all branches. */
    @Test
    void branchingNetworksAreCutBeforeTheirBranches() {
        var graph = TestNets.standard(StandardNet.GOOGLENET, 64);
        var blocks = Blocks.of(graph).orElseThrow();
        long modules = names(graph, blocks.firstNodes()).stream()
                .filter(n -> n.startsWith("inception"))
                .count();
        assertEquals(9, modules, "inception modules");
        long of3b = blocks.spills().stream()
                .filter(s -> graph.node(s.reader()).name().startsWith("inception3b"))
                .count();
        assertEquals(16, of3b, "four maps for four branches");
    }

    /** A chain has no blocks; it is cut where its maps are smallest: behind pools, and between depthwise and pointwise layers where those narrow. */
    @Test
    void chainsAreCutWhereTheirMapsAreSmallest() {
        var graph = TestNets.lenet5(Precision.INT8);
        var first = Blocks.of(graph).orElseThrow().firstNodes();
        assertTrue(
                names(graph, first).stream().noneMatch(n -> n.contains("pool")),
                () -> names(graph, first).toString());
        assertTrue(names(graph, first).size() >= 2, () -> names(graph, first).toString());
    }

    /** A block's rows take a part of what all blocks' do. */
    @Test
    void blocksTakeLessMemory() {
        var graph = TestNets.standard(StandardNet.RESNET50, 64);
        var options =
                MachineOptions.oneEngine(16, 16, 1, 4, 32).withStreams(new MachineOptions.Streams(DDR, List.of(0), 0));
        var target = part(700, 300);
        var blocks = Blocks.of(graph).orElseThrow();
        long flowing = elements(ScheduleBuilder.leanest(graph, target, options));
        long cut = elements(ScheduleBuilder.leanest(graph, target, blocks.in(options, target)));
        assertTrue(3 * cut < flowing, cut + " elements in blocks, " + flowing + " in one phase");
    }

    /** By turns with another frame's, blocks do not wait for what the one before leaves in DRAM. */
    @Test
    void blocksOfTwoFramesByTurnsWaitLess() {
        var graph = TestNets.standard(StandardNet.RESNET50, 64);
        var blocks = Blocks.of(graph).orElseThrow();
        var options = MachineOptions.oneEngine(16, 16, 1, 16, 16).withHost(4, 4).withRows(4);
        int middle = blocks.firstNodes().get(blocks.firstNodes().size() / 2);
        waitsLess(graph, blocks.in(options, part(700, 300)), middle);
    }

    /** So they are on the engines of a stage. */
    @Test
    void blocksOfTwoFramesByTurnsInAStageWaitLess() {
        var graph = TestNets.standard(StandardNet.RESNET50, 64);
        var blocks = Blocks.of(graph).orElseThrow();
        int border = blocks.firstNodes().get(2);
        var engines = new MachineOptions.Engines.Assigned(
                List.of(MatrixSize.of(16, 4, 1, 16, 16), MatrixSize.of(16, 16, 1, 16, 16)),
                List.of(VectorSize.of(4), VectorSize.of(16)),
                graph.nodes().stream().map(n -> n.id() < border ? 0 : 1).toList());
        var options = MachineOptions.of("stages", engines).withHost(4, 4).withRows(4);
        var inBlocks = blocks.firstNodes().stream().filter(n -> n >= border).toList();
        waitsLess(
                graph,
                blocks.in(options, part(700, 300), List.of(border), inBlocks),
                inBlocks.get(inBlocks.size() / 2));
    }

    private static void waitsLess(QuantizedGraph graph, MachineOptions inSequence, int middle) {
        var target = part(700, 300);
        var byTurns = inSequence.withPacing(inSequence.pacing().foldedAt(List.of(middle)));
        var schedule = Scheduler.schedule(graph, target, byTurns);
        assertEquals(List.of(), ScheduleVerifier.verify(schedule));
        double before =
                SelfTimed.run(Scheduler.schedule(graph, target, inSequence), 8).period();
        double after = SelfTimed.run(schedule, 8).period();
        assertTrue(after < 0.99 * before, after + " cycles a frame by turns, " + before + " in sequence");
    }

    private static long elements(Schedule schedule) {
        return schedule.machine().memories().stream()
                .filter(m -> !schedule.machine().inDram(m))
                .mapToLong(RowMemory::elements)
                .sum();
    }

    /** On a part whose block RAMs do not hold the rows of all layers at once, blocks let firings have many rows. */
    @Test
    void theSearchTakesBlocksWhereRowMemoryIsShort() {
        var graph = TestNets.standard(StandardNet.RESNET50, 64);
        var schedule = Optimizer.optimize(graph, part(240, 140), Objective.FASTEST);
        assertEquals(List.of(), Fit.check(schedule));
        assertEquals(List.of(), ScheduleVerifier.verify(schedule));
        assertEquals(18, SpilledMap.of(schedule).size(), "all maps between blocks");
        assertTrue(CostModel.estimate(schedule).multipliers() > 400, "of 240 DSPs");
    }

    /** Sought longer, what is found is legal, fits and is no slower. */
    @Test
    void aThoroughSearchFindsNothingSlower() {
        var graph = TestNets.standard(StandardNet.MOBILENET_V1, 64);
        var target = part(240, 140);
        var quick = Optimizer.optimize(graph, target, Objective.FASTEST);
        var schedule = Optimizer.optimize(graph, target, Objective.FASTEST.withThorough(true));
        assertEquals(List.of(), Fit.check(schedule));
        assertEquals(List.of(), ScheduleVerifier.verify(schedule));
        assertTrue(CostModel.estimate(schedule).cyclesPerFrame()
                <= CostModel.estimate(quick).cyclesPerFrame());
    }
}
