package io.millrace.benchmarks.jmh;

import io.millrace.simulator.SimulationOptions;
import io.millrace.simulator.SimulationResult;
import io.millrace.simulator.Simulator;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Milliseconds that lenet5 takes in the simulator, on machines of two sizes. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class SimulatorRuns {
    private static final int TIMING_FRAMES = 400;
    private static final int VALUE_FRAMES = 10;

    /** Most multipliers of the machine; 0 for as many as the ML605 has. */
    @Param({"25", "0"})
    public int multipliers;

    private final Subject subject = new Subject("lenet5");
    private final SimulationOptions timing =
            SimulationOptions.timing(TIMING_FRAMES).withFirings(false);
    private final SimulationOptions values =
            SimulationOptions.values(subject.codes(VALUE_FRAMES)).withThreads(1);
    private @Nullable Simulator simulator;

    /** Maps the network onto the machine. */
    @Setup
    public void map() {
        simulator = new Simulator(subject.schedule(multipliers));
    }

    private SimulationResult run(SimulationOptions options) {
        if (simulator == null) {
            throw new IllegalStateException("set up before it is run");
        }
        return simulator.run(options);
    }

    /** {@value #TIMING_FRAMES} frames without values. */
    @Benchmark
    public SimulationResult timing() {
        return run(timing);
    }

    /** {@value #TIMING_FRAMES} frames without values, every firing worked out. */
    @Benchmark
    public SimulationResult timingEachFiring() {
        return run(timing.withFastForward(false));
    }

    /** {@value #VALUE_FRAMES} frames with values, on one thread. */
    @Benchmark
    public SimulationResult values() {
        return run(values);
    }
}
