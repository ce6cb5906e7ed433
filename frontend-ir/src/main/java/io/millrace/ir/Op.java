package io.millrace.ir;

/**
 * What a node computes. Feature maps are {@code [1, C, spatial...]}. Padding is explicit in the window, batch
 * normalization is a {@link ChannelAffine}, and a fully-connected layer on a feature map is, after the canonicalising
 * passes, a {@link Conv} whose kernel is the whole map.
 */
public sealed interface Op {
    /** A model input. No operands. */
    record Input() implements Op {}

    /**
     * Convolution (cross-correlation). Operand {@code [1, C, spatial...]}, padding value 0.
     *
     * @param weights {@code [M, C / groups, kernel...]}
     * @param bias {@code [M]}
     */
    record Conv(Tensor weights, Tensor bias, Window window, int groups) implements Op {}

    /** Maximum over a window; padding never wins. */
    record MaxPool(Window window) implements Op {}

    /**
     * Mean over a window.
     *
     * @param countIncludePad whether padded taps count in the divisor (they add 0 to the sum in either case)
     */
    record AveragePool(Window window, boolean countIncludePad) implements Op {}

    /** {@code y = x * weights^T + bias} on {@code [1, K]}; weights {@code [M, K]}, bias {@code [M]}. */
    record Dense(Tensor weights, Tensor bias) implements Op {}

    /** {@code y[c] = gain[c] * x[c] + bias[c]} over axis 1; both {@code [C]}. */
    record ChannelAffine(Tensor gain, Tensor bias) implements Op {}

    /** A function of each element. */
    record Activation(Pointwise function) implements Op {}

    /** Element-wise sum of two operands of equal shape. */
    record Add() implements Op {}

    /** Concatenation of the operands along axis 1. */
    record Concat() implements Op {}

    /** The same elements, row-major, under the node's shape. */
    record Reshape() implements Op {}

    /** {@code exp(x - max) / sum} along axis 1; with {@code log}, its logarithm. */
    record Softmax(boolean log) implements Op {}

    /**
     * Rounding of a float to the grid of a quantized type, as ONNX's QuantizeLinear followed by DequantizeLinear:
     * {@code (clamp(roundHalfEven(x / scale) + zeroPoint, low, high) - zeroPoint) * scale}.
     */
    record FakeQuantize(float scale, int zeroPoint, int low, int high) implements Op {}
}
