package io.millrace.ir.internal;

import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** Rows of a table by computed numbers: one channel for each row, which is 1 where it is meant, and a convolution whose weights are the table. */
public final class Lookups {
    /** Longer tables would be weights by the million, most of them never read for a frame. */
    private static final int ROWS_MAX = 4096;

    private Lookups() {}

    public static Graph compose(Graph graph) {
        return Composer.rewrite(graph, Lookups::compose);
    }

    private static OptionalInt compose(Composer c, Node n) {
        if (!(n.op() instanceof Op.Lookup(Tensor table)) || table.shape().dim(0) > ROWS_MAX) {
            return OptionalInt.empty();
        }
        int x = c.operand(0);
        int count = c.shape(x).volume();
        if (count == 0 || !Rearrangements.isMap(c.shape(x))) {
            return OptionalInt.empty();
        }
        int rows = table.shape().dim(0);
        int width = table.shape().dim(1);
        int line = rearranged(c, "line", x, Shape.of(1, 1, 1, count), 1);
        int hot = c.part("rows", new Op.OneHot(rows), line);
        var weights = new float[width * rows];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = table.get(i % rows * width + i / rows);
        }
        int found = c.part("found", Composer.pointwise(width, rows, weights, 1, 2), hot);
        return c.whole(order(n.shape(), width), found);
    }

    private static int rearranged(Composer c, String name, int x, Shape shape, int width) {
        return c.shape(x).equals(shape) ? x : c.part(name, order(shape, width), x);
    }

    /** {@code [.., width]} of {@code [width, ..]}. */
    private static Op.Rearrange order(Shape to, int width) {
        int count = to.volume() / width;
        var sources = new ArrayList<Integer>();
        for (int i = 0; i < to.volume(); i++) {
            sources.add(i % width * count + i / width);
        }
        return new Op.Rearrange(to, List.copyOf(sources));
    }
}
