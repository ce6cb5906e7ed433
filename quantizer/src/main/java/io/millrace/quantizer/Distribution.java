package io.millrace.quantizer;

import java.util.Arrays;
import java.util.List;

/**
 * What one tensor showed over the calibration frames: extremes, a histogram and the mean of each channel. The histogram
 * has {@value #BINS} bins over {@code [-limit, limit)}, where the limit is a power of two that grows by merging neighbours, so
 * that one pass is enough and the result does not depend on the order of frames.
 */
public final class Distribution {
    public static final int BINS = 4096;
    private static final double LIMIT_MIN = 0x1p-60;

    private final long[] bins = new long[BINS];
    private final double[] channelSums;
    private final int perChannel;
    private double limit = LIMIT_MIN;
    private double min = Double.POSITIVE_INFINITY;
    private double max = Double.NEGATIVE_INFINITY;
    private long zeros;
    private long count;
    private long channelCount;

    /**
     * Of tensors {@code [1, channels, ...]}.
     *
     * @param perChannel values a channel has in one frame
     */
    Distribution(int channels, int perChannel) {
        this.channelSums = new double[channels];
        this.perChannel = perChannel;
    }

    /** What several tensors showed together; of channels it knows nothing. */
    public static Distribution joint(List<Distribution> parts) {
        var all = new Distribution(0, 0);
        for (Distribution part : parts) {
            all.add(part);
        }
        return all;
    }

    private void add(Distribution part) {
        while (limit < part.limit) {
            widen();
        }
        int shift = Math.min(31, Math.getExponent(limit) - Math.getExponent(part.limit));
        for (int i = 0; i < BINS; i++) {
            bins[BINS / 2 + ((i - BINS / 2) >> shift)] += part.bins[i];
        }
        min = Math.min(min, part.min);
        max = Math.max(max, part.max);
        zeros += part.zeros;
        count += part.count;
    }

    /** Takes in the values of one frame; returns false if one is not finite. */
    boolean add(float[] values, boolean forMeans) {
        double low = min;
        double high = max;
        for (float v : values) {
            if (!Float.isFinite(v)) {
                return false;
            }
            low = Math.min(low, v);
            high = Math.max(high, v);
        }
        min = low;
        max = high;
        grow(Math.max(-low, high));
        double binsPerUnit = BINS / 2 / limit;
        for (float v : values) {
            bins[(int) Math.floor(v * binsPerUnit) + BINS / 2]++;
            zeros += v == 0 ? 1 : 0;
        }
        count += values.length;
        if (forMeans) {
            addMeans(values);
        }
        return true;
    }

    private void addMeans(float[] values) {
        for (int i = 0; i < values.length; i++) {
            channelSums[i / perChannel] += values[i];
        }
        channelCount += perChannel;
    }

    private void grow(double magnitude) {
        while (limit <= magnitude) {
            widen();
        }
    }

    private void widen() {
        limit *= 2;
        long[] wide = bins.clone();
        Arrays.fill(bins, 0);
        for (int i = 0; i < BINS; i++) {
            bins[BINS / 4 + i / 2] += wide[i];
        }
    }

    /** Smallest value seen. */
    public double min() {
        return count == 0 ? 0 : min;
    }

    /** Largest value seen. */
    public double max() {
        return count == 0 ? 0 : max;
    }

    public long count() {
        return count;
    }

    /** Share of values below {@code low} or above {@code high}, to the width of a bin. */
    public double fractionOutside(double low, double high) {
        long outside = 0;
        for (int i = 0; i < BINS; i++) {
            outside += centre(i) < low - binWidth() || centre(i) > high + binWidth() ? bins[i] : 0;
        }
        return count == 0 ? 0 : (double) outside / count;
    }

    /** Mean of each channel over the frames that count for means. */
    public double[] channelMeans() {
        return Arrays.stream(channelSums)
                .map(sum -> sum / Math.max(1, channelCount))
                .toArray();
    }

    /** Values that are exactly 0. */
    public long zeros() {
        return zeros;
    }

    /** Values in a bin. */
    public long bin(int i) {
        return bins[i];
    }

    /** The value that stands for a bin. */
    public double centre(int i) {
        return (i - BINS / 2 + 0.5) * binWidth();
    }

    public double binWidth() {
        return 2 * limit / BINS;
    }

    /** Value below which a share {@code p} of all values lies, to the width of a bin. */
    public double quantile(double p) {
        long wanted = (long) Math.ceil(p * count);
        long seen = 0;
        for (int i = 0; i < BINS; i++) {
            seen += bins[i];
            if (seen >= wanted && seen > 0) {
                return Math.clamp(centre(i), min(), max());
            }
        }
        return max();
    }
}
