package io.millrace.ir.onnx.internal;

import io.millrace.ir.Pointwise;
import io.millrace.ir.onnx.internal.ConstantFolding.Arithmetic;

/** Every operator the importer takes. */
final class Operators {
    private Operators() {}

    /**
     * The first result of an operator.
     *
     * @throws Rejection if the operator, or this use of it, is not supported or is malformed
     */
    static Value importNode(NodeContext n) {
        return switch (n.type) {
            case "Conv" -> LayerOperators.conv(n);
            case "MaxPool" -> LayerOperators.maxPool(n);
            case "AveragePool" -> LayerOperators.averagePool(n);
            case "GlobalMaxPool" -> LayerOperators.globalPool(n, true);
            case "GlobalAveragePool" -> LayerOperators.globalPool(n, false);
            case "ReduceMean" -> LayerOperators.reduceMean(n);
            case "Gemm" -> LayerOperators.gemm(n);
            case "MatMul" -> LayerOperators.matMul(n);
            case "BatchNormalization" -> LayerOperators.batchNormalization(n);
            case "Relu" -> ElementwiseOperators.activation(n, new Pointwise.Relu());
            case "Tanh" -> ElementwiseOperators.activation(n, new Pointwise.Tanh());
            case "Sigmoid" -> ElementwiseOperators.activation(n, new Pointwise.Sigmoid());
            case "Abs" -> ElementwiseOperators.activation(n, new Pointwise.Abs());
            case "LeakyRelu" -> ElementwiseOperators.leakyRelu(n);
            case "HardSigmoid" -> ElementwiseOperators.hardSigmoid(n);
            case "PRelu" -> ElementwiseOperators.pRelu(n);
            case "Clip" -> ElementwiseOperators.clip(n);
            case "Add" -> ElementwiseOperators.arithmetic(n, Arithmetic.ADD);
            case "Sub" -> ElementwiseOperators.arithmetic(n, Arithmetic.SUB);
            case "Mul" -> ElementwiseOperators.arithmetic(n, Arithmetic.MUL);
            case "Div" -> ElementwiseOperators.arithmetic(n, Arithmetic.DIV);
            case "Sum" -> ElementwiseOperators.sum(n);
            case "Softmax" -> ElementwiseOperators.softmax(n, false);
            case "LogSoftmax" -> ElementwiseOperators.softmax(n, true);
            case "Concat" -> ShapeOperators.concat(n);
            case "Constant" -> ShapeOperators.constant(n);
            case "ConstantOfShape" -> ShapeOperators.constantOfShape(n);
            case "Shape" -> ShapeOperators.shape(n);
            case "Size" -> ShapeOperators.size(n);
            case "Gather" -> ShapeOperators.gather(n);
            case "Slice" -> ShapeOperators.slice(n);
            case "Cast" -> ShapeOperators.cast(n);
            case "Identity" -> ShapeOperators.identity(n);
            case "Dropout" -> ShapeOperators.dropout(n);
            case "Reshape" -> ShapeOperators.reshape(n);
            case "Flatten" -> ShapeOperators.flatten(n);
            case "Squeeze" -> ShapeOperators.squeeze(n);
            case "Unsqueeze" -> ShapeOperators.unsqueeze(n);
            case "Transpose" -> ShapeOperators.transpose(n);
            case "Pad" -> ShapeOperators.pad(n);
            case "QuantizeLinear" -> QuantizationOperators.quantize(n);
            case "DequantizeLinear" -> QuantizationOperators.dequantize(n);
            default ->
                throw Rejection.unsupported(
                        "it is not among the supported operators",
                        "replace the layer, or cut the graph before it; `millrace explain IMP-0301` lists what is supported");
        };
    }

    /** Most results an operator has at this opset. */
    static int maxOutputs(String type, int opset) {
        return switch (type) {
            case "MaxPool", "Dropout" -> opset >= 8 || type.equals("Dropout") ? 2 : 1;
            case "BatchNormalization" -> opset >= 14 ? 3 : 5;
            default -> 1;
        };
    }
}
