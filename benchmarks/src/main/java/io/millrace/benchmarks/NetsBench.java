package io.millrace.benchmarks;

import io.millrace.hdl.DesignGenerator;
import io.millrace.hdl.ProgramAssembler;
import io.millrace.ir.Graph;
import io.millrace.ir.Passes;
import io.millrace.ir.nets.Noise;
import io.millrace.ir.nets.StandardNet;
import io.millrace.quantizer.Calibration;
import io.millrace.quantizer.IntegerEvaluator;
import io.millrace.quantizer.NumberFormat;
import io.millrace.quantizer.QuantizeOptions;
import io.millrace.quantizer.Quantized;
import io.millrace.quantizer.Quantizer;
import io.millrace.scheduler.Cost;
import io.millrace.scheduler.CostModel;
import io.millrace.scheduler.Objective;
import io.millrace.scheduler.Optimizer;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Target;
import io.millrace.simulator.SimulationOptions;
import io.millrace.simulator.Simulator;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Seconds and memory from a standard net with random weights to Verilog and program, and what the design that comes out does. */
public final class NetsBench {
    private static final int FRAMES = 4;
    private static final long SEED = 1;

    private NetsBench() {}

    /**
     * What was measured; times in seconds.
     *
     * @param quantize calibration on a frame of noise and quantizing to int8
     * @param schedule search for the machine and its schedule
     * @param simulateFrame simulating cycles of a frame, {@value #FRAMES} frames together
     * @param valuesFrame simulating cycles and values of a frame, on all processors
     * @param evaluateFrame the same frame in the integer evaluator
     * @param differences codes of its results that differ between the two
     * @param heapMegabytes most heap in use since the last net
     * @param cyclesPerFrame simulated, in steady state
     */
    public record Row(
            String net,
            String board,
            double quantize,
            double schedule,
            double verilog,
            double program,
            double simulateFrame,
            double valuesFrame,
            double evaluateFrame,
            long differences,
            long heapMegabytes,
            int multipliers,
            Cost cost,
            double cyclesPerFrame) {
        /** At the board's assumed clock, by simulated cycles. */
        public double framesPerSecond() {
            return cost.clockMhz() * 1e6 / cyclesPerFrame;
        }

        /** From the quantized net to Verilog and program. */
        public double compile() {
            return schedule + verilog + program;
        }
    }

    /**
     * Measures one net.
     *
     * @param batch frames whose fully-connected layers are computed together
     * @throws io.millrace.ir.CompileException if it does not fit, or has a layer that no engine computes
     */
    public static Row run(StandardNet net, Target target, int batch, Path folder) {
        heapPools().forEach(MemoryPoolMXBean::resetPeakUsage);
        long begin = System.nanoTime();
        Quantized quantized = quantize(net.graph());
        long quantizedAt = System.nanoTime();
        Schedule schedule = Optimizer.optimize(quantized.graph(), target, Objective.FASTEST.withBatch(batch));
        long scheduledAt = System.nanoTime();
        DesignGenerator.core(schedule, folder);
        long emittedAt = System.nanoTime();
        ProgramAssembler.assemble(schedule);
        long assembledAt = System.nanoTime();
        long heap = heapPools().mapToLong(p -> p.getPeakUsage().getUsed()).sum();
        int frames = Math.max(FRAMES, 3 * batch);
        var result = Simulator.run(schedule, SimulationOptions.timing(frames).withFirings(false));
        long simulatedAt = System.nanoTime();
        var frame = Frames.noise(quantized.graph(), 1).getFirst();
        var values = Simulator.run(schedule, SimulationOptions.values(List.of(frame)));
        long valuedAt = System.nanoTime();
        var evaluated = IntegerEvaluator.run(quantized.graph(), frame);
        long evaluatedAt = System.nanoTime();
        var cost = CostModel.estimate(schedule);
        return new Row(
                net.netName(),
                target.name(),
                seconds(begin, quantizedAt),
                seconds(quantizedAt, scheduledAt),
                seconds(scheduledAt, emittedAt),
                seconds(emittedAt, assembledAt),
                seconds(assembledAt, simulatedAt) / frames,
                seconds(simulatedAt, valuedAt),
                seconds(valuedAt, evaluatedAt),
                differences(values.outputs().getFirst(), evaluated),
                heap >> 20,
                cost.multipliers(),
                cost,
                result.cyclesPerFrame());
    }

    /** A net with random weights as int8, calibrated on a frame of noise. */
    static Quantized quantize(Graph net) {
        return quantize(net, NumberFormat.INT8);
    }

    /** The same in another format. */
    static Quantized quantize(Graph net, NumberFormat format) {
        var graph = Passes.prepare(net);
        return Quantizer.quantize(
                graph, Calibration.of(graph, List.of(Noise.frame(graph, SEED))), QuantizeOptions.of(format));
    }

    private static long differences(List<short[]> found, List<short[]> expected) {
        long differences = 0;
        for (int o = 0; o < expected.size(); o++) {
            short[] a = found.get(o);
            short[] b = expected.get(o);
            differences +=
                    IntStream.range(0, b.length).filter(i -> a[i] != b[i]).count();
        }
        return differences;
    }

    private static Stream<MemoryPoolMXBean> heapPools() {
        return ManagementFactory.getMemoryPoolMXBeans().stream().filter(p -> p.getType() == MemoryType.HEAP);
    }

    private static double seconds(long from, long to) {
        return (to - from) / 1e9;
    }
}
