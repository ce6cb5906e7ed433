package io.millrace.ir.internal;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.ChannelOrder;
import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Pointwise;
import io.millrace.ir.Shape;
import java.util.OptionalInt;

/**
 * Softmax along the channels, or over other axes of a map, as {@code exp(d - log(sum exp(d)))}, {@code d} the distance from the largest channel: two tables and
 * no division. Without the last exponential it is a log-softmax.
 */
public final class Softmaxes {
    /** Further below the largest, a channel's share is under 2e-7. */
    private static final float DISTANCE_MAX = 16;

    private Softmaxes() {}

    public static Graph compose(Graph graph) {
        return Composer.rewrite(graph, (c, n) -> compose(graph, c, n));
    }

    private static OptionalInt compose(Graph graph, Composer c, Node n) {
        if (!(n.op() instanceof Op.Softmax(boolean log))
                || !Composer.isMap(n.shape())
                || ChannelOrder.isAllThatCounts(graph, n)) {
            return OptionalInt.empty();
        }
        return compose(c, c.operand(0), Axes.CHANNELS, log);
    }

    /** A softmax of a map over some of its axes. */
    static OptionalInt compose(Composer c, int x, Axes axes, boolean log) {
        Shape map = c.shape(x);
        if (axes.count(map) == 1) {
            return OptionalInt.of(c.constant(x, log ? 0 : 1));
        }
        int largest = axes.largest(c, "largest", x);
        int distance = c.part("distance", BinaryFunction.SUB, x, axes.spread(c, "largest.spread", largest, map));
        if (!log) {
            // A finer grid for what counts.
            distance = c.part("near", new Pointwise.Clip(-DISTANCE_MAX, Float.MAX_VALUE), distance);
        }
        // The sum is 1 at least; the clip keeps the table finite.
        var logarithm = new Pointwise.Clip(0.5f, Float.MAX_VALUE).then(new Pointwise.Log());
        int powers = c.part("powers", new Pointwise.Exp(), distance);
        int level = axes.spread(c, "level.spread", axes.ofSum(c, "sum", "level", logarithm, powers), map);
        if (log) {
            return c.whole(BinaryFunction.SUB, distance, level);
        }
        return c.whole(
                new Op.Activation(new Pointwise.Exp()), c.part("logarithm", BinaryFunction.SUB, distance, level));
    }
}
