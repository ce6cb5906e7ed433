package io.millrace.runtime;

/** Smoothed round-trip time and its deviation, after Jacobson, SIGCOMM 1988. Nanoseconds. */
final class RoundTrip {
    /**
     * Eight of the smallest packets at a megabyte a second. Keeps a link without delay from resending in one instant, and bears small
     * jitter.
     */
    private static final long REORDERING_LEAST = 8 * 28 * 1000;

    private final long least;
    private final long most;
    private long smoothed;
    private long deviation;
    private boolean known;

    RoundTrip(long least, long most) {
        this.least = Math.min(least, most);
        this.most = most;
    }

    void sample(long nanos) {
        if (known) {
            deviation += (Math.abs(nanos - smoothed) - deviation) / 4;
            smoothed += (nanos - smoothed) / 8;
        } else {
            smoothed = nanos;
            deviation = nanos / 2;
            known = true;
        }
    }

    /** Time without an answer after which a packet is sent again, the {@code doublings}-th time in a row. */
    long timeout(int doublings, long initial) {
        long one = known ? Math.clamp(smoothed + 4 * deviation, least, most) : Math.min(initial, most);
        return Math.min(one << Math.min(doublings, 20), most);
    }

    /**
     * Time to wait for a packet that later ones have overtaken, before it counts as lost. Its acknowledgement may itself be held back, or
     * wait behind long results on the board's line, so nothing shorter than a slow round trip tells anything.
     */
    long reordering() {
        return (known ? smoothed + 4 * deviation : least) + REORDERING_LEAST;
    }

    /** Time in which an answer to a question can be expected. */
    long answer() {
        return known ? Math.max(2 * smoothed + 4 * deviation, REORDERING_LEAST) : least;
    }
}
