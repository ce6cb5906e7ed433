package io.millrace.benchmarks;

import io.millrace.boards.verify.HostBeatPacking;
import io.millrace.boards.verilator.BuildProfile;
import io.millrace.boards.verilator.VerilatedCore;
import io.millrace.hdl.DesignGenerator;
import io.millrace.hdl.ProgramAssembler;
import io.millrace.scheduler.Actor;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Unit;
import io.millrace.simulator.SimulationOptions;
import io.millrace.simulator.SimulationResult;
import io.millrace.simulator.Simulator;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/**
 * Simulator and Verilator on the same design and frames, one after the other in one run.
 *
 * <p>Verilator: -O3, one thread, no tracing; its build is timed apart, and the time to start the process and load the program is taken out
 * by the difference of a long and a short run. Simulator: warm, median of several runs.
 */
public final class SpeedBench {
    private static final long WARM_NANOS = 1_500_000_000L;
    private static final int RUNS = 7;

    private SpeedBench() {}

    /**
     * What was measured.
     *
     * @param timing cycles a second of the simulator without values; the same with every firing worked out one by one
     * @param values cycles a second of the simulator with values, on one thread
     * @param valueFrames frames a second of the simulator with values, on all processors
     * @param differences results and cycles that differ between the two
     */
    public record Row(
            String model,
            String board,
            String design,
            int multipliers,
            int frames,
            double cyclesPerFrame,
            double buildSeconds,
            double verilator,
            double timing,
            double timingEachFiring,
            double values,
            double valueFrames,
            long differences) {
        public double timingRatio() {
            return timing / verilator;
        }

        public double timingEachFiringRatio() {
            return timingEachFiring / verilator;
        }

        public double valuesRatio() {
            return values / verilator;
        }
    }

    /** Measures one schedule. */
    public static Row run(String model, String design, Schedule schedule, List<List<short[]>> frames, Path folder) {
        var core = VerilatedCore.build(DesignGenerator.core(schedule, folder), BuildProfile.SPEED);
        int[] program = ProgramAssembler.assemble(schedule).loaderWords();
        int few = Math.max(1, frames.size() / 10);
        verilate(core, schedule, program, frames.subList(0, few)); // the file is in memory from here on
        var shortRun = verilate(core, schedule, program, frames.subList(0, few));
        var longRun = verilate(core, schedule, program, frames);
        double verilator = (longRun.cycles() - shortRun.cycles())
                / ((longRun.time().toNanos() - shortRun.time().toNanos()) / 1e9);

        var simulator = new Simulator(schedule);
        var timingOptions = SimulationOptions.timing(frames.size()).withFirings(false);
        SimulationResult timed = simulator.run(timingOptions);
        double timing = rate(timed, () -> simulator.run(timingOptions));
        double each = rate(timed, () -> simulator.run(timingOptions.withFastForward(false)));
        var valueOptions = SimulationOptions.values(frames).withThreads(1);
        SimulationResult valued = simulator.run(valueOptions);
        double values = rate(valued, () -> simulator.run(valueOptions));
        var parallel = SimulationOptions.values(frames);
        double valueFrames = rate(valued, () -> simulator.run(parallel)) / (valued.endCycle() + 1) * frames.size();
        return new Row(
                model,
                schedule.target().name(),
                design,
                multipliers(schedule),
                frames.size(),
                timed.cyclesPerFrame(),
                core.buildTime().toNanos() / 1e9,
                verilator,
                timing,
                each,
                values,
                valueFrames,
                differences(schedule, longRun, timed, valued));
    }

    private static VerilatedCore.Trace verilate(
            VerilatedCore core, Schedule schedule, int[] program, List<List<short[]>> frames) {
        return core.run(VerilatedCore.Job.plain(
                program, HostBeatPacking.pack(schedule, frames), beatsOut(schedule) * frames.size()));
    }

    private static double rate(SimulationResult result, Supplier<SimulationResult> run) {
        SimulationResult kept = result;
        long until = System.nanoTime() + WARM_NANOS;
        while (System.nanoTime() < until) {
            kept = run.get();
        }
        var seconds = new double[RUNS];
        for (int i = 0; i < RUNS; i++) {
            long start = System.nanoTime();
            kept = run.get();
            seconds[i] = (System.nanoTime() - start) / 1e9;
        }
        Arrays.sort(seconds);
        return (kept.endCycle() + 1) / seconds[RUNS / 2];
    }

    private static long differences(
            Schedule schedule, VerilatedCore.Trace trace, SimulationResult timed, SimulationResult valued) {
        long differences =
                Math.abs(trace.cycles() - 1 - timed.endCycle()) + Math.abs(trace.cycles() - 1 - valued.endCycle());
        var geometry = schedule.geometry(sender(schedule));
        int row = geometry.inputRowElements();
        int at = 0;
        for (var outputs : valued.outputs()) {
            short[] codes = outputs.getFirst();
            for (int r = 0; r < geometry.inputRows(); r++) {
                for (int i = 0; i < row; ) {
                    short[] beat = trace.outBeats().get(at++).codes();
                    for (int lane = 0; lane < beat.length && i < row; lane++, i++) {
                        if (beat[lane] != codes[r * row + i]) {
                            differences++;
                        }
                    }
                }
            }
        }
        return differences;
    }

    /** The actor that sends the one output. */
    private static Actor sender(Schedule schedule) {
        return schedule.actors().stream()
                .filter(a -> schedule.machine().unit(a.unit()) instanceof Unit.HostOut)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("a schedule has a sender"));
    }

    private static int beatsOut(Schedule schedule) {
        Actor sender = sender(schedule);
        var geometry = schedule.geometry(sender);
        int lanes = ((Unit.HostOut) schedule.machine().unit(sender.unit())).lanes();
        return geometry.inputRows() * Math.ceilDiv(geometry.inputRowElements(), lanes);
    }

    private static int multipliers(Schedule schedule) {
        return schedule.machine().units().stream()
                .mapToInt(u -> u instanceof Unit.Matrix m ? m.multipliers() : 0)
                .sum();
    }
}
