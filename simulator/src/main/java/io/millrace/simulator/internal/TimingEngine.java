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
 *
 * <p>The one choice that depends on the order of events is that of the DRAM port among the units that use it; see {@link DramTraffic}. A streamed engine is
 * looked at tile by tile, its firing counted when its last tile has begun; a unit that moves spilled maps burst by burst.
 */
public final class TimingEngine {
    static final long NEVER = Long.MIN_VALUE / 4;
    static final int RUNNING = -1;
    private static final long UNKNOWN = Long.MAX_VALUE;
    private static final int[] NONE = {};
    /** Cycles by which a run that is over is worked out further, for the firings under way. */
    private static final long FURTHER = 10_000;

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
    private final DramTraffic dram;
    /** By unit, the running firing of each streamed engine. */
    private final StreamedFiring[] running;

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
    /** Last cycle in which a firing may start: all, or those that somebody can see. */
    private long cut = Long.MAX_VALUE;

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
        dram = new DramTraffic(p);
        running = new StreamedFiring[p.units];
        for (int u : p.streamed) {
            running[u] = new StreamedFiring(p.head[u]);
        }
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
        Arrays.setAll(firings, _ -> new UnitFirings(p));
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
        long horizon = settle();
        while (dram.any()) {
            long choice = dram.nextChoice();
            boolean over = limit != Long.MAX_VALUE && choice > horizon;
            if (choice == Long.MAX_VALUE || (over && !firingUntil(limit))) {
                break;
            }
            if (over) {
                // Firings under way at the end of the run go on to their own ends.
                horizon += FURTHER;
                cut = horizon;
                wakeAll();
            } else {
                wakeClient(dram.grant(choice));
            }
            horizon = Math.max(horizon, settle());
        }
        if (limit == Long.MAX_VALUE) {
            throw Waiting.deadlock(this);
        }
        for (var f : firings) {
            f.cutAfter(limit);
        }
    }

    /** Works out all that can be without another burst from DRAM; returns the end of the run, if it is known. */
    private long settle() {
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
                    cut = limit;
                } else {
                    steady.atFrameEnd();
                }
            }
        }
        return limit == Long.MAX_VALUE ? 0 : limit;
    }

    /** Whether a unit that waits for DRAM is in a firing that began until {@code cycle}. */
    private boolean firingUntil(long cycle) {
        for (int u : p.dramClients) {
            var moves = dram.moves(u);
            boolean fires = moves == null
                    ? running[u].tile > 0 && running[u].start <= cycle
                    : moves.active() && moves.start <= cycle;
            if (fires) {
                return true;
            }
        }
        return false;
    }

    private void wakeAll() {
        for (int u = 0; u < p.units; u++) {
            if (p.entryCount[u] > 0 && !queued[u]) {
                enqueue(u);
            }
        }
    }

    private void wakeClient(int u) {
        if ((dram.moves(u) != null || running[u].waits) && !queued[u]) {
            enqueue(u);
        }
    }

    /** Fires a unit's list until an event is missing. */
    private void advance(int u) {
        while (true) {
            if (running[u] != null && !tilesDone(u, running[u])) {
                return;
            }
            var moves = dram.moves(u);
            if (moves != null && !moved(u, moves)) {
                return;
            }
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
                long room = p.reserves[e] == 0 ? NEVER : freedIn(u, edge, reserved[edge] + rows - p.slots[edge]);
                if (room == UNKNOWN) {
                    return;
                }
                space = Math.max(space, room);
            }
            for (int edge : p.reserves[e] == 0 ? NONE : p.sharing[a]) {
                long empty = freedIn(u, edge, reserved[edge]);
                if (empty == UNKNOWN) {
                    return;
                }
                space = Math.max(space, empty);
            }
            long t0 = fetched[u];
            long t1 = Math.max(t0, weightsReady[u]);
            long t2 = Math.max(t1, drainBefore[u] + 2);
            long t3 = Math.max(t2, input + 1);
            long s = Math.max(t3, space + 1);
            if (s > cut) {
                return;
            }
            if (++fired > firingLimit) {
                throw Waiting.firingLimit(this, firingLimit, s);
            }
            if (moves != null) {
                claim(e);
                startPrev[u] = s;
                moves.begin(a, rows, s, (int) (t1 - t0), (int) (t2 - t1), (int) (t3 - t2), (int) (s - t3));
            } else if (running[u] == null) {
                fire(u, e, a, s);
                if (keep) {
                    firings[u].waits((int) (t1 - t0), (int) (t2 - t1), (int) (t3 - t2), (int) (s - t3));
                }
            } else {
                claim(e);
                startPrev[u] = s;
                running[u].begin(s, (int) (t1 - t0), (int) (t2 - t1), (int) (t3 - t2), (int) (s - t3));
                startTile(u, running[u], s);
            }
        }
    }

    /** When so many rows of an edge had been freed, counted from the beginning; {@link #UNKNOWN}, and the unit waits for that, as long as they are not. */
    private long freedIn(int u, int edge, long count) {
        if (count <= 0) {
            return NEVER;
        }
        if (count > freed[edge]) {
            waitsFor[u] = 2 * edge + 1;
            waitTarget[u] = count;
            return UNKNOWN;
        }
        return freeCycle[p.ringFrom[edge] + (int) ((count - 1) & p.ringMask[edge])];
    }

    /** The running firing of a streamed engine, and the load of its next tile. */
    private static final class StreamedFiring {
        /** Tiles that have started; 0 between firings. */
        int tile;

        long start;
        long tileStart;
        long firstDrain;
        /** First cycle in which the next tile's load may begin, and whether it is still to be worked out. */
        long loadFrom;

        boolean loads = true;
        /** Whether nothing can go on before another burst comes. */
        boolean waits;

        int tileWait;
        private final int[] waited = new int[4];

        StreamedFiring(int head) {
            loadFrom = head;
        }

        void begin(long s, int weights, int drain, int input, int space) {
            start = s;
            tileWait = 0;
            waited[0] = weights;
            waited[1] = drain;
            waited[2] = input;
            waited[3] = space;
        }

        void write(SteadyState state, long now) {
            state.put(tile);
            state.put(tile > 0 ? start - now : 0);
            state.put(tile > 0 ? tileStart - now : 0);
            state.put(tile > 0 ? firstDrain - now : 0);
            state.put(loads ? loadFrom - now : 0);
            state.put(loads ? 1 : 0);
            state.put(waits ? 1 : 0);
        }

        void shift(long cycles) {
            start += cycles;
            tileStart += cycles;
            firstDrain += cycles;
            loadFrom += cycles;
        }
    }

    /** Goes on with the tiles of a streamed engine; whether the next firing is to be started, its first tile's weights being known. */
    private boolean tilesDone(int u, StreamedFiring f) {
        while (true) {
            if (f.loads) {
                long begin = dram.load(u, f.loadFrom, f.tile == 0);
                f.waits = begin == NEVER;
                if (f.waits) {
                    return false;
                }
                f.loads = false;
                weightsReady[u] = begin + p.load[u];
            }
            if (f.tile == 0) {
                return true;
            }
            int e = entry[u];
            long end = f.tileStart + p.lastTile[e];
            long s = Math.max(end, weightsReady[u]);
            f.tileWait += (int) (s - end);
            if (f.tile % p.groupTiles[e] == 0) {
                s = Math.max(s, drainBefore[u] + 2);
            }
            startTile(u, f, s);
        }
    }

    /** Goes on with the firing of a store or load unit; whether none is under way any more. */
    private boolean moved(int u, MapMoves m) {
        int e = entry[u];
        if (m.readsEndNow()) {
            freeInputs(e, m.last);
        }
        if (m.active() && !m.complete()) {
            return false;
        }
        if (m.active()) {
            int[] waited = m.end();
            // A store unit is free when what it wrote is answered, a load unit as a host-in.
            int rest = p.kind[u] == CompiledSchedule.STORE ? (int) (m.commit + 1 - m.last) : 2;
            completeFiring(u, e, p.actor[e], m.start, m.last, m.commit, m.output, rest);
            if (keep) {
                firings[u].waits(waited[0], waited[1], waited[2], waited[3]);
            }
        }
        return true;
    }

    /** A tile of a streamed engine starts; the last one ends the firing. */
    private void startTile(int u, StreamedFiring f, long s) {
        int e = entry[u];
        int group = f.tile / p.groupTiles[e];
        f.tile++;
        f.tileStart = s;
        f.loads = true;
        f.loadFrom = s;
        if (f.tile % p.groupTiles[e] != 0) {
            return;
        }
        long last = s + p.lastTile[e] - 1;
        long drainStart = Math.max(last + p.drainDelay[u], drainLast[u] + p.drainFetch[u]);
        boolean ends = group == p.groups[e] - 1;
        f.firstDrain = group == 0 ? drainStart : f.firstDrain;
        drainBefore[u] = drainLast[u];
        drainLast[u] = drainStart + (ends ? p.drainLast[e] : p.drainFull[e]) - 1;
        if (!ends) {
            return;
        }
        f.tile = 0;
        f.loadFrom = Math.max(s, f.start + p.head[u]);
        int a = p.actor[e];
        finish(u, e, a, f.start, last, drainLast[u] + p.commitDelay[u], f.firstDrain, 1);
        if (keep) {
            firings[u].waits(f.waited[0], f.waited[1], f.waited[2], f.waited[3]);
            firings[u].tileWait(f.tileWait);
        }
    }

    private void claim(int e) {
        for (int k = p.inputFrom[e]; k < p.inputFrom[e + 1]; k++) {
            claimed[p.inputEdge[k]] += p.free[k];
        }
    }

    private void fire(int u, int e, int a, long s) {
        claim(e);
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
        finish(u, e, a, s, last, commit, output, rest);
    }

    /** The end of a firing: what it frees and commits, and the next one of the list. */
    private void finish(int u, int e, int a, long s, long last, long commit, long output, int rest) {
        freeInputs(e, last);
        completeFiring(u, e, a, s, last, commit, output, rest);
    }

    private void freeInputs(int e, long last) {
        for (int k = p.inputFrom[e]; k < p.inputFrom[e + 1]; k++) {
            freeRows(p.inputEdge[k], p.free[k], last + Timing.FREE);
        }
    }

    private void completeFiring(int u, int e, int a, long s, long last, long commit, long output, int rest) {
        endPrev[u] = last;
        fetched[u] = Math.max(last + rest, s + p.head[u] + 1);
        if (keep) {
            firings[u].add(e, frame[a], firing[a], s, last, commit, output);
        }
        for (int k = p.outputFrom[a]; k < p.outputFrom[a + 1]; k++) {
            reserved[p.outputEdge[k]] += p.reserves[e];
            commitRows(p.outputEdge[k], p.commits[e], commit);
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
        dram.shift(cycles);
        for (int u : p.streamed) {
            running[u].shift(cycles);
        }
        for (int a = 0; a < p.actors; a++) {
            frame[a] += (int) (r.times() * r.frames()) / p.batch[a];
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

    /** Writes down what decides how streamed engines go on. */
    void writeStreams(SteadyState state, long now) {
        dram.write(state, now, startPrev);
        for (int u : p.streamed) {
            running[u].write(state, now);
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
