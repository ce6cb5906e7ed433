package io.millrace.simulator.internal;

/**
 * Index arithmetic of a sequence of which a period was skipped: elements before {@code from} are the warm-up, {@code
 * [from, to)} the last period before the skip, the rest follows the skip.
 */
public final class Series {
    private long from;
    private long to;
    private long skipped;

    /** Notes the skip of {@code times} periods. */
    void skip(long from, long to, long times) {
        this.from = from;
        this.to = to;
        this.skipped = times * (to - from);
    }

    /** First element of the period, equal to {@link #to()} when none was found. */
    long from() {
        return from;
    }

    /** First element after the stored period. */
    long to() {
        return to;
    }

    long skipped() {
        return skipped;
    }

    /** Elements with the skipped ones, of {@code stored} stored ones. */
    long size(long stored) {
        return stored + skipped;
    }

    /** Where element {@code i} is stored. */
    int stored(long i) {
        if (i < to || skipped == 0) {
            return (int) i;
        }
        return (int) (i < to + skipped ? from + (i - to) % (to - from) : i - skipped);
    }

    /** Periods between the stored element and element {@code i}; 0 where it is stored as it is. */
    long periods(long i) {
        if (skipped == 0 || i < to || i >= to + skipped) {
            return 0;
        }
        return 1 + (i - to) / (to - from);
    }
}
