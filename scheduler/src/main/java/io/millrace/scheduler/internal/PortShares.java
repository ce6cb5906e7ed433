package io.millrace.scheduler.internal;

import io.millrace.scheduler.Actor;
import io.millrace.scheduler.DramPort;
import io.millrace.scheduler.Geometry;
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
        // With one engine, maps are moved when it wants few weights: layers of large maps have few.
        boolean several = units.stream().filter(u -> u instanceof Unit.Matrix).count() > 1;
        for (var actor : schedule.actors()) {
            if (actor.work() instanceof Work.Multiply w && units.get(actor.unit()) instanceof Unit.Matrix m) {
                var g = schedule.geometry(actor);
                int rows = Math.min(actor.rowsPerFiring(), g.outputRows());
                double tiles = tiles(actor, w, g);
                reads[actor.unit()] += tiles * Timing.readsOfTile(w, rows, actor.widestRange(g));
                portCycles[actor.unit()] += m.streamed() ? tiles * Timing.expectedFetch(dram, m) : 0;
            }
            portCycles[actor.unit()] +=
                    several ? mapCycles(actor, units.get(actor.unit()), schedule.geometry(actor), dram) : 0;
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

    /** Cycles a frame in which the port moves rows of a spilled map: whole bursts and what is left of a row. */
    private static double mapCycles(Actor actor, Unit unit, Geometry g, DramPort dram) {
        int lanes = switch (unit) {
            case Unit.Store s -> s.lanes();
            case Unit.Load l -> l.lanes();
            case Unit.HostIn _, Unit.HostOut _, Unit.Matrix _, Unit.Vector _ -> 0;
        };
        if (lanes == 0) {
            return 0;
        }
        int beats = Math.ceilDiv(g.outputRowElements(), lanes);
        double perBeat = 1 / dram.efficiency();
        double gap = dram.burstBeats() * (perBeat - 1);
        return g.outputRows() * (beats + gap * Math.ceilDiv(beats, dram.burstBeats()));
    }

    /** Tiles a frame. */
    private static double tiles(Actor actor, Work.Multiply work, Geometry g) {
        return (double) work.tiles() * actor.firings(g) / actor.batch();
    }

    /** Cycles a frame in which the port moves weights. */
    static double portCycles(Flow flow, DramPort dram) {
        double cycles = 0;
        for (var actor : flow.actors()) {
            if (flow.unit(actor) instanceof Unit.Matrix m && m.streamed()) {
                double tiles = tiles(actor, (Work.Multiply) actor.work(), flow.geometry(actor));
                cycles += tiles * Timing.expectedFetch(dram, m);
            }
            cycles += mapCycles(actor, flow.unit(actor), flow.geometry(actor), dram);
        }
        return cycles;
    }

    /** Cycles from a tile's load to the next one's, in which DRAM brings a tile of a streamed engine, other engines' bursts between its own averaged; L of any other. */
    double load(Unit.Matrix m) {
        double others = Math.min(SHARE_MAX, (all - portCycles[m.id()]) / period);
        return Timing.expectedLoad(schedule.machine().dram(), m, 1 - others);
    }
}
