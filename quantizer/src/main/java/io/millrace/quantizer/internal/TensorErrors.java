package io.millrace.quantizer.internal;

import io.millrace.ir.Tensor;
import io.millrace.quantizer.HostCodes;
import io.millrace.quantizer.MapType;
import io.millrace.quantizer.TensorAccuracy;

/** Sums up the difference between a tensor's float values and its codes, frame after frame. */
public final class TensorErrors {
    private final MapType type;
    private final double low;
    private final double high;
    private double seenLow = Double.POSITIVE_INFINITY;
    private double seenHigh = Double.NEGATIVE_INFINITY;
    private double signal;
    private double noise;
    private long clipped;
    private long count;

    /**
     * @param low real number of the smallest code that can leave
     * @param high real number of the largest
     */
    public TensorErrors(MapType type, double low, double high) {
        this.type = type;
        this.low = low;
        this.high = high;
    }

    /** Takes in one frame: values channels first, codes channels last. What only stands below every value has no code to compare. */
    public void add(Tensor values, short[] codes) {
        int channels = type.channels();
        int positions = codes.length / channels;
        double halfStep = type.scale() / 2;
        for (int c = 0; c < channels; c++) {
            for (int p = 0; p < positions; p++) {
                double x = values.get(c * positions + p);
                if (x < -Refusals.PAD_MAX) {
                    continue;
                }
                double difference = x - HostCodes.real(codes[HostCodes.place(p, positions, type) * channels + c], type);
                signal += x * x;
                noise += difference * difference;
                clipped += x < low - halfStep || x > high + halfStep ? 1 : 0;
                seenLow = Math.min(seenLow, x);
                seenHigh = Math.max(seenHigh, x);
            }
        }
        count += codes.length;
    }

    public TensorAccuracy summary(String name) {
        double ratio = noise == 0 ? Double.POSITIVE_INFINITY : 10 * Math.log10(signal / noise);
        return new TensorAccuracy(name, low, high, seenLow, seenHigh, (double) clipped / count, ratio);
    }
}
