package io.millrace.quantizer.internal;

import io.millrace.quantizer.Distribution;
import io.millrace.quantizer.InputSpec;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QuantizeOptions;
import java.util.function.DoubleUnaryOperator;

/** Choice of scales and zero points. */
public final class Grids {
    /** Outputs get this much more than the calibration frames showed at each end: saturated scores would tie. */
    private static final double OUTPUT_HEADROOM = 0.1;

    private static final int TABLE_SEARCH_STEPS = 28;
    private static final double TABLE_SHRINK = 0.9;
    private static final double Q8_8 = 0x1p-8;

    private final QuantizeOptions options;

    public Grids(QuantizeOptions options) {
        this.options = options;
    }

    private Precision precision() {
        return options.format().precision();
    }

    /** Of an activation inside the graph. */
    public Grid activation(Distribution d) {
        return covering(Range.of(d, options, 2.0 * precision().high() + 1));
    }

    /** Of a tensor that leaves the graph: everything seen and some more, whatever the method. */
    public Grid output(Distribution d) {
        return covering(Range.minMax(d).widened(OUTPUT_HEADROOM));
    }

    /** Of an image. */
    public Grid input(InputSpec spec) {
        return covering(new Range(spec.low(), spec.high()));
    }

    private Grid covering(Range range) {
        return switch (options.format()) {
            case INT8 -> affine(range);
            case INT16_FREE_Q -> new Grid(powerOfTwo(Math.max(-range.low(), range.high())), 0, precision());
            case INT16_Q8_8 -> new Grid(Q8_8, 0, precision());
        };
    }

    private Grid affine(Range range) {
        int low = precision().low();
        int high = precision().high();
        double scale = (range.high() - range.low()) / (high - low);
        if (scale < Double.MIN_NORMAL) {
            return new Grid(1, 0, precision());
        }
        int zeroPoint = (int) Math.clamp(Math.floor(low - range.low() / scale + 0.5), low, high);
        return new Grid(scale, zeroPoint, precision());
    }

    /** Smallest power of two with which {@code magnitude} is at most one step over the largest code. */
    private double powerOfTwo(double magnitude) {
        if (magnitude == 0) {
            return 1;
        }
        double scale = Math.scalb(1.0, Math.getExponent(magnitude) - precision().bits() + 1);
        return Math.floor(magnitude / scale + 0.5) > precision().high() + 1 ? 2 * scale : scale;
    }

    /**
     * Scale of the weights of one output channel.
     *
     * @param magnitude largest magnitude of a weight
     * @param bias the real bias, which has to fit the accumulator too
     */
    public double weights(double magnitude, double bias, double scaleIn) {
        double forBias = Math.abs(bias) / (scaleIn * (precision() == Precision.INT8 ? 0x1p23 : 0x1p45));
        return switch (options.format()) {
            case INT8 -> Math.max(magnitude / precision().high(), forBias);
            case INT16_FREE_Q -> {
                double scale = magnitude == 0 ? 0 : powerOfTwo(magnitude);
                yield forBias <= scale ? scale : Math.scalb(1.0, Math.getExponent(forBias) + 1);
            }
            case INT16_Q8_8 -> Q8_8;
        };
    }

    /** Of the argument of a table: as many codes as possible where the function still moves. */
    public Grid argument(Distribution d, DoubleUnaryOperator function, Grid result) {
        return switch (options.format()) {
            case INT8 -> leastResultError(d, function);
            case INT16_FREE_Q -> narrowestWithoutLoss(d, function, result);
            case INT16_Q8_8 -> new Grid(Q8_8, 0, precision());
        };
    }

    /** Searches the range with the least mean square error of the function's value over the histogram. */
    private Grid leastResultError(Distribution d, DoubleUnaryOperator function) {
        Range full = Range.minMax(d);
        if (d.count() == 0) {
            return affine(full);
        }
        var exact = new double[Distribution.BINS];
        for (int i = 0; i < exact.length; i++) {
            exact[i] = function.applyAsDouble(d.centre(i));
        }
        Grid best = affine(full);
        double least = Double.POSITIVE_INFINITY;
        double highShare = 1;
        for (int h = 0; h < TABLE_SEARCH_STEPS; h++, highShare *= TABLE_SHRINK) {
            double lowShare = 1;
            for (int l = 0; l < TABLE_SEARCH_STEPS; l++, lowShare *= TABLE_SHRINK) {
                Grid candidate = affine(new Range(full.low() * lowShare, full.high() * highShare));
                double e = resultError(d, function, exact, candidate, least);
                if (e < least) {
                    least = e;
                    best = candidate;
                }
            }
        }
        return best;
    }

    private static double resultError(
            Distribution d, DoubleUnaryOperator function, double[] exact, Grid grid, double limit) {
        int low = grid.precision().low();
        var values = new double[grid.precision().high() - low + 1];
        for (int i = 0; i < values.length; i++) {
            values[i] = function.applyAsDouble(grid.real(low + i));
        }
        double sum = 0;
        for (int i = 0; i < exact.length && sum < limit; i++) {
            if (d.bin(i) > 0) {
                double e = exact[i] - values[grid.code(d.centre(i)) - low];
                sum += d.bin(i) * e * e;
            }
        }
        return sum;
    }

    /** The finest power of two whose range ends cost at most half a step of the result on any value seen. */
    private Grid narrowestWithoutLoss(Distribution d, DoubleUnaryOperator function, Grid result) {
        Grid grid = covering(Range.minMax(d));
        while (grid.scale() > Double.MIN_NORMAL) {
            var finer = new Grid(grid.scale() / 2, 0, precision());
            double loss = Math.max(lossAt(d.min(), finer, function), lossAt(d.max(), finer, function));
            if (loss > result.scale() / 2 || -finer.low() < result.scale()) {
                return grid;
            }
            grid = finer;
        }
        return grid;
    }

    private static double lossAt(double x, Grid grid, DoubleUnaryOperator function) {
        double cut = Math.clamp(x, grid.low(), grid.high());
        return Math.abs(function.applyAsDouble(x) - function.applyAsDouble(cut));
    }
}
