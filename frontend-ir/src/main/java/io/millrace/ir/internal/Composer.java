package io.millrace.ir.internal;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.Graph;
import io.millrace.ir.GraphBuilder;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Pointwise;
import io.millrace.ir.Shape;
import io.millrace.ir.SourceRef;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * Writes one node as several. The last one has its name, the others have it before a slash; all have its source. Operands and
 * results are ids in the new graph.
 */
public final class Composer {
    /** Below any share of a kernel that has room in a frame; keeps the table finite at 0. */
    private static final float SMALLEST_SHARE = 0x1p-20f;

    private final GraphBuilder builder;
    private final String name;
    private final SourceRef source;
    private final List<Integer> operands;

    /** Knows how to write some operations as others. */
    @FunctionalInterface
    interface Family {
        /** The id of the node that stands for the given one from now on; empty if it stays what it is. */
        OptionalInt compose(Composer composer, Node node);
    }

    /** @param operands ids in {@code builder} */
    public Composer(GraphBuilder builder, String name, SourceRef source, List<Integer> operands) {
        this.builder = builder;
        this.name = name;
        this.source = source;
        this.operands = List.copyOf(operands);
    }

    private static Composer of(Rewriter rewriter, Node node) {
        return new Composer(rewriter.builder(), node.name(), node.source(), rewriter.newInputs(node));
    }

    static Graph rewrite(Graph graph, Family family) {
        var rewriter = new Rewriter(graph);
        for (Node n : graph.nodes()) {
            OptionalInt composed = family.compose(of(rewriter, n), n);
            if (composed.isPresent()) {
                rewriter.map(n, composed.getAsInt());
            } else {
                rewriter.copy(n);
            }
        }
        return rewriter.build();
    }

    /** What stands for a node of a graph that is being rewritten otherwise. */
    static OptionalInt compose(Rewriter rewriter, Node node, Function<Composer, OptionalInt> composition) {
        return composition.apply(of(rewriter, node));
    }

    /** Whether a map has one frame and at least one spatial axis, as all that is composed here needs. */
    static boolean isMap(Shape shape) {
        return shape.rank() >= 3 && shape.dim(0) == 1 && shape.volume() > 0;
    }

    /** The operand at this position. */
    public int operand(int position) {
        return operands.get(position);
    }

    public Shape shape(int id) {
        return builder.shape(id);
    }

    boolean isConstant(int id) {
        return builder.node(id).op() instanceof Op.Constant;
    }

    Op op(int id) {
        return builder.node(id).op();
    }

    /** What a node reads first. */
    int sourceOf(int id) {
        return builder.node(id).inputs().getFirst();
    }

    public int part(String part, Op op, Integer... operands) {
        return builder.add(name + "/" + part, op, source, operands);
    }

    int part(String part, Op op, List<Integer> operands) {
        return builder.add(name + "/" + part, op, source, operands);
    }

    /** The node that stands for the whole. */
    OptionalInt whole(Op op, Integer... operands) {
        return OptionalInt.of(whole(op, List.of(operands)));
    }

    int whole(Op op, List<Integer> operands) {
        return builder.add(name, op, source, operands);
    }

    public int part(String name, Pointwise function, int x) {
        return part(name, new Op.Activation(function), x);
    }

    public int part(String name, BinaryFunction function, int a, int b) {
        return part(name, new Op.Binary(function), a, b);
    }

    public OptionalInt whole(BinaryFunction function, int a, int b) {
        return whole(new Op.Binary(function), a, b);
    }

    /** {@code weight} times the sum of all channels: {@code [1, C, ...]} to {@code [1, 1, ...]}. */
    public int channelSum(String name, int x, double weight) {
        return part(name, mixing(1, shape(x).dim(1), weight, spatialRank(x)), x);
    }

    /** The only channel of a map, once for each of so many channels. */
    public int spread(String name, int x, int channels) {
        return channels == shape(x).dim(1) ? x : part(name, mixing(channels, 1, 1, spatialRank(x)), x);
    }

    /** A convolution of one tap whose weights are all alike. */
    public static Op.Conv mixing(int outputs, int inputs, double weight, int rank) {
        var values = new float[outputs * inputs];
        Arrays.fill(values, (float) weight);
        return pointwise(outputs, inputs, values, 1, rank);
    }

    /** A convolution of one tap without bias. */
    static Op.Conv pointwise(int outputs, int groupInputs, float[] weights, int groups, int rank) {
        var dims = new ArrayList<>(List.of(outputs, groupInputs));
        dims.addAll(Collections.nCopies(rank, 1));
        return new Op.Conv(
                Tensor.wrap(new Shape(dims), weights), Tensor.zeros(Shape.of(outputs)), singleTap(rank), groups);
    }

    private static Window singleTap(int rank) {
        return Window.of(Collections.nCopies(rank, 1).stream()
                .mapToInt(Integer::intValue)
                .toArray());
    }

    /** Each channel's mean over all of space, as a map of one position. */
    public int spatialMean(String name, int x) {
        var kernel =
                shape(x).dims().stream().skip(2).mapToInt(Integer::intValue).toArray();
        return part(name, new Op.AveragePool(Window.of(kernel), true), x);
    }

    /** The whole: a map of the operand's sizes whose values are all one number, whatever comes in. */
    int constant(int x, float value) {
        var values = new float[shape(x).dim(1)];
        Arrays.fill(values, value);
        Shape channels = Shape.of(values.length);
        return whole(new Op.ChannelAffine(Tensor.zeros(channels), Tensor.wrap(channels, values)), List.of(x));
    }

    /** A map of one channel and the operand's spatial sizes whose values are all 1. */
    public int ones(int x) {
        Tensor one = Tensor.of(Shape.of(1), 1);
        return part("ones", new Op.ChannelAffine(Tensor.zeros(Shape.of(1)), one), channels("channel", x, 0, 1));
    }

    /** Neighbouring channels. */
    int channels(String name, int x, int first, int count) {
        Shape shape = shape(x);
        if (count == shape.dim(1)) {
            return x;
        }
        return part(name, along(shape, 1, first, 1, count), x);
    }

    /** A slice of one axis that leaves the others whole. */
    static Op.Slice along(Shape shape, int axis, int begin, int step, int size) {
        var begins = new ArrayList<>(Collections.nCopies(shape.rank(), 0));
        var steps = new ArrayList<>(Collections.nCopies(shape.rank(), 1));
        var sizes = new ArrayList<>(shape.dims());
        begins.set(axis, begin);
        steps.set(axis, step);
        sizes.set(axis, size);
        return new Op.Slice(begins, steps, sizes);
    }

    /** {@code 1 / x - 1} of a share of 0 to 1. */
    public static Pointwise excess() {
        return new Pointwise.Clip(SMALLEST_SHARE, 1)
                .then(new Pointwise.Power(-1))
                .then(new Pointwise.Affine(1, -1));
    }

    /** The larger of two values: {@code a + max(b - a, 0)}. */
    public int maximum(String name, int a, int b) {
        int over = part(name + ".over", new Pointwise.Relu(), part(name + ".difference", BinaryFunction.SUB, b, a));
        return part(name, BinaryFunction.ADD, over, a);
    }

    int spatialRank(int x) {
        return shape(x).rank() - 2;
    }
}
