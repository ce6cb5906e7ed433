package io.millrace.scheduler.internal;

import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.Requantizer;
import io.millrace.quantizer.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * The same network with the channels of some maps in another order: the output channels of convolutions, and with them what takes channels one by one, up to convolutions
 * whose weights take the order in. Every result is the same.
 */
final class ChannelOrder {
    private final QuantizedGraph graph;
    /** By node whose channels are elsewhere: at each place, the channel that was there. */
    private final Map<Integer, List<Integer>> orders;

    private ChannelOrder(QuantizedGraph graph, Map<Integer, List<Integer>> orders) {
        this.graph = graph;
        this.orders = new TreeMap<>(orders);
    }

    /**
     * Whether the channels of a node's map can have any order: all that reads it takes channels one by one, up to convolutions in one group.
     */
    static boolean isFree(QuantizedGraph graph, QNode node) {
        return !graph.outputs().contains(node.id())
                && graph.nodes().stream()
                        .filter(n -> n.inputs().contains(node.id()))
                        .allMatch(n -> absorbs(n) || passes(n) && isFree(graph, n));
    }

    private static boolean absorbs(QNode node) {
        return node.op() instanceof QOp.Conv conv
                && conv.groups() == 1
                && conv.bands().isEmpty();
    }

    /** Whether each channel of the result is made of the same channel, or part, of the operands. */
    private static boolean passes(QNode node) {
        return switch (node.op()) {
            case QOp.MaxPool _, QOp.SumPool _, QOp.Concat _ -> true;
            case QOp.Gather gather -> keepsChannels(gather, node.type().channels());
            case QOp.Input _, QOp.Conv _, QOp.Add _, QOp.Extreme _, QOp.ArgMax _, QOp.View _, QOp.Mul _ -> false;
            case QOp.DepthToSpace _ -> false;
        };
    }

    private static boolean keepsChannels(QOp.Gather gather, int channels) {
        return gather.indices().getLast().equals(inOrder(channels));
    }

    /**
     * @param outputs by convolution whose map {@link #isFree}, its output channels in their new order
     */
    static QuantizedGraph of(QuantizedGraph graph, Map<Integer, List<Integer>> outputs) {
        var ordering = new ChannelOrder(graph, outputs);
        var nodes = graph.nodes().stream().map(ordering::node).toList();
        return new QuantizedGraph(graph.name(), graph.precision(), nodes, graph.outputs(), graph.outputNames());
    }

    private static List<Integer> inOrder(int channels) {
        return IntStream.range(0, channels).boxed().toList();
    }

    private List<Integer> orderOf(int node) {
        return orders.getOrDefault(node, inOrder(graph.node(node).type().channels()));
    }

    private QNode node(QNode node) {
        boolean moved = node.inputs().stream().anyMatch(orders::containsKey);
        if (!moved && !orders.containsKey(node.id())) {
            return node;
        }
        QOp op = node.op();
        if (node.op() instanceof QOp.Conv conv) {
            op = conv(node, conv);
        } else if (moved) {
            orders.put(node.id(), ofOperands(node));
            if (node.op() instanceof QOp.SumPool pool) {
                var order = orderOf(node.id());
                op = new QOp.SumPool(
                        pool.window(), picked(pool.bias(), order), picked(pool.requantizer(), order), pool.table());
            }
        }
        return new QNode(node.id(), node.name(), op, node.inputs(), node.type(), node.source());
    }

    /** The order of the operands' channels, one after the other. */
    private List<Integer> ofOperands(QNode node) {
        var order = new ArrayList<Integer>();
        for (int input : node.inputs()) {
            int before = order.size();
            orderOf(input).forEach(c -> order.add(before + c));
        }
        return order;
    }

    private QOp.Conv conv(QNode node, QOp.Conv conv) {
        var in = ofOperands(node);
        var out = orderOf(node.id());
        int taps = conv.window().taps();
        int channels = conv.groupChannels();
        var weights = new short[conv.weights().size()];
        int at = 0;
        for (int o : out) {
            for (int tap = 0; tap < taps; tap++) {
                for (int c = 0; c < channels; c++) {
                    // A convolution in groups only has other outputs.
                    int from = absorbs(node) ? in.get(c) : c;
                    weights[at++] = (short) conv.weight(o, tap, from);
                }
            }
        }
        return new QOp.Conv(
                conv.window(),
                conv.outputChannels(),
                conv.groups(),
                conv.bands(),
                new Weights(weights),
                picked(conv.bias(), out),
                picked(conv.requantizer(), out),
                conv.table());
    }

    private static Requantizer picked(Requantizer r, List<Integer> order) {
        return new Requantizer(
                r.preShift(),
                picked(r.multipliers(), order),
                picked(r.shifts(), order),
                r.zeroPoint(),
                r.low(),
                r.high());
    }

    private static <T> List<T> picked(List<T> values, List<Integer> order) {
        return order.stream().map(values::get).toList();
    }
}
