package io.millrace.simulator.internal;

import java.util.Arrays;

/** When each row of an actor became visible, and when the machine began to write it; rows are counted over all frames. */
final class RowTimes {
    private final long[] commit;
    private final long[] writeStart;

    private RowTimes(long[] commit, long[] writeStart) {
        this.commit = commit;
        this.writeStart = writeStart;
    }

    /** The rows of one actor, from the firings of its unit. */
    static RowTimes of(CompiledSchedule p, UnitFirings firings, int actor) {
        long[] commit = new long[256];
        long[] start = new long[256];
        int begun = 0;
        int rows = 0;
        for (long i = 0; i < firings.size(); i++) {
            int e = firings.entry(i);
            if (p.actor[e] != actor) {
                continue;
            }
            if (begun + p.rows[e] > commit.length) {
                int length = Math.max(2 * commit.length, begun + p.rows[e]);
                commit = Arrays.copyOf(commit, length);
                start = Arrays.copyOf(start, length);
            }
            // Of ranges of columns, the first begins to write the rows, and the last makes them visible.
            Arrays.fill(start, begun, begun + p.reserves[e], firings.output(i));
            Arrays.fill(commit, rows, rows + p.commits[e], firings.end(i));
            begun += p.reserves[e];
            rows += p.commits[e];
        }
        return new RowTimes(Arrays.copyOf(commit, rows), Arrays.copyOf(start, begun));
    }

    int rows() {
        return commit.length;
    }

    long commit(int row) {
        return commit[row];
    }

    /** Whether a reader of {@code [first, last]} that reads in cycles {@code [start, end]} finds these rows in place. */
    boolean inPlace(int first, int last, int slots, long start, long end) {
        boolean written = last < commit.length && commit[last] < start;
        long overwriter = first + (long) slots;
        return written && (overwriter >= writeStart.length || writeStart[(int) overwriter] > end);
    }

    /** The row that lies in row {@code row}'s slot in cycle {@code start}; -1 when nothing was ever written there. */
    int found(int row, int slots, long start) {
        int at = Arrays.binarySearch(commit, start);
        int visible = at < 0 ? -at - 1 : at;
        while (visible > 0 && commit[visible - 1] >= start) {
            visible--;
        }
        int newest = visible - 1 - Math.floorMod(visible - 1 - row, slots);
        return newest >= 0 ? newest : -1;
    }
}
