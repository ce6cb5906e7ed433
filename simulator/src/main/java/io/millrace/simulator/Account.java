package io.millrace.simulator;

import io.millrace.simulator.internal.CompiledSchedule;
import io.millrace.simulator.internal.UnitFirings;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Where the cycles of a run went. For each unit the causes add up to the cycles of the run.
 *
 * <p>A wait before a firing is split over its causes in the order overhead, weights, drain, starved, blocked: a cause
 * has the cycles from the one before it being over to it being over itself.
 *
 * @param cycles cycles of the run
 * @param units by unit id
 * @param layers by actor id; a unit's wait belongs to the layer whose firing it precedes
 * @param bottleneck the unit that does least waiting for other units in the steady state
 */
public record Account(long cycles, List<Share> units, List<Share> layers, Bottleneck bottleneck) {
    public Account {
        units = List.copyOf(units);
        layers = List.copyOf(layers);
    }

    /** Why a cycle passed on a unit. */
    public enum Cause {
        /** Reading, or moving a beat over the link. */
        BUSY,
        /** Waiting for rows to read. */
        STARVED,
        /** Waiting for space to write. */
        BLOCKED,
        /** Waiting for a weight tile. */
        WEIGHTS,
        /** Waiting for an accumulator half to be drained. */
        DRAIN,
        /** Waiting for the host link. */
        LINK,
        /** Fetching the next descriptor. */
        OVERHEAD,
        /** After the unit's last firing, until the end of the run. */
        IDLE
    }

    /** The cycles of a unit or a layer, by cause. */
    public record Share(int id, String name, Map<Cause, Long> cycles) {
        public Share {
            cycles = java.util.Collections.unmodifiableMap(new EnumMap<>(cycles));
        }

        public long of(Cause cause) {
            return cycles.getOrDefault(cause, 0L);
        }

        public long total() {
            return cycles.values().stream().mapToLong(Long::longValue).sum();
        }

        /** Cycles that no other unit could have saved. */
        long own() {
            return of(Cause.BUSY) + of(Cause.WEIGHTS) + of(Cause.DRAIN) + of(Cause.LINK) + of(Cause.OVERHEAD);
        }
    }

    /**
     * @param share part of the steady state's cycles in which the unit did not wait for other units, 0 to 1
     * @param cause what most of these cycles were
     */
    public record Bottleneck(int unit, String name, double share, Cause cause) {
        /** {@code unit 'm0' (98.3 % of the time, mostly busy)}. */
        @Override
        public String toString() {
            return String.format(
                    java.util.Locale.ROOT,
                    "unit '%s' (%.1f %% of the time, mostly %s)",
                    name,
                    100 * share,
                    cause.name().toLowerCase(java.util.Locale.ROOT));
        }
    }

    static Account of(SimulationResult result) {
        var p = result.program();
        var unitSums = new long[p.units][Cause.values().length];
        var steadySums = new long[p.units][Cause.values().length];
        var layerSums = new long[p.actors][Cause.values().length];
        for (int u = 0; u < p.units; u++) {
            var firings = result.kept(u);
            var walk = new Walk(p, firings, u, result.endCycle(), layerSums);
            long from = firings.periodFrom();
            long to = Math.min(firings.periodTo(), firings.size());
            long periods = firings.periodsSkipped();
            walk.add(0, to, 1);
            walk.add(from, to, periods);
            walk.add(to + periods * (to - from), firings.size(), 1);
            unitSums[u] = walk.sums;
            unitSums[u][Cause.IDLE.ordinal()] = walk.tail();
            steadySums[u] = to > from ? steady(p, firings, u, from, to) : unitSums[u];
        }
        var schedule = result.schedule();
        var units = new ArrayList<Share>();
        var steady = new ArrayList<Share>();
        for (int u = 0; u < p.units; u++) {
            units.add(share(u, schedule.machine().unit(u).name(), unitSums[u]));
            steady.add(share(u, schedule.machine().unit(u).name(), steadySums[u]));
        }
        var layers = new ArrayList<Share>();
        for (int a = 0; a < p.actors; a++) {
            layers.add(share(a, schedule.actor(a).name(), layerSums[a]));
        }
        return new Account(result.endCycle() + 1, units, layers, bottleneck(steady));
    }

    private static long[] steady(CompiledSchedule p, UnitFirings firings, int u, long from, long to) {
        var walk = new Walk(p, firings, u, Long.MAX_VALUE, new long[p.actors][Cause.values().length]);
        walk.add(from, to, 1);
        return walk.sums;
    }

    private static Share share(int id, String name, long[] sums) {
        var map = new EnumMap<Cause, Long>(Cause.class);
        for (var cause : Cause.values()) {
            map.put(cause, sums[cause.ordinal()]);
        }
        return new Share(id, name, map);
    }

    private static Bottleneck bottleneck(List<Share> steady) {
        Share most = steady.getFirst();
        for (var s : steady) {
            if (s.own() * (double) Math.max(1, most.total()) > most.own() * (double) Math.max(1, s.total())) {
                most = s;
            }
        }
        var cause = Cause.BUSY;
        for (var c : List.of(Cause.WEIGHTS, Cause.DRAIN, Cause.LINK, Cause.OVERHEAD)) {
            cause = most.of(c) > most.of(cause) ? c : cause;
        }
        return new Bottleneck(most.id(), most.name(), most.own() / (double) Math.max(1, most.total()), cause);
    }

    /** Adds up the firings of one unit. */
    private static final class Walk {
        private final CompiledSchedule p;
        private final UnitFirings f;
        private final boolean host;
        private final long end;
        private final long[][] layers;
        private final long[] sums = new long[Cause.values().length];

        Walk(CompiledSchedule p, UnitFirings f, int unit, long end, long[][] layers) {
            this.p = p;
            this.f = f;
            this.host = p.isHost(unit);
            this.end = end;
            this.layers = layers;
        }

        void add(long from, long to, long times) {
            for (long i = from; i < to; i++) {
                int layer = p.actor[f.entry(i)];
                long gap = f.start(i) - (i == 0 ? 0 : f.readEnd(i - 1) + 1);
                long weights = Math.min(gap, f.waited(i, 0));
                long drain = Math.min(gap, f.waited(i, 1));
                long starved = Math.min(gap, f.waited(i, 2));
                long blocked = Math.min(gap, f.waited(i, 3));
                add(layer, Cause.WEIGHTS, weights * times);
                add(layer, Cause.DRAIN, drain * times);
                add(layer, Cause.STARVED, starved * times);
                add(layer, Cause.BLOCKED, blocked * times);
                add(layer, Cause.OVERHEAD, (gap - weights - drain - starved - blocked) * times);
                long span = Math.min(f.readEnd(i), end) - f.start(i) + 1;
                long busy = Math.min(span, p.workCycles(f.entry(i)));
                long tileWeights = Math.min(span - busy, p.weightCycles(f.entry(i)));
                add(layer, Cause.BUSY, busy * times);
                add(layer, Cause.WEIGHTS, tileWeights * times);
                add(layer, host ? Cause.LINK : Cause.DRAIN, (span - busy - tileWeights) * times);
            }
        }

        private void add(int layer, Cause cause, long cycles) {
            sums[cause.ordinal()] += cycles;
            layers[layer][cause.ordinal()] += cycles;
        }

        long tail() {
            long last = f.size() == 0 ? -1 : Math.min(end, f.readEnd(f.size() - 1));
            return end - last;
        }
    }
}
