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

/** Float networks over volumes {@code [1, C, D, H, W]} with seeded weights, as integers. */
final class VolumeNets {
    private final GraphBuilder builder = new GraphBuilder();
    private final SplittableRandom random;
    private int last;

    VolumeNets(long seed, int... input) {
        random = new SplittableRandom(seed);
        last = builder.input("in", shape(input), where("in"));
    }

    private static SourceRef where(String name) {
        return SourceRef.layer("volumes", name);
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

    VolumeNets conv(int outputs, Window window, int groups) {
        var dims = new ArrayList<>(List.of(outputs, builder.shape(last).dim(1) / groups));
        dims.addAll(window.kernel());
        return add(new Op.Conv(values(new Shape(dims)), values(shape(outputs)), window, groups));
    }

    VolumeNets dense(int outputs) {
        int size = builder.shape(last).volume();
        last = builder.reshape("flat", last, shape(1, size), where("flat"));
        return add(new Op.Dense(values(shape(outputs, size)), values(shape(outputs))));
    }

    VolumeNets relu() {
        return add(new Op.Activation(new Pointwise.Relu()));
    }

    VolumeNets add(Op op) {
        String name = op.getClass().getSimpleName() + builder.size();
        last = builder.add(name, op, where(name), last);
        return this;
    }

    private Tensor values(Shape shape) {
        var values = new float[shape.volume()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(-0.5, 0.5);
        }
        return Tensor.wrap(shape, values);
    }

    QuantizedGraph quantize(String name, NumberFormat format) {
        Graph graph = Passes.canonicalise(builder.build(name, List.of(last), List.of("out")));
        var frames = new ArrayList<List<Tensor>>();
        for (int i = 0; i < 8; i++) {
            frames.add(List.of(values(graph.node(0).shape())));
        }
        return Quantizer.quantize(graph, Calibration.of(graph, frames), QuantizeOptions.of(format))
                .graph();
    }
}
