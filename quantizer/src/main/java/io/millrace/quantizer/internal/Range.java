package io.millrace.quantizer.internal;

import io.millrace.quantizer.Distribution;
import io.millrace.quantizer.QuantizeOptions;

/** An interval of real numbers that a tensor's codes have to cover; always holds 0. */
record Range(double low, double high) {
    private static final int SEARCH_STEPS = 64;
    private static final double NARROWEST = 0.2;

    Range {
        low = Math.min(low, 0);
        high = Math.max(high, 0);
    }

    /** The range that the options' method takes from a distribution, for codes of {@code levels} steps. */
    static Range of(Distribution d, QuantizeOptions options, double levels) {
        return switch (options.method()) {
            case MIN_MAX -> minMax(d);
            case PERCENTILE -> {
                double tail = 1 - options.percentile() / 100;
                yield tail == 0 ? minMax(d) : new Range(d.quantile(tail), d.quantile(1 - tail));
            }
            case MEAN_SQUARE_ERROR -> leastError(d, levels);
        };
    }

    static Range minMax(Distribution d) {
        return new Range(d.min(), d.max());
    }

    /**
     * Shrinks the upper end, then the lower, as long as rounding gains more than clipping loses. Rounding is taken as
     * {@code step^2 / 12} a value, zeros excepted, which are exact; clipping is summed over the histogram.
     */
    private static Range leastError(Distribution d, double levels) {
        Range full = minMax(d);
        double high = full.high;
        double least = error(d, full, levels);
        for (int i = 1; i < SEARCH_STEPS; i++) {
            var candidate = new Range(full.low, full.high * shrink(i));
            double e = error(d, candidate, levels);
            if (e < least) {
                least = e;
                high = candidate.high;
            }
        }
        double low = full.low;
        for (int i = 1; i < SEARCH_STEPS; i++) {
            var candidate = new Range(full.low * shrink(i), high);
            double e = error(d, candidate, levels);
            if (e < least) {
                least = e;
                low = candidate.low;
            }
        }
        return new Range(low, high);
    }

    private static double shrink(int step) {
        return 1 - step * (1 - NARROWEST) / SEARCH_STEPS;
    }

    private static double error(Distribution d, Range range, double levels) {
        double step = (range.high - range.low) / levels;
        double clipping = 0;
        long inside = -d.zeros();
        for (int i = 0; i < Distribution.BINS; i++) {
            double x = Math.clamp(d.centre(i), d.min(), d.max());
            double over = x - Math.clamp(x, range.low, range.high);
            clipping += d.bin(i) * over * over;
            inside += over == 0 ? d.bin(i) : 0;
        }
        return clipping + Math.max(0, inside) * step * step / 12;
    }

    /** This range, longer by a share of its length at each end that is not 0. */
    Range widened(double share) {
        double more = share * (high - low);
        return new Range(low == 0 ? 0 : low - more, high == 0 ? 0 : high + more);
    }
}
