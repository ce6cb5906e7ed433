package io.millrace.benchmarks;

import io.millrace.scheduler.Cost;
import io.millrace.scheduler.Schedule;
import io.millrace.simulator.Account;
import io.millrace.simulator.Account.Cause;
import io.millrace.simulator.SimulationOptions;
import io.millrace.simulator.Simulator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A design in the middle of many frames, simulated with a host that never waits.
 *
 * @param cyclesPerFrame from result to result; where rows that were buffered early still make up for the slowest engine, what that engine reads
 * @param latencyCycles of the first frame, through the empty machine
 * @param layerWaits by actor id, cycles a frame that the layer's unit did not read in before or in its firings
 * @param waits by unit id, cycles a frame that a unit did not read in, by cause; after its last firing counts as starved
 */
record SteadyState(double cyclesPerFrame, long latencyCycles, List<Map<Cause, Double>> waits, List<Double> layerWaits) {
    /** Frames, or batches, of the shorter of two runs whose difference is the steady state; as many more are in the longer. */
    private static final int FRAMES = 12;

    SteadyState {
        waits = List.copyOf(waits);
        layerWaits = List.copyOf(layerWaits);
    }

    /** @param cost that the schedule is estimated to have */
    static SteadyState of(Schedule schedule, Cost cost) {
        var simulator = new Simulator(schedule);
        int frames = FRAMES * schedule.batch();
        var warm = simulator.run(SimulationOptions.timing(frames));
        var longer = simulator.run(SimulationOptions.timing(2 * frames));
        var before = warm.account();
        var after = longer.account();
        var waits = IntStream.range(0, after.units().size())
                .mapToObj(u -> waits(before.units().get(u), after.units().get(u), frames))
                .toList();
        var layerWaits = IntStream.range(0, after.layers().size())
                .mapToObj(a -> waits(before.layers().get(a), after.layers().get(a), frames).values().stream()
                        .mapToDouble(Double::doubleValue)
                        .sum())
                .toList();
        double cycles = Math.max(longer.cyclesPerFrame(), cost.mostReads());
        return new SteadyState(cycles, longer.latencyCycles(), waits, layerWaits);
    }

    /** What waiting the longer run has more than the shorter, a frame. */
    private static Map<Cause, Double> waits(Account.Share before, Account.Share after, int frames) {
        var waits = new EnumMap<Cause, Double>(Cause.class);
        for (var cause : Cause.values()) {
            if (cause != Cause.BUSY) {
                double cycles = (double) (after.of(cause) - before.of(cause)) / frames;
                waits.merge(cause == Cause.IDLE ? Cause.STARVED : cause, cycles, Double::sum);
            }
        }
        waits.replaceAll((_, cycles) -> Math.max(0, cycles));
        return waits;
    }
}
