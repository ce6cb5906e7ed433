package io.millrace.scheduler.internal;

import io.millrace.scheduler.Actor;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;
import io.millrace.scheduler.Work;

/**
 * Cycles of firings, all ranges of columns of an actor's rows together, before program widths are known: descriptor fetches are guessed, all else is {@link Timing}. Only the
 * firing order and search depend on these; cycles that are reported come from {@link SelfTimed}.
 */
final class FiringCosts {
    /** From a firing's first request to DRAM to its last answer, its beats apart: a guess, as the port is not known here. */
    private static final int DRAM_WAIT = 50;

    private final Flow flow;
    /** By actor. */
    private final long[] occupancies;

    private final long[] latencies;

    FiringCosts(Flow flow) {
        this.flow = flow;
        occupancies = flow.actors().stream().mapToLong(this::occupancyOf).toArray();
        latencies = flow.actors().stream().mapToLong(this::latencyOf).toArray();
    }

    /** Cycles the firings of R rows keep their unit from the next. */
    long occupancy(Actor actor) {
        return occupancies[actor.id()];
    }

    /** Cycles from the start of R rows' first firing to their commit. */
    long latency(Actor actor) {
        return latencies[actor.id()];
    }

    private long occupancyOf(Actor actor) {
        return switch (flow.unit(actor)) {
            case Unit.HostIn _, Unit.HostOut _ -> reads(actor);
            case Unit.Store _, Unit.Load _ -> reads(actor) + DRAM_WAIT;
            case Unit.Matrix _, Unit.Vector _ ->
                actor.ranges() * Sizing.occupancy(reads(actor), groups(actor), drains(actor), lastDrain(actor));
        };
    }

    private long latencyOf(Actor actor) {
        return switch (flow.unit(actor)) {
            case Unit.HostIn _ -> reads(actor) + Timing.HOST_COMMIT;
            case Unit.HostOut _ -> reads(actor) + Timing.FREE;
            case Unit.Store _, Unit.Load _ -> reads(actor) + DRAM_WAIT;
            case Unit.Matrix m -> engineLatency(actor, m.drain());
            case Unit.Vector v -> engineLatency(actor, v.drain());
        };
    }

    private long engineLatency(Actor actor, Unit.Drain drain) {
        long others = occupancyOf(actor) / actor.ranges() * (actor.ranges() - 1);
        return others
                + reads(actor)
                + Sizing.PIPELINE
                + lastDrain(actor)
                + Timing.commit(flow.graph().precision(), drain);
    }

    /** Cycles of a unit for all frames of a batch. */
    long load(int unit) {
        long load = 0;
        for (var a : flow.actorsOn(unit)) {
            var g = flow.geometry(a);
            int full = g.outputRows() / a.rowsPerFiring();
            int rest = g.outputRows() % a.rowsPerFiring();
            long frame = full * occupancy(a) + (rest > 0 ? occupancyOf(withRows(a, rest)) : 0);
            load += frame * (flow.batch() / a.batch());
        }
        return load;
    }

    private static Actor withRows(Actor a, int rows) {
        return a.withRowsPerFiring(rows);
    }

    private static long groups(Actor a) {
        return switch (a.work()) {
            case Work.Receive _, Work.Send _, Work.Spill _, Work.Reload _, Work.Reduce _ -> 1;
            case Work.Multiply w -> w.groups();
        };
    }

    /** Largest load of all units, for all frames of a batch. */
    long period() {
        long most = 1;
        for (int u = 0; u < flow.units().size(); u++) {
            most = Math.max(most, load(u));
        }
        return most;
    }

    private long reads(Actor a) {
        var g = flow.geometry(a);
        int rows = Math.min(a.rowsPerFiring(), g.outputRows());
        return switch (flow.unit(a)) {
            case Unit.HostIn h -> 1 + (long) rows * Math.ceilDiv(g.outputRowElements(), h.lanes());
            case Unit.HostOut h -> (long) rows * Math.ceilDiv(g.outputRowElements(), h.lanes());
            case Unit.Store s -> (long) rows * Math.ceilDiv(g.outputRowElements(), s.lanes());
            case Unit.Load l -> (long) rows * Math.ceilDiv(g.outputRowElements(), l.lanes());
            case Unit.Vector _ -> {
                var w = (Work.Reduce) a.work();
                yield w.readsOf(rows, a.widestRange(g));
            }
            case Unit.Matrix m -> {
                var w = (Work.Multiply) a.work();
                yield (long) w.tiles() * Timing.tileCycles(m, w, rows, a.widestRange(g));
            }
        };
    }

    private long drains(Actor a) {
        var g = flow.geometry(a);
        int rows = Math.min(a.rowsPerFiring(), g.outputRows());
        return switch (flow.unit(a)) {
            case Unit.HostIn _, Unit.HostOut _, Unit.Store _, Unit.Load _ -> 0;
            case Unit.Vector v ->
                Timing.drainCycles(v, g, (Work.Reduce) a.work(), rows, a.widestRange(g)) + Sizing.DRAIN_GAP;
            case Unit.Matrix m -> {
                var w = (Work.Multiply) a.work();
                int groups = w.groups();
                yield Timing.drainCycles(m.drain(), m.outputs(), rows * a.widestRange(g), g.outputChannels())
                        + (long) groups * Sizing.DRAIN_GAP;
            }
        };
    }

    private long lastDrain(Actor a) {
        var g = flow.geometry(a);
        int rows = Math.min(a.rowsPerFiring(), g.outputRows());
        return switch (flow.unit(a)) {
            case Unit.HostIn _, Unit.HostOut _, Unit.Store _, Unit.Load _ -> 0;
            case Unit.Vector v -> Timing.drainCycles(v, g, (Work.Reduce) a.work(), rows, a.widestRange(g));
            case Unit.Matrix m -> {
                var w = (Work.Multiply) a.work();
                yield Timing.drainCycles(
                        m.drain(), m.outputs(), rows * a.widestRange(g), w.lastGroupChannels(m.outputs(), g));
            }
        };
    }
}
