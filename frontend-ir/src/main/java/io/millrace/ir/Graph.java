package io.millrace.ir;

import java.util.HashSet;
import java.util.List;

/**
 * An immutable dataflow graph in topological order: {@code nodes.get(i).id() == i}.
 *
 * @param outputs ids of the nodes whose results leave the graph, in the model's order
 * @param outputNames the model's names of these results
 */
public record Graph(String name, List<Node> nodes, List<Integer> outputs, List<String> outputNames) {
    public Graph {
        nodes = List.copyOf(nodes);
        outputs = List.copyOf(outputs);
        outputNames = List.copyOf(outputNames);
        var names = new HashSet<String>();
        for (int i = 0; i < nodes.size(); i++) {
            if (nodes.get(i).id() != i) {
                throw new IllegalArgumentException(
                        "node at " + i + " has id " + nodes.get(i).id());
            }
            if (!names.add(nodes.get(i).name())) {
                throw new IllegalArgumentException(
                        "two nodes are named '" + nodes.get(i).name() + "'");
            }
        }
        if (outputs.size() != outputNames.size()) {
            throw new IllegalArgumentException(outputs.size() + " outputs, " + outputNames.size() + " names");
        }
        for (int o : outputs) {
            if (o < 0 || o >= nodes.size()) {
                throw new IllegalArgumentException("output " + o + " is not a node");
            }
        }
    }

    public Node node(int id) {
        return nodes.get(id);
    }

    /** The inputs, in the model's order. */
    public List<Node> inputs() {
        return nodes.stream().filter(n -> n.op() instanceof Op.Input).toList();
    }
}
