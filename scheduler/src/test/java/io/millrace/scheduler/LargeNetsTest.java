package io.millrace.scheduler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.nets.StandardNet;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.MachineOptions.Order;
import io.millrace.scheduler.MachineOptions.Pacing;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Nets of many layers, on small images: what is tried before buffers are deepened, and in which order. */
class LargeNetsTest {
    private static final DramPort DDR = new DramPort(32, 16, 40, 8192, 6, 1560, 38);

    /** Room for a fifth of ResNet-50's weights. */
    private static final Target PART =
            new Target("part", Target.Family.SERIES7, 200, 700, 300, 0, 0, 203_800, 407_600, 0).withDram(DDR, 512);

    @ParameterizedTest
    @EnumSource(names = {"RESNET50", "MOBILENET_V2", "SHUFFLENET", "GOOGLENET"})
    void aFittingMachineIsFound(StandardNet net) {
        var schedule = Optimizer.optimize(TestNets.standard(net, 64), PART, Objective.FASTEST);
        assertEquals(List.of(), Fit.check(schedule));
        assertEquals(List.of(), ScheduleVerifier.verify(schedule));
        assertTrue(CostModel.estimate(schedule).multipliers() > 200, "of 700 DSPs");
    }

    /** The skips of a U-Net that a part does not hold go through DRAM, none where there is room for all. */
    @ParameterizedTest
    @CsvSource({"76, true", "300, false"})
    void longSkipsAreSpilledWhereNothingElseFits(int blockRams, boolean spilled) {
        var graph = TestNets.standard(StandardNet.UNET, 64);
        var part = new Target("small", Target.Family.SERIES7, 200, 240, blockRams, 0, 0, 203_800, 407_600, 0);
        var schedule = Optimizer.optimize(graph, part.withDram(DDR, 512), Objective.FASTEST);
        assertEquals(List.of(), Fit.check(schedule));
        assertEquals(List.of(), ScheduleVerifier.verify(schedule));
        assertEquals(spilled, !SpilledMap.of(schedule).isEmpty());
        assertTrue(CostModel.estimate(schedule).multipliers() > 150, "of 240 DSPs");
    }

    /** A chain of many layers on few rows keeps several frames in its buffers when each layer takes a whole period; more so on larger images. */
    @Test
    void layersOfFewRowsTakeLessMemoryInBursts() {
        var graph = TestNets.standard(StandardNet.DENSENET121, 64);
        long even = elements(graph, new Pacing(Order.SPREAD, 0, 0));
        long compact = elements(graph, new Pacing(Order.COMPACT, 0, 0));
        assertTrue(10 * compact < 9 * even, compact + " elements in bursts, " + even + " spread evenly");
    }

    /** Rows of one phase lie where those of another did. */
    @Test
    void phasesTakeLessMemory() {
        var graph = TestNets.standard(StandardNet.RESNET50, 64);
        var pacing = new Pacing(Order.SPREAD, 0, 0);
        int middle = graph.nodes().size() / 2;
        long one = memory(graph, pacing);
        long two = memory(graph, pacing.withPhases(List.of(middle)));
        assertTrue(4 * two < 3 * one, two + " elements in two phases, " + one + " in one");
    }

    private static long memory(QuantizedGraph graph, Pacing pacing) {
        return schedule(graph, pacing).machine().memories().stream()
                .mapToLong(RowMemory::elements)
                .sum();
    }

    private static long elements(QuantizedGraph graph, Pacing pacing) {
        var schedule = schedule(graph, pacing);
        var seen = new HashSet<List<Integer>>();
        return schedule.edges().stream()
                .filter(e -> seen.add(List.of(e.memory(), e.producer())))
                .mapToLong(Edge::elements)
                .sum();
    }

    private static Schedule schedule(QuantizedGraph graph, Pacing pacing) {
        var options = MachineOptions.oneEngine(16, 16, 1, 4, 32)
                .withStreams(new MachineOptions.Streams(DDR, List.of(0), 0))
                .withPacing(pacing);
        return Scheduler.schedule(graph, PART, options);
    }
}
