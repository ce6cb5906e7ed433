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
 * events plus constants, so that firings are evaluated one after the other in any order that respects their dependencies. Weights from DRAM flow into an engine's FIFO at the
 * rate that {@link PortShares} leave it, and spilled rows take the time that the others' bursts leave them; that all together need no more than the port brings is for the caller to see.
 */
public final class SelfTimed {
    /**
     * What was seen.
     *
     * @param frameEnds end of the last host-out firing of each frame
     * @param busy by unit: cycles in firings over all frames
     * @param blocked by edge: cycles in which a unit had all it needed for a firing but room for the rows in this edge's buffer
     * @param spare by edge: slots of its buffer without which every firing would have started when it did, perhaps not all of them
     * @param critical by edge: how often, on one longest path of firings to the end of the last frame, each of which began as soon as the one before it allowed, a firing waited for room
     *     in this edge's buffer, since the first end of {@link #period}. Without more room in one of the buffers of such a path no end of it comes sooner (Stuijk, Geilen and Basten, Throughput-buffering
     *     trade-off exploration for cyclo-static and synchronous dataflow graphs, IEEE Transactions on Computers 57, 2008: storage dependencies)
     * @param deadlock whether the lists stopped
     */
    public record Result(
            long[] frameEnds, long[] busy, long[] blocked, long[] spare, long[] critical, boolean deadlock) {
        /** Cycles a frame over the later half of the frames. */
        public double period() {
            if (deadlock) {
                return Double.POSITIVE_INFINITY;
            }
            return (double) (frameEnds[frameEnds.length - 1] - begin(frameEnds)) / framesCounted();
        }

        /** Frames that the period is the mean of. */
        public int framesCounted() {
            return framesCounted(frameEnds.length);
        }

        private static int framesCounted(int frames) {
            return frames < 2 ? 1 : frames - frames / 2;
        }

        /** The end from which on the period counts. */
        private static long begin(long[] frameEnds) {
            int before = frameEnds.length - 1 - framesCounted(frameEnds.length);
            return before < 0 ? 0 : frameEnds[before];
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
    private final Causes causes = new Causes();
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
        int lastSend = Causes.NONE;
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
                            if (frame == frames - 1 && w.lastCycle > ends[frame]) {
                                lastSend = w.lastFiring;
                            }
                            ends[frame] = Math.max(ends[frame], w.lastCycle);
                            due--;
                        }
                    }
                }
            }
        }
        return new Result(
                ends, busy, blocked, spare, causes.rooms(lastSend, Result.begin(ends), blocked.length), due > 0);
    }

    /** Of every firing, in the order in which they are evaluated, the one that it had to wait for. */
    private static final class Causes {
        static final int NONE = -1;

        private int[] causes = new int[1024];
        /** The edge in whose buffer there was room, where that was waited for. */
        private int[] edges = new int[1024];

        private long[] starts = new long[1024];
        private int size;

        /** Adds the next firing; its number. */
        int add(int cause, int edge, long start) {
            if (size == causes.length) {
                causes = Arrays.copyOf(causes, 2 * size);
                edges = Arrays.copyOf(edges, 2 * size);
                starts = Arrays.copyOf(starts, 2 * size);
            }
            causes[size] = cause;
            edges[size] = edge;
            starts[size] = start;
            return size++;
        }

        /** By edge, how often a firing waited for room on the path to one of them, back to a cycle. */
        long[] rooms(int last, long begin, int edgeCount) {
            var count = new long[edgeCount];
            for (int firing = last; firing != NONE && starts[firing] > begin; firing = causes[firing]) {
                if (edges[firing] != NONE) {
                    count[edges[firing]]++;
                }
            }
            return count;
        }
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
        /** Cycles in which DRAM brings the weights of a tile to a FIFO; 0 where they do not come that way. */
        final double fetch;
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
                    fetch = shares.fetch(m, a);
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
                    fetch = 0;
                    drain = Timing.drainCycles(v, g, w, r, columns);
                    drainLast = drain;
                }
                case Unit.HostIn _, Unit.HostOut _, Unit.Store _, Unit.Load _ -> {
                    groups = 1;
                    tiles = 1;
                    reads = moved(unit, g.outputRowElements(), r);
                    tileCycles = reads;
                    fetch = 0;
                    drain = 0;
                    drainLast = 0;
                }
            }
        }

        /** Cycles from a tile's start to the start of the one so many after it. */
        long cyclesOf(int tiles) {
            return (long) Math.ceil(tiles * tileCycles);
        }

        /** Cycles in which rows go to or from the host or DRAM, rows of DRAM missed, refreshes and others' bursts included. */
        private long moved(Unit unit, int rowElements, int rows) {
            return switch (unit) {
                case Unit.HostIn h -> (long) rows * Math.ceilDiv(rowElements, h.lanes());
                case Unit.HostOut h -> (long) rows * Math.ceilDiv(rowElements, h.lanes());
                case Unit.Store s -> shares.moved(rows * Math.ceilDiv(rowElements, s.lanes()));
                case Unit.Load l -> shares.moved(rows * Math.ceilDiv(rowElements, l.lanes()));
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

        /** Cycles in which DRAM fills the FIFO; 0 where there is none. */
        final double fifo;

        /** Of these, those that what is in it took. */
        double fetched;

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

        /** The firings that these hang on: the last one itself, or an earlier one whose drain it waited for. */
        int lastFiring = Causes.NONE;

        int lastBy = Causes.NONE;
        int drainBy = Causes.NONE;
        int drainBeforeBy = Causes.NONE;
        /** Of what the next firing waits for, the latest cycle, the firing that this hangs on, and the edge where it is room. */
        long latest;

        int latestBy;
        int latestRoom;

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
            fifo = unit instanceof Unit.Matrix m ? shares.fill(m) : 0;
        }

        boolean fire() {
            var step = steps[cursor.position()];
            latest = 0;
            latestBy = Causes.NONE;
            latestRoom = Causes.NONE;
            if (!awaitRows(step)) {
                return false;
            }
            await(head + (first ? 0 : lastStart), lastFiring, Causes.NONE);
            if (!first) {
                await(freeFrom, lastBy, Causes.NONE);
            }
            long ready = latest;
            if (!awaitRoom(step)) {
                return false;
            }
            blame(step, ready);
            await(groupStart() - 1, drainBeforeBy, Causes.NONE);
            if (load > 0) {
                boolean byTile = !first && lastTileStart >= lastStart + head;
                long before = first ? head : byTile ? lastTileStart : lastStart + head;
                await(load + before - 1, byTile ? lastBy : lastFiring, Causes.NONE);
            }
            execute(step, latest + 1);
            first = false;
            fired = step;
            cursor.advance();
            return true;
        }

        private void await(long cycle, int by, int room) {
            if (cycle > latest) {
                latest = cycle;
                latestBy = by;
                latestRoom = room;
            }
        }

        /** Whether it is known when all rows are there. */
        private boolean awaitRows(Step step) {
            for (int i = 0; i < step.inputs.length; i++) {
                int e = step.inputs[i];
                if (!await(committed[e], claimed[e] + step.need[i], Causes.NONE)) {
                    return false;
                }
            }
            return true;
        }

        /** Whether it is known when all room is there. */
        private boolean awaitRoom(Step step) {
            for (int e : step.outputs) {
                if (!await(freed[e], reserved[e] + step.rows - slots[e], e)) {
                    return false;
                }
            }
            for (int e : step.sharing) {
                if (!await(freed[e], reserved[e], Causes.NONE)) {
                    return false;
                }
            }
            return true;
        }

        private boolean await(History history, long count, int room) {
            long at = history.reached(count);
            if (at > latest) {
                await(at, history.reachedBy(), room);
            }
            return at >= 0;
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
            int firing = causes.add(latestBy, latestRoom, start);
            lastFiring = firing;
            lastBy = firing;
            int committedBy = firing;
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
                    compute(step, start, firing);
                    committedBy = drainBy;
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
                freed[e].add(step.free[i], lastCycle + Timing.FREE, lastBy);
            }
            for (int e : step.outputs) {
                reserved[e] += step.rows;
                SelfTimed.this.committed[e].add(step.committed, committed, committedBy);
            }
        }

        private void compute(Step step, long start, int firing) {
            long at = start;
            int by = firing;
            if (!first) {
                fetch(start - lastCycle - 1);
            }
            for (int g = 0; g < step.groups; g++) {
                if (g > 0) {
                    at += step.cyclesOf(1);
                    if (groupStart() > at) {
                        fetch(groupStart() - at);
                        at = groupStart();
                        by = drainBeforeBy;
                    }
                }
                at += waitForWeights(step) + step.cyclesOf(step.tiles - 1);
                drain(at + step.reads - 1, g == step.groups - 1 ? step.drainLast : step.drain, by);
            }
            lastTileStart = at;
            lastCycle = at + step.reads - 1;
            lastBy = by;
        }

        /** Weights come in while the engine waits for something else. */
        private void fetch(long cycles) {
            fetched = Math.clamp(fetched + cycles, 0, fifo);
        }

        /** Cycles for which the tiles of a group together wait for weights that are not in the FIFO when their turn comes. */
        private long waitForWeights(Step step) {
            double missing = step.tiles * (step.fetch - step.tileCycles);
            long waits = (long) Math.ceil(Math.max(0, missing - fetched));
            fetched = Math.clamp(fetched - missing, 0, fifo);
            return waits;
        }

        private void drain(long groupEnd, int cycles, int by) {
            long drainStart = groupEnd + drainDelay;
            int startBy = by;
            if (groups > 0 && drainEnd + drainFetch > drainStart) {
                drainStart = drainEnd + drainFetch;
                startBy = drainBy;
            }
            drainEndBefore = drainEnd;
            drainBeforeBy = drainBy;
            drainEnd = drainStart + cycles - 1;
            drainBy = startBy;
            groups++;
        }
    }
}
