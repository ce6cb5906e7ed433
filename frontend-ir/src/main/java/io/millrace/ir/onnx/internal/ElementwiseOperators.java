package io.millrace.ir.onnx.internal;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.Op;
import io.millrace.ir.Pointwise;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** Element-wise arithmetic of two operands and more. */
final class ElementwiseOperators {
    private ElementwiseOperators() {}

    /** One slope is a leaky ReLU, one a channel a PRelu; otherwise {@code max(x, 0) + slope * min(x, 0)}. */
    static Value pRelu(NodeContext n) {
        n.requireInputs(2, 2);
        int x = n.computed(0);
        Tensor slope = n.floats(1, "slope");
        if (n.opset < 7 && slope.shape().rank() == 1 && n.shape(x).rank() > 2) {
            var dims = new ArrayList<>(Collections.nCopies(n.shape(x).rank() - 1, 1));
            dims.set(0, slope.size());
            slope = slope.reshape(new Shape(dims));
        }
        requireOperandShape(n.shape(x), slope.shape());
        Optional<float[]> slopes = perChannel(n.shape(x), slope);
        if (isUniform(slope)) {
            return new Value.Computed(n.emit(new Op.Activation(new Pointwise.LeakyRelu(slope.get(0))), x));
        }
        if (slopes.isPresent()) {
            float[] values = slopes.get();
            return new Value.Computed(n.emit(new Op.PRelu(Tensor.wrap(Shape.of(values.length), values)), x));
        }
        int above = n.emit(new Op.Activation(new Pointwise.Relu()), x);
        int below = n.emit(new Op.Activation(new Pointwise.Clip(-Float.MAX_VALUE, 0)), x);
        int scaled = n.emit(new Op.Binary(BinaryFunction.MUL), below, n.emit(new Op.Constant(slope)));
        return new Value.Computed(n.emit(new Op.Binary(BinaryFunction.ADD), above, scaled));
    }

    /** Sum, Mean, Max and Min of one operand or more. */
    static Value ofMany(NodeContext n, BinaryFunction function, boolean mean) {
        n.requireInputs(1, Integer.MAX_VALUE);
        int total = n.operand(0);
        for (int i = 1; i < n.inputCount(); i++) {
            total = combined(n, function, total, n.input(i), i);
        }
        return new Value.Computed(mean ? ActivationOperators.scaled(n, total, 1f / n.inputCount(), 0) : total);
    }

    private static int combined(NodeContext n, BinaryFunction function, int x, Value other, int index) {
        return other instanceof Value.Constant
                ? withConstant(n, function, x, n.floats(index, "constant operand"), false)
                : n.emit(new Op.Binary(function), x, n.operand(index));
    }

    static Value arithmetic(NodeContext given, BinaryFunction function) {
        given.requireInputs(2, 2);
        NodeContext n = given.opset < 7 ? aligned(given) : given;
        boolean leftKnown = n.input(0) instanceof Value.Constant;
        boolean rightKnown = n.input(1) instanceof Value.Constant;
        if (leftKnown && rightKnown) {
            return new Value.Constant(
                    n.folding.arithmetic(function, n.constant(0, "operand"), n.constant(1, "operand")));
        }
        if (!leftKnown && !rightKnown) {
            return new Value.Computed(n.emit(new Op.Binary(function), n.computed(0), n.computed(1)));
        }
        int x = n.computed(leftKnown ? 1 : 0);
        Tensor constant = n.floats(leftKnown ? 0 : 1, "constant operand");
        return new Value.Computed(withConstant(n, function, x, constant, leftKnown));
    }

    /** Before opset 7 the second operand broadcasts only when told to, and from an axis that may be stated. */
    static NodeContext aligned(NodeContext n) {
        boolean broadcast = n.attributes.flag("broadcast", false);
        Optional<Long> axis = n.attributes.integer("axis");
        Shape second = shape(n, 1);
        Shape first = shape(n, 0);
        if (!broadcast && !first.equals(second)) {
            throw Rejection.operands("operands " + first + " and " + second + " differ, and broadcast is not set");
        }
        if (axis.isEmpty() || !broadcast) {
            return n;
        }
        int from = NodeContext.axis(axis.get(), first.rank());
        if (from + second.rank() > first.rank()) {
            throw Rejection.operands(second + " does not fit into " + first + " from axis " + from);
        }
        var dims = new ArrayList<>(second.dims());
        dims.addAll(Collections.nCopies(first.rank() - from - second.rank(), 1));
        Shape wanted = new Shape(dims);
        Value value = n.input(1) instanceof Value.Constant(Literal literal)
                ? new Value.Constant(literal.reshape(wanted))
                : new Value.Computed(n.emitReshape(n.computed(1), wanted));
        return n.with(List.of(Optional.of(n.input(0)), Optional.of(value)));
    }

    private static Shape shape(NodeContext n, int index) {
        return n.input(index) instanceof Value.Constant(Literal literal) ? literal.shape() : n.shape(n.computed(index));
    }

    /** The simplest operation that combines a computed value with a constant. */
    private static int withConstant(
            NodeContext n, BinaryFunction function, int x, Tensor constant, boolean constantFirst) {
        Shape shape = n.shape(x);
        if (constant.size() == 0) {
            throw Rejection.operands("the constant operand is empty");
        }
        boolean keepsShape = ConstantFolding.broadcast(shape, constant.shape()).equals(shape);
        if (keepsShape && isUniform(constant)) {
            float c = constant.get(0);
            if (function == BinaryFunction.MAX) {
                return n.emit(new Op.Activation(new Pointwise.Clip(c, Float.MAX_VALUE)), x);
            }
            if (function == BinaryFunction.MIN) {
                return n.emit(new Op.Activation(new Pointwise.Clip(-Float.MAX_VALUE, c)), x);
            }
            if (shape.rank() < 2) {
                return scaleAndShift(n, function, x, new float[] {c}, constantFirst);
            }
        }
        boolean affine = function != BinaryFunction.MAX && function != BinaryFunction.MIN;
        Optional<float[]> channels = keepsShape && affine ? perChannel(shape, constant) : Optional.empty();
        if (channels.isPresent()) {
            return scaleAndShift(n, function, x, channels.get(), constantFirst);
        }
        int c = n.emit(new Op.Constant(constant));
        return constantFirst ? n.emit(new Op.Binary(function), c, x) : n.emit(new Op.Binary(function), x, c);
    }

    private static int scaleAndShift(
            NodeContext n, BinaryFunction function, int operand, float[] c, boolean constantFirst) {
        float[] gain = new float[c.length];
        float[] bias = new float[c.length];
        int x = operand;
        if (function == BinaryFunction.DIV && constantFirst) {
            x = n.emit(new Op.Activation(new Pointwise.Power(-1)), operand);
        }
        for (int i = 0; i < c.length; i++) {
            switch (function) {
                case ADD -> {
                    gain[i] = 1;
                    bias[i] = c[i];
                }
                case SUB -> {
                    gain[i] = constantFirst ? -1 : 1;
                    bias[i] = constantFirst ? c[i] : -c[i];
                }
                case MUL -> gain[i] = c[i];
                case DIV -> gain[i] = constantFirst ? c[i] : 1 / c[i];
                case MAX, MIN -> throw new IllegalStateException(function + " is no gain and bias");
            }
        }
        return NormalizationOperators.affine(n, x, gain, bias);
    }

    private static boolean isUniform(Tensor t) {
        for (int i = 1; i < t.size(); i++) {
            if (t.get(i) != t.get(0)) {
                return false;
            }
        }
        return t.size() > 0;
    }

    /** One value a channel of the operand, from a constant that broadcasts to it; empty if it differs within a channel. */
    private static Optional<float[]> perChannel(Shape operand, Tensor constant) {
        if (operand.rank() < 2) {
            return Optional.empty();
        }
        float[] values = new float[operand.dim(1)];
        var seen = new boolean[values.length];
        Shape s = constant.shape();
        int channelAxis = s.rank() - operand.rank() + 1;
        int inner = channelAxis < 0 ? 1 : ConstantFolding.product(s, channelAxis + 1, s.rank());
        for (int i = 0; i < constant.size(); i++) {
            int c = channelAxis < 0 || s.dim(channelAxis) == 1 ? -1 : i / inner % s.dim(channelAxis);
            for (int k = Math.max(c, 0); k <= (c < 0 ? values.length - 1 : c); k++) {
                if (seen[k] && values[k] != constant.get(i)) {
                    return Optional.empty();
                }
                seen[k] = true;
                values[k] = constant.get(i);
            }
        }
        return Optional.of(values);
    }

    /** The constant must not widen the operand. */
    static void requireOperandShape(Shape operand, Shape constant) {
        Shape result = ConstantFolding.broadcast(operand, constant);
        if (!result.equals(operand)) {
            throw Rejection.operands(
                    "a constant of shape " + constant + " widens the operand " + operand + " to " + result);
        }
        if (constant.volume() == 0) {
            throw Rejection.operands("the constant operand is empty");
        }
    }
}
