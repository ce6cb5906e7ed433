package io.millrace.boards.verify;

import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QuantizedGraph;
import java.util.ArrayList;
import java.util.List;

/** Two copies of a network side by side, with the same weights and inputs of their own. */
final class TwinNet {
    private TwinNet() {}

    static QuantizedGraph of(QuantizedGraph graph) {
        var nodes = new ArrayList<QNode>();
        var outputs = new ArrayList<Integer>();
        var names = new ArrayList<String>();
        for (int copy = 0; copy < 2; copy++) {
            int first = nodes.size();
            String suffix = copy == 0 ? "" : "_twin";
            for (var n : graph.nodes()) {
                List<Integer> inputs = n.inputs().stream().map(i -> i + first).toList();
                nodes.add(new QNode(first + n.id(), n.name() + suffix, n.op(), inputs, n.type(), n.source()));
            }
            graph.outputs().forEach(o -> outputs.add(o + first));
            graph.outputNames().forEach(name -> names.add(name + suffix));
        }
        return new QuantizedGraph(graph.name() + " twice", graph.precision(), nodes, outputs, names);
    }
}
