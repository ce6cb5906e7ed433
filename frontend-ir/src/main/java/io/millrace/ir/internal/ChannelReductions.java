package io.millrace.ir.internal;

import io.millrace.ir.Graph;
import io.millrace.ir.GraphBuilder;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Shape;
import io.millrace.ir.Window;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Means, sums and norms over the channels, which importers write as a pool over a map of one channel whose rows are the channels:
 * as convolutions of one tap. What follows element by element keeps the positions that the map has.
 */
public final class ChannelReductions {
    private final Rewriter rewriter;
    private final GraphBuilder builder;
    /** By old id: the shape that readers expect of a node whose new one has its positions in space. */
    private final Map<Integer, Shape> expected = new HashMap<>();

    private ChannelReductions(Graph graph) {
        rewriter = new Rewriter(graph);
        builder = rewriter.builder();
    }

    public static Graph recognise(Graph graph) {
        var pass = new ChannelReductions(graph);
        for (Node n : graph.nodes()) {
            pass.rewrite(graph, n);
        }
        return Simplification.dropDeadNodes(pass.rewriter.build());
    }

    private void rewrite(Graph graph, Node n) {
        OptionalInt reduced = reduced(graph, n);
        if (reduced.isPresent()) {
            rewriter.map(n, reduced.getAsInt());
            expected.put(n.id(), n.shape());
            return;
        }
        boolean moved = n.inputs().stream().anyMatch(expected::containsKey);
        if (moved && n.op() instanceof Op.Reshape) {
            int x = rewriter.newId(n.inputs().getFirst());
            rewriter.map(
                    n, builder.shape(x).equals(n.shape()) ? x : builder.reshape(n.name(), x, n.shape(), n.source()));
        } else if (moved && isElementwise(n.op())) {
            rewriter.copy(n);
            expected.put(n.id(), n.shape());
        } else {
            n.inputs().forEach(i -> restore(graph.node(i)));
            rewriter.copy(n);
        }
    }

    private static boolean isElementwise(Op op) {
        return op instanceof Op.Activation || op instanceof Op.FakeQuantize || op instanceof Op.ChannelAffine;
    }

    /** Gives a value the shape that its readers expect. */
    private void restore(Node old) {
        Shape shape = expected.remove(old.id());
        if (shape != null) {
            int x = rewriter.newId(old.id());
            rewriter.map(
                    old,
                    builder.shape(x).equals(shape)
                            ? x
                            : builder.reshape(old.name() + ".arrange", x, shape, old.source()));
        }
    }

    private OptionalInt reduced(Graph graph, Node n) {
        Optional<Window> window = windowOf(n.op());
        if (window.isEmpty() || !(graph.node(n.inputs().getFirst()).op() instanceof Op.Reshape)) {
            return OptionalInt.empty();
        }
        Node reshape = graph.node(n.inputs().getFirst());
        Node map = graph.node(reshape.inputs().getFirst());
        if (!Composer.isMap(map.shape()) || !isOverChannels(window.get(), map.shape(), reshape.shape())) {
            return OptionalInt.empty();
        }
        restore(map);
        return Composer.compose(rewriter, n, c -> composed(c, n.op(), rewriter.newId(map.id())));
    }

    private static Optional<Window> windowOf(Op op) {
        return switch (op) {
            case Op.AveragePool(Window window, var _) -> Optional.of(window);
            case Op.LpPool(Window window, var _) -> Optional.of(window);
            case Op _ -> Optional.empty();
        };
    }

    private static boolean isOverChannels(Window window, Shape map, Shape flat) {
        int channels = map.dim(1);
        return window.kernel().equals(List.of(channels, 1))
                && window.equals(Window.of(channels, 1))
                && flat.equals(Shape.of(1, 1, channels, map.volume() / channels));
    }

    private static OptionalInt composed(Composer c, Op op, int x) {
        int channels = c.shape(x).dim(1);
        int rank = c.spatialRank(x);
        return switch (op) {
            case Op.LpPool(var _, int p) ->
                c.whole(
                        new Op.Activation(Pools.root(p, 1)),
                        c.channelSum("sum", c.part("powers", Pools.power(p), x), 1));
            case Op _ -> c.whole(Composer.mixing(1, channels, 1.0 / channels, rank), x);
        };
    }
}
