package io.millrace.ir.onnx.internal;

import io.millrace.ir.ImportCode;
import io.millrace.ir.Op;
import io.millrace.ir.Pointwise;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Convolution, pooling, dense layers and batch normalization. */
final class LayerOperators {
    private LayerOperators() {}

    static Value conv(NodeContext n) {
        n.requireInputs(2, 3);
        Tensor weights = n.floats(1, "weights");
        Shape w = weights.shape();
        var operand = operand(n);
        if (w.rank() != operand.rank() + 2) {
            throw Rejection.operands("weights " + w + " do not suit an operand of " + operand.rank() + " spatial axes");
        }
        List<Integer> kernel = w.dims().subList(2, w.rank());
        if (n.attributes.integers("kernel_shape").isPresent()
                && !WindowAttributes.kernelShape(n, operand.rank()).equals(kernel)) {
            throw Rejection.attribute("attribute 'kernel_shape' differs from the weights " + w);
        }
        long groups = n.attributes.integer("group", 1);
        if (groups < 1 || groups > w.dim(0)) {
            throw Rejection.attribute("attribute 'group' is " + groups);
        }
        if (w.volume() == 0) {
            throw Rejection.operands("weights " + w + " are empty");
        }
        Tensor bias = n.optionalFloats(2, "bias").orElse(Tensor.zeros(Shape.of(w.dim(0))));
        var window = new WindowAttributes(n, kernel, operand.paddedSizes(), true, false)
                .window(operand.begin(), operand.end());
        return new Value.Computed(n.emit(new Op.Conv(weights, bias, window, (int) groups), operand.node()));
    }

    static Value maxPool(NodeContext n) {
        n.requireInputs(1, 1);
        var operand = operand(n);
        if (n.opset >= 8) {
            n.attributes.integer("storage_order", 0); // orders the indices, which are refused where read
        }
        if (operand.isPadded() && !isNonNegative(n.op(operand.node()))) {
            throw Rejection.unsupported(
                    "a Pad operator with zeros before MaxPool: here a zero can win over negative values",
                    "use the pads attribute of MaxPool, or put Relu before Pad");
        }
        Window window = poolAttributes(n, operand, 10).window(operand.begin(), operand.end());
        return new Value.Computed(n.emit(new Op.MaxPool(window), operand.node()));
    }

    static Value averagePool(NodeContext n) {
        n.requireInputs(1, 1);
        var operand = operand(n);
        boolean countPad = n.attributes.flag("count_include_pad", false);
        var attributes = poolAttributes(n, operand, 19);
        if (attributes.reachesBeyondPads() && (countPad || operand.isPadded())) {
            throw Rejection.unsupported(
                    "ceil_mode with count_include_pad, where a window reaches past the padding",
                    "export with ceil_mode=False, or pad explicitly");
        }
        if (operand.isPadded() && attributes.hasPads() && !countPad) {
            throw Rejection.unsupported(
                    "a Pad operator before AveragePool with pads of its own",
                    "pad in one place: in Pad with pads=0, or in AveragePool");
        }
        Window window = attributes.window(operand.begin(), operand.end());
        return new Value.Computed(n.emit(new Op.AveragePool(window, countPad || operand.isPadded()), operand.node()));
    }

    private static WindowAttributes poolAttributes(NodeContext n, Operand operand, int dilationSince) {
        return new WindowAttributes(
                n,
                WindowAttributes.kernelShape(n, operand.rank()),
                operand.paddedSizes(),
                n.opset >= dilationSince,
                n.opset >= 10);
    }

    static Value globalPool(NodeContext n, boolean max) {
        n.requireInputs(1, 1);
        return new Value.Computed(globalPool(n, n.computed(0), max));
    }

    private static int globalPool(NodeContext n, int x, boolean max) {
        Shape shape = n.shape(x);
        if (shape.rank() < 3) {
            throw Rejection.operands("a global pool needs [N, C, spatial...], got " + shape);
        }
        var window = Window.of(shape.dims().stream().skip(2).mapToInt(i -> i).toArray());
        return n.emit(max ? new Op.MaxPool(window) : new Op.AveragePool(window, false), x);
    }

    /** ReduceMean over all spatial axes is a global average pool. */
    static Value reduceMean(NodeContext n) {
        n.requireInputs(1, n.opset >= 18 ? 2 : 1);
        int x = n.computed(0);
        Shape shape = n.shape(x);
        boolean keep = n.attributes.flag("keepdims", true);
        List<Long> axes = n.opset >= 18
                ? n.optionalIntegers(1, "axes")
                        .map(a -> java.util.Arrays.stream(a).boxed().toList())
                        .orElse(List.of())
                : n.attributes.integers("axes").orElse(List.of());
        if (n.opset >= 18) {
            n.attributes.flag("noop_with_empty_axes", false);
        }
        var sorted = axes.stream()
                .map(a -> NodeContext.axis(a, shape.rank()))
                .distinct()
                .sorted()
                .toList();
        var spatial = java.util.stream.IntStream.range(2, shape.rank()).boxed().toList();
        if (shape.rank() < 3 || !sorted.equals(spatial)) {
            throw Rejection.unsupported(
                    "a mean over axes " + axes + " of " + shape + "; only all spatial axes together are supported",
                    "replace it by GlobalAveragePool");
        }
        int pooled = globalPool(n, x, false);
        return new Value.Computed(keep ? pooled : n.emitReshape(pooled, Shape.of(shape.dim(0), shape.dim(1))));
    }

    static Value gemm(NodeContext n) {
        n.requireInputs(n.opset >= 11 ? 2 : 3, 3);
        int x = n.computed(0);
        Shape a = n.shape(x);
        Tensor b = n.floats(1, "weights");
        float alpha = n.attributes.real("alpha", 1);
        float beta = n.attributes.real("beta", 1);
        boolean transA = n.attributes.flag("transA", false);
        boolean transB = n.attributes.flag("transB", false);
        if (a.rank() != 2 || b.shape().rank() != 2) {
            throw Rejection.operands("Gemm of " + a + " and " + b.shape() + ", both must have rank 2");
        }
        if (transA && a.dim(0) != a.dim(1)) {
            throw Rejection.unsupported(
                    "transA = 1 on an operand " + a, "export the layer without transposing its input");
        }
        if (!Float.isFinite(alpha) || !Float.isFinite(beta)) {
            throw Rejection.attribute("alpha is " + alpha + ", beta is " + beta);
        }
        Tensor weights = scaled(transB ? b : transposed(b), alpha);
        int outputs = weights.shape().dim(0);
        Tensor bias = n.optionalFloats(2, "bias")
                .map(c -> scaled(spread(c, outputs), beta))
                .orElse(Tensor.zeros(Shape.of(outputs)));
        return dense(n, x, weights, bias);
    }

    static Value matMul(NodeContext n) {
        n.requireInputs(2, 2);
        int x = n.computed(0);
        Tensor b = n.floats(1, "weights");
        if (n.shape(x).rank() != 2 || b.shape().rank() != 2) {
            throw Rejection.unsupported(
                    "a product of " + n.shape(x) + " and " + b.shape()
                            + "; only a vector [1, K] by a matrix [K, M] is supported",
                    "flatten the operand to [1, K] before MatMul");
        }
        Tensor weights = transposed(b);
        return dense(n, x, weights, Tensor.zeros(Shape.of(weights.shape().dim(0))));
    }

    private static Value dense(NodeContext n, int x, Tensor weights, Tensor bias) {
        if (weights.size() == 0) {
            throw Rejection.operands("weights " + weights.shape() + " are empty");
        }
        return new Value.Computed(n.emit(new Op.Dense(weights, bias), x));
    }

    private static Tensor transposed(Tensor b) {
        int rows = b.shape().dim(0);
        int columns = b.shape().dim(1);
        float[] out = new float[b.size()];
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                out[c * rows + r] = b.get(r * columns + c);
            }
        }
        return Tensor.wrap(Shape.of(columns, rows), out);
    }

    private static Tensor scaled(Tensor t, float factor) {
        if (factor == 1) {
            return t;
        }
        float[] out = t.toArray();
        for (int i = 0; i < out.length; i++) {
            out[i] *= factor;
        }
        return NodeContext.finite(new Literal.Floats(Tensor.wrap(t.shape(), out)), "scaled weights");
    }

    /** A bias broadcast to one value an output. */
    private static Tensor spread(Tensor c, int outputs) {
        Shape s = c.shape();
        boolean row = s.rank() <= 2 && (s.rank() < 2 || s.dim(0) == 1);
        int last = s.rank() == 0 ? 1 : s.dim(s.rank() - 1);
        if (!row || last != 1 && last != outputs) {
            throw Rejection.operands("the bias " + s + " does not broadcast to 1x" + outputs);
        }
        float[] out = new float[outputs];
        for (int i = 0; i < outputs; i++) {
            out[i] = c.get(last == 1 ? 0 : i);
        }
        return Tensor.wrap(Shape.of(outputs), out);
    }

    static Value batchNormalization(NodeContext n) {
        n.requireInputs(5, 5);
        int x = n.computed(0);
        Shape shape = n.shape(x);
        float epsilon = n.attributes.real("epsilon", 1e-5f);
        n.attributes.real("momentum", 0.9f);
        boolean perElement = n.opset < 9 && !n.attributes.flag("spatial", true);
        boolean training = n.opset >= 14 && n.attributes.flag("training_mode", false);
        if (perElement || training) {
            throw Rejection.unsupported(
                    perElement ? "spatial = 0" : "training_mode = 1", "export the model for inference (model.eval())");
        }
        if (shape.rank() < 2) {
            throw Rejection.operands("the operand " + shape + " has no channel axis");
        }
        Shape channels = Shape.of(shape.dim(1));
        var parameters = new ArrayList<Tensor>();
        for (String role : List.of("scale", "bias", "mean", "variance")) {
            Tensor t = n.floats(parameters.size() + 1, role);
            if (!t.shape().equals(channels)) {
                throw Rejection.operands(
                        "the " + role + " is " + t.shape() + ", the operand has " + channels + " channels");
            }
            parameters.add(t);
        }
        float[] gain = new float[shape.dim(1)];
        float[] bias = new float[gain.length];
        for (int c = 0; c < gain.length; c++) {
            double g = parameters.get(0).get(c)
                    / Math.sqrt((double) parameters.get(3).get(c) + epsilon);
            gain[c] = (float) g;
            bias[c] = (float) (parameters.get(1).get(c) - g * parameters.get(2).get(c));
        }
        return affine(n, x, gain, bias);
    }

    /** A per-channel gain and bias, refused unless finite. */
    static Value affine(NodeContext n, int x, float[] gain, float[] bias) {
        for (int c = 0; c < gain.length; c++) {
            if (!Float.isFinite(gain[c]) || !Float.isFinite(bias[c])) {
                throw new Rejection(
                        ImportCode.TENSOR_DATA,
                        "channel " + c + " would be scaled by " + gain[c] + " and shifted by " + bias[c],
                        "check the constants of this layer: a variance or divisor is zero or negative");
            }
        }
        Shape channels = Shape.of(gain.length);
        return new Value.Computed(
                n.emit(new Op.ChannelAffine(Tensor.wrap(channels, gain), Tensor.wrap(channels, bias)), x));
    }

    private static boolean isNonNegative(Op op) {
        return op instanceof Op.Activation(Pointwise f)
                && switch (f) {
                    case Pointwise.Relu _, Pointwise.Sigmoid _, Pointwise.HardSigmoid _, Pointwise.Abs _ -> true;
                    case Pointwise.Clip(float low, var _) -> low >= 0;
                    case Pointwise.Tanh _, Pointwise.LeakyRelu _ -> false;
                };
    }

    /** The operand of a windowed operator, with the zeros a Pad operator put around it. */
    private record Operand(int node, List<Integer> sizes, List<Integer> begin, List<Integer> end) {
        int rank() {
            return sizes.size();
        }

        boolean isPadded() {
            return begin.stream().anyMatch(p -> p != 0) || end.stream().anyMatch(p -> p != 0);
        }

        List<Integer> paddedSizes() {
            var out = new ArrayList<Integer>();
            for (int a = 0; a < sizes.size(); a++) {
                out.add(sizes.get(a) + begin.get(a) + end.get(a));
            }
            return out;
        }
    }

    private static Operand operand(NodeContext n) {
        boolean padded = n.input(0) instanceof Value.Padded;
        int node = n.input(0) instanceof Value.Padded(int padNode, var _, var _) ? padNode : n.computed(0);
        Shape shape = n.shape(node);
        if (shape.rank() < 3) {
            throw Rejection.operands("needs an operand [N, C, spatial...], got " + shape);
        }
        var sizes = shape.dims().subList(2, shape.rank());
        var none = Collections.nCopies(sizes.size(), 0);
        return padded && n.input(0) instanceof Value.Padded(var _, var begin, var end)
                ? new Operand(node, sizes, begin, end)
                : new Operand(node, sizes, none, none);
    }
}
