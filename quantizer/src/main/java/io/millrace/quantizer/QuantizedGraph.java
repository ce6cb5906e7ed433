package io.millrace.quantizer;

import java.util.List;

/**
 * An immutable integer graph in topological order: {@code nodes.get(i).id() == i}.
 *
 * @param outputs ids of the nodes whose codes leave the board, in the model's order
 */
public record QuantizedGraph(
        String name, Precision precision, List<QNode> nodes, List<Integer> outputs, List<String> outputNames) {
    public QuantizedGraph {
        nodes = List.copyOf(nodes);
        outputs = List.copyOf(outputs);
        outputNames = List.copyOf(outputNames);
        for (int i = 0; i < nodes.size(); i++) {
            if (nodes.get(i).id() != i) {
                throw new IllegalArgumentException(
                        "node at " + i + " has id " + nodes.get(i).id());
            }
        }
    }

    public QNode node(int id) {
        return nodes.get(id);
    }

    public List<QNode> inputs() {
        return nodes.stream().filter(n -> n.op() instanceof QOp.Input).toList();
    }
}
