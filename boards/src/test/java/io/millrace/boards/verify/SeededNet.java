package io.millrace.boards.verify;

import io.millrace.ir.Graph;
import io.millrace.ir.GraphBuilder;
import io.millrace.ir.Op;
import io.millrace.ir.Passes;
import io.millrace.ir.Pointwise;
import io.millrace.ir.Shape;
import io.millrace.ir.SourceRef;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import io.millrace.quantizer.Calibration;
import io.millrace.quantizer.NumberFormat;
import io.millrace.quantizer.QuantizeOptions;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.Quantizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Float networks with seeded weights, and what they are as integers. */
final class SeededNet {
    private final GraphBuilder builder = new GraphBuilder();
    private final SplittableRandom random;
    private int last;

    SeededNet(long seed, int... input) {
        random = new SplittableRandom(seed);
        last = builder.input("in", shape(input), where("in"));
    }

    private static SourceRef where(String name) {
        return SourceRef.layer("seeded", name);
    }

    private static Shape shape(int... dims) {
        return new Shape(Arrays.stream(dims).boxed().toList());
    }

    static Window window(List<Integer> kernel, List<Integer> stride, List<Integer> pad, List<Integer> dilation) {
        return new Window(kernel, stride, pad, pad, dilation);
    }

    static Window window(List<Integer> kernel, List<Integer> stride, List<Integer> pad) {
        return window(kernel, stride, pad, List.of(1, 1, 1));
    }

    SeededNet conv(int outputs, Window window, int groups) {
        var dims = new ArrayList<>(List.of(outputs, builder.shape(last).dim(1) / groups));
        dims.addAll(window.kernel());
        return add(new Op.Conv(values(new Shape(dims)), values(shape(outputs)), window, groups));
    }

    SeededNet dense(int outputs) {
        int size = builder.shape(last).volume();
        last = builder.reshape("flat", last, shape(1, size), where("flat"));
        return add(new Op.Dense(values(shape(outputs, size)), values(shape(outputs))));
    }

    SeededNet relu() {
        return add(new Op.Activation(new Pointwise.Relu()));
    }

    SeededNet add(Op op) {
        String name = op.getClass().getSimpleName() + builder.size();
        last = builder.add(name, op, where(name), last);
        return this;
    }

    SeededNet join(Op op, int... operands) {
        String name = op.getClass().getSimpleName() + builder.size();
        last = builder.add(
                name, op, where(name), Arrays.stream(operands).boxed().toList());
        return this;
    }

    /** The node added last. */
    int last() {
        return last;
    }

    Shape shape() {
        return builder.shape(last);
    }

    /** What is added next reads this node. */
    SeededNet from(int node) {
        last = node;
        return this;
    }

    private Tensor values(Shape shape) {
        return values(shape, -0.5, 0.5);
    }

    private Tensor values(Shape shape, double low, double high) {
        var values = new float[shape.volume()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(low, high);
        }
        return Tensor.wrap(shape, values);
    }

    Graph build(String name) {
        return builder.build(name, List.of(last), List.of("out"));
    }

    /** Frames of pixels, 0 to 1. */
    List<List<Tensor>> frames(int count) {
        var frames = new ArrayList<List<Tensor>>();
        for (int i = 0; i < count; i++) {
            frames.add(List.of(values(builder.shape(0), 0, 1)));
        }
        return frames;
    }

    QuantizedGraph quantize(String name, NumberFormat format) {
        Graph graph = Passes.canonicalise(build(name));
        return Quantizer.quantize(graph, Calibration.of(graph, frames(8)), QuantizeOptions.of(format))
                .graph();
    }
}
