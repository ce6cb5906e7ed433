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
     * @param deadlock whether the lists stopped
     */
    public record Result(long[] frameEnds, long[] busy, long[] blocked, boolean deadlock) {
        /** Cycles a frame over the later half of the frames. */
        public double period() {
            if (deadlock) {
                return Double.POSITIVE_INFINITY;
            }
            int n = frameEnds.length;
            int from = n / 2 - 1;
            return from < 0 ? frameEnds[n - 1] : (double) (frameEnds[n - 1] - frameEnds[from]) / (n - 1 - from);
        }
    }

    private final Schedule schedule;
    private final List<Walker> walkers = new ArrayList<>();
    private final History[] committed;
    private final History[] freed;
    private final long[] claimed;
    private final long[] reserved;
    private final Geometry[] geometries;
    private final long[] blocked;
    private final DramPort dram;
    private final int frames;

    private SelfTimed(Schedule schedule, int frames) {
        this.schedule = schedule;
        this.frames = frames;
        dram = schedule.machine().dram();
        int slots = schedule.machine().edges().size();
        committed = new History[slots];
        freed = new History[slots];
        for (int i = 0; i < slots; i++) {
            committed[i] = new History();
            freed[i] = new History();
        }
        claimed = new long[slots];
        reserved = new long[slots];
        blocked = new long[slots];
        geometries = schedule.actors().stream().map(schedule::geometry).toArray(Geometry[]::new);
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
                    var e = w.firedEntry;
                    if (e.endsFrame() && schedule.actor(e.actor()).work() instanceof Work.Send) {
                        int frame = sent[e.actor()]++;
                        if (frame < frames) {
                            ends[frame] = Math.max(ends[frame], w.lastCycle);
                            due--;
                        }
                    }
                }
            }
        }
        return new Result(ends, busy, blocked, due > 0);
    }

    /** One unit with what of its past its next firing depends on. */
    private final class Walker {
        final Unit unit;
        final ListCursor cursor;
        final int head;
        final int drainDelay;
        final int drainFetch;
        boolean first = true;
        long lastStart;
        long lastCycle;
        /** First cycle in which the next firing can be decided. */
        long freeFrom;

        long lastTileStart;
        long drainEnd = -1;
        long drainEndBefore = -1;
        int groups;
        Entry firedEntry;

        Walker(Unit unit) {
            Machine machine = schedule.machine();
            this.unit = unit;
            cursor = new ListCursor(schedule.lists().get(unit.id()));
            firedEntry = cursor.head();
            head = Timing.head(machine, unit);
            boolean drains = unit instanceof Unit.Matrix || unit instanceof Unit.Vector;
            drainDelay = drains ? Timing.drainDelay(machine, unit) : 0;
            drainFetch = drains ? Timing.drainFetch(machine, unit) : 0;
        }

        boolean fire() {
            var entry = cursor.head();
            var actor = schedule.actor(entry.actor());
            long rows = rowsThere(entry, actor);
            long space = rows < 0 ? -1 : spaceThere(entry, actor);
            if (space < 0) {
                return false;
            }
            long decision = Math.max(rows, head + (first ? 0 : lastStart));
            if (!first) {
                decision = Math.max(decision, freeFrom);
            }
            blame(actor, entry, decision);
            decision = Math.max(decision, space);
            long start = Math.max(decision + 1, groupStart());
            if (unit instanceof Unit.Matrix m) {
                long loadBegin = first ? head : Math.max(lastTileStart, lastStart + head);
                start = Math.max(
                        start,
                        loadBegin + Timing.expectedLoad(schedule.machine().dram(), m));
            }
            execute(actor, geometries[actor.id()], entry, start);
            first = false;
            firedEntry = entry;
            cursor.advance();
            return true;
        }

        /** First cycle in which all rows are there, -1 if that is not known yet. */
        private long rowsThere(Entry entry, Actor actor) {
            long cycle = 0;
            for (int i = 0; i < actor.inputs().size(); i++) {
                int e = actor.inputs().get(i);
                long at = committed[e].reached(claimed[e] + entry.need().get(i));
                if (at < 0) {
                    return -1;
                }
                cycle = Math.max(cycle, at);
            }
            return cycle;
        }

        /** First cycle in which all space is there, -1 if that is not known yet. */
        private long spaceThere(Entry entry, Actor actor) {
            long cycle = 0;
            for (int e : actor.outputs()) {
                long at = roomAt(e, entry);
                if (at < 0) {
                    return -1;
                }
                cycle = Math.max(cycle, at);
            }
            return cycle;
        }

        /** Counts for each edge how much longer than all else its room is waited for. */
        private void blame(Actor actor, Entry entry, long ready) {
            for (int e : actor.outputs()) {
                blocked[e] += Math.max(0, roomAt(e, entry) - ready);
            }
        }

        private long roomAt(int e, Entry entry) {
            return freed[e].reached(
                    reserved[e] + entry.rows() - schedule.edge(e).slots());
        }

        /** Earliest start of the next group. */
        private long groupStart() {
            return groups < 2 ? 0 : drainEndBefore + 2;
        }

        private void execute(Actor actor, Geometry g, Entry entry, long start) {
            int rows = entry.rows();
            long commit;
            switch (unit) {
                case Unit.HostIn h -> {
                    lastCycle = start + (long) rows * Math.ceilDiv(g.outputRowElements(), h.lanes()) - 1;
                    commit = lastCycle + Timing.HOST_COMMIT;
                }
                case Unit.HostOut h -> {
                    lastCycle = start + (long) rows * Math.ceilDiv(g.outputRowElements(), h.lanes()) - 1;
                    commit = lastCycle;
                }
                case Unit.Store s -> {
                    lastCycle = start + dramBeats(s.lanes(), g, rows) - 1;
                    commit = lastCycle + Timing.STORE_REQUEST + dram.latency() + Timing.STORE_COMMIT;
                }
                case Unit.Load l -> {
                    lastCycle = start + dram.latency() + dramBeats(l.lanes(), g, rows);
                    commit = lastCycle + Timing.HOST_COMMIT;
                }
                case Unit.Vector v -> {
                    var w = (Work.Reduce) actor.work();
                    lastCycle = start + (long) rows * g.outputColumns() * w.channelGroups() * w.reads() - 1;
                    drain(lastCycle, Timing.drainCycles(v.drain(), v.lanes(), g, rows, g.outputChannels()));
                    commit = drainEnd + Timing.commit(schedule.machine().precision(), v.drain());
                }
                case Unit.Matrix m -> {
                    multiply(m, (Work.Multiply) actor.work(), g, rows, start);
                    commit = drainEnd + Timing.commit(schedule.machine().precision(), m.drain());
                }
            }
            lastStart = start;
            freeFrom = switch (unit) {
                case Unit.HostIn _, Unit.Load _ -> lastCycle + 1;
                case Unit.Store _ -> commit;
                case Unit.HostOut _, Unit.Matrix _, Unit.Vector _ -> lastCycle;
            };
            for (int i = 0; i < actor.inputs().size(); i++) {
                int e = actor.inputs().get(i);
                claimed[e] += entry.free().get(i);
                freed[e].add(entry.free().get(i), lastCycle + Timing.FREE);
            }
            for (int e : actor.outputs()) {
                reserved[e] += rows;
                committed[e].add(rows, commit);
            }
        }

        /** Cycles in which rows go to or from DRAM, rows missed and refreshes included. */
        private long dramBeats(int lanes, Geometry g, int rows) {
            return (long) Math.ceil(rows * Math.ceilDiv(g.outputRowElements(), lanes) / dram.efficiency());
        }

        private void multiply(Unit.Matrix m, Work.Multiply w, Geometry g, int rows, long start) {
            int reads = Math.max(Timing.pixelClocks(g, w, rows), Timing.tileCyclesMin(w));
            int cycles = Math.max(reads, Timing.expectedLoad(schedule.machine().dram(), m));
            int segments = w.segmentsPerTile();
            if (w.order() == Work.TileOrder.OUTPUTS_INNER) {
                lastTileStart = start + ((long) segments * w.outputTiles() - 1) * cycles;
                lastCycle = lastTileStart + reads - 1;
                drain(lastCycle, Timing.drainCycles(m.drain(), m.outputs(), g, rows, g.outputChannels()));
                return;
            }
            long at = start;
            for (int og = 0; og < w.outputTiles(); og++) {
                at = og == 0 ? start : Math.max(at + cycles, groupStart());
                at += (long) (segments - 1) * cycles;
                int channels = Math.min(m.outputs(), g.outputChannels() - og * m.outputs());
                drain(at + reads - 1, Timing.drainCycles(m.drain(), m.outputs(), g, rows, channels));
            }
            lastTileStart = at;
            lastCycle = at + reads - 1;
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
