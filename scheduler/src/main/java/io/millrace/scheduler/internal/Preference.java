package io.millrace.scheduler.internal;

import io.millrace.scheduler.CostModel;
import io.millrace.scheduler.Objective;
import io.millrace.scheduler.PowerEstimate;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Target;
import java.util.Comparator;
import java.util.List;

/** Which of the machines that fit an objective prefers. */
record Preference(Objective objective, Target target) {
    /** What is made least, so far as machines are fast enough: of those the objective's goal, or where that is the rate, what they draw; of others the cycles. */
    double of(Found found) {
        return isEnough(found) ? goal(found.schedule()) : found.cycles();
    }

    /** Whether no more cycles are taken than are asked for, if any are. */
    boolean isEnough(Found found) {
        return objective.cycles() == 0 || found.cycles() <= objective.cycles();
    }

    /** The machines that are fast enough, or all if none is, the best first. */
    List<Found> bestFirst(List<Found> machines) {
        var enough = machines.stream().filter(this::isEnough).toList();
        return (enough.isEmpty() ? machines : enough)
                .stream()
                        .map(f -> new Judged(f, of(f)))
                        .sorted(Comparator.comparingDouble(Judged::value))
                        .map(Judged::found)
                        .toList();
    }

    private record Judged(Found found, double value) {}

    private double goal(Schedule schedule) {
        var cost = CostModel.estimate(schedule);
        double cycles = cost.cyclesPerFrame();
        return switch (objective.goal()) {
            case LATENCY -> cost.latencyCycles();
            // Without cycles that are enough, each machine runs as fast as it can.
            case RATE -> objective.cycles() == 0 ? cycles : energy(schedule, objective.cycles());
            case ENERGY -> energy(schedule, Math.max(cycles, objective.cycles()));
        };
    }

    private double energy(Schedule schedule, double cycles) {
        var parts = CostModel.resources(schedule.machine(), target);
        return PowerEstimate.of(target.family(), parts, target.clockMhz())
                .millijoulesPerFrame(cycles, target.clockMhz());
    }
}
