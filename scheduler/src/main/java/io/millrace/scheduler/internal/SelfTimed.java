package io.millrace.scheduler.internal;

import io.millrace.scheduler.Actor;
import io.millrace.scheduler.DramPort;
import io.millrace.scheduler.FiringList.Entry;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.ListCursor;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;
import io.millrace.scheduler.Work;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Cycles of a schedule's firings with a host that never waits, by the formulas of docs/machine.md: a firing's start is a maximum of earlier
 * events plus constants, so that firings are evaluated one after the other in any order that respects their dependencies. Weights from DRAM come at the
 * rate that a streamed engine would have alone; that all of them together need no more than the port brings is for the caller to see.
 */
public final class SelfTimed {
    /**
     * What was seen.
     *
     * @param frameEnds end of the last host-out firing of each frame
     * @param busy by unit: cycles in firings over all frames
     * @param blocked by edge: cycles in which a unit had all it needed for a firing but room for the rows in this edge's buffer
     * @param spare by edge: slots of its buffer without which every firing would have started when it did, perhaps not all of them
     * @param deadlock whether the lists stopped
     */
    public record Result(long[] frameEnds, long[] busy, long[] blocked, long[] spare, boolean deadlock) {
        /** Cycles a frame over the later half of the frames. */
        public double period() {
            if (deadlock) {
                return Double.POSITIVE_INFINITY;
            }
            int last = frameEnds.length - 1;
            int counted = framesCounted();
            return (double) (frameEnds[last] - (counted > last ? 0 : frameEnds[last - counted])) / counted;
        }

        /** Frames that the period is the mean of. */
        public int framesCounted() {
            int n = frameEnds.length;
            return n < 2 ? 1 : n - n / 2;
        }
    }

    private final Schedule schedule;
    private final List<Walker> walkers = new ArrayList<>();
    private final History[] committed;
    private final History[] freed;
    private final long[] claimed;
    private final long[] reserved;
    private final int[] slots;
    /** By actor. */
    private final List<OfActor> actors;

    private final long[] blocked;
    private final long[] spare;
    private final PortShares shares;
    private final DramPort dram;
    private final int frames;

    private SelfTimed(Schedule schedule, int frames) {
        this.schedule = schedule;
        this.frames = frames;
        dram = schedule.machine().dram();
        shares = PortShares.of(schedule);
        int edges = schedule.machine().edges().size();
        committed = new History[edges];
        freed = new History[edges];
        for (int i = 0; i < edges; i++) {
            committed[i] = new History();
            freed[i] = new History();
        }
        claimed = new long[edges];
        reserved = new long[edges];
        slots = new int[edges];
        schedule.edges().forEach(e -> slots[e.id()] = e.slots());
        blocked = new long[edges];
        spare = new long[edges];
        Arrays.fill(spare, Long.MAX_VALUE);
        actors = schedule.actors().stream().map(this::ofActor).toList();
    }

    /** At least so many frames, and enough to see the period where results come a batch at a time. */
    public static int frames(int least, int batch) {
        return batch == 1 ? least : Math.max(4, Math.ceilDiv(least, 2 * batch) * 2) * batch;
    }

    /** Runs until the host has {@code frames} frames. */
    public static Result run(Schedule schedule, int frames) {
        return new SelfTimed(schedule, frames).run();
    }

    private Result run() {
        for (var unit : schedule.machine().units()) {
            if (!schedule.lists().get(unit.id()).entries().isEmpty()) {
                walkers.add(new Walker(unit));
            }
        }
        long sends = schedule.actors().stream()
                .filter(a -> a.work() instanceof Work.Send)
                .count();
        var ends = new long[frames];
        var sent = new int[schedule.actors().size()];
        var busy = new long[schedule.machine().units().size()];
        long due = sends * frames;
        boolean moved = true;
        while (due > 0 && moved) {
            moved = false;
            for (var w : walkers) {
                while (due > 0 && w.fire()) {
                    moved = true;
                    busy[w.unit.id()] += w.lastCycle - w.lastStart + 1;
                    if (w.fired.sends) {
                        int frame = sent[w.fired.actor]++;
                        if (frame < frames) {
                            ends[frame] = Math.max(ends[frame], w.lastCycle);
                            due--;
                        }
                    }
                }
            }
        }
        return new Result(ends, busy, blocked, spare, due > 0);
    }

    /** What is the same for all firings of an actor. */
    private record OfActor(Geometry geometry, int[] inputs, int[] outputs, int[] sharing) {}

    private OfActor ofActor(Actor a) {
        return new OfActor(schedule.geometry(a), array(a.inputs()), array(a.outputs()), array(schedule.sharing(a)));
    }

    private static int[] array(List<Integer> list) {
        var array = new int[list.size()];
        for (int i = 0; i < array.length; i++) {
            array[i] = list.get(i);
        }
        return array;
    }

    /** The firings of a list entry: what of them is the same for all. */
    private final class Step {
        final int actor;
        /** Rows reserved and committed. */
        final int rows;

        final int committed;
        final int[] inputs;
        final int[] need;
        final int[] free;
        final int[] outputs;
        final int[] sharing;
        /** Whether a firing sends the last row of a frame. */
        final boolean sends;

        /** Groups of a firing, tiles of a group, and cycles of a tile's reads; of a unit without accumulators all of a firing. */
        final int groups;

        final int tiles;
        final long reads;
        /** Least cycles from a tile's start to the next one's, on the average. */
        final double tileCycles;
        /** Cycles of draining a group, and the last one. */
        final int drain;

        final int drainLast;

        Step(Unit unit, Entry entry) {
            var a = schedule.actor(entry.actor());
            var g = actors.get(a.id()).geometry();
            actor = entry.actor();
            int r = entry.rows();
            int columns = a.range(g, entry.range()).columns();
            rows = a.reserves(entry);
            committed = a.commits(entry);
            inputs = actors.get(a.id()).inputs();
            need = array(entry.need());
            free = array(entry.free());
            outputs = actors.get(a.id()).outputs();
            sharing = entry.range() == 0 ? actors.get(a.id()).sharing() : new int[0];
            sends = entry.endsFrame() && a.work() instanceof Work.Send;
            switch (unit) {
                case Unit.Matrix m -> {
                    var w = (Work.Multiply) a.work();
                    groups = w.groups();
                    tiles = w.tilesOfGroup();
                    reads = Timing.readsOfTile(w, r, columns);
                    tileCycles = Math.max(reads, shares.load(m));
                    int pixels = r * columns;
                    drain = Timing.drainCycles(m.drain(), m.outputs(), pixels, w.groupChannels(m.outputs(), g));
                    drainLast = Timing.drainCycles(m.drain(), m.outputs(), pixels, w.lastGroupChannels(m.outputs(), g));
                }
                case Unit.Vector v -> {
                    var w = (Work.Reduce) a.work();
                    groups = 1;
                    tiles = 1;
                    reads = w.readsOf(r, columns);
                    tileCycles = reads;
                    drain = Timing.drainCycles(v, g, w, r, columns);
                    drainLast = drain;
                }
                case Unit.HostIn _, Unit.HostOut _, Unit.Store _, Unit.Load _ -> {
                    groups = 1;
                    tiles = 1;
                    reads = moved(unit, g.outputRowElements(), r);
                    tileCycles = reads;
                    drain = 0;
                    drainLast = 0;
                }
            }
        }

        /** Cycles from a tile's start to the start of the one so many after it. */
        long cyclesOf(int tiles) {
            return (long) Math.ceil(tiles * tileCycles);
        }

        /** Cycles in which rows go to or from the host or DRAM, rows of DRAM missed and refreshes included. */
        private long moved(Unit unit, int rowElements, int rows) {
            return switch (unit) {
                case Unit.HostIn h -> (long) rows * Math.ceilDiv(rowElements, h.lanes());
                case Unit.HostOut h -> (long) rows * Math.ceilDiv(rowElements, h.lanes());
                case Unit.Store s -> (long) Math.ceil(rows * Math.ceilDiv(rowElements, s.lanes()) / dram.efficiency());
                case Unit.Load l -> (long) Math.ceil(rows * Math.ceilDiv(rowElements, l.lanes()) / dram.efficiency());
                case Unit.Matrix _, Unit.Vector _ ->
                    throw new IllegalStateException("unit '" + unit.name() + "' computes");
            };
        }
    }

    /** One unit with what of its past its next firing depends on. */
    private final class Walker {
        final Unit unit;
        final ListCursor cursor;
        final Step[] steps;
        final int head;
        final int drainDelay;
        final int drainFetch;
        final int commit;
        /** Cycles of a weight load; 0 where there are none. */
        final long load;

        boolean first = true;
        long lastStart;
        long lastCycle;
        /** First cycle in which the next firing can be decided. */
        long freeFrom;

        long lastTileStart;
        long drainEnd = -1;
        long drainEndBefore = -1;
        int groups;
        Step fired;

        Walker(Unit unit) {
            Machine machine = schedule.machine();
            this.unit = unit;
            var list = schedule.lists().get(unit.id());
            cursor = new ListCursor(list);
            steps = list.entries().stream().map(e -> new Step(unit, e)).toArray(Step[]::new);
            fired = steps[0];
            head = Timing.head(machine, unit);
            boolean drains = unit instanceof Unit.Matrix || unit instanceof Unit.Vector;
            drainDelay = drains ? Timing.drainDelay(machine, unit) : 0;
            drainFetch = drains ? Timing.drainFetch(machine, unit) : 0;
            commit = switch (unit) {
                case Unit.HostIn _, Unit.Load _ -> Timing.HOST_COMMIT;
                case Unit.HostOut _ -> 0;
                case Unit.Store _ -> Timing.STORE_REQUEST + dram.latency() + Timing.STORE_COMMIT;
                case Unit.Matrix m -> Timing.commit(machine.precision(), m.drain());
                case Unit.Vector v -> Timing.commit(machine.precision(), v.drain());
            };
            load = unit instanceof Unit.Matrix m ? (long) Math.ceil(shares.load(m)) : 0;
        }

        boolean fire() {
            var step = steps[cursor.position()];
            long rows = rowsThere(step);
            long space = rows < 0 ? -1 : spaceThere(step);
            if (space < 0) {
                return false;
            }
            long decision = Math.max(rows, head + (first ? 0 : lastStart));
            if (!first) {
                decision = Math.max(decision, freeFrom);
            }
            blame(step, decision);
            decision = Math.max(decision, space);
            long start = Math.max(decision + 1, groupStart());
            if (load > 0) {
                start = Math.max(start, load + (first ? head : Math.max(lastTileStart, lastStart + head)));
            }
            execute(step, start);
            first = false;
            fired = step;
            cursor.advance();
            return true;
        }

        /** First cycle in which all rows are there, -1 if that is not known yet. */
        private long rowsThere(Step step) {
            long cycle = 0;
            for (int i = 0; i < step.inputs.length; i++) {
                int e = step.inputs[i];
                long at = committed[e].reached(claimed[e] + step.need[i]);
                if (at < 0) {
                    return -1;
                }
                cycle = Math.max(cycle, at);
            }
            return cycle;
        }

        /** First cycle in which all space is there, -1 if that is not known yet. */
        private long spaceThere(Step step) {
            long cycle = 0;
            for (int e : step.outputs) {
                long at = roomAt(e, step);
                if (at < 0) {
                    return -1;
                }
                cycle = Math.max(cycle, at);
            }
            for (int e : step.sharing) {
                long at = freed[e].reached(reserved[e]);
                if (at < 0) {
                    return -1;
                }
                cycle = Math.max(cycle, at);
            }
            return cycle;
        }

        /** Counts for each edge how much longer than all else its room is waited for, and how much room there is then. */
        private void blame(Step step, long ready) {
            for (int e : step.outputs) {
                blocked[e] += Math.max(0, roomAt(e, step) - ready);
                spare[e] = Math.min(spare[e], freed[e].countIn(ready) + slots[e] - reserved[e] - step.rows);
            }
        }

        private long roomAt(int e, Step step) {
            return freed[e].reached(reserved[e] + step.rows - slots[e]);
        }

        /** Earliest start of the next group. */
        private long groupStart() {
            return groups < 2 ? 0 : drainEndBefore + 2;
        }

        private void execute(Step step, long start) {
            long committed = switch (unit) {
                case Unit.HostIn _, Unit.HostOut _, Unit.Store _ -> {
                    lastCycle = start + step.reads - 1;
                    yield lastCycle + commit;
                }
                case Unit.Load _ -> {
                    lastCycle = start + dram.latency() + step.reads;
                    yield lastCycle + commit;
                }
                case Unit.Vector _, Unit.Matrix _ -> {
                    compute(step, start);
                    yield drainEnd + commit;
                }
            };
            lastStart = start;
            freeFrom = switch (unit) {
                case Unit.HostIn _, Unit.Load _ -> lastCycle + 1;
                case Unit.Store _ -> committed;
                case Unit.HostOut _, Unit.Matrix _, Unit.Vector _ -> lastCycle;
            };
            for (int i = 0; i < step.inputs.length; i++) {
                int e = step.inputs[i];
                claimed[e] += step.free[i];
                freed[e].add(step.free[i], lastCycle + Timing.FREE);
            }
            for (int e : step.outputs) {
                reserved[e] += step.rows;
                SelfTimed.this.committed[e].add(step.committed, committed);
            }
        }

        private void compute(Step step, long start) {
            long at = start;
            for (int g = 0; g < step.groups; g++) {
                at = g == 0 ? start : Math.max(at + step.cyclesOf(1), groupStart());
                at += step.cyclesOf(step.tiles - 1);
                drain(at + step.reads - 1, g == step.groups - 1 ? step.drainLast : step.drain);
            }
            lastTileStart = at;
            lastCycle = at + step.reads - 1;
        }

        private void drain(long groupEnd, int cycles) {
            long drainStart = groupEnd + drainDelay;
            if (groups > 0) {
                drainStart = Math.max(drainStart, drainEnd + drainFetch);
            }
            drainEndBefore = drainEnd;
            drainEnd = drainStart + cycles - 1;
            groups++;
        }
    }
}
