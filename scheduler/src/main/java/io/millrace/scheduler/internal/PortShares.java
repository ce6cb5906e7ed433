package io.millrace.scheduler.internal;

import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;
import io.millrace.scheduler.Work;

/**
 * How much of the time of the DRAM port goes to other units than an engine's own. An engine that wants a tile finds the port taken that often, and its tile comes that
 * much later: estimates without it are a tenth or two below the simulation of machines with several streams.
 */
final class PortShares {
    /** Shares above this one are as good as all: then the port decides, whatever the engines do. */
    private static final double SHARE_MAX = 0.9;

    private final Schedule schedule;
    private final double[] portCycles;
    private final double all;
    private final double period;

    private PortShares(Schedule schedule) {
        this.schedule = schedule;
        var units = schedule.machine().units();
        var dram = schedule.machine().dram();
        portCycles = new double[units.size()];
        var reads = new double[units.size()];
        for (var actor : schedule.actors()) {
            if (actor.work() instanceof Work.Multiply w && units.get(actor.unit()) instanceof Unit.Matrix m) {
                var g = schedule.geometry(actor);
                int rows = Math.min(actor.rowsPerFiring(), g.outputRows());
                double tiles = (double) w.tiles() * actor.firings(g) / actor.batch();
                reads[actor.unit()] += tiles * Timing.readsOfTile(w, rows, actor.widestRange(g));
                portCycles[actor.unit()] += m.streamed() ? tiles * m.tileLoadCycles() / dram.efficiency() : 0;
            }
        }
        double sum = 0;
        double longest = 1;
        for (int i = 0; i < reads.length; i++) {
            sum += portCycles[i];
            longest = Math.max(longest, reads[i]);
        }
        all = sum;
        period = Math.max(longest, sum);
    }

    static PortShares of(Schedule schedule) {
        return new PortShares(schedule);
    }

    /** Cycles in which DRAM brings a tile of a streamed engine, other engines' bursts between its own averaged; L of any other. */
    int load(Unit.Matrix m) {
        int alone = Timing.expectedLoad(schedule.machine().dram(), m);
        double others = Math.min(SHARE_MAX, (all - portCycles[m.id()]) / period);
        return m.streamed() ? (int) Math.ceil(alone / (1 - others)) : alone;
    }
}
