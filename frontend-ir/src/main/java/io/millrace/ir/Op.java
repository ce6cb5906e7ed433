package io.millrace.ir;

import java.util.List;

/**
 * What a node computes. Feature maps are {@code [1, C, spatial...]}. Padding is explicit in the window, batch
 * normalization is a {@link ChannelAffine}, and a fully-connected layer on a feature map is, after the canonicalising
 * passes, a {@link Conv} whose kernel is the whole map.
 */
public sealed interface Op {
    /** A model input. No operands. */
    record Input() implements Op {}

    /** A value known before the machine is built, where an operation needs it as an operand. No operands. */
    record Constant(Tensor value) implements Op {}

    /**
     * Convolution (cross-correlation). Operand {@code [1, C, spatial...]}, padding value 0.
     *
     * @param weights {@code [M, C / groups, kernel...]}
     * @param bias {@code [M]}
     */
    record Conv(Tensor weights, Tensor bias, Window window, int groups) implements Op {}

    /**
     * Transposed convolution: each element of the operand adds its multiple of the kernel to the result, {@code stride} apart.
     * The result has {@code (size - 1) * stride + extent + outputPadding - padBegin - padEnd} elements an axis; the window's
     * padding is cut off.
     *
     * @param weights {@code [C, M / groups, kernel...]}
     * @param bias {@code [M]}
     * @param outputPadding elements added at the end of each spatial axis, at least 0
     */
    record ConvTranspose(Tensor weights, Tensor bias, Window window, List<Integer> outputPadding, int groups)
            implements Op {
        public ConvTranspose {
            outputPadding = List.copyOf(outputPadding);
        }
    }

    /**
     * Locally connected layer: a convolution with weights of its own at every position of the result, padding value 0.
     *
     * @param weights {@code [P, M, C, kernel...]}, {@code P} the positions of the result, row-major
     * @param bias {@code [P, M]}
     */
    record LocalConv(Tensor weights, Tensor bias, Window window) implements Op {}

    /** Maximum over a window; padding never wins. */
    record MaxPool(Window window) implements Op {}

    /**
     * Where the maximum of each window lies: the element's number among those of the whole operand {@code [1, C, spatial...]}, the first of
     * equals, as a float.
     *
     * @param columnMajor whether the numbers count along the first spatial axis first, instead of along the last
     */
    record MaxPoolIndices(Window window, boolean columnMajor) implements Op {}

    /**
     * Each value of the first operand at the element that the second one names, zeros elsewhere. The numbers count the elements of the
     * shape that a max pool with this window needs at least: {@code (size - 1) * stride + extent} less the padding, an axis.
     *
     * @param window of the max pool
     * @param size spatial sizes of the result, each at least those; what is over lies at the end
     */
    record MaxUnpool(Window window, List<Integer> size) implements Op {
        public MaxUnpool {
            size = List.copyOf(size);
        }
    }

    /**
     * Mean over a window.
     *
     * @param countIncludePad whether padded taps count in the divisor (they add 0 to the sum in either case)
     */
    record AveragePool(Window window, boolean countIncludePad) implements Op {}

    /** {@code (sum of |x|^p)^(1/p)} over a window; {@code p} at least 1. */
    record LpPool(Window window, int p) implements Op {}

    /** {@code y = x * weights^T + bias} along the last axis: {@code [..., K]} to {@code [..., M]}; weights {@code [M, K]}, bias {@code [M]}. */
    record Dense(Tensor weights, Tensor bias) implements Op {}

    /** {@code y[c] = gain[c] * x[c] + bias[c]} over axis 1; both {@code [C]}. */
    record ChannelAffine(Tensor gain, Tensor bias) implements Op {}

    /** {@code x >= 0 ? x : slope[c] * x} over axis 1; {@code [C]}. */
    record PRelu(Tensor slope) implements Op {}

    /** A function of each element. */
    record Activation(Pointwise function) implements Op {}

    /** A function of two operands, element by element, with the broadcasting of NumPy. */
    record Binary(BinaryFunction function) implements Op {}

    /** Concatenation of the operands along an axis. */
    record Concat(int axis) implements Op {}

    /**
     * Part of the operand: element {@code i} of an axis is its element {@code begin + i * step}. All lists have one entry an axis.
     *
     * @param step not 0, may be negative
     * @param size at least 1
     */
    record Slice(List<Integer> begin, List<Integer> step, List<Integer> size) implements Op {
        public Slice {
            begin = List.copyOf(begin);
            step = List.copyOf(step);
            size = List.copyOf(size);
        }
    }

    /**
     * The operand with elements around it; lists have one entry an axis, at least 0.
     *
     * @param value what stands there in mode {@link PadMode#CONSTANT}; otherwise 0
     */
    record Pad(PadMode mode, float value, List<Integer> begin, List<Integer> end) implements Op {
        public Pad {
            begin = List.copyOf(begin);
            end = List.copyOf(end);
        }
    }

    /** Axis {@code a} of the result is axis {@code order[a]} of the operand. */
    record Transpose(List<Integer> order) implements Op {
        public Transpose {
            order = List.copyOf(order);
        }
    }

    /** The elements of an axis at these indices, in this order; a channel shuffle is one along axis 1. */
    record Gather(int axis, List<Integer> indices) implements Op {
        public Gather {
            indices = List.copyOf(indices);
        }
    }

    /** Sampling along every axis, one after the other; one entry an axis. */
    record Resize(List<Sampling> axes) implements Op {
        public Resize {
            axes = List.copyOf(axes);
        }
    }

    /** {@code [1, b * b * C, H, W]} to {@code [1, C, b * H, b * W]}; row, then column within the block, then channel, outermost first. */
    record DepthToSpace(int block) implements Op {}

    /** The inverse of {@link DepthToSpace}. */
    record SpaceToDepth(int block) implements Op {}

    /** The same elements, row-major, under the node's shape. */
    record Reshape() implements Op {}

    /**
     * Elements in any order: element {@code i} of the result, row-major, is the operand's element {@code sources[i]}, row-major.
     *
     * @param shape of the result
     */
    record Rearrange(Shape shape, List<Integer> sources) implements Op {
        public Rearrange {
            sources = List.copyOf(sources);
        }
    }

    /**
     * {@code [1, 1, ...]} to {@code [1, depth, ...]}: channel {@code v} is 1 where the operand, rounded to a whole number, is {@code v},
     * and 0 elsewhere.
     */
    record OneHot(int depth) implements Op {}

    /** Rows of a table {@code [rows, D]}: operand of any shape holding whole numbers 0 to rows - 1, result with an axis D after it. */
    record Lookup(Tensor table) implements Op {}

    record Normalize(Normalization kind) implements Op {}

    /** {@code exp(x - max) / sum} along axis 1; with {@code log}, its logarithm. */
    record Softmax(boolean log) implements Op {}

    /**
     * The {@code k} largest values along axis 1, largest first, the one of the lower index first among equals; with
     * {@code indices}, their indices as floats. An arg-max is the index of the largest one.
     */
    record TopK(int k, boolean indices) implements Op {}

    /**
     * Rounding of a float to the grid of a quantized type, as ONNX's QuantizeLinear followed by DequantizeLinear:
     * {@code (clamp(roundHalfEven(x / scale) + zeroPoint, low, high) - zeroPoint) * scale}.
     */
    record FakeQuantize(float scale, int zeroPoint, int low, int high) implements Op {}
}
