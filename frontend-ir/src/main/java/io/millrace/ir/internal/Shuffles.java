package io.millrace.ir.internal;

import io.millrace.ir.FloatEvaluator;
import io.millrace.ir.Graph;
import io.millrace.ir.GraphBuilder;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Finds what a reshape, a transpose and a reshape do to a map as a whole. */
public final class Shuffles {
    /** Element numbers are carried as floats, which are exact up to here. */
    private static final int MAX_ELEMENTS = 1 << 22;

    private Shuffles() {}

    /**
     * Reshape, transpose, reshape from a map to a map becomes a gather of channels, or that and a depth-to-space or space-to-depth, where
     * it is one.
     */
    public static Graph recogniseShuffles(Graph graph) {
        var rewriter = new Rewriter(graph);
        for (Node n : graph.nodes()) {
            Optional<List<Op>> found = recognised(graph, n);
            if (found.isEmpty()) {
                rewriter.copy(n);
                continue;
            }
            Node transpose = graph.node(n.inputs().getFirst());
            int id = rewriter.newId(origin(graph, transpose).id());
            for (Op op : found.get()) {
                id = rewriter.builder().add(n.name(), op, transpose.source().plus(n.source()), id);
            }
            rewriter.map(n, id);
        }
        return Simplification.dropDeadNodes(rewriter.build());
    }

    private static Node origin(Graph graph, Node transpose) {
        Node before = graph.node(transpose.inputs().getFirst());
        return before.op() instanceof Op.Reshape ? graph.node(before.inputs().getFirst()) : before;
    }

    private static Optional<List<Op>> recognised(Graph graph, Node n) {
        if (!(n.op() instanceof Op.Reshape)
                || !(graph.node(n.inputs().getFirst()).op() instanceof Op.Transpose(var order))) {
            return Optional.empty();
        }
        Node transpose = graph.node(n.inputs().getFirst());
        Shape from = origin(graph, transpose).shape();
        Shape to = n.shape();
        if (from.rank() < 3 || to.rank() < 3 || from.dim(0) != 1 || to.dim(0) != 1 || from.volume() > MAX_ELEMENTS) {
            return Optional.empty();
        }
        Shape turned = graph.node(transpose.inputs().getFirst()).shape();
        float[] sources = sources(from, b -> {
            int reshaped = b.reshape("a", 0, turned, n.source());
            return b.reshape("c", b.add("b", new Op.Transpose(order), n.source(), reshaped), to, n.source());
        });
        for (List<Op> candidate : candidates(from, to, sources)) {
            float[] made = sources(from, b -> {
                int id = 0;
                for (Op op : candidate) {
                    id = b.add("x", op, n.source(), id);
                }
                return id;
            });
            if (java.util.Arrays.equals(made, sources)) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }

    /** Appends nodes that read node 0, and returns the last one. */
    @FunctionalInterface
    interface Steps {
        int append(GraphBuilder builder);
    }

    /** For each element of the result, the number of the operand's element it is. */
    static float[] sources(Shape from, Steps steps) {
        var builder = new GraphBuilder();
        float[] numbers = new float[from.volume()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = i;
        }
        int constant =
                builder.add("in", new Op.Constant(Tensor.wrap(from, numbers)), io.millrace.ir.SourceRef.file(""));
        if (constant != 0) {
            throw new IllegalStateException("the first node has id 0");
        }
        Graph graph = builder.build("shuffle", List.of(steps.append(builder)), List.of("out"));
        return FloatEvaluator.run(graph, List.of()).getFirst().toArray();
    }

    /** What it can only be, judged by the sources of the first element of each channel. */
    private static List<List<Op>> candidates(Shape from, Shape to, float[] sources) {
        int plane = from.volume() / from.dim(1);
        if (from.equals(to)) {
            return permutation(
                            java.util.stream.IntStream.range(0, to.dim(1))
                                    .map(c -> (int) sources[c * plane] / plane)
                                    .boxed()
                                    .toList(),
                            from.dim(1))
                    .map(order -> List.<List<Op>>of(List.of(new Op.Gather(1, order))))
                    .orElse(List.of());
        }
        if (from.rank() != 4 || to.rank() != 4) {
            return List.of();
        }
        return to.dim(2) > from.dim(2) ? toSpace(from, to, sources) : toDepth(from, to, sources);
    }

    private static List<List<Op>> toSpace(Shape from, Shape to, float[] sources) {
        int block = to.dim(2) / from.dim(2);
        if (block < 2 || block * from.dim(2) != to.dim(2) || block * from.dim(3) != to.dim(3)) {
            return List.of();
        }
        int plane = from.dim(2) * from.dim(3);
        var order = new ArrayList<Integer>();
        for (int tap = 0; tap < block * block; tap++) {
            for (int c = 0; c < to.dim(1); c++) {
                int at = (c * to.dim(2) + tap / block) * to.dim(3) + tap % block;
                order.add((int) sources[at] / plane);
            }
        }
        return permutation(order, from.dim(1))
                .map(o -> List.<List<Op>>of(List.of(new Op.Gather(1, o), new Op.DepthToSpace(block))))
                .orElse(List.of());
    }

    private static List<List<Op>> toDepth(Shape from, Shape to, float[] sources) {
        int block = to.dim(2) == 0 ? 0 : from.dim(2) / to.dim(2);
        int plane = to.dim(2) * to.dim(3);
        // All of a map as one position is a change of shape; as slices it would be one for each element.
        if (block < 2 || block * to.dim(2) != from.dim(2) || block * to.dim(3) != from.dim(3) || plane == 1) {
            return List.of();
        }
        var order = new ArrayList<Integer>();
        for (int c = 0; c < to.dim(1); c++) {
            int source = (int) sources[c * plane];
            int column = source % from.dim(3);
            int row = source / from.dim(3) % from.dim(2);
            int channel = source / from.dim(3) / from.dim(2);
            order.add(row < block && column < block ? (row * block + column) * from.dim(1) + channel : -1);
        }
        return permutation(order, to.dim(1))
                .map(o -> List.<List<Op>>of(List.of(new Op.SpaceToDepth(block), new Op.Gather(1, o))))
                .orElse(List.of());
    }

    private static Optional<List<Integer>> permutation(List<Integer> order, int size) {
        return order.stream().allMatch(i -> i >= 0 && i < size)
                        && order.stream().distinct().count() == size
                ? Optional.of(order)
                : Optional.empty();
    }
}
