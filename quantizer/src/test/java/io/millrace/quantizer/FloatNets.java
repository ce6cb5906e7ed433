package io.millrace.quantizer;

import io.millrace.ir.Graph;
import io.millrace.ir.GraphBuilder;
import io.millrace.ir.Op;
import io.millrace.ir.Pointwise;
import io.millrace.ir.Shape;
import io.millrace.ir.SourceRef;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Small float nets with random weights, and frames for them. */
final class FloatNets {
    private final GraphBuilder builder = new GraphBuilder();
    private final SplittableRandom random;
    private int last;

    FloatNets(long seed, Shape input) {
        this.random = new SplittableRandom(seed);
        this.last = builder.input("in", input, where("in"));
    }

    private static SourceRef where(String name) {
        return SourceRef.layer("net", name);
    }

    FloatNets conv(String name, int outputs, Window window) {
        return conv(name, outputs, window, 1);
    }

    FloatNets conv(String name, int outputs, Window window, int groups) {
        int channels = builder.shape(last).dim(1) / groups;
        var dims = new ArrayList<>(List.of(outputs, channels));
        dims.addAll(window.kernel());
        var shape = new Shape(dims);
        double spread = 1.5 / Math.sqrt((double) channels * window.taps());
        return add(name, new Op.Conv(values(shape, spread), values(Shape.of(outputs), 0.3), window, groups));
    }

    FloatNets transposed(String name, int outputs, Window window, List<Integer> outputPadding, int groups) {
        int channels = builder.shape(last).dim(1);
        var dims = new ArrayList<>(List.of(channels, outputs));
        dims.addAll(window.kernel());
        double spread = 1.5 / Math.sqrt((double) channels / groups * window.taps());
        Tensor bias = values(Shape.of(outputs * groups), 0.3);
        return add(name, new Op.ConvTranspose(values(new Shape(dims), spread), bias, window, outputPadding, groups));
    }

    FloatNets affine(String name, float... gains) {
        Shape shape = Shape.of(gains.length);
        return add(name, new Op.ChannelAffine(Tensor.of(shape, gains), values(shape, 0.3)));
    }

    /** A gain without a bias. */
    static Op.ChannelAffine gain(float... gains) {
        Shape shape = Shape.of(gains.length);
        return new Op.ChannelAffine(Tensor.of(shape, gains), Tensor.zeros(shape));
    }

    FloatNets activation(String name, Pointwise function) {
        return add(name, new Op.Activation(function));
    }

    FloatNets add(String name, Op op) {
        last = builder.add(name, op, where(name), last);
        return this;
    }

    FloatNets reshape(String name, Shape shape) {
        last = builder.reshape(name, last, shape, where(name));
        return this;
    }

    /** An operation on several nodes. */
    FloatNets join(String name, Op op, Integer... operands) {
        last = builder.add(name, op, where(name), operands);
        return this;
    }

    Shape shape(int node) {
        return builder.shape(node);
    }

    int last() {
        return last;
    }

    FloatNets from(int node) {
        last = node;
        return this;
    }

    Graph build() {
        return build(List.of(last));
    }

    Graph build(List<Integer> outputs) {
        return builder.build(
                "net", outputs, outputs.stream().map(o -> "out" + o).toList());
    }

    private Tensor values(Shape shape, double spread) {
        var values = new float[shape.volume()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() * spread);
        }
        return Tensor.wrap(shape, values);
    }

    /** Frames of values between 0 and 1, for every input. */
    static List<List<Tensor>> frames(Graph graph, int count, long seed) {
        var random = new SplittableRandom(seed);
        var frames = new ArrayList<List<Tensor>>();
        for (int i = 0; i < count; i++) {
            frames.add(graph.inputs().stream()
                    .map(n -> {
                        var values = new float[n.shape().volume()];
                        for (int v = 0; v < values.length; v++) {
                            values[v] = random.nextInt(256) / 255f;
                        }
                        return Tensor.wrap(n.shape(), values);
                    })
                    .toList());
        }
        return frames;
    }
}
