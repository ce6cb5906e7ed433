package io.millrace.ir.internal;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Pointwise;
import io.millrace.ir.Tensor;
import java.util.OptionalInt;

/** Quotients as products with a reciprocal, and slopes a channel below 0 as a sum of both halves. */
public final class Divisions {
    private Divisions() {}

    public static Graph compose(Graph graph) {
        return Composer.rewrite(graph, Divisions::compose);
    }

    private static OptionalInt compose(Composer c, Node n) {
        return switch (n.op()) {
            case Op.Binary(BinaryFunction function)
            when function == BinaryFunction.DIV && !c.isConstant(c.operand(0)) && !c.isConstant(c.operand(1)) -> {
                int reciprocal = c.part("reciprocal", new Pointwise.Power(-1), c.operand(1));
                yield c.whole(BinaryFunction.MUL, c.operand(0), reciprocal);
            }
            case Op.PRelu(Tensor slope)
            when Composer.isMap(n.shape()) -> {
                int x = c.operand(0);
                int positive = c.part("positive", new Pointwise.Relu(), x);
                int negative = c.part("negative", new Pointwise.Clip(-Float.MAX_VALUE, 0), x);
                int scaled = c.part("scaled", new Op.ChannelAffine(slope, Tensor.zeros(slope.shape())), negative);
                yield c.whole(BinaryFunction.ADD, positive, scaled);
            }
            case Op _ -> OptionalInt.empty();
        };
    }
}
