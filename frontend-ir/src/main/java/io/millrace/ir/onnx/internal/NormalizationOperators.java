package io.millrace.ir.onnx.internal;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.ImportCode;
import io.millrace.ir.Normalization;
import io.millrace.ir.Op;
import io.millrace.ir.Pointwise;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Normalizations: by trained statistics, by those of the value itself, and by neighbours. */
final class NormalizationOperators {
    private NormalizationOperators() {}

    static Value batchNormalization(NodeContext n) {
        n.requireInputs(5, 5);
        int x = n.computed(0);
        Shape shape = n.shape(x);
        float epsilon = n.attributes.real("epsilon", 1e-5f);
        n.attributes.real("momentum", 0.9f);
        boolean perElement = n.opset < 9 && !n.attributes.flag("spatial", true);
        boolean training = n.opset >= 14 && n.attributes.flag("training_mode", false)
                || n.opset < 7 && !n.attributes.flag("is_test", false);
        if (perElement || training) {
            throw Rejection.unsupported(
                    perElement ? "spatial = 0" : n.opset < 7 ? "is_test = 0" : "training_mode = 1",
                    "export the model for inference (model.eval())");
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
        return new Value.Computed(affine(n, x, gain, bias));
    }

    /** A per-channel gain and bias, refused unless finite. */
    static int affine(NodeContext n, int x, float[] gain, float[] bias) {
        for (int c = 0; c < gain.length; c++) {
            if (!Float.isFinite(gain[c]) || !Float.isFinite(bias[c])) {
                throw new Rejection(
                        ImportCode.TENSOR_DATA,
                        "channel " + c + " would be scaled by " + gain[c] + " and shifted by " + bias[c],
                        "check the constants of this layer: a variance or divisor is zero or negative");
            }
        }
        Shape channels = Shape.of(gain.length);
        if (n.shape(x).rank() < 2) {
            return n.emit(new Op.Activation(new Pointwise.Affine(gain[0], bias[0])), x);
        }
        return n.emit(new Op.ChannelAffine(Tensor.wrap(channels, gain), Tensor.wrap(channels, bias)), x);
    }

    static Value instance(NodeContext n) {
        n.requireInputs(3, 3);
        int x = n.computed(0);
        Shape shape = channels(n, x);
        float epsilon = epsilon(n, 1e-5f);
        Tensor scale = vector(n, 1, "scale", shape.dim(1));
        Tensor bias = vector(n, 2, "bias", shape.dim(1));
        int normal = n.emit(new Op.Normalize(new Normalization.MeanVariance(shape.dim(1), epsilon)), x);
        return new Value.Computed(affine(n, normal, scale.toArray(), bias.toArray()));
    }

    /** Scale and bias are one a group before opset 21, one a channel since. */
    static Value group(NodeContext n) {
        n.requireInputs(3, 3);
        int x = n.computed(0);
        Shape shape = channels(n, x);
        float epsilon = epsilon(n, 1e-5f);
        long groups = n.attributes
                .integer("num_groups")
                .orElseThrow(() -> Rejection.attribute("attribute 'num_groups' is missing"));
        if (n.opset >= 21) {
            n.attributes.integer("stash_type", 1);
        }
        if (groups < 1 || groups > shape.dim(1) || shape.dim(1) % groups != 0) {
            throw Rejection.attribute("attribute 'num_groups' is " + groups + " for " + shape.dim(1) + " channels");
        }
        int values = n.opset >= 21 ? shape.dim(1) : (int) groups;
        float[] scale = spread(vector(n, 1, "scale", values), shape.dim(1));
        float[] bias = spread(vector(n, 2, "bias", values), shape.dim(1));
        int normal = n.emit(new Op.Normalize(new Normalization.MeanVariance((int) groups, epsilon)), x);
        return new Value.Computed(affine(n, normal, scale, bias));
    }

    private static float[] spread(Tensor perGroup, int channels) {
        float[] out = new float[channels];
        for (int c = 0; c < channels; c++) {
            out[c] = perGroup.get(c / (channels / perGroup.size()));
        }
        return out;
    }

    private static Tensor vector(NodeContext n, int index, String role, int size) {
        Tensor t = n.floats(index, role);
        if (!t.shape().equals(Shape.of(size))) {
            throw Rejection.operands("the " + role + " is " + t.shape() + ", must be " + size);
        }
        return t;
    }

    private static Shape channels(NodeContext n, int x) {
        Shape shape = n.shape(x);
        if (shape.rank() < 2 || shape.volume() == 0) {
            throw Rejection.operands("the operand " + shape + " has no channel axis");
        }
        return shape;
    }

    private static float epsilon(NodeContext n, float otherwise) {
        float epsilon = n.attributes.real("epsilon", otherwise);
        if (!(epsilon >= 0) || !Float.isFinite(epsilon)) {
            throw Rejection.attribute("attribute 'epsilon' is " + epsilon);
        }
        return epsilon;
    }

    /** Over the axes from the given one on; mean and inverse deviation are further results. */
    static List<Value> layer(NodeContext n) {
        n.requireInputs(2, 3);
        int x = n.computed(0);
        Shape shape = n.shape(x);
        int axis = NodeContext.axis(n.attributes.integer("axis", -1), shape.rank());
        float epsilon = epsilon(n, 1e-5f);
        n.attributes.integer("stash_type", 1);
        var axes = IntStream.range(axis, shape.rank()).boxed().toList();
        int normal = overAxes(n, x, axes, epsilon);
        Tensor scale = n.floats(1, "scale");
        ElementwiseOperators.requireOperandShape(shape, scale.shape());
        int y = n.emit(new Op.Binary(BinaryFunction.MUL), normal, n.emit(new Op.Constant(scale)));
        if (n.optional(2).isPresent()) {
            Tensor bias = n.floats(2, "bias");
            ElementwiseOperators.requireOperandShape(shape, bias.shape());
            y = n.emit(new Op.Binary(BinaryFunction.ADD), y, n.emit(new Op.Constant(bias)));
        }
        var results = new ArrayList<Value>(List.of(new Value.Computed(y)));
        if (n.outputCount > 1) {
            int mean = ReductionOperators.mean(n, x, axes);
            int centred = n.emit(new Op.Binary(BinaryFunction.SUB), x, mean);
            int squares = n.emit(new Op.Activation(new Pointwise.Power(2)), centred);
            int variance = ReductionOperators.mean(n, squares, axes);
            Pointwise inverse = new Pointwise.Affine(1, epsilon).then(new Pointwise.Power(-0.5f));
            results.add(new Value.Computed(mean));
            results.add(new Value.Computed(n.emit(new Op.Activation(inverse), variance)));
        }
        return results;
    }

    static Value meanVariance(NodeContext n) {
        n.requireInputs(1, 1);
        int x = n.computed(0);
        int rank = n.shape(x).rank();
        var axes = n.attributes.integers("axes").orElse(List.of(0L, 2L, 3L)).stream()
                .map(a -> NodeContext.axis(a, rank))
                .distinct()
                .sorted()
                .toList();
        return new Value.Computed(overAxes(n, x, axes, 1e-18f));
    }

    /** Normalization over these axes: moved to the end, they are one group. */
    private static int overAxes(NodeContext n, int x, List<Integer> axes, float epsilon) {
        Shape shape = n.shape(x);
        if (shape.volume() == 0) {
            throw Rejection.operands("normalizes the empty tensor " + shape);
        }
        var kept = IntStream.range(0, shape.rank())
                .boxed()
                .filter(a -> !axes.contains(a))
                .toList();
        boolean instance = shape.rank() >= 3 && kept.stream().allMatch(a -> a < 2 || shape.dim(a) == 1);
        if (instance && kept.contains(1) && (kept.contains(0) || shape.dim(0) == 1)) {
            return n.emit(new Op.Normalize(new Normalization.MeanVariance(shape.dim(1), epsilon)), x);
        }
        var order = new ArrayList<>(kept);
        order.addAll(axes);
        int moved = n.emitTranspose(x, order);
        int sets = kept.stream().mapToInt(shape::dim).reduce(1, (a, b) -> a * b);
        int flat = n.emitReshape(moved, Shape.of(1, sets, Math.max(1, shape.volume() / sets)));
        int normal = n.emit(new Op.Normalize(new Normalization.MeanVariance(sets, epsilon)), flat);
        int shaped = n.emitReshape(normal, n.shape(moved));
        return n.emitTranspose(
                shaped,
                IntStream.range(0, shape.rank()).boxed().map(order::indexOf).toList());
    }

    static Value localResponse(NodeContext n) {
        n.requireInputs(1, 1);
        int x = n.computed(0);
        channels(n, x);
        long size = n.attributes.integer("size").orElseThrow(() -> Rejection.attribute("attribute 'size' is missing"));
        float alpha = ActivationOperators.finite("alpha", n.attributes.real("alpha", 1e-4f));
        float beta = ActivationOperators.finite("beta", n.attributes.real("beta", 0.75f));
        float bias = ActivationOperators.finite("bias", n.attributes.real("bias", 1));
        if (size < 1 || size > 1 << 20) {
            throw Rejection.attribute("attribute 'size' is " + size);
        }
        return new Value.Computed(
                n.emit(new Op.Normalize(new Normalization.LocalResponse((int) size, alpha, beta, bias)), x));
    }
}
