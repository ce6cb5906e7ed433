package io.millrace.ir;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Makes a graph node by node, inferring shapes and keeping names unique. */
public final class GraphBuilder {
    private final List<Node> nodes = new ArrayList<>();
    private final Set<String> names = new HashSet<>();

    /** Appends an input and returns its id. */
    public int input(String name, Shape shape, SourceRef source) {
        return append(name, new Op.Input(), List.of(), shape, source);
    }

    /**
     * Appends an operation and returns its id.
     *
     * @throws ShapeInference.Mismatch if the operands do not suit it
     */
    public int add(String name, Op op, SourceRef source, Integer... inputs) {
        return add(name, op, source, Arrays.asList(inputs));
    }

    /**
     * Appends an operation and returns its id.
     *
     * @throws ShapeInference.Mismatch if the operands do not suit it
     */
    public int add(String name, Op op, SourceRef source, List<Integer> inputs) {
        Shape shape = ShapeInference.infer(op, inputs.stream().map(this::shape).toList());
        return append(name, op, inputs, shape, source);
    }

    /**
     * Appends a change of shape and returns its id.
     *
     * @throws ShapeInference.Mismatch if the number of elements would change
     */
    public int reshape(String name, int input, Shape shape, SourceRef source) {
        if (shape(input).volume() != shape.volume()) {
            throw new ShapeInference.Mismatch("cannot reshape " + shape(input) + " to " + shape);
        }
        return append(name, new Op.Reshape(), List.of(input), shape, source);
    }

    /** Appends a node of another graph and returns its new id; {@code ids} maps its operands' ids there to those here. */
    int copy(Node node, Map<Integer, Integer> ids) {
        var operands = node.inputs().stream()
                .map(i -> Objects.requireNonNull(ids.get(i), "an operand is not copied yet"))
                .toList();
        return append(node.name(), node.op(), operands, node.shape(), node.source());
    }

    public Node node(int id) {
        return nodes.get(id);
    }

    public Shape shape(int id) {
        return nodes.get(id).shape();
    }

    public int size() {
        return nodes.size();
    }

    public Graph build(String name, List<Integer> outputs, List<String> outputNames) {
        return new Graph(name, nodes, outputs, outputNames);
    }

    private int append(String name, Op op, List<Integer> inputs, Shape shape, SourceRef source) {
        String unique = name;
        for (int i = 2; !names.add(unique); i++) {
            unique = name + "#" + i;
        }
        nodes.add(new Node(nodes.size(), unique, op, inputs, shape, source));
        return nodes.size() - 1;
    }
}
