package io.millrace.ir.internal;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.ChannelOrder;
import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Pointwise;
import java.util.OptionalInt;

/**
 * Softmax along the channels as {@code exp(d - log(sum exp(d)))}, {@code d} the distance from the largest channel: two tables and
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
        int x = c.operand(0);
        int channels = n.shape().dim(1);
        if (channels == 1) {
            return OptionalInt.of(c.constant(x, log ? 0 : 1));
        }
        int distance = c.part(
                "distance",
                BinaryFunction.SUB,
                x,
                c.spread("largest.spread", c.part("largest", new Op.TopK(1, false), x), channels));
        if (!log) {
            // A finer grid for what counts.
            distance = c.part("near", new Pointwise.Clip(-DISTANCE_MAX, Float.MAX_VALUE), distance);
        }
        int sum = c.channelSum("sum", c.part("powers", new Pointwise.Exp(), distance), 1);
        // The sum is 1 at least; the clip keeps the table finite.
        var logarithm = new Pointwise.Clip(0.5f, Float.MAX_VALUE).then(new Pointwise.Log());
        int level = c.spread("level.spread", c.part("level", logarithm, sum), channels);
        if (log) {
            return c.whole(BinaryFunction.SUB, distance, level);
        }
        return c.whole(
                new Op.Activation(new Pointwise.Exp()), c.part("logarithm", BinaryFunction.SUB, distance, level));
    }
}
