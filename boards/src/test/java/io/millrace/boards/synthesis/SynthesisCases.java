package io.millrace.boards.synthesis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.hdl.DesignGenerator;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import io.millrace.scheduler.CostModel;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.DrainSize;
import io.millrace.scheduler.MachineOptions.Engines;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.VectorSize;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Scheduler;
import io.millrace.scheduler.Target;
import io.millrace.scheduler.Unit;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Machines that are both estimated and synthesised. */
public final class SynthesisCases {
    static final Target VIRTEX6 = new Target("ml605", Target.Family.VIRTEX6, 200, 768, 416, 0, 0, 150_720, 301_440, 0);

    private SynthesisCases() {}

    /** Skips the test without the tool, but in CI. */
    public static void requireTool(String tool) {
        boolean found = List.of(System.getenv("PATH").split(":")).stream()
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, tool)));
        if ("true".equals(System.getenv("CI"))) {
            assertTrue(found, tool + " is not installed");
        }
        assumeTrue(found, tool + " is not installed");
    }

    /** A random graph on one engine of each kind. */
    static Schedule random(long seed, Precision precision, MatrixSize matrix, VectorSize vector) {
        return Scheduler.schedule(
                RandomQuantizedGraphs.generate(seed, 3, precision),
                VIRTEX6,
                MachineOptions.of("random-" + seed, new Engines.One(matrix, vector)));
    }

    static MatrixSize matrix(int outputs, int lanes, int pixels, int chain, int weightLanes, DrainSize drain) {
        return new MatrixSize(outputs, lanes, pixels, chain, false, weightLanes, drain);
    }

    static SynthesisReport synthesize(Machine machine, Path folder, String family) {
        return YosysSynthesis.run(DesignGenerator.core(machine, folder), family, Duration.ofMinutes(15));
    }

    /** DSPs of the multipliers of arrays and, where they are asked to be there, of requantizers and vector lanes; nothing else multiplies. */
    static int multipliers(Machine machine) {
        int sum = 0;
        for (Unit unit : machine.units()) {
            Unit.Drain drain = switch (unit) {
                case Unit.Matrix m -> m.drain();
                case Unit.Vector v -> v.drain();
                case Unit.HostIn _, Unit.HostOut _, Unit.Store _, Unit.Load _ -> null;
            };
            if (unit instanceof Unit.Matrix m) {
                sum += m.dsps();
            }
            if (unit instanceof Unit.Vector v && v.features().multiplies() && v.multipliersInDsp()) {
                sum += v.lanes();
            }
            if (drain != null && drain.requantize() && drain.multipliersInDsp()) {
                sum += drain.lanes();
            }
        }
        return sum;
    }

    /** Multipliers and memories as estimated, logic within {@code percent}; no latches. */
    static void compare(Schedule schedule, SynthesisReport seen, int percent) {
        var estimate = CostModel.resources(schedule.machine(), VIRTEX6);
        String both = estimate + "\n" + seen;
        assertEquals(0, seen.latches(), both);
        assertEquals(multipliers(schedule.machine()), seen.dsp(), both);
        assertEquals(estimate.dsp(), seen.dsp(), both);
        assertEquals(estimate.bram36Total(), seen.bram36(), both);
        assertEquals(seen.lut(), estimate.lut(), seen.lut() * percent / 100.0, both);
        assertEquals(seen.ff(), estimate.ff(), seen.ff() * percent / 100.0, both);
    }
}
