package io.millrace.ir.internal;

import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Pointwise;
import io.millrace.ir.PointwiseFunctions;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import java.util.List;
import java.util.stream.IntStream;

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

    /** Two transposes in a row become one; one that moves nothing goes. */
    public static Graph mergeTransposes(Graph graph) {
        var rewriter = new Rewriter(graph);
        for (Node n : graph.nodes()) {
            if (n.op() instanceof Op.Transpose(var outer)) {
                Node before = rewriter.builder().node(rewriter.newId(n.inputs().getFirst()));
                boolean twice = before.op() instanceof Op.Transpose;
                List<Integer> order = before.op() instanceof Op.Transpose(var inner)
                        ? outer.stream().map(inner::get).toList()
                        : outer;
                int operand = twice ? before.inputs().getFirst() : before.id();
                var source = twice ? before.source().plus(n.source()) : n.source();
                rewriter.map(
                        n,
                        isCounting(order)
                                ? operand
                                : rewriter.builder().add(n.name(), new Op.Transpose(order), source, operand));
            } else {
                rewriter.copy(n);
            }
        }
        return dropDeadNodes(rewriter.build());
    }

    /**
     * A reshape of a reshape becomes one; one that returns to its operand's shape goes, and so does one that only an output is: the
     * order of its elements is the same.
     */
    public static Graph mergeReshapes(Graph graph) {
        var rewriter = new Rewriter(graph);
        int[] uses = Rewriter.useCounts(graph);
        for (Node n : graph.nodes()) {
            if (n.op() instanceof Op.Reshape) {
                Node before = rewriter.builder().node(rewriter.newId(n.inputs().getFirst()));
                int operand =
                        before.op() instanceof Op.Reshape ? before.inputs().getFirst() : before.id();
                boolean leaves = uses[n.id()] == 1 && graph.outputs().contains(n.id());
                boolean same = leaves || rewriter.builder().shape(operand).equals(n.shape());
                rewriter.map(n, same ? operand : rewriter.builder().reshape(n.name(), operand, n.shape(), n.source()));
            } else {
                rewriter.copy(n);
            }
        }
        return dropDeadNodes(rewriter.build());
    }

    private static Op simplest(Op op) {
        if (op instanceof Op.Activation(Pointwise function)) {
            boolean relu = function instanceof Pointwise.LeakyRelu(float alpha) && alpha == 0
                    || function instanceof Pointwise.Clip(float low, float high) && low == 0 && high >= Float.MAX_VALUE;
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
            case Op.PRelu(Tensor slope) -> isAll(slope, 1);
            case Op.Reshape _ -> operand.shape().equals(node.shape());
            case Op.Concat _ -> node.inputs().size() == 1;
            case Op.Slice(var begin, var step, var _) ->
                operand.shape().equals(node.shape()) && isAll(begin, 0) && isAll(step, 1);
            case Op.Pad _ -> operand.shape().equals(node.shape());
            case Op.Transpose(var order) -> isCounting(order);
            case Op.Gather(int axis, var indices) ->
                isCounting(indices) && indices.size() == operand.shape().dim(axis);
            case Op.Resize(var axes) ->
                IntStream.range(0, axes.size())
                        .allMatch(a -> axes.get(a).isIdentity(operand.shape().dim(a)));
            case Op.DepthToSpace(int block) -> block == 1;
            case Op.SpaceToDepth(int block) -> block == 1;
            case Op.Input _, Op.Constant _, Op.Conv _, Op.ConvTranspose _, Op.LpPool _, Op.Dense _ -> false;
            case Op.Rearrange(var _, var sources) -> operand.shape().equals(node.shape()) && isCounting(sources);
            case Op.MaxPoolIndices _, Op.MaxUnpool _ -> false;
            case Op.LocalConv _, Op.Binary _, Op.Lookup _, Op.OneHot _, Op.Normalize _, Op.Softmax _, Op.TopK _ ->
                false;
        };
    }

    private static boolean isAll(List<Integer> list, int value) {
        return list.stream().allMatch(v -> v == value);
    }

    private static boolean isCounting(List<Integer> list) {
        return IntStream.range(0, list.size()).allMatch(i -> list.get(i) == i);
    }

    private static boolean hasNoEffect(Pointwise function, Op before) {
        if (function.equals(PointwiseFunctions.IDENTITY)) {
            return true;
        }
        if (function instanceof Pointwise.Relu
                || function instanceof Pointwise.Abs
                || function instanceof Pointwise.LeakyRelu) {
            return Bounds.lowest(before) >= 0 || isOne(function);
        }
        return function instanceof Pointwise.Clip(float low, float high)
                && Bounds.lowest(before) >= low
                && Bounds.highest(before) <= high;
    }

    private static boolean isOne(Pointwise function) {
        return function instanceof Pointwise.LeakyRelu(float alpha) && alpha == 1;
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
