package io.millrace.ir.onnx.internal;

import io.millrace.ir.ImportCode;
import io.millrace.ir.Op;
import io.millrace.ir.Pointwise;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.onnx.internal.ConstantFolding.Arithmetic;
import java.util.ArrayList;

/** Activations and element-wise arithmetic. */
final class ElementwiseOperators {
    private ElementwiseOperators() {}

    static Value activation(NodeContext n, Pointwise function) {
        n.requireInputs(1, 1);
        return new Value.Computed(n.emit(new Op.Activation(function), n.computed(0)));
    }

    static Value leakyRelu(NodeContext n) {
        return activation(n, new Pointwise.LeakyRelu(finite("alpha", n.attributes.real("alpha", 0.01f))));
    }

    static Value hardSigmoid(NodeContext n) {
        return activation(
                n,
                new Pointwise.HardSigmoid(
                        finite("alpha", n.attributes.real("alpha", 0.2f)),
                        finite("beta", n.attributes.real("beta", 0.5f))));
    }

    private static float finite(String name, float value) {
        if (!Float.isFinite(value)) {
            throw Rejection.attribute("attribute '" + name + "' is " + value);
        }
        return value;
    }

    /** A slope shared by all channels is a leaky ReLU. */
    static Value pRelu(NodeContext n) {
        n.requireInputs(2, 2);
        int x = n.computed(0);
        Tensor slope = n.floats(1, "slope");
        requireOperandShape(n.shape(x), slope.shape());
        for (int i = 0; i < slope.size(); i++) {
            if (slope.get(i) != slope.get(0)) {
                throw Rejection.unsupported(
                        "PRelu with a slope for each channel", "train with one slope for the layer (LeakyRelu)");
            }
        }
        if (slope.size() == 0) {
            throw Rejection.operands("the slope is empty");
        }
        return new Value.Computed(n.emit(new Op.Activation(new Pointwise.LeakyRelu(slope.get(0))), x));
    }

    static Value clip(NodeContext n) {
        float low = -Float.MAX_VALUE;
        float high = Float.MAX_VALUE;
        if (n.opset < 11) {
            n.requireInputs(1, 1);
            low = n.attributes.real("min", low);
            high = n.attributes.real("max", high);
        } else {
            n.requireInputs(1, 3);
            low = bound(n, 1, "lower bound", low);
            high = bound(n, 2, "upper bound", high);
        }
        if (Float.isNaN(low) || Float.isNaN(high) || low > high) {
            throw Rejection.attribute("clips from " + low + " to " + high);
        }
        return new Value.Computed(n.emit(new Op.Activation(new Pointwise.Clip(low, high)), n.computed(0)));
    }

    private static float bound(NodeContext n, int index, String role, float otherwise) {
        var literal = n.optionalConstant(index, role);
        if (literal.isEmpty()) {
            return otherwise;
        }
        if (literal.get() instanceof Literal.Floats(Tensor t)
                && t.size() == 1
                && t.shape().rank() <= 1) {
            return t.get(0);
        }
        throw Rejection.operands("the " + role + " is of type " + literal.get().type() + " and shape "
                + literal.get().shape() + ", must be one FLOAT");
    }

    static Value sum(NodeContext n) {
        n.requireInputs(1, Integer.MAX_VALUE);
        int total = n.computed(0);
        for (int i = 1; i < n.inputCount(); i++) {
            total = n.emit(new Op.Add(), total, n.computed(i));
        }
        return new Value.Computed(total);
    }

    static Value arithmetic(NodeContext n, Arithmetic op) {
        n.requireInputs(2, 2);
        boolean leftKnown = n.input(0) instanceof Value.Constant;
        boolean rightKnown = n.input(1) instanceof Value.Constant;
        if (leftKnown && rightKnown) {
            return new Value.Constant(n.folding.arithmetic(op, n.constant(0, "operand"), n.constant(1, "operand")));
        }
        if (!leftKnown && !rightKnown) {
            return ofTwoMaps(n, op);
        }
        int x = n.computed(leftKnown ? 1 : 0);
        Shape shape = n.shape(x);
        float[] c = perChannel(shape, n.floats(leftKnown ? 0 : 1, "constant operand"));
        return scaleAndShift(n, op, x, c, leftKnown);
    }

    private static Value ofTwoMaps(NodeContext n, Arithmetic op) {
        int a = n.computed(0);
        int b = n.computed(1);
        if (op != Arithmetic.ADD) {
            throw Rejection.unsupported(
                    n.type + " of two feature maps; only Add combines two maps, " + n.type + " needs a constant",
                    "replace it, or cut the graph before it with --to");
        }
        if (!n.shape(a).equals(n.shape(b))) {
            ConstantFolding.broadcast(n.shape(a), n.shape(b));
            throw new Rejection(
                    ImportCode.BROADCAST,
                    "adds maps of shapes " + n.shape(a) + " and " + n.shape(b) + ", which must be equal",
                    "give both branches the same shape");
        }
        return new Value.Computed(n.emit(new Op.Add(), a, b));
    }

    private static Value scaleAndShift(NodeContext n, Arithmetic op, int x, float[] c, boolean constantFirst) {
        float[] gain = new float[c.length];
        float[] bias = new float[c.length];
        for (int i = 0; i < c.length; i++) {
            switch (op) {
                case ADD -> {
                    gain[i] = 1;
                    bias[i] = c[i];
                }
                case SUB -> {
                    gain[i] = constantFirst ? -1 : 1;
                    bias[i] = constantFirst ? c[i] : -c[i];
                }
                case MUL -> gain[i] = c[i];
                case DIV -> {
                    if (constantFirst) {
                        throw Rejection.unsupported("division of a constant by a map", "replace the layer");
                    }
                    gain[i] = 1 / c[i];
                }
            }
        }
        return LayerOperators.affine(n, x, gain, bias);
    }

    /** One value a channel of the operand, from a constant that broadcasts to it. */
    private static float[] perChannel(Shape operand, Tensor constant) {
        requireOperandShape(operand, constant.shape());
        if (operand.rank() < 2) {
            throw new Rejection(
                    ImportCode.BROADCAST,
                    "the operand " + operand + " has no channel axis",
                    "keep the batch dimension");
        }
        float[] values = new float[operand.dim(1)];
        var seen = new boolean[values.length];
        Shape s = constant.shape();
        int channelAxis = s.rank() - operand.rank() + 1;
        for (int i = 0; i < constant.size(); i++) {
            int inner = channelAxis < 0 ? 1 : ConstantFolding.product(s, channelAxis + 1, s.rank());
            int c = channelAxis < 0 || s.dim(channelAxis) == 1 ? -1 : i / inner % s.dim(channelAxis);
            for (int k = Math.max(c, 0); k <= (c < 0 ? values.length - 1 : c); k++) {
                if (seen[k] && values[k] != constant.get(i)) {
                    throw new Rejection(
                            ImportCode.BROADCAST,
                            "the constant of shape " + s + " differs within channel " + k + " of the operand "
                                    + operand,
                            "use one value, or one value a channel");
                }
                seen[k] = true;
                values[k] = constant.get(i);
            }
        }
        return values;
    }

    /** The constant must not widen the operand. */
    private static void requireOperandShape(Shape operand, Shape constant) {
        Shape result = ConstantFolding.broadcast(operand, constant);
        if (!result.equals(operand)) {
            throw new Rejection(
                    ImportCode.BROADCAST,
                    "a constant of shape " + constant + " widens the operand " + operand + " to " + result,
                    "give the constant one value, or one value a channel");
        }
        if (constant.volume() == 0) {
            throw Rejection.operands("the constant operand is empty");
        }
    }

    /** Along axis 1; before opset 13 an axis stands for all axes from there on, flattened. */
    static Value softmax(NodeContext n, boolean log) {
        n.requireInputs(1, 1);
        int x = n.computed(0);
        Shape shape = n.shape(x);
        int axis = NodeContext.axis(n.attributes.integer("axis", n.opset < 13 ? 1 : -1), shape.rank());
        if (n.opset < 13 && axis == 1) {
            int flat = n.emitReshape(x, Shape.of(shape.dim(0), ConstantFolding.product(shape, 1, shape.rank())));
            return new Value.Computed(n.emitReshape(n.emit(new Op.Softmax(log), flat), shape));
        }
        var others = new ArrayList<>(shape.dims());
        others.remove(axis);
        if (axis != 1 && others.stream().allMatch(d -> d == 1) && shape.rank() >= 2) {
            int flat = n.emitReshape(x, Shape.of(1, shape.volume()));
            return new Value.Computed(n.emitReshape(n.emit(new Op.Softmax(log), flat), shape));
        }
        if (axis != 1) {
            throw Rejection.unsupported(
                    n.type + " along axis " + axis + " of " + shape + "; only the channel axis 1 is supported",
                    "leave it to the host: end the model before it");
        }
        return new Value.Computed(n.emit(new Op.Softmax(log), x));
    }
}
