package io.millrace.ir.onnx.internal;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.ImportCode;
import io.millrace.ir.Op;
import io.millrace.ir.Pointwise;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Operators on integer codes: each becomes the float operator between a rounding of its operands and the codes of its result, so that
 * the author's scales stay what they are. Operands come as value, scale and zero point.
 */
final class QuantizedOperators {
    private QuantizedOperators() {}

    static Value importNode(NodeContext n) {
        return switch (n.type) {
            case "QLinearConv" -> conv(n);
            case "QLinearMatMul" -> matMul(n);
            case "QGemm" -> gemm(n);
            case "QLinearAdd" -> binary(n, BinaryFunction.ADD);
            case "QLinearMul" -> binary(n, BinaryFunction.MUL);
            case "QLinearSigmoid" -> function(n, new Pointwise.Sigmoid());
            case "QLinearLeakyRelu" ->
                function(
                        n,
                        new Pointwise.LeakyRelu(
                                ActivationOperators.finite("alpha", n.attributes.real("alpha", 0.01f))));
            case "QLinearGlobalAveragePool" -> globalAveragePool(n);
            case "QLinearAveragePool" -> averagePool(n);
            case "QLinearConcat" -> concat(n);
            default -> throw Rejection.unsupported("it is not among the supported operators", Operators.remedy(n.type));
        };
    }

    /** The float values that an operand's codes stand for. */
    private static int operand(NodeContext n, int index) {
        float scale = scale(n, index + 1);
        int zero = zeroPoint(n, index + 2).map(z -> z.value).orElse(0);
        if (n.input(index) instanceof Value.Codes(int node, float given, int givenZero, DataType type)) {
            if (given != scale || givenZero != zero) {
                throw Rejection.unsupported(
                        "operand " + (index + 1) + " has another scale or zero point than its maker states",
                        "use the same scale and zero point in both");
            }
            return n.emit(new Op.FakeQuantize(scale, zero, (int) type.low(), (int) type.high()), node);
        }
        if (n.input(index) instanceof Value.Constant) {
            return n.emit(new Op.Constant(weights(n, index, 0)));
        }
        throw new Rejection(
                ImportCode.ELEMENT_TYPE,
                "operand " + (index + 1) + " holds no codes",
                "put a QuantizeLinear before this operator");
    }

    /** Constant codes as floats, with one scale or one for each entry of an axis. */
    private static Tensor weights(NodeContext n, int index, int axis) {
        Literal codes = n.constant(index, "weights");
        Tensor scale = n.floats(index + 1, "scale");
        Optional<Literal> zero = n.optionalConstant(index + 2, "zero point");
        if (!(codes instanceof Literal.Ints(DataType type, Shape shape, long[] values)) || !type.isQuantized()) {
            throw Rejection.operands("the weights are of type " + codes.type());
        }
        boolean perAxis = scale.size() != 1;
        if (perAxis && (shape.rank() <= axis || shape.dim(axis) != scale.size())) {
            throw Rejection.operands(scale.size() + " scales for weights " + shape);
        }
        int inner = perAxis ? ConstantFolding.product(shape, axis + 1, shape.rank()) : Math.max(1, shape.volume());
        float[] out = new float[values.length];
        n.folding.spend(shape);
        for (int i = 0; i < out.length; i++) {
            int c = perAxis ? i / inner % scale.size() : 0;
            out[i] = (values[i] - zeroAt(zero, c)) * scale.get(c);
        }
        return Tensor.wrap(shape, out);
    }

    private static long zeroAt(Optional<Literal> zero, int index) {
        return zero.isPresent() && zero.get() instanceof Literal.Ints(var _, var _, long[] values) && values.length > 0
                ? values[values.length == 1 ? 0 : index % values.length]
                : 0;
    }

    private static float scale(NodeContext n, int index) {
        Tensor scale = n.floats(index, "scale");
        if (scale.size() != 1 || !(scale.get(0) > 0)) {
            throw Rejection.operands("the scale (operand " + (index + 1) + ") is not one positive number");
        }
        return scale.get(0);
    }

    private record ZeroPoint(int value, DataType type) {}

    private static Optional<ZeroPoint> zeroPoint(NodeContext n, int index) {
        return n.optionalConstant(index, "zero point").map(l -> {
            if (l instanceof Literal.Ints(DataType type, Shape shape, long[] values)
                    && shape.volume() == 1
                    && type.isQuantized()) {
                return new ZeroPoint((int) values[0], type);
            }
            throw Rejection.operands("the zero point (operand " + (index + 1) + ") is not one 8- or 16-bit integer");
        });
    }

    /** The node's result as codes of the scale and zero point at these operands. */
    private static Value codes(NodeContext n, int node, int scaleIndex) {
        float scale = scale(n, scaleIndex);
        var zero = zeroPoint(n, scaleIndex + 1).orElse(new ZeroPoint(0, DataType.UINT8));
        return new Value.Codes(node, scale, zero.value, zero.type);
    }

    private static Value conv(NodeContext n) {
        n.requireInputs(8, 9);
        Tensor weights = weights(n, 3, 0);
        Tensor weightScale = n.floats(4, "scale");
        var operands = new ArrayList<Optional<Value>>(
                List.of(Optional.of(new Value.Computed(operand(n, 0))), constant(weights)));
        if (n.optional(8).isPresent()) {
            operands.add(constant(bias(n, 8, scale(n, 1), weightScale)));
        }
        return codes(n, node(LayerOperators.conv(n.with(operands))), 6);
    }

    private static Optional<Value> constant(Tensor t) {
        return Optional.of(new Value.Constant(new Literal.Floats(t)));
    }

    private static int node(Value v) {
        if (v instanceof Value.Computed(int node)) {
            return node;
        }
        throw new IllegalStateException("a float operator on a computed value makes a computed value");
    }

    /** A bias of 32-bit integers, in units of the operand's scale times the weights'. */
    private static Tensor bias(NodeContext n, int index, float scale, Tensor weightScale) {
        if (!(n.constant(index, "bias") instanceof Literal.Ints(DataType type, Shape shape, long[] values))
                || type != DataType.INT32
                || weightScale.size() != 1 && weightScale.size() != values.length) {
            throw Rejection.operands("the bias is not one 32-bit integer for each output channel");
        }
        float[] out = new float[values.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = values[i] * scale * weightScale.get(weightScale.size() == 1 ? 0 : i);
        }
        return Tensor.wrap(shape, out);
    }

    private static Value matMul(NodeContext n) {
        n.requireInputs(8, 8);
        if (!(n.input(3) instanceof Value.Constant(Literal b))) {
            throw Rejection.unsupported(
                    "a product of two computed values, as in attention",
                    "replace the layer by one with trained weights, or cut the graph before it");
        }
        Tensor weights = weights(n, 3, Math.max(0, b.shape().rank() - 1));
        return codes(n, DenseOperators.product(n, operand(n, 0), weights), 6);
    }

    private static Value gemm(NodeContext n) {
        n.requireInputs(6, 9);
        float alpha = n.attributes.real("alpha", 1);
        Tensor weights = weights(n, 3, n.attributes.flag("transB", false) ? 0 : 1);
        Tensor weightScale = n.floats(4, "scale");
        var operands = new ArrayList<Optional<Value>>(
                List.of(Optional.of(new Value.Computed(operand(n, 0))), constant(weights)));
        if (n.optional(6).isPresent()) {
            Tensor bias = bias(n, 6, alpha * scale(n, 1), weightScale);
            operands.add(constant(bias));
        }
        if (n.optional(7).isEmpty()) {
            throw Rejection.unsupported("its result is float", "give the result a scale and a zero point");
        }
        return codes(n, node(DenseOperators.gemm(n.with(operands))), 7);
    }

    private static Value binary(NodeContext n, BinaryFunction function) {
        n.requireInputs(7, 8);
        int y = n.emit(new Op.Binary(function), operand(n, 0), operand(n, 3));
        return codes(n, y, 6);
    }

    private static Value function(NodeContext n, Pointwise function) {
        n.requireInputs(4, 5);
        return codes(n, n.emit(new Op.Activation(function), operand(n, 0)), 3);
    }

    private static Value globalAveragePool(NodeContext n) {
        n.requireInputs(4, 5);
        requireChannelsFirst(n);
        var operands = List.<Optional<Value>>of(Optional.of(new Value.Computed(operand(n, 0))));
        return codes(n, node(LayerOperators.globalPool(n.with(operands), false)), 3);
    }

    private static Value averagePool(NodeContext n) {
        n.requireInputs(4, 5);
        requireChannelsFirst(n);
        var operands = List.<Optional<Value>>of(Optional.of(new Value.Computed(operand(n, 0))));
        return codes(n, node(LayerOperators.averagePool(n.with(operands))), 3);
    }

    private static void requireChannelsFirst(NodeContext n) {
        if (n.attributes.flag("channels_last", false)) {
            throw Rejection.unsupported("channels_last is set", "export the model in channels-first layout (NCHW)");
        }
    }

    /** Scale and zero point of the result come first here. */
    private static Value concat(NodeContext n) {
        n.requireInputs(5, Integer.MAX_VALUE);
        long axis = n.attributes.integer("axis").orElseThrow(() -> Rejection.attribute("attribute 'axis' is missing"));
        if ((n.inputCount() - 2) % 3 != 0) {
            throw Rejection.operands("has " + n.inputCount() + " operands, must have 2 and 3 for each part");
        }
        var parts = new ArrayList<Integer>();
        for (int i = 2; i < n.inputCount(); i += 3) {
            parts.add(operand(n, i));
        }
        int rank = n.shape(parts.getFirst()).rank();
        return codes(n, n.emit(new Op.Concat(NodeContext.axis(axis, rank)), parts), 0);
    }
}
