package io.millrace.quantizer.internal;

import io.millrace.ir.Op;
import io.millrace.ir.Tensor;
import io.millrace.quantizer.MapType;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.Weights;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Integer weights of a convolution, with everything that follows from them. A <i>filter</i> is an output channel with weights of its own:
 * with bands all groups have the same filters, else each output channel is one.
 *
 * @param steps a filter, real value of one accumulator step, {@code scaleIn * scaleW[m]}
 * @param sums an output channel, of the weights that meet a channel of the operand
 * @param magnitudes an output channel, bound of the sum of products
 * @param clipped weights that their scale saturates
 */
@SuppressWarnings("ArrayRecordComponent") // lives within one lowering, compared nowhere
record ConvWeights(
        Weights weights,
        double[] steps,
        long[] sums,
        long[] magnitudes,
        int taps,
        int groups,
        Optional<QOp.Conv.Bands> bands,
        MapType in,
        int clipped) {

    /** Of the same number, all of them 0. */
    static ConvWeights zeros(Op.Conv conv, int groups, Optional<QOp.Conv.Bands> bands, MapType in) {
        int filters = conv.weights().shape().dim(0);
        int outputs = bands.isPresent() ? filters * groups : filters;
        return new ConvWeights(
                Weights.zeros(conv.weights().size()),
                new double[filters],
                new long[outputs],
                new long[outputs],
                conv.window().taps(),
                groups,
                bands,
                in,
                0);
    }

    /**
     * Rounds weights {@code [M, C / groups, taps]} to one scale an output channel, and stores them {@code [M, taps, C / groups]}. With bands,
     * the convolution's filters are those of each group.
     *
     * @param conv of one group, if there are bands
     * @param authored whether weights that already are multiples of a scale stay what they are
     */
    static ConvWeights quantize(
            Op.Conv conv,
            int groups,
            Optional<QOp.Conv.Bands> bands,
            MapType in,
            Grids grids,
            Precision precision,
            boolean authored) {
        Tensor w = conv.weights();
        int filters = w.shape().dim(0);
        int channels = w.shape().dim(1);
        int taps = conv.window().taps();
        int depth = channels * taps;
        var codes = new short[filters * depth];
        var steps = new double[filters];
        int clipped = 0;
        for (int m = 0; m < filters; m++) {
            double magnitude = 0;
            for (int i = 0; i < depth; i++) {
                magnitude = Math.max(magnitude, Math.abs(w.get(m * depth + i)));
            }
            double scale = grids.weights(magnitude, conv.bias().get(m), in.scale());
            if (authored) {
                scale = AuthorWeights.scale(w, m * depth, depth, scale, precision);
            }
            steps[m] = in.scale() * scale;
            for (int c = 0; c < channels && scale > 0; c++) {
                for (int t = 0; t < taps; t++) {
                    double code = Math.rint(w.get((m * channels + c) * taps + t) / scale);
                    clipped += Math.abs(code) > precision.high() + 1 ? 1 : 0;
                    codes[(m * taps + t) * channels + c] =
                            (short) Math.clamp(code, -precision.high(), precision.high());
                }
            }
        }
        int outputs = bands.isPresent() ? filters * groups : filters;
        var made = new ConvWeights(
                new Weights(codes), steps, new long[outputs], new long[outputs], taps, groups, bands, in, clipped);
        long[] magnitudes = made.weights.sumsOfMagnitudes(filters);
        for (int m = 0; m < outputs; m++) {
            made.sums[m] = made.sum(m);
            made.magnitudes[m] = -precision.low() * magnitudes[m % filters];
        }
        return made;
    }

    private int filters() {
        return steps.length;
    }

    private int width() {
        return weights.size() / (filters() * taps);
    }

    /** The operand's channel that is the first of an output channel's group. */
    private int firstChannel(int m) {
        int group = m / (sums.length / groups);
        return bands.map(b -> b.first() + group * b.step()).orElse(group * width());
    }

    private interface Product {
        double of(int tap, int channel, int weight);
    }

    /** Adds up over the weights of an output channel that meet a channel of the operand. */
    private double sum(int m, Product product) {
        double sum = 0;
        int width = width();
        int first = firstChannel(m);
        int end = Math.min(width, in.channels() - first);
        for (int t = 0; t < taps; t++) {
            int row = (m % filters() * taps + t) * width;
            for (int c = Math.max(0, -first); c < end; c++) {
                sum += product.of(t, first + c, weights.get(row + c));
            }
        }
        return sum;
    }

    /** Sums of at most 2^53 are exact. */
    private long sum(int m) {
        return (long) sum(m, (_, _, weight) -> weight);
    }

    /** {@code scaleIn * scaleW / scaleOut}, an output channel. */
    double[] factors(double scaleOut) {
        return IntStream.range(0, sums.length)
                .mapToDouble(m -> steps[m % filters()] / scaleOut)
                .toArray();
    }

    /**
     * {@code floor(bias / step + 1/2) - zeroPointIn * sum(weights)}, an output channel.
     *
     * @param realBias a filter
     */
    long[] foldedBias(double[] realBias) {
        var folded = new long[sums.length];
        for (int m = 0; m < folded.length; m++) {
            double step = steps[m % filters()];
            long own = step == 0 ? 0 : (long) Math.floor(realBias[m % filters()] / step + 0.5);
            folded[m] = own - in.zeroPoint() * sums[m];
        }
        return folded;
    }

    /**
     * The bias that gives each filter the mean it has in floats.
     *
     * @param floatMeans means of the float layer's result
     * @param meanPatch mean of {@code code - zeroPointIn} over all positions and frames, index {@code tap * channels + c}
     */
    double[] correctedBias(double[] floatMeans, double[] meanPatch) {
        var corrected = new double[filters()];
        int times = sums.length / filters();
        for (int f = 0; f < corrected.length; f++) {
            double sum = 0;
            for (int m = f; m < sums.length; m += filters()) {
                sum += sum(m, (tap, channel, weight) -> weight * meanPatch[tap * in.channels() + channel]);
            }
            corrected[f] = floatMeans[f] - sum / times * steps[f];
        }
        return corrected;
    }
}
