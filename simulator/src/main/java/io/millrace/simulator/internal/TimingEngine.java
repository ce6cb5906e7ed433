package io.millrace.simulator.internal;

import io.millrace.scheduler.Timing;
import io.millrace.simulator.LinkTrace;
import java.util.Arrays;
import java.util.List;

/**
 * Works out when every firing starts and ends.
 *
 * <p>Nothing in the machine chooses at run time: each unit fires its list in order, and each condition of a start, once
 * true, stays true until that start. So the cycle of a start is a maximum over the cycles of the events it waits for,
 * whatever the order in which units are looked at, and the engine lets each unit run ahead as far as the events known
 * so far allow, instead of keeping a queue of all events in time order. A unit that lacks an event is woken by the unit
 * that makes it. Per edge the engine keeps the cycles in which the last {@code slots} rows became visible and the cycles
 * in which the last {@code slots} rows were freed.
 *
 * <p>A run ends with the last result beat of the last frame asked for: exactly the firings that start until then are
 * kept.
 */
public final class TimingEngine {
    static final long NEVER = Long.MIN_VALUE / 4;
    static final int RUNNING = -1;

    final CompiledSchedule p;
    private final LinkClock linkIn;
    private final LinkClock linkOut;
    private final long framesWanted;
    private final long firingLimit;

    // list positions
    final int[] entry;
    final int[] timesLeft;
    final int[] jumpsTaken;
    // per unit
    final long[] startPrev;
    final long[] endPrev;
    final long[] fetched;
    final long[] weightsReady;
    final long[] drainLast;
    final long[] drainBefore;
    /** Edge a unit waits for: {@code 2 * edge} for rows, {@code 2 * edge + 1} for space. */
    final int[] waitsFor;

    final long[] waitTarget;
    final SendQueue[] sends;
    // per edge, counts since the beginning
    final long[] committed;
    final long[] claimed;
    final long[] reserved;
    final long[] freed;
    final long[] commitCycle;
    final long[] freeCycle;
    // per actor
    final int[] frame;
    final int[] firing;
    // units to look at, a circular queue
    final int[] queue;
    final boolean[] queued;
    int queueAt;
    int queueSize;

    private final UnitFirings[] firings;
    private final Completions[] completions;
    private final boolean keep;
    private final SteadyState steady;
    private Repeat repeat = Repeat.NONE;
    private long fired;
    private long limit = Long.MAX_VALUE;
    private boolean senderAdvanced;

    public TimingEngine(
            CompiledSchedule program, LinkTrace link, int frames, long firingLimit, boolean fastForward, boolean keep) {
        p = program;
        linkIn = new LinkClock(link.in());
        linkOut = new LinkClock(link.out());
        framesWanted = frames;
        this.firingLimit = firingLimit;
        this.keep = keep;
        entry = p.firstEntry.clone();
        timesLeft = new int[p.units];
        jumpsTaken = new int[p.units];
        startPrev = filled(p.units, NEVER);
        endPrev = filled(p.units, -1);
        fetched = new long[p.units];
        weightsReady = new long[p.units];
        drainLast = filled(p.units, NEVER);
        drainBefore = filled(p.units, NEVER);
        waitsFor = new int[p.units];
        Arrays.fill(waitsFor, RUNNING);
        waitTarget = new long[p.units];
        sends = new SendQueue[p.units];
        Arrays.setAll(sends, _ -> new SendQueue(linkOut));
        committed = new long[p.edges];
        claimed = new long[p.edges];
        reserved = new long[p.edges];
        freed = new long[p.edges];
        commitCycle = filled(p.ringLength, NEVER);
        freeCycle = filled(p.ringLength, NEVER);
        frame = new int[p.actors];
        firing = new int[p.actors];
        queue = new int[p.units];
        queued = new boolean[p.units];
        firings = new UnitFirings[p.units];
        completions = new Completions[p.actors];
        Arrays.setAll(firings, _ -> new UnitFirings());
        Arrays.setAll(completions, _ -> new Completions());
        steady = new SteadyState(this, fastForward);
        for (int u = 0; u < p.units; u++) {
            fetched[u] = p.head[u] + 1L;
            weightsReady[u] = p.kind[u] == CompiledSchedule.MATRIX ? p.head[u] + (long) p.load[u] : NEVER;
            if (p.entryCount[u] > 0) {
                timesLeft[u] = p.times[entry[u]];
                enqueue(u);
            }
        }
    }

    private static long[] filled(int length, long value) {
        long[] array = new long[length];
        Arrays.fill(array, value);
        return array;
    }

    /**
     * Runs to the last result.
     *
     * @throws io.millrace.ir.CompileException {@code SIM-0001} when no unit can go on, {@code SIM-0002} at the limit of
     *     firings
     */
    public void run() {
        while (queueSize > 0) {
            int u = queue[queueAt];
            queueAt = queueAt + 1 == queue.length ? 0 : queueAt + 1;
            queueSize--;
            queued[u] = false;
            waitsFor[u] = RUNNING;
            advance(u);
            if (senderAdvanced && limit == Long.MAX_VALUE) {
                senderAdvanced = false;
                if (framesDone() >= framesWanted) {
                    limit = completion(framesWanted - 1);
                } else {
                    steady.atFrameEnd();
                }
            }
        }
        if (limit == Long.MAX_VALUE) {
            throw Waiting.deadlock(this);
        }
        for (var f : firings) {
            f.cutAfter(limit);
        }
    }

    /** Fires a unit's list until an event is missing. */
    private void advance(int u) {
        while (true) {
            int e = entry[u];
            long input = NEVER;
            for (int k = p.inputFrom[e]; k < p.inputFrom[e + 1]; k++) {
                int edge = p.inputEdge[k];
                long target = claimed[edge] + p.need[k];
                if (target > committed[edge]) {
                    waitsFor[u] = 2 * edge;
                    waitTarget[u] = target;
                    return;
                }
                if (p.need[k] > 0) {
                    input = Math.max(input, commitCycle[p.ringFrom[edge] + (int) ((target - 1) & p.ringMask[edge])]);
                }
            }
            int a = p.actor[e];
            int rows = p.rows[e];
            long space = NEVER;
            for (int k = p.outputFrom[a]; k < p.outputFrom[a + 1]; k++) {
                int edge = p.outputEdge[k];
                long target = reserved[edge] + rows - p.slots[edge];
                if (target > 0) {
                    if (target > freed[edge]) {
                        waitsFor[u] = 2 * edge + 1;
                        waitTarget[u] = target;
                        return;
                    }
                    space = Math.max(space, freeCycle[p.ringFrom[edge] + (int) ((target - 1) & p.ringMask[edge])]);
                }
            }
            long t0 = fetched[u];
            long t1 = Math.max(t0, weightsReady[u]);
            long t2 = Math.max(t1, drainBefore[u] + 2);
            long t3 = Math.max(t2, input + 1);
            long s = Math.max(t3, space + 1);
            if (s > limit) {
                return;
            }
            if (++fired > firingLimit) {
                throw Waiting.firingLimit(this, firingLimit, s);
            }
            fire(u, e, a, rows, s);
            if (keep) {
                firings[u].waits((int) (t1 - t0), (int) (t2 - t1), (int) (t3 - t2), (int) (s - t3));
            }
        }
    }

    private void fire(int u, int e, int a, int rows, long s) {
        for (int k = p.inputFrom[e]; k < p.inputFrom[e + 1]; k++) {
            claimed[p.inputEdge[k]] += p.free[k];
        }
        long last;
        long commit;
        long output;
        int rest = 1;
        switch (p.kind[u]) {
            case CompiledSchedule.MATRIX, CompiledSchedule.VECTOR -> {
                long tile = s;
                long before = drainBefore[u];
                long latest = drainLast[u];
                long first = 0;
                for (int g = 0; g < p.groups[e]; g++) {
                    if (g > 0) {
                        tile = Math.max(tile + p.groupSpan[e] + p.tileStep[e], before + 2);
                    }
                    long groupEnd = tile + p.groupSpan[e] + p.lastTile[e] - 1;
                    long drainStart = Math.max(groupEnd + p.drainDelay[u], latest + p.drainFetch[u]);
                    first = g == 0 ? drainStart : first;
                    before = latest;
                    latest = drainStart + (g == p.groups[e] - 1 ? p.drainLast[e] : p.drainFull[e]) - 1;
                }
                drainBefore[u] = before;
                drainLast[u] = latest;
                long lastTileStart = tile + p.groupSpan[e];
                last = lastTileStart + p.lastTile[e] - 1;
                if (p.kind[u] == CompiledSchedule.MATRIX) {
                    weightsReady[u] = Math.max(lastTileStart, s + p.head[u]) + p.load[u];
                }
                commit = latest + p.commitDelay[u];
                output = first;
            }
            case CompiledSchedule.HOST_IN -> {
                output = linkIn.willing(s);
                last = receive(s, p.lastTile[e]);
                commit = last + p.commitDelay[u];
                rest = 2;
            }
            default -> {
                output = sends[u].send(s, p.lastTile[e]);
                last = sends[u].lastStep();
                commit = last;
            }
        }
        startPrev[u] = s;
        endPrev[u] = last;
        fetched[u] = Math.max(last + rest, s + p.head[u] + 1);
        if (keep) {
            firings[u].add(e, frame[a], firing[a], s, last, commit, output);
        }
        for (int k = p.inputFrom[e]; k < p.inputFrom[e + 1]; k++) {
            freeRows(p.inputEdge[k], p.free[k], last + Timing.FREE);
        }
        for (int k = p.outputFrom[a]; k < p.outputFrom[a + 1]; k++) {
            commitRows(p.outputEdge[k], rows, commit);
        }
        firing[a]++;
        if (p.endsFrame[e]) {
            firing[a] = 0;
            frame[a]++;
            if (p.sends[a]) {
                completions[a].add(output);
                senderAdvanced = true;
            }
        }
        step(u, e);
    }

    /** Moves a unit to the next firing of its list. */
    private void step(int u, int e) {
        if (--timesLeft[u] > 0) {
            return;
        }
        int to = p.next[e];
        if (p.jumpTo[e] >= 0) {
            if (jumpsTaken[u] < p.jumpTimes[e]) {
                jumpsTaken[u]++;
                to = p.jumpTo[e];
            } else {
                jumpsTaken[u] = 0;
            }
        }
        entry[u] = to;
        timesLeft[u] = p.times[to];
    }

    private void freeRows(int edge, int rows, long cycle) {
        if (rows == 0) {
            return;
        }
        for (int i = 0; i < rows; i++) {
            freeCycle[p.ringFrom[edge] + (int) (freed[edge]++ & p.ringMask[edge])] = cycle;
        }
        wake(p.producerUnit[edge], 2 * edge + 1, freed[edge]);
    }

    private void commitRows(int edge, int rows, long cycle) {
        reserved[edge] += rows;
        for (int i = 0; i < rows; i++) {
            commitCycle[p.ringFrom[edge] + (int) (committed[edge]++ & p.ringMask[edge])] = cycle;
        }
        wake(p.consumerUnit[edge], 2 * edge, committed[edge]);
    }

    private void wake(int u, int event, long count) {
        if (waitsFor[u] == event && count >= waitTarget[u] && !queued[u]) {
            enqueue(u);
        }
    }

    private void enqueue(int u) {
        int at = queueAt + queueSize;
        queue[at >= queue.length ? at - queue.length : at] = u;
        queueSize++;
        queued[u] = true;
    }

    /** Last beat of {@code beats}, the first of which may move in cycle {@code s}. */
    private long receive(long s, int beats) {
        if (s >= linkIn.end()) {
            return s + beats - 1;
        }
        long at = s - 1;
        for (int i = 0; i < beats; i++) {
            at = linkIn.willing(at + 1);
        }
        return at;
    }

    /** Frames that every sender has sent. */
    long framesDone() {
        long least = Long.MAX_VALUE;
        for (int a = 0; a < p.actors; a++) {
            if (p.sends[a]) {
                least = Math.min(least, completions[a].size());
            }
        }
        return least;
    }

    /** Cycle in which the last result beat of a frame leaves. */
    public long completion(long frameNumber) {
        long latest = 0;
        for (int a = 0; a < p.actors; a++) {
            if (p.sends[a]) {
                latest = Math.max(latest, completions[a].cycle(frameNumber));
            }
        }
        return latest;
    }

    /** Whether both directions of the link have no stall left for anything still to be worked out. */
    boolean linkIsFree() {
        for (int u = 0; u < p.units; u++) {
            if (p.entryCount[u] > 0
                    && ((p.kind[u] == CompiledSchedule.HOST_IN && startPrev[u] < linkIn.end())
                            || (p.kind[u] == CompiledSchedule.HOST_OUT && startPrev[u] < linkOut.end()))) {
                return false;
            }
        }
        return true;
    }

    /** Skips whole periods, from marks of what had been kept at the period's beginning. */
    void skip(Repeat r, int[] firingMarks, int[] completionMarks) {
        repeat = r;
        long cycles = r.times() * r.cycles();
        for (long[] column :
                List.of(startPrev, endPrev, fetched, weightsReady, drainLast, drainBefore, commitCycle, freeCycle)) {
            shift(column, cycles);
        }
        for (var queue : sends) {
            queue.shift(cycles);
        }
        for (int a = 0; a < p.actors; a++) {
            frame[a] += (int) (r.times() * r.frames());
            completions[a].skip(completionMarks[a], r);
        }
        for (int u = 0; u < p.units; u++) {
            firings[u].skip(firingMarks[u], r);
        }
    }

    /** Moves cycles on, but for those that never were. */
    static void shift(long[] column, long cycles) {
        for (int i = 0; i < column.length; i++) {
            column[i] += column[i] > NEVER / 2 ? cycles : 0;
        }
    }

    long framesWanted() {
        return framesWanted;
    }

    public Repeat repeat() {
        return repeat;
    }

    public UnitFirings firings(int unit) {
        return firings[unit];
    }

    public Completions completions(int actor) {
        return completions[actor];
    }

    /** Last cycle of the run: the last result beat of the last frame. */
    public long endCycle() {
        return limit;
    }

    /** Firings worked out one by one, skipped periods not among them. */
    public long fired() {
        return fired;
    }
}
