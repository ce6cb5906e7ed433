package io.millrace.ir;

/** Operations that keep the order of a position's channels, where nothing but the order is asked for. */
public final class ChannelOrder {
    private ChannelOrder() {}

    /** Whether a softmax is read by nothing but choices of the index of the largest channel, so that it need not be computed. */
    public static boolean isAllThatCounts(Graph graph, Node softmax) {
        var readers = graph.nodes().stream()
                .filter(n -> n.inputs().contains(softmax.id()))
                .toList();
        return !readers.isEmpty()
                && !graph.outputs().contains(softmax.id())
                && readers.stream()
                        .allMatch(n -> n.op() instanceof Op.TopK(int k, boolean indices) && k == 1 && indices);
    }
}
