package io.millrace.quantizer.internal;

import io.millrace.ir.Op;
import io.millrace.ir.Tensor;
import io.millrace.quantizer.MapType;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.Weights;
import java.util.Arrays;

/**
 * Integer weights of a convolution, with everything that follows from them a channel.
 *
 * @param steps real value of one accumulator step, {@code scaleIn * scaleW[m]}
 * @param magnitudes bound of the sum of products
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
        int zeroPointIn,
        int clipped) {

    /**
     * Rounds weights {@code [M, C / groups, taps]} to one scale an output channel, and stores them {@code [M, taps, C / groups]}.
     *
     * @param authored whether weights that already are multiples of a scale stay what they are
     */
    static ConvWeights quantize(Op.Conv conv, MapType in, Grids grids, Precision precision, boolean authored) {
        Tensor w = conv.weights();
        int outputs = w.shape().dim(0);
        int channels = w.shape().dim(1);
        int taps = conv.window().taps();
        int depth = channels * taps;
        var codes = new short[outputs * depth];
        var steps = new double[outputs];
        int clipped = 0;
        for (int m = 0; m < outputs; m++) {
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
        var weights = new Weights(codes);
        var sums = new long[outputs];
        var magnitudes = new long[outputs];
        for (int m = 0; m < outputs; m++) {
            sums[m] = WeightSums.ofWeights(weights, m, outputs);
            magnitudes[m] = -precision.low() * WeightSums.ofMagnitudes(weights, m, outputs);
        }
        return new ConvWeights(weights, steps, sums, magnitudes, taps, conv.groups(), in.zeroPoint(), clipped);
    }

    /** {@code scaleIn * scaleW / scaleOut}. */
    double[] factors(double scaleOut) {
        return Arrays.stream(steps).map(step -> step / scaleOut).toArray();
    }

    /** {@code floor(bias / step + 1/2) - zeroPointIn * sum(weights)}. */
    long[] foldedBias(double[] realBias) {
        var folded = new long[realBias.length];
        for (int m = 0; m < folded.length; m++) {
            long own = steps[m] == 0 ? 0 : (long) Math.floor(realBias[m] / steps[m] + 0.5);
            folded[m] = own - zeroPointIn * sums[m];
        }
        return folded;
    }

    /**
     * The bias that gives each channel the mean it has in floats.
     *
     * @param floatMeans means of the float layer's result
     * @param meanPatch mean of {@code code - zeroPointIn} over all positions and frames, index {@code tap * channels + c}
     */
    double[] correctedBias(double[] realBias, double[] floatMeans, double[] meanPatch) {
        var corrected = new double[realBias.length];
        int depth = weights.size() / corrected.length;
        int each = depth / taps;
        for (int m = 0; m < corrected.length; m++) {
            int first = m / (corrected.length / groups) * each;
            double sum = 0;
            for (int i = 0; i < depth; i++) {
                sum += weights.get(m * depth + i) * meanPatch[i / each * each * groups + first + i % each];
            }
            corrected[m] = floatMeans[m] - sum * steps[m];
        }
        return corrected;
    }
}
