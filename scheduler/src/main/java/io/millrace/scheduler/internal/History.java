package io.millrace.scheduler.internal;

import java.util.Arrays;

/** When a growing count reached which value, and by which firing. */
final class History {
    private long[] counts = new long[64];
    private long[] times = new long[64];
    private int[] firings = new int[64];
    private int size;
    private int asked;
    private int passed;

    /** Appends a firing's step; times do not decrease. */
    void add(long rows, long time, int firing) {
        if (size == counts.length) {
            counts = Arrays.copyOf(counts, 2 * size);
            times = Arrays.copyOf(times, 2 * size);
            firings = Arrays.copyOf(firings, 2 * size);
        }
        counts[size] = (size == 0 ? 0 : counts[size - 1]) + rows;
        times[size] = time;
        firings[size] = firing;
        size++;
    }

    long total() {
        return size == 0 ? 0 : counts[size - 1];
    }

    /** When the count reached {@code count}, -1 if not yet; {@code count} does not decrease from call to call. */
    long reached(long count) {
        if (count <= 0) {
            return 0;
        }
        while (asked < size && counts[asked] < count) {
            asked++;
        }
        return asked < size ? times[asked] : -1;
    }

    /** The firing by which the count reached what was asked for last: it was above 0, and reached. */
    int reachedBy() {
        return firings[asked];
    }

    /** The count in a cycle, as far as it is known; cycles do not decrease from call to call. */
    long countIn(long cycle) {
        while (passed < size && times[passed] <= cycle) {
            passed++;
        }
        return passed == 0 ? 0 : counts[passed - 1];
    }
}
