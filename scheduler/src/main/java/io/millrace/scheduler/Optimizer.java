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
        return Search.run(graph, target, objective, (schedule, need) -> Fit.check(schedule, need, objective));
    }
}
