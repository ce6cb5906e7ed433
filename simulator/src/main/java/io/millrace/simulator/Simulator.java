package io.millrace.simulator;

import io.millrace.scheduler.CostModel;
import io.millrace.scheduler.Schedule;
import io.millrace.simulator.internal.CompiledSchedule;
import io.millrace.simulator.internal.TimingEngine;
import io.millrace.simulator.internal.ValueLayers;
import io.millrace.simulator.internal.ValueRun;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Runs a schedule under the timing contract of {@code docs/machine.md}: every firing's cycles, and with values every
 * code. One simulator can run any number of times; runs do not know of each other.
 */
public final class Simulator {
    /** Frames, or batches, after which it is seen how long each takes. */
    private static final int FRAMES = 16;

    private final CompiledSchedule program;
    private @Nullable ValueLayers layers;

    /** @throws io.millrace.ir.CompileException {@code SIM-0003} if tables and lists of the schedule contradict each other */
    public Simulator(Schedule schedule) {
        program = new CompiledSchedule(schedule);
    }

    /** Cycles a frame in the middle of many, with a host that never waits: where rows that were buffered early still make up for the slowest engine, what that engine reads. */
    public static double cyclesPerFrame(Schedule schedule) {
        var run = run(schedule, SimulationOptions.timing(FRAMES * schedule.batch()));
        return Math.max(run.cyclesPerFrame(), CostModel.estimate(schedule).mostReads());
    }

    /** Compiles and runs a schedule once. */
    public static SimulationResult run(Schedule schedule, SimulationOptions options) {
        return new Simulator(schedule).run(options);
    }

    /**
     * Runs to the last result beat of the last frame. The host always has a next frame; of the frames after those asked
     * for there are cycles, but no values.
     *
     * @throws io.millrace.ir.CompileException {@code SIM-0001} when the machine stands still, {@code SIM-0002} at the
     *     limit of firings, {@code SIM-0004} for input codes that do not fit the graph
     */
    public SimulationResult run(SimulationOptions options) {
        var engine = new TimingEngine(
                program,
                options.link(),
                options.frames(),
                options.firingLimit(),
                options.fastForward(),
                options.keepFirings());
        if (!options.values()) {
            engine.run();
            return new SimulationResult(program, engine, options, List.of(), List.of());
        }
        var values = new ValueRun(program, layers(), options);
        engine.run();
        values.run(engine);
        return new SimulationResult(program, engine, options, values.outputs(), values.hazards());
    }

    /** Kernels are made for the first run with values. */
    private synchronized ValueLayers layers() {
        if (layers == null) {
            layers = new ValueLayers(program);
        }
        return layers;
    }
}
