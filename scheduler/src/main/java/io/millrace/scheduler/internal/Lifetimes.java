package io.millrace.scheduler.internal;

import java.util.List;

/**
 * When buffers hold rows, in an order of firings that repeats with a period.
 *
 * @param of by buffer; for all of one network
 * @param period keys from a firing to that of the next frame; 0 if all buffers always hold rows
 */
record Lifetimes(List<Span> of, long period) {
    /** Keys of the first firing that writes rows of a frame, and of the last that frees some. */
    record Span(long first, long last) {}

    /** All buffers always hold rows. */
    static final Lifetimes ALWAYS = new Lifetimes(List.of(), 0);

    Lifetimes {
        of = List.copyOf(of);
    }

    /** Whether two buffers never hold rows at the same time. */
    boolean apart(int a, int b) {
        if (period == 0) {
            return false;
        }
        var x = of.get(a);
        var y = of.get(b);
        long later = Math.floorMod(y.first - x.first, period);
        return later > x.last - x.first && period - later > y.last - y.first;
    }
}
