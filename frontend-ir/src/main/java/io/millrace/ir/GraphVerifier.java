package io.millrace.ir;

import java.util.ArrayList;
import java.util.List;

/** Checks every rule of the intermediate form that the value types do not enforce themselves. */
public final class GraphVerifier {
    private GraphVerifier() {}

    /**
     * What is wrong with the graph; empty if it is legal: shapes follow from the operations, batch is 1, constants are
     * finite, parameters are in range, and there is at least one output.
     */
    public static List<Diagnostic> verify(Graph graph) {
        var problems = new ArrayList<Diagnostic>();
        for (Node n : graph.nodes()) {
            String problem = problemOf(graph, n);
            if (problem != null) {
                problems.add(ImportCode.GRAPH_INVALID.at(
                        n.source(), "node " + n.id() + " '" + n.name() + "': " + problem, "correct the graph"));
            }
        }
        if (graph.outputs().isEmpty()) {
            problems.add(ImportCode.GRAPH_INVALID.at(
                    SourceRef.file(graph.name()), "the graph has no output", "name at least one output"));
        }
        return List.copyOf(problems);
    }

    private static @org.jspecify.annotations.Nullable String problemOf(Graph graph, Node n) {
        List<Shape> operands =
                n.inputs().stream().map(i -> graph.node(i).shape()).toList();
        String parameters = parameterProblem(n.op());
        if (parameters != null) {
            return parameters;
        }
        if (n.op() instanceof Op.Input) {
            return operands.isEmpty() ? batchProblem(n.shape()) : "an input has operands";
        }
        if (n.op() instanceof Op.Reshape) {
            if (operands.size() != 1) {
                return "expected 1 operand, got " + operands.size();
            }
            return operands.getFirst().volume() == n.shape().volume()
                    ? null
                    : "cannot reshape " + operands.getFirst() + " to " + n.shape();
        }
        try {
            Shape inferred = ShapeInference.infer(n.op(), operands);
            if (!inferred.equals(n.shape())) {
                return "states " + n.shape() + ", gives " + inferred;
            }
            return slidesWindow(n.op()) && inferred.dim(0) != 1 ? "batch is " + inferred.dim(0) + ", must be 1" : null;
        } catch (ShapeInference.Mismatch e) {
            return e.getMessage();
        }
    }

    private static boolean slidesWindow(Op op) {
        return op instanceof Op.Conv
                || op instanceof Op.ConvTranspose
                || op instanceof Op.LocalConv
                || op instanceof Op.MaxPool
                || op instanceof Op.AveragePool
                || op instanceof Op.LpPool;
    }

    private static @org.jspecify.annotations.Nullable String batchProblem(Shape shape) {
        if (shape.rank() < 2) {
            return "an input is [1, C, ...], got " + shape;
        }
        if (shape.volume() == 0) {
            return "the input " + shape + " is empty";
        }
        return shape.dim(0) == 1 ? null : "batch is " + shape.dim(0) + ", must be 1";
    }

    private static @org.jspecify.annotations.Nullable String parameterProblem(Op op) {
        return switch (op) {
            case Op.Constant(Tensor value) -> nonFinite(value);
            case Op.Conv(Tensor weights, Tensor bias, var _, var _) -> nonFinite(weights, bias);
            case Op.LocalConv(Tensor weights, Tensor bias, var _) -> nonFinite(weights, bias);
            case Op.ConvTranspose(Tensor weights, Tensor bias, var _, var _, var _) -> nonFinite(weights, bias);
            case Op.Dense(Tensor weights, Tensor bias) -> nonFinite(weights, bias);
            case Op.ChannelAffine(Tensor gain, Tensor bias) -> nonFinite(gain, bias);
            case Op.PRelu(Tensor slope) -> nonFinite(slope);
            case Op.Lookup(Tensor table) -> nonFinite(table);
            case Op.Activation(Pointwise function) -> functionProblem(function);
            case Op.Pad(var _, float value, var _, var _) -> Float.isFinite(value) ? null : "pads with " + value;
            case Op.Resize(var axes) ->
                axes.stream().allMatch(GraphVerifier::fractionsInRange) ? null : "a fraction is outside 0 to 1";
            case Op.Normalize(Normalization.MeanVariance(var _, float epsilon)) ->
                epsilon >= 0 && Float.isFinite(epsilon) ? null : "epsilon is " + epsilon;
            case Op.Normalize(Normalization.LocalResponse(var _, float alpha, float beta, float bias)) ->
                Float.isFinite(alpha) && Float.isFinite(beta) && Float.isFinite(bias)
                        ? null
                        : "alpha " + alpha + ", beta " + beta + ", bias " + bias;
            case Op.FakeQuantize(float scale, int zeroPoint, int low, int high) ->
                scale > 0 && Float.isFinite(scale) && low <= zeroPoint && zeroPoint <= high
                        ? null
                        : "scale " + scale + ", zero point " + zeroPoint + " in " + low + ".." + high;
            case Op.Input _, Op.MaxPool _, Op.AveragePool _, Op.LpPool _, Op.Binary _, Op.Concat _, Op.Slice _ -> null;
            case Op.Transpose _, Op.Gather _, Op.DepthToSpace _, Op.SpaceToDepth _, Op.Reshape _ -> null;
            case Op.Normalize _, Op.Softmax _, Op.TopK _, Op.Rearrange _, Op.OneHot _ -> null;
            case Op.MaxPoolIndices _, Op.MaxUnpool _ -> null;
        };
    }

    private static boolean fractionsInRange(Sampling sampling) {
        for (float f : sampling.fraction().values()) {
            if (!(f >= 0 && f <= 1)) {
                return false;
            }
        }
        return true;
    }

    private static @org.jspecify.annotations.Nullable String functionProblem(Pointwise function) {
        return switch (function) {
            case Pointwise.Clip(float low, float high) ->
                Float.isNaN(low) || Float.isNaN(high) || low > high ? "clip from " + low + " to " + high : null;
            case Pointwise.LeakyRelu(float alpha) -> Float.isFinite(alpha) ? null : "slope " + alpha;
            case Pointwise.Elu(float alpha) -> Float.isFinite(alpha) ? null : "slope " + alpha;
            case Pointwise.Power(float exponent) -> Float.isFinite(exponent) ? null : "exponent " + exponent;
            case Pointwise.HardSigmoid(float a, float b) -> slopeAndOffset(a, b);
            case Pointwise.Affine(float a, float b) -> slopeAndOffset(a, b);
            case Pointwise.Threshold(float a, float b) ->
                Float.isFinite(a) && Float.isFinite(b) ? null : "threshold " + a + ", otherwise " + b;
            case Pointwise.Shrink(float a, float b) ->
                Float.isFinite(a) && Float.isFinite(b) ? null : "lambda " + a + ", bias " + b;
            case Pointwise.Chain(var functions) ->
                functions.stream()
                        .map(GraphVerifier::functionProblem)
                        .filter(java.util.Objects::nonNull)
                        .findFirst()
                        .orElse(null);
            case Pointwise.Combine(var _, Pointwise left, Pointwise right) -> {
                String problem = functionProblem(left);
                yield problem == null ? functionProblem(right) : problem;
            }
            case Pointwise.Relu _, Pointwise.Tanh _, Pointwise.Sigmoid _, Pointwise.Abs _ -> null;
            case Pointwise.Exp _, Pointwise.Log _, Pointwise.Erf _, Pointwise.Softplus _ -> null;
        };
    }

    private static @org.jspecify.annotations.Nullable String slopeAndOffset(float slope, float offset) {
        return Float.isFinite(slope) && Float.isFinite(offset) ? null : "slope " + slope + ", offset " + offset;
    }

    private static @org.jspecify.annotations.Nullable String nonFinite(Tensor... constants) {
        for (Tensor t : constants) {
            for (float v : t.values()) {
                if (!Float.isFinite(v)) {
                    return "a constant of shape " + t.shape() + " holds " + v;
                }
            }
        }
        return null;
    }
}
