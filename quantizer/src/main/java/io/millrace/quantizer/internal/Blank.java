package io.millrace.quantizer.internal;

import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Tensor;
import java.util.Arrays;

/** Graphs whose numbers are all alike, so that no grid is out of another's reach. */
final class Blank {
    private Blank() {}

    /** The same layers with gains and steps of 1. */
    static Graph of(Graph graph) {
        var nodes = graph.nodes().stream().map(Blank::of).toList();
        return new Graph(graph.name(), nodes, graph.outputs(), graph.outputNames());
    }

    private static Node of(Node node) {
        var op = of(node.op());
        return op == node.op()
                ? node
                : new Node(node.id(), node.name(), op, node.inputs(), node.shape(), node.source());
    }

    private static Op of(Op op) {
        if (op instanceof Op.ChannelAffine(Tensor gain, Tensor bias)) {
            // A gain of all channels alike is a sum's factor, one with a bias is not.
            return new Op.ChannelAffine(filled(gain, 1), filled(bias, Sums.isFactor(gain, bias) ? 0 : 1));
        }
        if (op instanceof Op.FakeQuantize rounding) {
            return new Op.FakeQuantize(1, rounding.zeroPoint(), rounding.low(), rounding.high());
        }
        return op;
    }

    private static Tensor filled(Tensor like, float value) {
        var values = new float[like.size()];
        Arrays.fill(values, value);
        return Tensor.wrap(like.shape(), values);
    }
}
