package io.millrace.scheduler.internal;

import java.util.Arrays;

/** When a growing count reached which value. */
final class History {
    private long[] counts = new long[64];
    private long[] times = new long[64];
    private int size;
    private int asked;
    private int passed;

    /** Appends a step; times do not decrease. */
    void add(long rows, long time) {
        if (size == counts.length) {
            counts = Arrays.copyOf(counts, 2 * size);
            times = Arrays.copyOf(times, 2 * size);
        }
        counts[size] = (size == 0 ? 0 : counts[size - 1]) + rows;
        times[size] = time;
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

    /** The count in a cycle, as far as it is known; cycles do not decrease from call to call. */
    long countIn(long cycle) {
        while (passed < size && times[passed] <= cycle) {
            passed++;
        }
        return passed == 0 ? 0 : counts[passed - 1];
    }
}
