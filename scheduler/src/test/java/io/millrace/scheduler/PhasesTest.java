package io.millrace.scheduler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.Order;
import io.millrace.scheduler.MachineOptions.Pacing;
import io.millrace.scheduler.MachineOptions.VectorSize;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Networks in phases: what their buffers share is never there at the same time, and takes less memory. */
class PhasesTest {
    private static final Pacing ONE = new Pacing(Order.SPREAD, 0, 0);
    private static final QuantizedGraph LENET = TestNets.lenet5(Precision.INT8);

    private static Schedule schedule(QuantizedGraph graph, int rows, List<Integer> phases) {
        return schedule(graph, rows, ONE.withPhases(phases));
    }

    private static Schedule schedule(QuantizedGraph graph, int rows, Pacing pacing) {
        var options = MachineOptions.oneEngine(4, 4, 1, 2, 16).withRows(rows).withPacing(pacing);
        return Scheduler.schedule(graph, RandomMachines.TARGET, options);
    }

    private static QuantizedGraph network(int seed) {
        return seed % 2 == 0
                ? RandomQuantizedGraphs.mixed(seed, 9, Precision.INT8)
                : RandomQuantizedGraphs.wide(seed, 9, Precision.INT8);
    }

    /** Every element that a firing reads is the one it means, whatever the times are. */
    @Test
    void sharedBuffersAreNeverMixedUp() {
        int shared = 0;
        for (int seed = 0; seed < 40; seed++) {
            var graph = network(seed);
            var schedule = schedule(graph, 1 + seed % 3, seed % 4 < 2 ? List.of(4) : List.of(2, 4, 6));
            assertEquals(List.of(), ScheduleVerifier.verify(schedule));
            shared += schedule.actors().stream()
                            .anyMatch(a -> !schedule.sharing(a).isEmpty())
                    ? 1
                    : 0;
            RowTags.run(schedule, 3, seed);
            assertEquals(schedule, ScheduleText.parse("phased", ScheduleText.print(schedule), graph));
        }
        assertTrue(shared >= 20, shared + " networks have buffers that overlap");
    }

    /** So they are where the phases of two frames come by turns. */
    @Test
    void phasesOfTwoFramesAreNeverMixedUp() {
        int apart = 0;
        for (int seed = 0; seed < 40; seed++) {
            var graph = network(seed);
            int fold = seed % 4 < 2 ? 4 : 6;
            var phases = List.of(2, 4, 6);
            var schedule = schedule(graph, 1 + seed % 3, ONE.withPhases(phases).foldedAt(List.of(fold)));
            assertEquals(List.of(), ScheduleVerifier.verify(schedule));
            RowTags.run(schedule, 3, seed);
            var inSequence = schedule(graph, 1 + seed % 3, phases);
            apart += schedule.lists().equals(inSequence.lists()) ? 0 : 1;
        }
        assertTrue(apart >= 30, "only " + apart + " networks have other lists");
    }

    /** And where engines have some of the phases each, whose halves alternate on all, on the first or on the last of them. */
    @Test
    void phasesOfTwoFramesInStagesAreNeverMixedUp() {
        int apart = 0;
        for (int seed = 0; seed < 40; seed++) {
            var graph = network(seed);
            var phases = List.of(2, 4, 6, 7);
            var folds = List.of(List.of(2, 6), List.of(2), List.of(7)).get(seed % 3);
            var pacing = ONE.withPhases(phases);
            var schedule = Scheduler.schedule(
                    graph, RandomMachines.TARGET, inStages(graph, 4).withPacing(pacing.foldedAt(folds)));
            assertEquals(List.of(), ScheduleVerifier.verify(schedule));
            RowTags.run(schedule, 3, seed);
            var inSequence = Scheduler.schedule(
                    graph, RandomMachines.TARGET, inStages(graph, 4).withPacing(pacing));
            apart += schedule.lists().equals(inSequence.lists()) ? 0 : 1;
        }
        assertTrue(apart >= 15, "only " + apart + " networks have other lists");
    }

    /** Engines for the layers before a node, and others for those from there on. */
    private static MachineOptions inStages(QuantizedGraph graph, int border) {
        var engines = new MachineOptions.Engines.Assigned(
                List.of(MatrixSize.of(4, 4, 1, 2, 16), MatrixSize.of(3, 5, 1, 3, 15)),
                List.of(VectorSize.of(2), VectorSize.of(3)),
                graph.nodes().stream().map(n -> n.id() < border ? 0 : 1).toList());
        return MachineOptions.of("stages", engines).withRows(2);
    }

    @Test
    void aPhaseThatIsNoneCannotBeginTheLaterHalf() {
        var pacing = ONE.withPhases(List.of(2, 4, 6));
        var refused = assertThrows(IllegalArgumentException.class, () -> pacing.foldedAt(List.of(4, 5)));
        assertTrue(refused.toString().contains("[2, 4, 6]"), refused::toString);
    }

    /** Buffers that overlap where the memory is not made for it are found. */
    @Test
    void overlapsElsewhereAreFound() {
        var s = schedule(LENET, 1, List.of(3));
        assertFalse(s.actors().stream().allMatch(a -> s.sharing(a).isEmpty()));
        var m = s.machine();
        var memories = m.memories().stream()
                .map(r -> new RowMemory(r.id(), r.writer(), r.reader(), r.lanes(), r.words()))
                .toList();
        var plain = new Machine(m.name(), m.precision(), m.units(), memories, m.edges(), m.limits(), m.control());
        var wrong =
                ScheduleVerifier.verify(new Schedule(s.graph(), s.target(), plain, s.actors(), s.edges(), s.lists()));
        assertTrue(wrong.stream().anyMatch(d -> d.code().equals("SCH-0905")), wrong::toString);
    }

    /** Lists in which rows of all layers are there at once stop when their buffers take the same memory. */
    @Test
    void overlapsOfWhatIsThereAtOnceStopTheLists() {
        var phased = schedule(LENET, 1, List.of(3));
        var m = phased.machine();
        var flowing = schedule(LENET, 1, List.of());
        var memories = flowing.machine().memories().stream()
                .map(r -> new RowMemory(r.id(), r.writer(), r.reader(), r.lanes(), r.words(), true))
                .toList();
        var machine = new Machine(
                m.name(),
                m.precision(),
                flowing.machine().units(),
                memories,
                flowing.machine().edges(),
                flowing.machine().limits(),
                m.control());
        var edges = flowing.edges().stream()
                .map(e -> new Edge(e.id(), e.producer(), e.consumer(), e.memory(), 0, e.rowPitch(), e.slots()))
                .toList();
        var stopped =
                new Schedule(flowing.graph(), flowing.target(), machine, flowing.actors(), edges, flowing.lists());
        var codes = ScheduleVerifier.verify(stopped).stream()
                .map(d -> d.code())
                .distinct()
                .toList();
        assertEquals(List.of("SCH-0907"), codes);
    }

    /** Each phase's first firing comes after all of the phase before, on every unit. */
    @Test
    void listsFirePhaseAfterPhase() {
        var schedule = schedule(LENET, 1, List.of(3));
        for (var list : schedule.lists()) {
            assertEquals(0, list.loopStart(), "a frame is over before the next one begins");
            var phases = list.entries().stream()
                    .map(e -> schedule.actor(e.actor()))
                    .filter(a -> a.work().computes())
                    .map(a -> a.node() < 3 ? 0 : 1)
                    .toList();
            assertTrue(IntStream.range(1, phases.size()).allMatch(i -> phases.get(i - 1) <= phases.get(i)));
        }
    }
}
