package io.millrace.scheduler;

import io.millrace.ir.CompileException;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.internal.Search;

/** Chooses the machine for a graph and a board. Deterministic. */
public final class Optimizer {
    private Optimizer() {}

    /**
     * A machine of one or more matrix and vector engines within the target's DSPs, and within the objective's share of its block RAMs, LUTs and
     * flip-flops, with as few cycles a frame as the search finds, or the smallest that meets the objective's cycles.
     *
     * @throws CompileException with exit code 5 and a diagnostic SCH-0301 for each kind of part of which even the smallest machine
     *     needs more than there is; 4 for layers no machine can run
     */
    public static Schedule optimize(QuantizedGraph graph, Target target, Objective objective) {
        return optimize(graph, target, objective, Cycles.ESTIMATED);
    }

    /**
     * The same, where a thorough search holds machines against each other by what {@code cycles} says of them. Estimates are some hundredths off where engines wait for DRAM, which is as
     * much as machines differ by.
     */
    public static Schedule optimize(QuantizedGraph graph, Target target, Objective objective, Cycles cycles) {
        return Search.run(
                graph,
                target,
                objective,
                (schedule, need) -> Fit.check(schedule, need, objective),
                objective.thorough() ? cycles : Cycles.ESTIMATED);
    }

    /** Cycles a frame of a design in the middle of many frames, such as a simulator's. Several threads may ask at once. */
    @FunctionalInterface
    public interface Cycles {
        /** What {@link CostModel} says. */
        Cycles ESTIMATED = schedule -> CostModel.estimate(schedule).cyclesPerFrame();

        double of(Schedule schedule);
    }
}
