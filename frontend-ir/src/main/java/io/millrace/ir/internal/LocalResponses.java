package io.millrace.ir.internal;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Normalization;
import io.millrace.ir.Op;
import io.millrace.ir.Pointwise;
import java.util.OptionalInt;

/**
 * Local response normalization as a table of squares, a convolution of one tap that adds up neighbouring channels, a table of the
 * power and a product.
 */
public final class LocalResponses {
    /** More would need over 16 million weights. */
    private static final int CHANNELS_MAX = 4096;

    private LocalResponses() {}

    public static Graph compose(Graph graph) {
        return Composer.rewrite(graph, LocalResponses::compose);
    }

    private static OptionalInt compose(Composer c, Node n) {
        if (!(n.op() instanceof Op.Normalize(Normalization.LocalResponse response))
                || !Composer.isMap(n.shape())
                || n.shape().dim(1) > CHANNELS_MAX) {
            return OptionalInt.empty();
        }
        int x = c.operand(0);
        int squares = c.part("squares", new Pointwise.Power(2), x);
        int sums = c.part("sums", band(response, n.shape().dim(1), c.spatialRank(x)), squares);
        // The bias joins in the table: as part of its argument it would take codes from the sums.
        var power = new Pointwise.Affine(1, response.bias()).then(new Pointwise.Power(-response.beta()));
        return c.whole(BinaryFunction.MUL, x, c.part("factor", power, sums));
    }

    private static Op.Conv band(Normalization.LocalResponse response, int channels, int rank) {
        int before = (response.size() - 1) / 2;
        int after = response.size() - 1 - before;
        var weights = new float[channels * channels];
        for (int to = 0; to < channels; to++) {
            for (int from = Math.max(0, to - before); from <= Math.min(channels - 1L, (long) to + after); from++) {
                weights[to * channels + from] = response.alpha() / response.size();
            }
        }
        return Composer.pointwise(channels, channels, weights, 1, rank);
    }
}
