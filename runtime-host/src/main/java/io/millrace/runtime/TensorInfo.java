package io.millrace.runtime;

import java.util.List;

/**
 * A tensor that enters or leaves a board, and what its codes mean: real value = (code - zeroPoint) * scale.
 *
 * @param id number in the packets; inputs and outputs count from 0 each
 * @param pixelMean subtracted from a pixel: nothing, one for all channels, or one a channel
 * @param pixelScale then multiplied, likewise: real value = (pixel - pixelMean) * pixelScale
 */
public record TensorInfo(
        String name,
        int id,
        int channels,
        int rows,
        int columns,
        double scale,
        int zeroPoint,
        List<Double> pixelMean,
        List<Double> pixelScale) {
    public TensorInfo {
        pixelMean = List.copyOf(pixelMean);
        pixelScale = List.copyOf(pixelScale);
        if (channels < 1 || rows < 1 || columns < 1) {
            throw new IllegalArgumentException(
                    "tensor '" + name + "' has size " + rows + "x" + columns + "x" + channels);
        }
        if (!(scale > 0) || Double.isInfinite(scale)) {
            throw new IllegalArgumentException("tensor '" + name + "' has scale " + scale);
        }
        if (!oneOrEach(pixelMean, channels) || !oneOrEach(pixelScale, channels)) {
            throw new IllegalArgumentException("tensor '" + name + "' of " + channels + " channels has "
                    + pixelMean.size() + " pixel means and " + pixelScale.size() + " pixel scales");
        }
    }

    private static boolean oneOrEach(List<Double> values, int channels) {
        return values.size() <= 1 || values.size() == channels;
    }

    /** Codes in one frame. */
    public int size() {
        return Math.multiplyExact(Math.multiplyExact(rows, columns), channels);
    }

    /** Codes in one row. */
    public int rowCodes() {
        return Math.multiplyExact(columns, channels);
    }

    /**
     * Codes of pixels, rounded half to even and clamped.
     *
     * @param pixels in row, column, channel order
     * @param codeBits 8 or 16
     * @throws IllegalArgumentException if there are not {@link #size()} of them
     */
    public int[] codesOfPixels(double[] pixels, int codeBits) {
        requireSize(pixels.length);
        var real = new double[pixels.length];
        for (int i = 0; i < real.length; i++) {
            int c = i % channels;
            real[i] = (pixels[i] - at(pixelMean, c, 0)) * at(pixelScale, c, 1);
        }
        return codesOf(real, codeBits);
    }

    /** Codes of real values, rounded half to even and clamped; otherwise as {@link #codesOfPixels}. */
    public int[] codesOf(double[] values, int codeBits) {
        requireSize(values.length);
        int high = (1 << (codeBits - 1)) - 1;
        var codes = new int[values.length];
        for (int i = 0; i < codes.length; i++) {
            double code = Math.rint(values[i] / scale) + zeroPoint;
            codes[i] = (int) Math.clamp(code, -high - 1.0, high);
        }
        return codes;
    }

    /** Real values of codes. */
    public double[] valuesOf(int[] codes) {
        requireSize(codes.length);
        var values = new double[codes.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (codes[i] - zeroPoint) * scale;
        }
        return values;
    }

    private void requireSize(int length) {
        if (length != size()) {
            throw new IllegalArgumentException(length + " values for tensor '" + name + "' of " + size());
        }
    }

    private static double at(List<Double> values, int channel, double none) {
        return values.isEmpty() ? none : values.size() == 1 ? values.getFirst() : values.get(channel);
    }
}
