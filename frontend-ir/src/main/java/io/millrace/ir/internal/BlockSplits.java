package io.millrace.ir.internal;

import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** Space to depth as a concatenation of slices, one for each place in a block. */
public final class BlockSplits {
    private BlockSplits() {}

    public static Graph compose(Graph graph) {
        return Composer.rewrite(graph, BlockSplits::compose);
    }

    private static OptionalInt compose(Composer c, Node n) {
        if (!(n.op() instanceof Op.SpaceToDepth(int block)) || !Composer.isMap(n.shape())) {
            return OptionalInt.empty();
        }
        int x = c.operand(0);
        Shape shape = c.shape(x);
        var parts = new ArrayList<Integer>();
        for (int row = 0; row < block; row++) {
            for (int column = 0; column < block; column++) {
                var slice = new Op.Slice(
                        List.of(0, 0, row, column),
                        List.of(1, 1, block, block),
                        List.of(1, shape.dim(1), n.shape().dim(2), n.shape().dim(3)));
                parts.add(c.part("row" + row + "column" + column, slice, x));
            }
        }
        return OptionalInt.of(c.whole(new Op.Concat(1), parts));
    }
}
