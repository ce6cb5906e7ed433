package io.millrace.simulator.internal;

import java.util.Arrays;
import java.util.List;

/** One direction of a link trace, as cycle boundaries. */
public final class LinkClock {
    /** Last cycle of run i plus one. */
    private final long[] ends;

    public LinkClock(List<Integer> runs) {
        ends = new long[runs.size()];
        long at = 0;
        for (int i = 0; i < ends.length; i++) {
            at += runs.get(i);
            ends[i] = at;
        }
    }

    /** First cycle from which the link never stalls again. */
    public long end() {
        return ends.length == 0 ? 0 : ends[ends.length - 1];
    }

    /** First cycle at or after {@code cycle} in which the link is willing. */
    public long willing(long cycle) {
        if (cycle >= end()) {
            return cycle;
        }
        int i = Arrays.binarySearch(ends, cycle + 1);
        i = i < 0 ? -i - 1 : i;
        // The runs before i end at or before the cycle, except that runs of length 0 may share an end: take the first.
        while (i > 0 && ends[i - 1] > cycle) {
            i--;
        }
        while (i < ends.length && (i % 2 == 1 || ends[i] <= cycle)) {
            cycle = Math.max(cycle, ends[i]);
            i++;
        }
        return cycle;
    }
}
