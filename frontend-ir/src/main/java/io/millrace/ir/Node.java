package io.millrace.ir;

import java.util.List;

/**
 * One operation of a graph.
 *
 * @param id position in {@link Graph#nodes()}
 * @param name unique within the graph, from the model where it has one
 * @param inputs ids of the operands, all smaller than {@code id}
 * @param shape shape of the result
 */
public record Node(int id, String name, Op op, List<Integer> inputs, Shape shape, SourceRef source) {
    public Node {
        inputs = List.copyOf(inputs);
        for (int i : inputs) {
            if (i < 0 || i >= id) {
                throw new IllegalArgumentException("node " + id + " '" + name + "' reads node " + i);
            }
        }
    }
}
