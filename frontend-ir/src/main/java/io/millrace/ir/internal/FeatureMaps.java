package io.millrace.ir.internal;

import io.millrace.ir.Graph;
import io.millrace.ir.GraphBuilder;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.PadMode;
import io.millrace.ir.Sampling;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import java.util.ArrayList;
import java.util.Collections;
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
            case Op.Constant _ -> builder.add(n.name(), n.op(), n.source());
            case Op.Reshape _ -> operand(n).id();
            case Op.Activation _, Op.FakeQuantize _, Op.Lookup _ ->
                builder.add(n.name(), n.op(), n.source(), operand(n).id());
            case Op.Binary _ -> binary(n);
            case Op.Dense dense -> dense(n, dense);
            case Op.Slice _, Op.Pad _, Op.Transpose _, Op.Resize _ ->
                builder.add(n.name(), onMap(n.op()), n.source(), arranged(n, operand(n)));
            case Op.Rearrange(Shape shape, var sources) ->
                builder.add(
                        n.name(),
                        new Op.Rearrange(asMap(shape), sources),
                        n.source(),
                        operand(n).id());
            case Op.LocalConv _, Op.OneHot _, Op.MaxPoolIndices _, Op.MaxUnpool _ -> arrangedCopy(n);
            case Op.Conv _, Op.ConvTranspose _, Op.MaxPool _, Op.AveragePool _, Op.LpPool _ -> arrangedCopy(n);
            case Op.ChannelAffine _, Op.PRelu _, Op.Concat _, Op.Gather _ -> arrangedCopy(n);
            case Op.DepthToSpace _, Op.SpaceToDepth _, Op.Normalize _, Op.Softmax _, Op.TopK _ -> arrangedCopy(n);
        };
    }

    private int arrangedCopy(Node n) {
        return builder.add(
                n.name(),
                n.op(),
                n.source(),
                n.inputs().stream().map(i -> arranged(n, carried.get(i))).toList());
    }

    private Carried operand(Node n) {
        return carried.get(n.inputs().getFirst());
    }

    private int binary(Node n) {
        Carried a = carried.get(n.inputs().getFirst());
        Carried b = carried.get(n.inputs().getLast());
        boolean sameLayout = builder.shape(a.id()).equals(builder.shape(b.id()));
        if (a.logical().equals(b.logical()) && sameLayout) {
            return builder.add(n.name(), n.op(), n.source(), a.id(), b.id());
        }
        int rank = n.shape().rank();
        return builder.add(
                n.name(), n.op(), n.source(), laidOut(n, a, widened(a, rank)), laidOut(n, b, widened(b, rank)));
    }

    /** The logical shape with axes of one element before it, as a map. */
    private static Shape widened(Carried value, int rank) {
        var dims = new ArrayList<>(Collections.nCopies(rank - value.logical().rank(), 1));
        dims.addAll(value.logical().dims());
        return asMap(new Shape(dims));
    }

    private int dense(Node n, Op.Dense dense) {
        Shape logical = operand(n).logical();
        return logical.rank() == 2 && logical.dim(0) == 1 ? wholeMap(n, dense) : pointwise(n, dense);
    }

    private int wholeMap(Node n, Op.Dense dense) {
        int x = operand(n).id();
        if (builder.shape(x).rank() < 3 || builder.shape(x).dim(0) != 1) {
            x = arranged(n, operand(n));
        }
        List<Integer> map = builder.shape(x).dims();
        var weightDims = new ArrayList<>(map);
        weightDims.set(0, dense.weights().shape().dim(0));
        Tensor weights = dense.weights().reshape(new Shape(weightDims));
        var window = Window.of(map.stream().skip(2).mapToInt(i -> i).toArray());
        return builder.add(n.name(), new Op.Conv(weights, dense.bias(), window, 1), n.source(), x);
    }

    /** A dense layer on each of several rows is a convolution with one tap, its rows in space and its values in channels. */
    private int pointwise(Node n, Op.Dense dense) {
        int inputs = dense.weights().shape().dim(1);
        int outputs = dense.weights().shape().dim(0);
        int rows = n.shape().volume() / outputs;
        int x = laidOut(n, operand(n), Shape.of(1, rows, 1, inputs));
        int turned = builder.add(n.name() + ".turn", new Op.Transpose(List.of(0, 3, 1, 2)), n.source(), x);
        Tensor weights = dense.weights().reshape(Shape.of(outputs, inputs, 1, 1));
        int conv = builder.add(n.name(), new Op.Conv(weights, dense.bias(), Window.of(1, 1), 1), n.source(), turned);
        return builder.add(n.name() + ".return", new Op.Transpose(List.of(0, 2, 3, 1)), n.source(), conv);
    }

    /** The operation with two more axes, if it is stated for the axes of a vector. */
    private static Op onMap(Op op) {
        return switch (op) {
            case Op.Slice(var begin, var step, var size)
            when size.size() == 2 -> new Op.Slice(with(begin, 0, 0), with(step, 1, 1), with(size, 1, 1));
            case Op.Pad(PadMode mode, float value, var begin, var end)
            when begin.size() == 2 -> new Op.Pad(mode, value, with(begin, 0, 0), with(end, 0, 0));
            case Op.Transpose(var order) when order.size() == 2 -> new Op.Transpose(with(order, 2, 3));
            case Op.Resize(var axes)
            when axes.size() == 2 -> new Op.Resize(with(axes, Sampling.identity(1), Sampling.identity(1)));
            case Op other -> other;
        };
    }

    private static <T> List<T> with(List<T> list, T third, T fourth) {
        var all = new ArrayList<>(list);
        all.add(third);
        all.add(fourth);
        return all;
    }

    /** The value laid out as its logical shape says, as a feature map. */
    private int arranged(Node reader, Carried value) {
        return laidOut(reader, value, asMap(value.logical()));
    }

    private int laidOut(Node reader, Carried value, Shape wanted) {
        if (builder.shape(value.id()).equals(wanted)) {
            return value.id();
        }
        if (builder.node(value.id()).op() instanceof Op.Constant(Tensor constant)) {
            return builder.add(reader.name() + ".constant", new Op.Constant(constant.reshape(wanted)), reader.source());
        }
        return builder.reshape(reader.name() + ".arrange", value.id(), wanted, reader.source());
    }

    /** {@code [1, K]} as {@code [1, K, 1, 1]}; shapes of other ranks as they are. */
    private static Shape asMap(Shape shape) {
        return shape.rank() == 2 ? Shape.of(shape.dim(0), shape.dim(1), 1, 1) : shape;
    }
}
