package io.millrace.scheduler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.Machine.Control;
import io.millrace.scheduler.MachineOptions.Spill;
import java.util.List;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Maps that go through DRAM: actors and edges, what is proved of them, and what is refused. */
class SpillingTest {
    private static final DramPort DDR = new DramPort(8, 4, 20, 256, 6, 1560, 38);
    private static final Target TARGET =
            new Target("test", Target.Family.VIRTEX6, 200, 768, 416, 0, 0, 150_720, 301_440, 0).withDram(DDR, 512);
    private static final QuantizedGraph LENET = TestNets.lenet5(Precision.INT8);

    /** The input and the first layer's map are spilled. */
    private static Schedule spilled(int rows) {
        return Scheduler.schedule(LENET, TARGET, options().withRows(rows));
    }

    private static MachineOptions options() {
        return MachineOptions.oneEngine(4, 4, 1, 2, 16).withSpills(DDR, List.of(new Spill(0, 1), new Spill(1, 2)));
    }

    @Test
    void aSpillIsAnActorOnEachUnit() {
        for (int rows = 1; rows <= 3; rows++) {
            var schedule = spilled(rows);
            assertEquals(List.of(), ScheduleVerifier.verify(schedule));
            assertEquals(2, count(schedule, Work.Spill.class));
            assertEquals(2, count(schedule, Work.Reload.class));
            RowTags.run(schedule, 3, rows);
            assertEquals(schedule, ScheduleText.parse("spilled", ScheduleText.print(schedule), LENET));
        }
    }

    /** Its maps were in DRAM; without spills their rows need more memory than is there. */
    @Test
    void aProgramForADesignThatSpillsIsToldThatItSpillsNone() {
        var machine = spilled(1).machine();
        var refused = assertThrows(CompileException.class, () -> Scheduler.scheduleOn(LENET, TARGET, machine));
        assertEquals(5, refused.exitCode());
        for (var diagnostic : refused.diagnostics()) {
            assertEquals("SCH-0302", diagnostic.code());
            assertTrue(diagnostic.remedy().startsWith("this design spills maps to DRAM"), diagnostic::toString);
        }
    }

    private static long count(Schedule schedule, Class<? extends Work> kind) {
        return schedule.actors().stream().filter(a -> kind.isInstance(a.work())).count();
    }

    @Test
    void bytesOfMapsAreCountedApart() {
        var cost = CostModel.estimate(spilled(1));
        assertEquals(0, cost.weightBytesPerFrame());
        long bytes = 0;
        for (int node : List.of(0, 1)) {
            var type = LENET.node(node).type();
            // Written and read, rows of whole beats.
            bytes += 2L * type.rows() * Math.ceilDiv(type.rowElements(), 8) * 8;
        }
        assertEquals(bytes, cost.spilledBytesPerFrame());
        assertEquals(bytes, cost.dramBytesPerFrame());
    }

    @Test
    void buffersInDramAreProved() {
        var schedule = spilled(1);
        var inDram = schedule.edges().stream()
                .filter(e ->
                        schedule.machine().inDram(schedule.machine().memories().get(e.memory())))
                .toList();
        assertEquals(2, inDram.size());
        int burst = 32;
        var first = inDram.getFirst();
        var second = inDram.getLast();
        assertEquals(List.of("SCH-0905"), codes(with(schedule, second, first.base(), second.rowPitch())));
        assertEquals(List.of("SCH-0905"), codes(with(schedule, first, 1, first.rowPitch())));
        assertEquals(List.of("SCH-0905"), codes(with(schedule, first, first.base(), first.rowPitch() - burst)));
        assertEquals(List.of("SCH-0905"), codes(with(schedule, second, 1 << 20, second.rowPitch())));
    }

    @Test
    void unitsThatDoNotFitThePortAreFound() {
        var schedule = spilled(1);
        // Rows of other bursts have another pitch too.
        assertEquals(
                List.of("SCH-0903", "SCH-0905"),
                codes(withUnits(
                        schedule,
                        u -> u instanceof Unit.Store s
                                ? new Unit.Store(s.id(), s.name(), s.lanes(), 2 * s.burstBeats(), s.capacity())
                                : u)));
        assertTrue(codes(withUnits(
                        schedule,
                        u -> u instanceof Unit.Load l
                                ? new Unit.Load(l.id(), l.name(), 2 * l.lanes(), l.capacity())
                                : u))
                .contains("SCH-0903"));
    }

    /** What is reloaded was spilled, and what was spilled is only reloaded. */
    @Test
    void actorsOfOtherKindsAreFound() {
        var schedule = spilled(1);
        var swapped = new Schedule(
                schedule.graph(),
                schedule.target(),
                schedule.machine(),
                schedule.actors().stream()
                        .map(a -> switch (a.work()) {
                            case Work.Spill _ -> withWork(a, new Work.Reload());
                            case Work.Reload _ -> withWork(a, new Work.Spill());
                            case Work.Receive _, Work.Send _, Work.Multiply _, Work.Reduce _ -> a;
                        })
                        .toList(),
                schedule.edges(),
                schedule.lists());
        assertEquals(List.of("SCH-0901"), codes(swapped));
    }

    /** One slot in DRAM is enough for firings of one row, and stops those of two. */
    @Test
    void tooFewRowsInDramStopTheLists() {
        for (int rows = 1; rows <= 2; rows++) {
            var schedule = spilled(rows);
            int store = schedule.actors().stream()
                    .filter(a -> a.work() instanceof Work.Spill)
                    .findFirst()
                    .orElseThrow()
                    .id();
            var shallow = ScheduleVerifierTest.withSlots(schedule, store, 1);
            assertEquals(
                    rows == 1, codes(shallow).isEmpty(), () -> codes(shallow).toString());
        }
    }

    @Test
    void whatCannotBeSpilledIsRefused() {
        var fixed = assertThrows(
                CompileException.class,
                () -> Scheduler.schedule(LENET, TARGET, options().withControl(Control.FIXED)));
        assertEquals("SCH-0005", fixed.diagnostics().getFirst().code());
        var nobody = options().withSpills(DDR, List.of(new Spill(0, 3)));
        assertThrows(IllegalArgumentException.class, () -> Scheduler.schedule(LENET, TARGET, nobody));
        var narrow = new DramPort(1, 4, 20, 256, 6, 0, 0);
        var wide = assertThrows(
                CompileException.class,
                () -> Scheduler.schedule(
                        TestNets.lenet5(Precision.INT16),
                        TARGET,
                        options().withSpills(narrow, List.of(new Spill(0, 1)))));
        assertEquals("SCH-0006", wide.diagnostics().getFirst().code());
    }

    private static List<String> codes(Schedule s) {
        return List.copyOf(new TreeSet<>(
                ScheduleVerifier.verify(s).stream().map(Diagnostic::code).toList()));
    }

    private static Schedule with(Schedule s, Edge changed, int base, int pitch) {
        return new Schedule(
                s.graph(),
                s.target(),
                s.machine(),
                s.actors(),
                s.edges().stream()
                        .map(e -> e.id() == changed.id()
                                ? new Edge(e.id(), e.producer(), e.consumer(), e.memory(), base, pitch, e.slots())
                                : e)
                        .toList(),
                s.lists());
    }

    private static Schedule withUnits(Schedule s, UnaryOperator<Unit> change) {
        var m = s.machine();
        var machine = new Machine(
                m.name(),
                m.precision(),
                m.units().stream().map(change).toList(),
                m.memories(),
                m.edges(),
                m.limits(),
                m.control(),
                m.dram());
        return new Schedule(s.graph(), s.target(), machine, s.actors(), s.edges(), s.lists());
    }

    private static Actor withWork(Actor a, Work work) {
        return new Actor(a.id(), a.name(), a.unit(), a.node(), work, a.inputs(), a.outputs(), a.rowsPerFiring());
    }
}
