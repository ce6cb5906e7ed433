package io.millrace.ir.internal;

import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Pointwise;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;

/** Removes what changes nothing. */
public final class Simplification {
    private Simplification() {}

    /** Drops nodes that no output depends on. Inputs stay, read or not: they are the model's interface. */
    public static Graph dropDeadNodes(Graph graph) {
        boolean[] live = new boolean[graph.nodes().size()];
        graph.outputs().forEach(o -> live[o] = true);
        for (Node n : graph.nodes().reversed()) {
            if (live[n.id()]) {
                n.inputs().forEach(i -> live[i] = true);
            }
        }
        var rewriter = new Rewriter(graph);
        for (Node n : graph.nodes()) {
            if (live[n.id()] || n.op() instanceof Op.Input) {
                rewriter.copy(n);
            }
        }
        return rewriter.build();
    }

    /**
     * Drops activations, roundings, pools and reshapes that return their operand, and writes an activation in its simplest form.
     */
    public static Graph dropOperationsWithoutEffect(Graph graph) {
        var rewriter = new Rewriter(graph);
        for (Node n : graph.nodes()) {
            Op op = simplest(n.op());
            if (!n.inputs().isEmpty()
                    && hasNoEffect(
                            op,
                            rewriter.builder().node(rewriter.newId(n.inputs().getFirst())),
                            n)) {
                rewriter.map(n, rewriter.newId(n.inputs().getFirst()));
            } else {
                rewriter.map(n, rewriter.append(n, op));
            }
        }
        return rewriter.build();
    }

    private static Op simplest(Op op) {
        if (op instanceof Op.Activation(Pointwise function)) {
            boolean relu = switch (function) {
                case Pointwise.LeakyRelu(float alpha) -> alpha == 0;
                case Pointwise.Clip(float low, float high) -> low == 0 && high >= Float.MAX_VALUE;
                case Pointwise.Relu _,
                        Pointwise.Tanh _,
                        Pointwise.Sigmoid _,
                        Pointwise.HardSigmoid _,
                        Pointwise.Abs _ -> false;
            };
            return relu ? new Op.Activation(new Pointwise.Relu()) : op;
        }
        return op;
    }

    private static boolean hasNoEffect(Op op, Node operand, Node node) {
        return switch (op) {
            case Op.Activation(Pointwise function) -> hasNoEffect(function, operand.op());
            case Op.FakeQuantize _ -> op.equals(operand.op());
            case Op.MaxPool(Window window) -> isSingleTap(window);
            case Op.AveragePool(Window window, var _) -> isSingleTap(window);
            case Op.ChannelAffine(Tensor gain, Tensor bias) -> isAll(gain, 1) && isAll(bias, 0);
            case Op.Reshape _ -> operand.shape().equals(node.shape());
            case Op.Concat _ -> node.inputs().size() == 1;
            case Op.Input _, Op.Conv _, Op.Dense _, Op.Add _, Op.Softmax _ -> false;
        };
    }

    private static boolean hasNoEffect(Pointwise function, Op before) {
        return switch (function) {
            case Pointwise.Relu _, Pointwise.Abs _, Pointwise.LeakyRelu _ -> lowest(before) >= 0 || isOne(function);
            case Pointwise.Clip(float low, float high) -> lowest(before) >= low && highest(before) <= high;
            case Pointwise.Tanh _, Pointwise.Sigmoid _, Pointwise.HardSigmoid _ -> false;
        };
    }

    private static boolean isOne(Pointwise function) {
        return function instanceof Pointwise.LeakyRelu(float alpha) && alpha == 1;
    }

    /** A bound below which no result of the operation lies; every result counts as finite. */
    private static double lowest(Op op) {
        double bound = op instanceof Op.Activation(Pointwise function)
                ? switch (function) {
                    case Pointwise.Relu _, Pointwise.Sigmoid _, Pointwise.HardSigmoid _, Pointwise.Abs _ -> 0;
                    case Pointwise.Clip(float low, var _) -> low;
                    case Pointwise.Tanh _ -> -1;
                    case Pointwise.LeakyRelu _ -> -Float.MAX_VALUE;
                }
                : -Float.MAX_VALUE;
        return Math.max(bound, -Float.MAX_VALUE);
    }

    /** A bound above which no result of the operation lies; every result counts as finite. */
    private static double highest(Op op) {
        double bound = op instanceof Op.Activation(Pointwise function)
                ? switch (function) {
                    case Pointwise.Sigmoid _, Pointwise.HardSigmoid _, Pointwise.Tanh _ -> 1;
                    case Pointwise.Clip(var _, float high) -> high;
                    case Pointwise.Relu _, Pointwise.LeakyRelu _, Pointwise.Abs _ -> Float.MAX_VALUE;
                }
                : Float.MAX_VALUE;
        return Math.min(bound, Float.MAX_VALUE);
    }

    private static boolean isSingleTap(Window window) {
        return window.taps() == 1
                && window.stride().stream().allMatch(s -> s == 1)
                && window.padBegin().stream().allMatch(p -> p == 0)
                && window.padEnd().stream().allMatch(p -> p == 0);
    }

    private static boolean isAll(Tensor t, float value) {
        for (int i = 0; i < t.size(); i++) {
            if (t.get(i) != value) {
                return false;
            }
        }
        return true;
    }
}
