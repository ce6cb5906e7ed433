package io.millrace.simulator.internal;

import io.millrace.scheduler.Timing;
import java.util.Arrays;

/**
 * Finds that a run repeats. At the end of a frame the whole state of the engine is written down relative to the cycle
 * of that end; when it equals an earlier one, everything that follows repeats, shifted by the cycles and frames between
 * the two, and whole periods can be skipped exactly. One earlier state is kept, and replaced after 1, 2, 4, 8... frames
 * (Brent's algorithm), so that a period of any length is found.
 */
final class SteadyState {
    private final TimingEngine t;
    private boolean on;

    private long[] state;
    private long[] kept = new long[0];
    private int at;
    private long keptCycle;
    private long keptFrames;
    private int[] keptFirings = new int[0];
    private int[] keptCompletions = new int[0];
    private long age;
    private long ageMax = 1;

    SteadyState(TimingEngine engine, boolean on) {
        t = engine;
        this.on = on;
        int rows = Arrays.stream(t.p.slots).map(s -> 2 * s).sum();
        state = new long[t.p.units * (14 + Timing.HOST_OUT_BEATS) + t.p.actors * 2 + t.p.edges * 2 + rows + 8];
    }

    /** Looks at the state at the end of a frame and skips periods if it has been seen before. */
    void atFrameEnd() {
        if (!on || !t.linkIsFree()) {
            return;
        }
        long frames = t.framesDone();
        if (frames == 0) {
            return; // one of several outputs is ahead of the others
        }
        long now = t.completion(frames - 1);
        write(now, frames);
        if (kept.length > 0 && Arrays.equals(state, 0, at, kept, 0, kept.length)) {
            skip(now - keptCycle, frames - keptFrames, t.framesWanted() - frames);
            on = false;
            return;
        }
        if (kept.length == 0 || ++age == ageMax) {
            kept = Arrays.copyOf(state, at);
            keptCycle = now;
            keptFrames = frames;
            keptFirings = marks(t.p.units, true);
            keptCompletions = marks(t.p.actors, false);
            age = 0;
            ageMax *= 2;
        }
    }

    private int[] marks(int count, boolean ofUnits) {
        int[] marks = new int[count];
        Arrays.setAll(
                marks, i -> ofUnits ? t.firings(i).stored() : t.completions(i).stored());
        return marks;
    }

    private void skip(long cycles, long frames, long framesLeft) {
        // At least one frame is left to the ordinary run, which finds the end.
        long times = (framesLeft - 1) / frames;
        t.skip(new Repeat(Math.max(0, times), cycles, (int) frames), keptFirings, keptCompletions);
    }

    private void write(long now, long frames) {
        var p = t.p;
        at = 0;
        for (int u = 0; u < p.units; u++) {
            if (p.entryCount[u] == 0) {
                continue;
            }
            // What lies before a unit's last start cannot delay the next one, however long ago it was.
            long floor = t.startPrev[u];
            put(t.entry[u]);
            put(t.timesLeft[u]);
            put(t.jumpsTaken[u]);
            put(floor - now);
            put(t.endPrev[u] - now);
            put(Math.max(t.fetched[u], floor) - now);
            put(Math.max(t.weightsReady[u], floor) - now);
            put(Math.max(t.drainLast[u], floor) - now);
            put(Math.max(t.drainBefore[u], floor) - now);
            put(t.waitsFor[u]);
            if (p.kind[u] == CompiledSchedule.HOST_OUT) {
                put(Math.max(t.sends[u].lastStep(), floor) - now);
                for (int i = 0; i < Timing.HOST_OUT_BEATS; i++) {
                    put(Math.max(t.sends[u].pop(i), floor) - now);
                }
            }
        }
        for (int a = 0; a < p.actors; a++) {
            put((long) t.frame[a] * p.batch[a] - frames);
            put(t.firing[a]);
        }
        for (int e = 0; e < p.edges; e++) {
            long floor = t.startPrev[p.consumerUnit[e]];
            put(t.committed[e] - t.claimed[e]);
            for (long i = t.claimed[e]; i < t.committed[e]; i++) {
                put(Math.max(t.commitCycle[p.ringFrom[e] + (int) (i & p.ringMask[e])], floor) - now);
            }
            floor = t.startPrev[p.producerUnit[e]];
            put(t.reserved[e] - t.freed[e]);
            for (long i = t.reserved[e] - p.slots[e]; i < t.freed[e]; i++) {
                long cycle = i < 0 ? floor : t.freeCycle[p.ringFrom[e] + (int) (i & p.ringMask[e])];
                put(Math.max(cycle, floor) - now);
            }
        }
        t.writeStreams(this, now);
        put(t.queueSize);
        for (int i = 0; i < t.queueSize; i++) {
            put(t.queue[(t.queueAt + i) % t.queue.length]);
        }
    }

    void put(long value) {
        if (at == state.length) {
            state = Arrays.copyOf(state, 2 * at);
        }
        state[at++] = value;
    }
}
