package io.millrace.scheduler;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.internal.RowChoice;
import io.millrace.scheduler.internal.SameLayers;
import io.millrace.scheduler.internal.ScheduleBuilder;
import io.millrace.scheduler.internal.Unsupported;
import java.util.List;
import java.util.Optional;

/** Maps quantized graphs onto machines. Deterministic: equal arguments give equal schedules. */
public final class Scheduler {
    private Scheduler() {}

    /**
     * Why no machine of any size runs a graph: one diagnostic for each layer that no engine computes, and for each input or output that cannot be moved; empty
     * if there is a machine. Weights, scales and biases are not looked at: {@link io.millrace.quantizer.Quantizer#outline} is enough.
     */
    public static List<Diagnostic> refusals(QuantizedGraph graph) {
        return Unsupported.in(graph);
    }

    /**
     * A machine as the options ask, and the graph on it: actors, firing lists, buffers. The schedule has passed
     * {@link ScheduleVerifier}; whether it fits the target is not asked here.
     *
     * @throws CompileException with exit code 2 for sizes that make no machine, 4 for layers it cannot run
     */
    public static Schedule schedule(QuantizedGraph graph, Target target, MachineOptions options) {
        return ScheduleBuilder.onNewMachine(graph, target, options);
    }

    /**
     * A program for a machine that exists: R = 1, the k-th convolution on the k-th matrix engine and the k-th pooling layer on the k-th
     * vector engine, the rest on the last of each. See {@link MachineOptions#withAlso} for machines made for several networks.
     *
     * @throws CompileException with exit code 5 and a diagnostic SCH-0302 for each thing the machine has too little of
     */
    public static Schedule scheduleOn(QuantizedGraph graph, Target target, Machine machine) {
        return scheduleOn(graph, target, machine, 1);
    }

    /**
     * The same with fully-connected layers computed for so many frames together. No map is spilled, whether or not the machine can.
     *
     * @throws CompileException as without a batch; batches need row memory for their frames
     */
    public static Schedule scheduleOn(QuantizedGraph graph, Target target, Machine machine, int batch) {
        return ScheduleBuilder.onMachine(graph, target, machine, batch);
    }

    /**
     * The schedule of a design with another network's weights and scales, where that has the same layers, such as one that was trained further: engines,
     * rows of firings, orders and buffers stay, whatever search they are of. Nothing is searched.
     *
     * @return none if the layers are not the same
     * @throws CompileException with exit code 5 and a diagnostic SCH-0302 for each thing that the weights need more of than the machine has, such as bits of
     *     accumulators
     */
    public static Optional<Schedule> scheduleLike(Schedule design, QuantizedGraph graph) {
        return SameLayers.put(graph, design);
    }

    /**
     * One machine for several programs, and each of them on it: the first as the options ask, of the others the k-th layer of a kind on the
     * k-th engine. {@code rows} and {@code also} of the options do not count.
     *
     * @return by program; all have equal machines
     * @throws CompileException as {@link #schedule}, and with exit code 5 for a program that lacks an engine or the precision
     */
    public static List<Schedule> scheduleTogether(List<SharedProgram> programs, Target target, MachineOptions options) {
        return ScheduleBuilder.together(programs, target, options);
    }

    /** R of each node that gives the fewest engine cycles a frame on the engines that the options ask for, at most 8. */
    public static List<Integer> rowsFor(QuantizedGraph graph, MachineOptions options) {
        return RowChoice.of(graph, options);
    }
}
