package io.millrace.simulator;

import io.millrace.simulator.internal.CompiledSchedule;
import io.millrace.simulator.internal.UnitFirings;
import java.util.ArrayList;
import java.util.Arrays;
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
        /** Waiting for DRAM to take or to bring rows of a spilled map. */
        DRAM,
        /** Fetching the next descriptor. */
        OVERHEAD,
        /** After the unit's last firing, until the end of the run. */
        IDLE
    }

    /** The cycles of a unit or a layer, by cause. */
    public record Share(int id, String name, Map<Cause, Long> cycles) {
        /** Waiting that no other unit could have saved. */
        private static final List<Cause> OWN_WAITS =
                List.of(Cause.WEIGHTS, Cause.DRAIN, Cause.LINK, Cause.DRAM, Cause.OVERHEAD);

        public Share {
            cycles = java.util.Collections.unmodifiableMap(new EnumMap<>(cycles));
        }

        public long of(Cause cause) {
            return cycles.getOrDefault(cause, 0L);
        }

        public long total() {
            return cycles.values().stream().mapToLong(Long::longValue).sum();
        }

        /** What most of the cycles were that no other unit could have saved. */
        public Cause limit() {
            var cause = Cause.BUSY;
            for (var c : OWN_WAITS) {
                cause = of(c) > of(cause) ? c : cause;
            }
            return cause;
        }

        /** Whether of all waiting that no other unit could have saved, that for one cause is longest, alone. */
        public boolean waitsMostFor(Cause cause) {
            return OWN_WAITS.stream().allMatch(c -> c == cause || of(c) < of(cause));
        }

        /** Whether waiting for weights is what takes most of these cycles. */
        public boolean isWeightBound() {
            return limit() == Cause.WEIGHTS;
        }

        /** Cycles that no other unit could have saved. */
        long own() {
            return of(Cause.BUSY) + OWN_WAITS.stream().mapToLong(this::of).sum();
        }
    }

    /**
     * The unit that the others wait for.
     *
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
        var schedule = result.schedule();
        var layerSums = sums(p.actors);
        var units = new ArrayList<Share>();
        var steady = new ArrayList<Share>();
        for (int u = 0; u < p.units; u++) {
            String name = schedule.machine().unit(u).name();
            var firings = result.kept(u);
            var walk = new Walk(p, firings, u, result.endCycle(), layerSums);
            long from = firings.periodFrom();
            long to = Math.min(firings.periodTo(), firings.size());
            long periods = firings.periodsSkipped();
            walk.add(0, to, 1);
            walk.add(from, to, periods);
            walk.add(to + periods * (to - from), firings.size(), 1);
            walk.sums.idle = walk.tail();
            units.add(walk.sums.share(u, name));
            steady.add(to > from ? steady(p, firings, u, from, to).share(u, name) : units.get(u));
        }
        var layers = new ArrayList<Share>();
        for (int a = 0; a < p.actors; a++) {
            layers.add(layerSums[a].share(a, schedule.actor(a).name()));
        }
        return new Account(result.endCycle() + 1, units, layers, bottleneck(steady));
    }

    private static Sums steady(CompiledSchedule p, UnitFirings firings, int u, long from, long to) {
        var walk = new Walk(p, firings, u, Long.MAX_VALUE, sums(p.actors));
        walk.add(from, to, 1);
        return walk.sums;
    }

    private static Sums[] sums(int count) {
        var sums = new Sums[count];
        Arrays.setAll(sums, _ -> new Sums());
        return sums;
    }

    private static Bottleneck bottleneck(List<Share> steady) {
        Share most = steady.getFirst();
        for (var s : steady) {
            if (s.own() * (double) Math.max(1, most.total()) > most.own() * (double) Math.max(1, s.total())) {
                most = s;
            }
        }
        return new Bottleneck(most.id(), most.name(), most.own() / (double) Math.max(1, most.total()), most.limit());
    }

    /** Cycles by cause, while they are added up. */
    private static final class Sums {
        private long busy;
        private long starved;
        private long blocked;
        private long weights;
        private long drain;
        private long link;
        private long dram;
        private long overhead;
        private long idle;

        void add(Sums s, long times) {
            busy += times * s.busy;
            starved += times * s.starved;
            blocked += times * s.blocked;
            weights += times * s.weights;
            drain += times * s.drain;
            link += times * s.link;
            dram += times * s.dram;
            overhead += times * s.overhead;
        }

        Share share(int id, String name) {
            var map = new EnumMap<Cause, Long>(Cause.class);
            map.put(Cause.BUSY, busy);
            map.put(Cause.STARVED, starved);
            map.put(Cause.BLOCKED, blocked);
            map.put(Cause.WEIGHTS, weights);
            map.put(Cause.DRAIN, drain);
            map.put(Cause.LINK, link);
            map.put(Cause.DRAM, dram);
            map.put(Cause.OVERHEAD, overhead);
            map.put(Cause.IDLE, idle);
            return new Share(id, name, map);
        }
    }

    /** Adds up the firings of one unit. */
    private static final class Walk {
        private final CompiledSchedule p;
        private final UnitFirings f;
        private final boolean host;
        private final boolean movesMaps;
        private final boolean streamed;
        private final long end;
        private final Sums[] layers;
        private final Sums sums = new Sums();
        private final Sums one = new Sums();

        Walk(CompiledSchedule p, UnitFirings f, int unit, long end, Sums[] layers) {
            this.p = p;
            this.f = f;
            this.host = p.isHost(unit);
            this.movesMaps = p.movesMaps(unit);
            this.streamed = p.isStreamed(unit);
            this.end = end;
            this.layers = layers;
        }

        void add(long from, long to, long times) {
            for (long i = from; i < to; i++) {
                split(i);
                sums.add(one, times);
                layers[p.actor[f.entry(i)]].add(one, times);
            }
        }

        /** Splits the cycles from the end of the firing before to the end of firing {@code i}. */
        private void split(long i) {
            long gap = f.start(i) - (i == 0 ? 0 : f.readEnd(i - 1) + 1);
            long span = Math.min(f.readEnd(i), end) - f.start(i) + 1;
            long tileWeights = streamed ? f.tileWaited(i) : p.weightCycles(f.entry(i));
            one.busy = Math.min(span, p.workCycles(f.entry(i)));
            tileWeights = Math.min(span - one.busy, tileWeights);
            one.starved = f.waited(i, 2);
            one.blocked = f.waited(i, 3);
            one.weights = f.waited(i, 0) + tileWeights;
            one.drain = f.waited(i, 1);
            one.overhead = gap - f.waited(i, 0) - f.waited(i, 1) - f.waited(i, 2) - f.waited(i, 3);
            long rest = span - one.busy - tileWeights;
            one.link = host ? rest : 0;
            one.dram = movesMaps ? rest : 0;
            one.drain += host || movesMaps ? 0 : rest;
            if (movesMaps && i > 0) {
                // A store unit is not free before what it wrote is answered.
                long answer = Math.clamp(f.end(i - 1) - f.readEnd(i - 1), 0, one.overhead);
                one.dram += answer;
                one.overhead -= answer;
            }
        }

        long tail() {
            long last = f.size() == 0 ? -1 : Math.min(end, f.readEnd(f.size() - 1));
            return end - last;
        }
    }
}
