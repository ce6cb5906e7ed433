package io.millrace.ir.internal;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Normalization;
import io.millrace.ir.Op;
import io.millrace.ir.Pointwise;
import io.millrace.ir.Shape;
import java.util.Arrays;
import java.util.OptionalInt;

/** Normalizations by statistics of the whole map or of all channels: convolutions and averages, a table of the divisor, a product. */
public final class Statistics {
    /** Where a norm is 0, so are the values, and a factor of about 0 asks for no range. */
    private static final float NO_NORM = 0x1p100f;

    private Statistics() {}

    public static Graph compose(Graph graph) {
        return Composer.rewrite(graph, Statistics::compose);
    }

    private static OptionalInt compose(Composer c, Node n) {
        if (!(n.op() instanceof Op.Normalize(Normalization kind)) || !Composer.isMap(n.shape())) {
            return OptionalInt.empty();
        }
        return switch (kind) {
            case Normalization.Lp(int p) -> norm(c, c.operand(0), Axes.CHANNELS, p);
            case Normalization.MeanVariance(int groups, float epsilon) ->
                n.shape().volume() == groups
                        ? OptionalInt.of(c.constant(c.operand(0), 0))
                        : meanVariance(c, c.operand(0), (name, x) -> groupMean(c, name, x, groups), epsilon);
            case Normalization.LocalResponse _ -> OptionalInt.empty();
        };
    }

    /** A map divided by the norm over some of its axes. */
    static OptionalInt norm(Composer c, int x, Axes axes, int p) {
        var inverse = new Pointwise.Threshold(0, NO_NORM).then(new Pointwise.Power(-1f / p));
        int factor = axes.ofSum(c, "sum", "factor", inverse, c.part("powers", Pools.power(p), x));
        return c.whole(BinaryFunction.MUL, x, axes.spread(c, "spread", factor, c.shape(x)));
    }

    /** A map less its mean over some of its axes, divided by its deviation. */
    static OptionalInt meanVariance(Composer c, int x, Axes axes, float epsilon) {
        Shape map = c.shape(x);
        return axes.count(map) == 1
                ? OptionalInt.of(c.constant(x, 0))
                : meanVariance(
                        c, x, (name, y) -> axes.spread(c, name + ".spread", axes.mean(c, name, y), map), epsilon);
    }

    /** A mean of a map's parts, for each of their elements or one of them. */
    @FunctionalInterface
    private interface Mean {
        int of(String name, int x);
    }

    private static OptionalInt meanVariance(Composer c, int x, Mean mean, float epsilon) {
        int centred = c.part("centred", BinaryFunction.SUB, x, mean.of("mean", x));
        int squares = c.part("squares", new Pointwise.Power(2), centred);
        var inverse =
                new Pointwise.Relu().then(new Pointwise.Affine(1, epsilon)).then(new Pointwise.Power(-0.5f));
        int factor = c.part("factor", inverse, mean.of("variance", squares));
        return c.whole(BinaryFunction.MUL, centred, factor);
    }

    /** The mean over space and each group of channels, for every channel. */
    private static int groupMean(Composer c, String name, int x, int groups) {
        int channels = c.shape(x).dim(1);
        int size = channels / groups;
        if (size == 1) {
            return c.spatialMean(name, x);
        }
        int rank = c.spatialRank(x);
        int means = c.spatialMean(name + ".channels", x);
        int one = c.part(name + ".groups", alike(groups, size, 1f / size, groups, rank), means);
        return c.part(name, alike(channels, 1, 1, groups, rank), one);
    }

    private static Op.Conv alike(int outputs, int groupInputs, float weight, int groups, int rank) {
        var weights = new float[outputs * groupInputs];
        Arrays.fill(weights, weight);
        return Composer.pointwise(outputs, groupInputs, weights, groups, rank);
    }
}
