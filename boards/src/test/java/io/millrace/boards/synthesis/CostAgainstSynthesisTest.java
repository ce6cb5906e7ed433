package io.millrace.boards.synthesis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.quantizer.Precision;
import io.millrace.scheduler.MachineOptions.DrainSize;
import io.millrace.scheduler.MachineOptions.VectorSize;
import io.millrace.scheduler.Schedule;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The resource model against yosys for Virtex-6, and where the multipliers go. */
class CostAgainstSynthesisTest {
    @TempDir
    Path folder;

    @BeforeEach
    void needsYosys() {
        SynthesisCases.requireYosys();
    }

    @Test
    void aSmallMachine() {
        var schedule = SynthesisCases.random(
                2,
                Precision.INT8,
                SynthesisCases.matrix(2, 4, 1, 1, 8, DrainSize.of(1)),
                new VectorSize(DrainSize.of(1)));
        SynthesisCases.compare(schedule, SynthesisCases.synthesize(schedule.machine(), folder, "xc6v"), 25);
    }

    @Test
    void requantizersStayOutOfDspsWhereAskedTo() {
        var drain = new DrainSize(1, 6, false);
        Schedule schedule = SynthesisCases.random(
                2, Precision.INT8, SynthesisCases.matrix(2, 4, 1, 4, 8, drain), new VectorSize(drain));
        assertEquals(8, SynthesisCases.multipliers(schedule.machine()));
        var seen = SynthesisCases.synthesize(schedule.machine(), folder, "xc7");
        assertEquals(8, seen.dsp(), seen::toString);
        assertEquals(0, seen.latches(), seen::toString);
        assertTrue(seen.ff() > 0 && seen.lut() > 0, seen::toString);
    }
}
