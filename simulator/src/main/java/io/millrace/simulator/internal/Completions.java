package io.millrace.simulator.internal;

import java.util.Arrays;

/** Cycle in which each frame's last result beat leaves, for one sender. */
public final class Completions {
    private final Series series = new Series();
    private Repeat repeat = Repeat.NONE;
    private int stored;
    private long[] cycle = new long[64];

    void add(long at) {
        if (stored == cycle.length) {
            cycle = Arrays.copyOf(cycle, 2 * stored);
        }
        cycle[stored++] = at;
    }

    int stored() {
        return stored;
    }

    void skip(long from, Repeat r) {
        series.skip(from, stored, r.times());
        repeat = r;
    }

    /** Frames sent. */
    public long size() {
        return series.size(stored);
    }

    public long cycle(long frame) {
        return cycle[series.stored(frame)] + series.periods(frame) * repeat.cycles();
    }
}
