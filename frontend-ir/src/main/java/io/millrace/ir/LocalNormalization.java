package io.millrace.ir;

import io.millrace.ir.internal.Composer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Normalization of a map by the weighted neighbourhood of each position over all channels, as Torch7's {@code nn} defines it:
 * {@code SpatialSubtractiveNormalization}, {@code SpatialDivisiveNormalization} and, one after the other,
 * {@code SpatialContrastiveNormalization}. At the border, where part of the neighbourhood is missing, both statistics are divided by
 * the kernel's share that is inside.
 *
 * <p>Kernels have one axis for each spatial axis of the map, odd sizes, no negative weight and a positive one in the middle; they are
 * scaled so that their weights add up to 1 over all channels.
 */
public final class LocalNormalization {
    private LocalNormalization() {}

    /** What keeps a divisor from getting small. */
    public sealed interface Floor {
        /** {@code divisor > threshold ? divisor : otherwise}; {@code otherwise} is not 0. Torch7's default is 1e-4 for both. */
        record Constant(float threshold, float otherwise) implements Floor {}

        /** The larger of the divisor and its mean over the map (Jarrett et al., ICCV 2009). */
        record Mean() implements Floor {}
    }

    /**
     * Appends {@code y = x - mean / share} and returns its id, {@code mean} being the kernel's sum around each position.
     *
     * @throws IllegalArgumentException if the kernel does not suit the map
     */
    public static int subtractive(GraphBuilder builder, String name, SourceRef source, int x, Tensor kernel) {
        var c = new Composer(builder, name, source, List.of(x));
        int mean = inside(c, x, c.part("mean", estimate(c, x, kernel), x), kernel);
        return c.whole(
                        BinaryFunction.SUB,
                        x,
                        c.spread("spread", mean, c.shape(x).dim(1)))
                .getAsInt();
    }

    /**
     * Appends {@code y = x / floor(deviation / share)} and returns its id, {@code deviation} being the root of the kernel's sum of
     * squares around each position.
     *
     * @throws IllegalArgumentException if the kernel does not suit the map
     */
    public static int divisive(GraphBuilder builder, String name, SourceRef source, int x, Tensor kernel, Floor floor) {
        var c = new Composer(builder, name, source, List.of(x));
        int squares = c.part("squares", new Pointwise.Power(2), x);
        int variance = c.part("variance", estimate(c, x, kernel), squares);
        var root = new Pointwise.Relu().then(new Pointwise.Power(0.5f));
        int deviation = inside(c, x, c.part("deviation", root, variance), kernel);
        int factor = switch (floor) {
            case Floor.Constant(float threshold, float otherwise) ->
                c.part(
                        "factor",
                        new Pointwise.Threshold(threshold, otherwise).then(new Pointwise.Power(-1)),
                        deviation);
            case Floor.Mean _ -> {
                var inverse = new Pointwise.Threshold(0, Float.MAX_VALUE).then(new Pointwise.Power(-1));
                yield c.part("factor", inverse, flooredByMean(c, deviation));
            }
        };
        return c.whole(
                        BinaryFunction.MUL,
                        x,
                        c.spread("spread", factor, c.shape(x).dim(1)))
                .getAsInt();
    }

    /** A single position is its own mean. */
    private static int flooredByMean(Composer c, int deviation) {
        return c.shape(deviation).volume() == 1
                ? deviation
                : c.maximum("floored", c.spatialMean("mean", deviation), deviation);
    }

    /** Appends a subtractive and then a divisive normalization and returns its id. */
    public static int contrastive(
            GraphBuilder builder, String name, SourceRef source, int x, Tensor kernel, Floor floor) {
        int centred = subtractive(builder, name + "/subtractive", source, x, kernel);
        return divisive(builder, name, source, centred, kernel, floor);
    }

    /** The kernel's sum over all channels, padded with zeros so that the map keeps its size. */
    private static Op.Conv estimate(Composer c, int x, Tensor kernel) {
        Shape map = c.shape(x);
        check(map, kernel.shape());
        double sum = 0;
        for (int i = 0; i < kernel.size(); i++) {
            sum += positive(kernel, i);
        }
        int channels = map.dim(1);
        var weights = new float[channels * kernel.size()];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (float) (kernel.get(i % kernel.size()) / (sum * channels));
        }
        List<Integer> size = kernel.shape().dims();
        var dims = new ArrayList<>(List.of(1, channels));
        dims.addAll(size);
        var pads = size.stream().map(k -> k / 2).toList();
        var ones = Collections.nCopies(size.size(), 1);
        var window = new Window(size, ones, pads, pads, ones);
        return new Op.Conv(Tensor.wrap(new Shape(dims), weights), Tensor.zeros(Shape.of(1)), window, 1);
    }

    private static void check(Shape map, Shape kernel) {
        if (map.rank() < 3
                || kernel.rank() != map.rank() - 2
                || kernel.dims().stream().anyMatch(k -> k % 2 == 0)) {
            throw new IllegalArgumentException(
                    "a kernel " + kernel + " has no odd size for each spatial axis of " + map);
        }
    }

    private static double positive(Tensor kernel, int i) {
        float weight = kernel.get(i);
        boolean middle = i == kernel.size() / 2;
        if (!(weight >= 0) || !Float.isFinite(weight) || middle && weight == 0) {
            throw new IllegalArgumentException("weight " + i + " of the kernel is " + weight);
        }
        return weight;
    }

    /**
     * A statistic divided by the share of the kernel that lies inside the map: itself, and itself times what the border lacks, which
     * is exactly 0 elsewhere.
     */
    private static int inside(Composer c, int x, int statistic, Tensor kernel) {
        int ones = c.ones(x);
        int lacking = c.part("lacking", Composer.excess(), c.part("share", estimate(c, ones, kernel), ones));
        int missing = c.part("missing", BinaryFunction.MUL, statistic, lacking);
        return c.part("inside", BinaryFunction.ADD, statistic, missing);
    }
}
