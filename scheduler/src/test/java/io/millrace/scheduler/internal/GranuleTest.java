package io.millrace.scheduler.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.CompileException;
import io.millrace.ir.nets.StandardNet;
import io.millrace.quantizer.Precision;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.Reserve;
import io.millrace.scheduler.MachineOptions.VectorSize;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.ScheduleText;
import io.millrace.scheduler.Scheduler;
import io.millrace.scheduler.Target;
import io.millrace.scheduler.TestNets;
import org.junit.jupiter.api.Test;

/** What row memories are written and read by. */
class GranuleTest {
    private static final Target TARGET =
            new Target("part", Target.Family.SERIES7, 200, 700, 1000, 0, 0, 203_800, 407_600, 0);

    private static MachineOptions engine(int outputs, int lanes, int drain, int vectorLanes) {
        return MachineOptions.of(
                "engine",
                new MachineOptions.Engines.One(MatrixSize.of(outputs, lanes, 1, drain, 8), VectorSize.of(vectorLanes)));
    }

    private static Schedule resnet(MachineOptions options) {
        return Scheduler.schedule(TestNets.standard(StandardNet.RESNET18, 32), TARGET, options);
    }

    /** Granule of the memory between two units, by their names. */
    private static int granule(Schedule schedule, String from, String to) {
        var machine = schedule.machine();
        return machine.memories().stream()
                .filter(m -> machine.unit(m.writer()).name().equals(from)
                        && machine.unit(m.reader()).name().equals(to))
                .findFirst()
                .orElseThrow()
                .granule();
    }

    /** All maps have 64 channels or more; a vector engine takes 8 of them, a drain 16, an array 32. */
    @Test
    void whatBothUnitsTakeAtOnce() {
        var schedule = resnet(engine(64, 32, 16, 8));
        assertEquals(16, granule(schedule, "matrix_0", "matrix_0"));
        assertEquals(8, granule(schedule, "vector_0", "matrix_0"));
        assertEquals(8, granule(schedule, "matrix_0", "vector_0"));
        assertEquals(1, granule(schedule, "host_in", "matrix_0"), "three channels");
    }

    /** Segments of 24 of 64 channels begin at multiples of 8. */
    @Test
    void segmentsThatDoNotDivideTheChannels() {
        assertEquals(8, granule(resnet(engine(64, 24, 64, 64)), "matrix_0", "matrix_0"));
        assertEquals(1, granule(resnet(engine(64, 43, 64, 64)), "matrix_0", "matrix_0"));
    }

    @Test
    void programsNotKnownYetMayReadFromAnyCodeOn() {
        var reserve = new Reserve(1, 1, 1, 1, 1, 1, 1, 1);
        assertEquals(1, granule(resnet(engine(64, 32, 16, 8).withReserve(reserve)), "matrix_0", "matrix_0"));
    }

    @Test
    void aProgramOfSmallerGranulesIsRefusedAndSaysWhy() {
        var machine = resnet(engine(64, 32, 16, 8)).machine();
        var graph = TestNets.standard(StandardNet.MOBILENET_V2, 32);
        var refused = assertThrows(CompileException.class, () -> Scheduler.scheduleOn(graph, TARGET, machine));
        assertTrue(
                refused.diagnostics().stream()
                        .anyMatch(d -> d.problem().contains("16 codes that lie together, the network needs every 8")),
                () -> refused.diagnostics().toString());
    }

    @Test
    void theTextTellsIt() {
        var schedule = resnet(engine(64, 32, 16, 8));
        var text = ScheduleText.print(schedule);
        assertTrue(text.contains(" granule 16"), "a memory of granules");
        assertEquals(
                schedule.machine(),
                ScheduleText.parse("a", text, schedule.graph()).machine());
        assertEquals(Precision.INT8, schedule.machine().precision());
    }
}
