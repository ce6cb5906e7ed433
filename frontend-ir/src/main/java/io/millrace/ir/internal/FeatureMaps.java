package io.millrace.ir.internal;

import io.millrace.ir.Graph;
import io.millrace.ir.GraphBuilder;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns every vector into a feature map and every dense layer into a convolution.
 *
 * <p>A reshape never moves an element, so it is carried along as a second, <em>logical</em> shape of the value and takes effect only
 * where an operation depends on the arrangement: element-wise operations work on the value as it lies; a dense layer reads a map of
 * any shape through a kernel as large as the map, because the row-major order of {@code [C, spatial...]} is the order of its weights.
 */
public final class FeatureMaps {
    /** What stands for an old node: a new node and the shape its readers believe it has. */
    private record Carried(int id, Shape logical) {}

    private final GraphBuilder builder = new GraphBuilder();
    private final List<Carried> carried = new ArrayList<>();

    private FeatureMaps() {}

    public static Graph makeFeatureMaps(Graph graph) {
        var pass = new FeatureMaps();
        for (Node n : graph.nodes()) {
            pass.carried.add(new Carried(pass.rewrite(n), n.shape()));
        }
        var outputs =
                graph.outputs().stream().map(o -> pass.carried.get(o).id()).toList();
        return pass.builder.build(graph.name(), outputs, graph.outputNames());
    }

    private int rewrite(Node n) {
        return switch (n.op()) {
            case Op.Input _ -> builder.input(n.name(), asMap(n.shape()), n.source());
            case Op.Reshape _ -> operand(n).id();
            case Op.Activation _, Op.FakeQuantize _ ->
                builder.add(n.name(), n.op(), n.source(), operand(n).id());
            case Op.Add _ -> add(n);
            case Op.Dense dense -> dense(n, dense);
            case Op.Conv _, Op.MaxPool _, Op.AveragePool _, Op.ChannelAffine _, Op.Softmax _ ->
                builder.add(n.name(), n.op(), n.source(), arranged(n, operand(n)));
            case Op.Concat _ ->
                builder.add(
                        n.name(),
                        n.op(),
                        n.source(),
                        n.inputs().stream()
                                .map(i -> arranged(n, carried.get(i)))
                                .toList());
        };
    }

    private Carried operand(Node n) {
        return carried.get(n.inputs().getFirst());
    }

    private int add(Node n) {
        int a = carried.get(n.inputs().getFirst()).id();
        int b = carried.get(n.inputs().getLast()).id();
        if (!builder.shape(a).equals(builder.shape(b))) {
            a = arranged(n, carried.get(n.inputs().getFirst()));
            b = arranged(n, carried.get(n.inputs().getLast()));
        }
        return builder.add(n.name(), n.op(), n.source(), a, b);
    }

    private int dense(Node n, Op.Dense dense) {
        int x = operand(n).id();
        if (builder.shape(x).dim(0) != 1 || builder.shape(x).rank() < 3) {
            x = arranged(n, operand(n));
        }
        List<Integer> map = builder.shape(x).dims();
        var weightDims = new ArrayList<>(map);
        weightDims.set(0, dense.weights().shape().dim(0));
        Tensor weights = dense.weights().reshape(new Shape(weightDims));
        var window = Window.of(map.stream().skip(2).mapToInt(i -> i).toArray());
        return builder.add(n.name(), new Op.Conv(weights, dense.bias(), window, 1), n.source(), x);
    }

    /** The value laid out as its logical shape says, as a feature map. */
    private int arranged(Node reader, Carried value) {
        Shape wanted = asMap(value.logical());
        if (builder.shape(value.id()).equals(wanted)) {
            return value.id();
        }
        return builder.reshape(reader.name() + ".arrange", value.id(), wanted, reader.source());
    }

    /** {@code [1, K]} as {@code [1, K, 1, 1]}; shapes of rank 3 and more as they are. */
    private static Shape asMap(Shape shape) {
        return shape.rank() == 2 ? Shape.of(shape.dim(0), shape.dim(1), 1, 1) : shape;
    }
}
