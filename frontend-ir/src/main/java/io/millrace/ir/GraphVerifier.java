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
        switch (n.op()) {
            case Op.Input _ -> {
                return operands.isEmpty() ? batchProblem(n.shape()) : "an input has operands";
            }
            case Op.Reshape _ -> {
                if (operands.size() != 1) {
                    return "expected 1 operand, got " + operands.size();
                }
                return operands.getFirst().volume() == n.shape().volume()
                        ? null
                        : "cannot reshape " + operands.getFirst() + " to " + n.shape();
            }
            case Op.Conv _,
                    Op.MaxPool _,
                    Op.AveragePool _,
                    Op.Dense _,
                    Op.ChannelAffine _,
                    Op.Activation _,
                    Op.Add _,
                    Op.Concat _,
                    Op.Softmax _,
                    Op.FakeQuantize _ -> {
                try {
                    Shape inferred = ShapeInference.infer(n.op(), operands);
                    return inferred.equals(n.shape()) ? null : "states " + n.shape() + ", gives " + inferred;
                } catch (ShapeInference.Mismatch e) {
                    return e.getMessage();
                }
            }
        }
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
            case Op.Conv(Tensor weights, Tensor bias, var _, var _) -> nonFinite(weights, bias);
            case Op.Dense(Tensor weights, Tensor bias) -> nonFinite(weights, bias);
            case Op.ChannelAffine(Tensor gain, Tensor bias) -> nonFinite(gain, bias);
            case Op.Activation(Pointwise.Clip(float low, float high)) ->
                Float.isNaN(low) || Float.isNaN(high) || low > high ? "clip from " + low + " to " + high : null;
            case Op.Activation(Pointwise.LeakyRelu(float alpha)) -> Float.isFinite(alpha) ? null : "slope " + alpha;
            case Op.Activation(Pointwise.HardSigmoid(float alpha, float beta)) ->
                Float.isFinite(alpha) && Float.isFinite(beta) ? null : "slope " + alpha + ", offset " + beta;
            case Op.FakeQuantize(float scale, int zeroPoint, int low, int high) ->
                scale > 0 && Float.isFinite(scale) && low <= zeroPoint && zeroPoint <= high
                        ? null
                        : "scale " + scale + ", zero point " + zeroPoint + " in " + low + ".." + high;
            case Op.Input _,
                    Op.MaxPool _,
                    Op.AveragePool _,
                    Op.Activation _,
                    Op.Add _,
                    Op.Concat _,
                    Op.Reshape _,
                    Op.Softmax _ -> null;
        };
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
