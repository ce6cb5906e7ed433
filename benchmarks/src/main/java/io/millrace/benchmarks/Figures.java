package io.millrace.benchmarks;

import io.millrace.scheduler.Bound;
import io.millrace.scheduler.Cost;

/**
 * How fast a design is, and how much of what it may multiply with it uses.
 *
 * @param macsPerFrame of the net's layers, padded taps included; with connection tables those of connections
 * @param productsPerCycle that count as all
 * @param cost resources and counts, estimated; its DRAM bytes say whether weights stay on chip
 * @param bound what no machine exceeds
 * @param cyclesPerFrame in steady state
 * @param latencyCycles of the first frame, through the empty machine
 */
public record Figures(
        long macsPerFrame, int productsPerCycle, Cost cost, Bound bound, double cyclesPerFrame, long latencyCycles) {
    static Figures of(long macsPerFrame, int productsPerCycle, Cost cost, Bound bound, SteadyState steady) {
        return new Figures(
                macsPerFrame, productsPerCycle, cost, bound, steady.cyclesPerFrame(), steady.latencyCycles());
    }

    /** The net's products over all that could be made in the cycles of a frame. */
    public double efficiency() {
        return efficiencyAt(cyclesPerFrame);
    }

    /** What no machine exceeds. */
    public double efficiencyBound() {
        return efficiencyAt(bound.cyclesPerFrame());
    }

    private double efficiencyAt(double cycles) {
        return macsPerFrame / (cycles * productsPerCycle);
    }

    /** At the board's assumed clock. */
    public double framesPerSecond() {
        return cost.clockMhz() * 1e6 / cyclesPerFrame;
    }
}
