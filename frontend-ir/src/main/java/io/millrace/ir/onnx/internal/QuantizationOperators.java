package io.millrace.ir.onnx.internal;

import io.millrace.ir.ImportCode;
import io.millrace.ir.Op;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import java.util.Optional;

/** QuantizeLinear and DequantizeLinear: constants are computed, activations become a rounding in place. */
final class QuantizationOperators {
    private QuantizationOperators() {}

    static Value quantize(NodeContext n) {
        n.requireInputs(2, 3);
        long axis = commonAttributes(n);
        long outputType = n.opset >= 21 ? n.attributes.integer("output_dtype", 0) : 0;
        if (n.opset >= 23) {
            n.attributes.integer("precision", 0);
        }
        Tensor scale = scale(n);
        Optional<Literal> zero = n.optionalConstant(2, "zero point");
        DataType type = zero.map(Literal::type)
                .orElse(outputType == 0 ? DataType.UINT8 : DataType.of(outputType, "attribute 'output_dtype'"));
        if (!type.isQuantized() || type.bytes() > 1 && n.opset < 21) {
            throw new Rejection(ImportCode.ELEMENT_TYPE, "quantizes to " + type, "quantize to int8 or uint8");
        }
        if (outputType != 0 && type != DataType.of(outputType, "attribute 'output_dtype'")) {
            throw Rejection.attribute("attribute 'output_dtype' differs from the zero point's type " + type);
        }
        requireZeroPointShape(scale, zero);
        if (n.input(0) instanceof Value.Constant(Literal literal)) {
            return new Value.Constant(codes(n, NodeContext.finite(literal, "operand"), scale, zero, axis, type));
        }
        if (scale.size() != 1) {
            throw Rejection.unsupported(
                    "quantizes a feature map with " + scale.size() + " scales",
                    "quantize activations with one scale a tensor");
        }
        return new Value.Codes(n.computed(0), scale.get(0), (int) zeroPoint(zero, 0), type);
    }

    private static Literal codes(
            NodeContext n, Tensor x, Tensor scale, Optional<Literal> zero, long axis, DataType type) {
        int inner = inner(n, x.shape(), scale, axis);
        long[] out = new long[x.size()];
        n.folding.spend(x.shape());
        for (int i = 0; i < out.length; i++) {
            int c = i / inner % scale.size();
            double code = Math.rint(x.get(i) / scale.get(c)) + zeroPoint(zero, c);
            out[i] = (long) Math.clamp(code, (double) type.low(), type.high());
        }
        return new Literal.Ints(type, x.shape(), out);
    }

    static Value dequantize(NodeContext n) {
        n.requireInputs(2, 3);
        long axis = commonAttributes(n);
        if (n.opset >= 23) {
            n.attributes.integer("output_dtype", 1);
        }
        Tensor scale = scale(n);
        Optional<Literal> zero = n.optionalConstant(2, "zero point");
        requireZeroPointShape(scale, zero);
        if (n.input(0) instanceof Value.Codes(int node, float given, int givenZero, DataType type)) {
            if (scale.size() != 1
                    || scale.get(0) != given
                    || zeroPoint(zero, 0) != givenZero
                    || zero.isPresent() && zero.get().type() != type) {
                throw Rejection.unsupported(
                        "its scale or zero point differs from the QuantizeLinear before it",
                        "use the same scale and zero point in both");
            }
            return new Value.Computed(
                    n.emit(new Op.FakeQuantize(given, givenZero, (int) type.low(), (int) type.high()), node));
        }
        Literal x = n.constant(0, "operand");
        if (!(x instanceof Literal.Ints(DataType type, Shape shape, long[] values))
                || !(type.isQuantized() || type == DataType.INT32)) {
            throw Rejection.operands("dequantizes values of type " + x.type());
        }
        if (zero.isPresent() && zero.get().type() != type) {
            throw Rejection.operands("values of type " + type + " with a zero point of type "
                    + zero.get().type());
        }
        int inner = inner(n, shape, scale, axis);
        float[] out = new float[values.length];
        for (int i = 0; i < out.length; i++) {
            int c = i / inner % scale.size();
            out[i] = (float) (values[i] - zeroPoint(zero, c)) * scale.get(c);
        }
        return new Value.Constant(new Literal.Floats(Tensor.wrap(shape, out)));
    }

    /** The axis. */
    private static long commonAttributes(NodeContext n) {
        long axis = n.opset >= 13 ? n.attributes.integer("axis", 1) : 1;
        if (n.opset >= 19 && n.type.equals("QuantizeLinear")) {
            n.attributes.integer("saturate", 1);
        }
        if (n.opset >= 21 && n.attributes.integer("block_size", 0) != 0) {
            throw Rejection.unsupported("block_size is set", "quantize a tensor or a channel at a time");
        }
        return axis;
    }

    private static Tensor scale(NodeContext n) {
        Tensor scale = n.floats(1, "scale");
        for (int i = 0; i < scale.size(); i++) {
            if (!(scale.get(i) > 0)) {
                throw new Rejection(
                        ImportCode.TENSOR_DATA,
                        "a scale is " + scale.get(i) + ", must be positive",
                        "quantize the model again");
            }
        }
        if (scale.size() == 0 || scale.shape().rank() > 1) {
            throw Rejection.operands("the scale has shape " + scale.shape());
        }
        return scale;
    }

    private static void requireZeroPointShape(Tensor scale, Optional<Literal> zero) {
        if (zero.isPresent() && (!zero.get().shape().equals(scale.shape()) || !(zero.get() instanceof Literal.Ints))) {
            throw Rejection.operands("the zero point is " + zero.get().type() + " of shape "
                    + zero.get().shape() + ", the scale has shape " + scale.shape());
        }
    }

    private static long zeroPoint(Optional<Literal> zero, int index) {
        return zero.isPresent() && zero.get() instanceof Literal.Ints(var _, var _, long[] values) ? values[index] : 0;
    }

    /** How many neighbours share a scale. */
    private static int inner(NodeContext n, Shape shape, Tensor scale, long axis) {
        if (scale.size() == 1 && scale.shape().rank() == 0) {
            return Math.max(1, shape.volume());
        }
        if (scale.size() == 1 && shape.rank() == 0) {
            return 1;
        }
        int a = NodeContext.axis(axis, shape.rank());
        if (n.opset < 13 && scale.size() != 1 || shape.dim(a) != scale.size()) {
            throw Rejection.operands(scale.size() + " scales for axis " + a + " of " + shape);
        }
        return Math.max(1, ConstantFolding.product(shape, a + 1, shape.rank()));
    }
}
