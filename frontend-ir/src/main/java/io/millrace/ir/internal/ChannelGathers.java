package io.millrace.ir.internal;

import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Lets convolutions read channels where they are, instead of having them put in another order first. */
public final class ChannelGathers {
    private ChannelGathers() {}

    /** Channels {@code order} of a node of the new graph. */
    private record Gathered(int source, List<Integer> order) {
        boolean isPermutation(int channels) {
            return order.size() == channels && order.stream().distinct().count() == channels;
        }
    }

    /**
     * A convolution behind a gather of channels gets the order into its weights. One in groups becomes one over all channels, with zeros
     * between the groups, because a group's channels no longer lie together. What treats channels one by one, a depthwise
     * convolution or an activation, goes before a gather that only permutes.
     */
    public static Graph intoWeights(Graph graph) {
        var rewriter = new Rewriter(graph);
        var gathered = new HashMap<Integer, Gathered>();
        for (Node n : graph.nodes()) {
            var operand = n.inputs().size() == 1
                    ? Optional.ofNullable(gathered.get(rewriter.newId(n.inputs().getFirst())))
                    : Optional.<Gathered>empty();
            switch (n.op()) {
                case Op.Gather(int axis, var order)
                when axis == 1 -> {
                    rewriter.copy(n);
                    gathered.put(
                            rewriter.newId(n.id()),
                            new Gathered(rewriter.newId(n.inputs().getFirst()), order));
                }
                case Op.Conv conv when operand.isPresent() -> conv(rewriter, gathered, n, conv, operand.get());
                case Op.Activation activation
                when operand.isPresent() -> before(rewriter, gathered, n, activation, operand.get());
                case Op _ -> rewriter.copy(n);
            }
        }
        return Simplification.dropDeadNodes(rewriter.build());
    }

    private static void conv(Rewriter rewriter, Map<Integer, Gathered> all, Node n, Op.Conv conv, Gathered operand) {
        int channels = rewriter.builder().shape(operand.source()).dim(1);
        int read = operand.order().size();
        boolean depthwise = conv.groups() == read && conv.weights().shape().dim(0) == read && read > 1;
        if (!depthwise) {
            int id = rewriter.builder()
                    .add(n.name(), overAll(conv, operand.order(), channels), n.source(), operand.source());
            rewriter.map(n, id);
        } else if (operand.isPermutation(channels)) {
            before(rewriter, all, n, permuted(conv, operand.order()), operand);
        } else {
            rewriter.copy(n);
        }
    }

    /** Puts an operation before the gather; the gather after it, for readers that do not absorb it, has its name. */
    private static void before(Rewriter rewriter, Map<Integer, Gathered> all, Node n, Op op, Gathered operand) {
        if (!operand.isPermutation(rewriter.builder().shape(operand.source()).dim(1))) {
            rewriter.copy(n);
            return;
        }
        int moved = rewriter.builder().add(n.name(), op, n.source(), operand.source());
        int id = rewriter.builder().add(n.name() + "/order", new Op.Gather(1, operand.order()), n.source(), moved);
        rewriter.map(n, id);
        all.put(id, new Gathered(moved, operand.order()));
    }

    /** A depthwise convolution whose channel {@code order[c]} has what was channel {@code c}'s. */
    private static Op.Conv permuted(Op.Conv conv, List<Integer> order) {
        int taps = conv.window().taps();
        var weights = new float[conv.weights().size()];
        var bias = new float[conv.bias().size()];
        for (int c = 0; c < bias.length; c++) {
            int to = order.get(c);
            bias[to] = conv.bias().get(c);
            for (int t = 0; t < taps; t++) {
                weights[to * taps + t] = conv.weights().get(c * taps + t);
            }
        }
        return new Op.Conv(
                Tensor.wrap(conv.weights().shape(), weights),
                Tensor.wrap(conv.bias().shape(), bias),
                conv.window(),
                conv.groups());
    }

    /** A convolution in one group over all channels of the gather's operand. */
    private static Op.Conv overAll(Op.Conv conv, List<Integer> order, int channels) {
        var shape = conv.weights().shape();
        int outputs = shape.dim(0);
        int each = shape.dim(1);
        int taps = conv.window().taps();
        var weights = new float[outputs * channels * taps];
        for (int m = 0; m < outputs; m++) {
            int first = m / (outputs / conv.groups()) * each;
            for (int c = 0; c < each; c++) {
                int to = (m * channels + order.get(first + c)) * taps;
                for (int t = 0; t < taps; t++) {
                    weights[to + t] += conv.weights().get((m * each + c) * taps + t);
                }
            }
        }
        var dims = new ArrayList<>(shape.dims());
        dims.set(1, channels);
        return new Op.Conv(Tensor.wrap(new Shape(dims), weights), conv.bias(), conv.window(), 1);
    }
}
