package io.millrace.boards.flow;

import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.Objective;
import io.millrace.scheduler.Optimizer;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Scheduler;
import io.millrace.scheduler.Target;
import io.millrace.simulator.Simulator;

/** Which machine a model is put on. */
public sealed interface MachineChoice {
    /** The machine the optimiser finds for the board. */
    record Optimised(Objective objective) implements MachineChoice {}

    /** The machine that is asked for. */
    record Given(MachineOptions options) implements MachineChoice {}

    /** The fastest machine for the board. */
    MachineChoice FASTEST = new Optimised(Objective.FASTEST);

    /** The schedule of a graph on this choice; refusals are the scheduler's diagnostics. */
    default Schedule schedule(QuantizedGraph graph, Target target) {
        return switch (this) {
            case Optimised(Objective objective) ->
                Optimizer.optimize(graph, target, objective, Simulator::cyclesPerFrame);
            case Given(MachineOptions options) -> Scheduler.schedule(graph, target, options);
        };
    }
}
