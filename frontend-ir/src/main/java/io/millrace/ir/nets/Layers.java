package io.millrace.ir.nets;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.ConnectionTable;
import io.millrace.ir.Graph;
import io.millrace.ir.GraphBuilder;
import io.millrace.ir.Normalization;
import io.millrace.ir.Op;
import io.millrace.ir.Pointwise;
import io.millrace.ir.Sampling;
import io.millrace.ir.Shape;
import io.millrace.ir.SourceRef;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The building blocks the nets share. Every method appends layers, reads the node it is given and returns the last one's id.
 *
 * <p>Weights are uniform with a variance of {@code 1 / fanIn}, twice that behind a rectifier, which throws half of the power away
 * (He et al., ICCV 2015), so that activations keep their size from the first layer to the last.
 */
final class Layers {
    private final String net;
    private final GraphBuilder builder;
    private final SeededWeights weights;
    private final Set<Integer> rectified;

    Layers(String net, long seed) {
        this(net, new GraphBuilder(), new SeededWeights(seed), new HashSet<>());
    }

    private Layers(String net, GraphBuilder builder, SeededWeights weights, Set<Integer> rectified) {
        this.net = net;
        this.builder = builder;
        this.weights = weights;
        this.rectified = rectified;
    }

    /** What appends to the same net, with weights from a seed's first on: equal layers appended by two of them have equal weights. */
    Layers again(long seed) {
        return new Layers(net, builder, new SeededWeights(seed), rectified);
    }

    /** A window of the same sides, stride and padding on each of two axes. */
    static Window square(int kernel, int stride, int pad) {
        return cube(2, kernel, stride, pad);
    }

    /** The same over any number of axes. */
    static Window cube(int axes, int kernel, int stride, int pad) {
        return new Window(all(axes, kernel), all(axes, stride), all(axes, pad), all(axes, pad), all(axes, 1));
    }

    private static List<Integer> all(int axes, int value) {
        return Collections.nCopies(axes, value);
    }

    /** What appends layers of other kinds. */
    GraphBuilder builder() {
        return builder;
    }

    int input(Shape shape) {
        return input("input", shape);
    }

    /** One of several inputs. */
    int input(String name, Shape shape) {
        return builder.input(name, shape, source(name));
    }

    Shape shape(int id) {
        return builder.shape(id);
    }

    int channels(int id) {
        return shape(id).dim(1);
    }

    Graph build(int output) {
        return builder.build(net, List.of(output), List.of("output"));
    }

    /** Convolution with a bias. */
    int conv(String name, int from, int outputs, Window window, int groups) {
        return conv(name, from, outputs, window, groups, 0.05);
    }

    int conv(String name, int from, int outputs, Window window) {
        return conv(name, from, outputs, window, 1);
    }

    /** Convolution without a bias: one of zeros. */
    int convUnbiased(String name, int from, int outputs, Window window) {
        return conv(name, from, outputs, window, 1, 0);
    }

    private int conv(String name, int from, int outputs, Window window, int groups, double biasSpread) {
        var dims = new ArrayList<>(List.of(outputs, channels(from) / groups));
        dims.addAll(window.kernel());
        var kernel = new Shape(dims);
        var values = weights.uniform(kernel, 0, spread(from, kernel.volume() / outputs));
        var bias =
                biasSpread == 0 ? Tensor.zeros(Shape.of(outputs)) : weights.uniform(Shape.of(outputs), 0, biasSpread);
        return add(name, new Op.Conv(values, bias, window, groups), from);
    }

    /** Convolution by a connection table. */
    int conv(String name, int from, ConnectionTable table, Window window) {
        var dims = new ArrayList<>(List.of(table.connections().size()));
        dims.addAll(window.kernel());
        var kernels = new Shape(dims);
        var values = weights.uniform(kernels, 0, spread(from, kernels.volume() / table.outputs()));
        var bias = weights.uniform(Shape.of(table.outputs()), 0, 0.05);
        return add(name, table.conv(values, bias, window), from);
    }

    /** Convolution and rectifier. */
    int convRelu(String name, int from, int outputs, Window window) {
        return relu(name + ".relu", conv(name, from, outputs, window));
    }

    /** Convolution without a bias and the batch normalization of inference, a gain and a bias for each channel. */
    int convNorm(String name, int from, int outputs, Window window, int groups) {
        return norm(name + ".norm", conv(name, from, outputs, window, groups, 0), 1);
    }

    int convNorm(String name, int from, int outputs, Window window) {
        return convNorm(name, from, outputs, window, 1);
    }

    /** The same at half the size, for the last layer of a branch that is added to its own input: sums must not grow. */
    int convNormOfBranch(String name, int from, int outputs, Window window, int groups) {
        return norm(name + ".norm", conv(name, from, outputs, window, groups, 0), 0.5);
    }

    /** A window over each channel on its own, with its normalization. */
    int depthwiseNorm(String name, int from, Window window) {
        return convNorm(name, from, channels(from), window, channels(from));
    }

    int norm(String name, int from, double size) {
        var channels = Shape.of(channels(from));
        var gain = weights.uniform(channels, size, 0.2 * size);
        return add(name, new Op.ChannelAffine(gain, weights.uniform(channels, 0, 0.1)), from);
    }

    int transposed(String name, int from, int outputs, Window window) {
        var dims = new ArrayList<>(List.of(channels(from), outputs));
        dims.addAll(window.kernel());
        var kernel = new Shape(dims);
        var op = new Op.ConvTranspose(
                weights.uniform(kernel, 0, spread(from, channels(from))),
                weights.uniform(Shape.of(outputs), 0, 0.05),
                window,
                all(window.rank(), 0),
                1);
        return add(name, op, from);
    }

    /** Every element twice along both axes. */
    int doubled(String name, int from) {
        var axes = shape(from).dims().stream()
                .map(Sampling::identity)
                .collect(java.util.stream.Collectors.toCollection(ArrayList::new));
        for (int a = 2; a < axes.size(); a++) {
            int size = 2 * shape(from).dim(a);
            var source = IntStream.range(0, size).map(i -> i / 2).boxed().toList();
            axes.set(a, new Sampling(source, Tensor.zeros(Shape.of(size))));
        }
        return add(name, new Op.Resize(axes), from);
    }

    /** The same by linear interpolation between the middles of pixels. */
    int doubledLinearly(String name, int from) {
        Shape shape = shape(from);
        var axes = IntStream.range(0, shape.rank())
                .mapToObj(a -> a < 2
                        ? Sampling.identity(shape.dim(a))
                        : Sampling.linear(shape.dim(a), 2 * shape.dim(a), Sampling.Corners.HALF_PIXEL))
                .toList();
        return add(name, new Op.Resize(axes), from);
    }

    /** Local response normalization over 5 channels with the constants of both papers that use it. */
    int localResponse(String name, int from, float bias) {
        var kind = new Normalization.LocalResponse(5, 1e-4f, 0.75f, bias);
        return sameSign(from, add(name, new Op.Normalize(kind), from));
    }

    int relu(String name, int from) {
        return rectified(add(name, new Op.Activation(new Pointwise.Relu()), from));
    }

    int tanh(String name, int from) {
        return add(name, new Op.Activation(new Pointwise.Tanh()), from);
    }

    /** Rectifier that saturates at 6. */
    int relu6(String name, int from) {
        return rectified(add(name, new Op.Activation(new Pointwise.Clip(0, 6)), from));
    }

    int sum(String name, int left, int right) {
        return builder.add(name, new Op.Binary(BinaryFunction.ADD), source(name), left, right);
    }

    int concat(String name, Integer... parts) {
        int id = builder.add(name, new Op.Concat(1), source(name), parts);
        return rectified.containsAll(List.of(parts)) ? rectified(id) : id;
    }

    /** Channel {@code g * n + i} of {@code groups} groups of n goes to {@code i * groups + g}. */
    int shuffle(String name, int from, int groups) {
        int size = channels(from) / groups;
        var order = IntStream.range(0, channels(from))
                .map(c -> c % groups * size + c / groups)
                .boxed()
                .toList();
        return sameSign(from, add(name, new Op.Gather(1, order), from));
    }

    int maxPool(String name, int from, Window window) {
        return sameSign(from, add(name, new Op.MaxPool(window), from));
    }

    /** Maximum over 3x3 at stride 2 without padding, the last window of an axis cut off rather than left out. */
    int maxPoolCeil(String name, int from) {
        var ends = shape(from).dims().stream().skip(2).map(size -> 1 - size % 2).toList();
        return maxPool(name, from, new Window(all(2, 3), all(2, 2), all(2, 0), ends, all(2, 1)));
    }

    int averagePool(String name, int from, Window window) {
        return sameSign(from, add(name, new Op.AveragePool(window, true), from));
    }

    /** The mean of each channel, as {@code [1, C]}. */
    int globalAverage(String name, int from) {
        var map = shape(from);
        var window = Window.of(map.dims().stream().skip(2).mapToInt(i -> i).toArray());
        return flatten(name + ".flat", averagePool(name, from, window));
    }

    /** All values as {@code [1, K]}. */
    int flatten(String name, int from) {
        var flat = Shape.of(1, shape(from).volume());
        return sameSign(from, builder.reshape(name, from, flat, source(name)));
    }

    /** Fully-connected layer on {@code [1, K]}. */
    int dense(String name, int from, int outputs) {
        int inputs = channels(from);
        var values = weights.uniform(Shape.of(outputs, inputs), 0, spread(from, inputs));
        return add(name, new Op.Dense(values, weights.uniform(Shape.of(outputs), 0, 0.05)), from);
    }

    int denseRelu(String name, int from, int outputs) {
        return relu(name + ".relu", dense(name, from, outputs));
    }

    /** Half the width of the uniform distribution of the variance that keeps the power of the operand. */
    private double spread(int from, int fanIn) {
        double variance = (rectified.contains(from) ? 2.0 : 1.0) / fanIn;
        return Math.sqrt(3 * variance);
    }

    private int sameSign(int from, int id) {
        return rectified.contains(from) ? rectified(id) : id;
    }

    private int rectified(int id) {
        rectified.add(id);
        return id;
    }

    private int add(String name, Op op, int from) {
        return builder.add(name, op, source(name), from);
    }

    SourceRef source(String name) {
        return SourceRef.layer(net, name);
    }
}
