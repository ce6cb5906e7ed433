package io.millrace.ir.internal;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Sampling;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.OptionalInt;

/**
 * Operands of sums, differences and products that stand for several channels, rows or columns, made as large as the engines need
 * them: all channels, and every position or one.
 */
public final class Broadcasts {
    private Broadcasts() {}

    public static Graph compose(Graph graph) {
        return Composer.rewrite(graph, Broadcasts::compose);
    }

    private static OptionalInt compose(Composer c, Node n) {
        if (!(n.op() instanceof Op.Binary(BinaryFunction function)) || !isLinear(function)) {
            return OptionalInt.empty();
        }
        int a = c.operand(0);
        int b = c.operand(1);
        int left = widened(c, "left", a, n.shape());
        int right = widened(c, "right", b, n.shape());
        return left == a && right == b ? OptionalInt.empty() : c.whole(function, left, right);
    }

    private static boolean isLinear(BinaryFunction function) {
        return switch (function) {
            case ADD, SUB, MUL -> true;
            case DIV, MAX, MIN -> false;
        };
    }

    private static int widened(Composer c, String side, int x, Shape to) {
        if (!Composer.isMap(to)
                || !Composer.isMap(c.shape(x))
                || c.isConstant(x)
                || c.shape(x).rank() != to.rank()) {
            return x;
        }
        int channels = c.spread(side + ".channels", x, to.dim(1));
        Shape from = c.shape(channels);
        boolean fits = from.volume() == from.dim(1) || from.equals(to);
        return fits ? channels : c.part(side, repeated(from, to), channels);
    }

    private static Op.Resize repeated(Shape from, Shape to) {
        var axes = new ArrayList<Sampling>();
        for (int axis = 0; axis < to.rank(); axis++) {
            int size = to.dim(axis);
            axes.add(
                    from.dim(axis) == size
                            ? Sampling.identity(size)
                            : new Sampling(Collections.nCopies(size, 0), Tensor.zeros(Shape.of(size))));
        }
        return new Op.Resize(axes);
    }
}
