package io.millrace.benchmarks;

import io.millrace.scheduler.Cost;
import io.millrace.scheduler.CostModel;
import io.millrace.scheduler.Schedule;
import io.millrace.simulator.Account.Cause;
import io.millrace.simulator.SimulationOptions;
import io.millrace.simulator.Simulator;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A design in the middle of many frames, simulated with a host that never waits.
 *
 * @param cyclesPerFrame from result to result; where rows that were buffered early still make up for the slowest engine, what that engine reads
 * @param latencyCycles of the first frame, through the empty machine
 * @param waits by unit id, cycles a frame that a unit did not read in, by cause; after its last firing counts as starved
 */
record SteadyState(double cyclesPerFrame, long latencyCycles, List<Map<Cause, Double>> waits) {
    /** Frames, or batches, of the shorter of two runs whose difference is the steady state; as many more are in the longer. */
    private static final int FRAMES = 12;

    SteadyState {
        waits = List.copyOf(waits);
    }

    static SteadyState of(Schedule schedule) {
        var simulator = new Simulator(schedule);
        int frames = FRAMES * schedule.batch();
        var warm = simulator.run(SimulationOptions.timing(frames));
        var longer = simulator.run(SimulationOptions.timing(2 * frames));
        var before = warm.account().units();
        var after = longer.account().units();
        var waits = new ArrayList<Map<Cause, Double>>();
        for (int u = 0; u < after.size(); u++) {
            var of = new EnumMap<Cause, Double>(Cause.class);
            for (var cause : Cause.values()) {
                double cycles = (double) (after.get(u).of(cause) - before.get(u).of(cause)) / frames;
                if (cause != Cause.BUSY) {
                    of.merge(cause == Cause.IDLE ? Cause.STARVED : cause, cycles, Double::sum);
                }
            }
            of.replaceAll((_, cycles) -> Math.max(0, cycles));
            waits.add(of);
        }
        double cycles = Math.max(longer.cyclesPerFrame(), mostReads(schedule));
        return new SteadyState(cycles, longer.latencyCycles(), waits);
    }

    /** Cycles a frame in which the unit that reads most does so: a run of any number of frames gets there. */
    private static long mostReads(Schedule schedule) {
        return CostModel.estimate(schedule).layers().stream()
                .collect(Collectors.groupingBy(Cost.LayerLoad::unit, Collectors.summingLong(Cost.LayerLoad::reads)))
                .values()
                .stream()
                .mapToLong(Long::longValue)
                .max()
                .orElse(0);
    }
}
