package io.millrace.scheduler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.CompileException;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.VectorSize;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SchedulerTest {
    private static final int GRAPHS = 400;

    @Test
    void randomGraphsOnRandomMachinesReadTheRowsTheyShould() {
        int shared = 0;
        for (long seed = 0; seed < GRAPHS; seed++) {
            var schedule = RandomMachines.schedule(seed, 5);
            assertEquals(List.of(), ScheduleVerifier.verify(schedule), "seed " + seed);
            long replay = seed;
            try {
                RowTags.run(schedule, 4, seed);
            } catch (AssertionError e) {
                throw new AssertionError("seed " + replay, e);
            }
            shared += schedule.lists().stream().anyMatch(l -> l.loopStart() > 0) ? 1 : 0;
        }
        assertTrue(shared > GRAPHS / 8, "only " + shared + " schedules interleave frames");
    }

    @Test
    void equalArgumentsGiveEqualSchedules() {
        for (long seed = 0; seed < 20; seed++) {
            assertEquals(RandomMachines.schedule(seed, 5), RandomMachines.schedule(seed, 5));
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void lenetsRunOnOneEngineAndOnAnEngineForEachLayer(Precision precision) {
        for (var graph : List.of(TestNets.lenet5(precision), TestNets.lenet1(precision, 28, 28))) {
            for (int rows : List.of(1, 4)) {
                var one = MachineOptions.oneEngine(5, 5, 1, 2, 5).withRows(rows);
                var each = MachineOptions.engineForEachLayer(MatrixSize.of(4, 6, 1, 2, 8), VectorSize.of(2))
                        .withRows(rows);
                for (var options : List.of(one, each)) {
                    RowTags.run(Scheduler.schedule(graph, RandomMachines.TARGET, options), 3, rows);
                }
            }
        }
    }

    @Test
    void oneEngineInterleavesFramesAndIsNeverIdle() {
        var graph = TestNets.lenet5(Precision.INT8);
        var schedule = Scheduler.schedule(graph, RandomMachines.TARGET, MachineOptions.oneEngine(5, 5, 1, 1, 5));
        var cost = CostModel.estimate(schedule);
        assertTrue(schedule.lists().get(1).loopStart() > 0, "the matrix engine works on one frame at a time");
        assertTrue(cost.cyclesPerFrame() <= cost.periodBound() * 1.02, "cycles " + cost);
    }

    @Test
    void anOutputThatIsReadInsideToo() {
        var graph = TestNets.withSideOutput(Precision.INT8);
        for (var options : List.of(
                MachineOptions.oneEngine(3, 4, 2, 2, 6),
                MachineOptions.engineForEachLayer(400).withRows(2))) {
            var schedule = Scheduler.schedule(graph, RandomMachines.TARGET, options);
            assertEquals(
                    3,
                    schedule.actors().stream()
                            .filter(a -> a.work() instanceof Work.Send)
                            .count());
            RowTags.run(schedule, 5, 1);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {700, 1000, 2000, 10_000})
    void anEngineForEachLayerMeetsItsCycleTarget(int cycles) {
        var graph = TestNets.lenet1(Precision.INT8, 28, 28);
        var schedule = Scheduler.schedule(
                graph,
                RandomMachines.TARGET,
                MachineOptions.engineForEachLayer(cycles).withHost(4, 4));
        double found = CostModel.estimate(schedule).cyclesPerFrame();
        assertTrue(found <= cycles * 1.1, found + " cycles for " + cycles);
    }

    @Test
    void aMachineMadeForTwoNetworksRunsBoth() {
        var lenet5 = TestNets.lenet5(Precision.INT8);
        var lenet1 = TestNets.lenet1(Precision.INT8, 28, 28);
        var options = MachineOptions.oneEngine(6, 5, 2, 3, 10).withAlso(List.of(lenet1));
        var first = Scheduler.schedule(lenet5, RandomMachines.TARGET, options);
        var second = Scheduler.scheduleOn(lenet1, RandomMachines.TARGET, first.machine());
        assertEquals(first.machine(), second.machine());
        assertTrue(second.edges().size() < first.machine().edges().size());
        RowTags.run(second, 5, 1);
        RowTags.run(Scheduler.scheduleOn(lenet5, RandomMachines.TARGET, first.machine()), 5, 1);
        // One without reserves has no tables and cannot add.
        var alone = Scheduler.schedule(lenet5, RandomMachines.TARGET, MachineOptions.oneEngine(6, 5, 2, 3, 10));
        var refused = assertThrows(
                CompileException.class, () -> Scheduler.scheduleOn(lenet1, RandomMachines.TARGET, alone.machine()));
        assertEquals(5, refused.exitCode());
        assertTrue(
                refused.diagnostics().stream()
                        .anyMatch(
                                d -> d.problem().equals("unit 'vector_0' cannot add, as pooling by sum or mean needs")),
                refused.diagnostics().toString());
        // Nor can one made for sums take maxima.
        var sums = Scheduler.schedule(lenet1, RandomMachines.TARGET, MachineOptions.oneEngine(6, 5, 2, 3, 10));
        var unable = assertThrows(
                CompileException.class, () -> Scheduler.scheduleOn(lenet5, RandomMachines.TARGET, sums.machine()));
        assertEquals(5, unable.exitCode());
        assertTrue(
                unable.diagnostics().stream()
                        .anyMatch(d -> d.problem()
                                .equals("unit 'vector_0' cannot take the largest of a window, as max pooling needs")),
                unable.diagnostics().toString());
    }

    @Test
    void aMachineMadeForTenNetworksRunsAllOfThemAndSomeOthers() {
        var graphs = new ArrayList<QuantizedGraph>();
        for (long seed = 1; graphs.size() < 40; seed += 3) {
            graphs.add(RandomMachines.graph(seed, 4));
        }
        var options = MachineOptions.oneEngine(3, 4, 2, 2, 5).withAlso(graphs.subList(1, 10));
        var machine = Scheduler.schedule(graphs.getFirst(), RandomMachines.TARGET, options)
                .machine();
        int others = 0;
        for (int i = 0; i < graphs.size(); i++) {
            try {
                RowTags.run(Scheduler.scheduleOn(graphs.get(i), RandomMachines.TARGET, machine), 3, i);
                others += i >= 10 ? 1 : 0;
            } catch (CompileException e) {
                assertTrue(i >= 10, "graph " + i + ": " + e.getMessage());
                assertEquals(5, e.exitCode());
            }
        }
        assertTrue(others > 5, "only " + others + " others fit");
    }

    @Test
    void sizesThatMakeNoMachineAreRefused() {
        var graph = TestNets.lenet5(Precision.INT8);
        var options = MachineOptions.engineForEachLayer(MatrixSize.of(4, 4, 1, 2, 4), VectorSize.of(2));
        var chained = MachineOptions.of(
                "chained",
                new MachineOptions.Engines.One(
                        MatrixSize.of(4, 4, 1, 8, 16).withPacking().withChain(5), VectorSize.of(2)));
        assertEquals(
                5 + 2 + 2,
                Scheduler.schedule(graph, RandomMachines.TARGET, options)
                        .machine()
                        .units()
                        .size());
        var refused =
                assertThrows(CompileException.class, () -> Scheduler.schedule(graph, RandomMachines.TARGET, chained));
        assertEquals(2, refused.exitCode());
        assertEquals("""
                error[SCH-0002] lenet5: matrix engine 0 has two products a multiplier, in cascades of 5, of INT8 codes
                  try: pack products only of int8 codes, in cascades of at most 4
                error[SCH-0003] lenet5: matrix engine 0 drains 8 codes a clock, but has only 4 output channels
                  try: lower Q to 4""", refused.getMessage());
    }
}
