package io.millrace.scheduler;

import io.millrace.ir.Passes;
import io.millrace.ir.SourceRef;
import io.millrace.ir.Window;
import io.millrace.ir.nets.Noise;
import io.millrace.ir.nets.StandardNet;
import io.millrace.quantizer.ActivationTable;
import io.millrace.quantizer.Calibration;
import io.millrace.quantizer.MapType;
import io.millrace.quantizer.NumberFormat;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizeOptions;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.Quantizer;
import io.millrace.quantizer.Requantizer;
import io.millrace.quantizer.Weights;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** The shapes of well-known networks with seeded weights. */
public final class TestNets {
    private final Precision precision;
    private final SplittableRandom random = new SplittableRandom(1);
    private final List<QNode> nodes = new ArrayList<>();

    private TestNets(Precision precision) {
        this.precision = precision;
    }

    /** A net of the literature for images of a size and ten classes, int8, calibrated on a frame of noise. */
    public static QuantizedGraph standard(StandardNet net, int size) {
        return standard(net, size, 10);
    }

    /** The same with so many classes. */
    public static QuantizedGraph standard(StandardNet net, int size, int classes) {
        var graph = Passes.prepare(net.graph(size, classes, 1));
        return Quantizer.quantize(
                        graph,
                        Calibration.of(graph, List.of(Noise.frame(graph, 1))),
                        QuantizeOptions.of(NumberFormat.INT8))
                .graph();
    }

    /** 28x28, conv 6@5x5 pad 2, max 2, conv 16@5x5, max 2, 120, 84, 10. */
    public static QuantizedGraph lenet5(Precision precision) {
        var b = new TestNets(precision);
        b.input(1, 28, 28);
        b.conv("conv1", 6, padded(5, 2), false);
        b.max("pool1", strided(2, 2));
        b.conv("conv2", 16, Window.of(5, 5), false);
        b.max("pool2", strided(2, 2));
        b.conv("fc1", 120, Window.of(5, 5), false);
        b.conv("fc2", 84, Window.of(1, 1), false);
        b.conv("fc3", 10, Window.of(1, 1), false);
        return b.graph("lenet5");
    }

    /** LeNet-1 on an input of any size: conv 4@5x5 tanh, mean 2 tanh, conv 12@5x5 tanh, mean 2 tanh, conv 10@4x4. */
    public static QuantizedGraph lenet1(Precision precision, int rows, int columns) {
        var b = new TestNets(precision);
        b.input(1, rows, columns);
        b.conv("conv1", 4, Window.of(5, 5), true);
        b.sum("sub1", strided(2, 2), true);
        b.conv("conv2", 12, Window.of(5, 5), true);
        b.sum("sub2", strided(2, 2), true);
        b.conv("conv3", 10, Window.of(4, 4), false);
        return b.graph("lenet1");
    }

    /** Three times a 3x3 convolution and max 2, of 32, 64 and 64 channels, on 32x32x3; 10. */
    static QuantizedGraph cifar3(Precision precision) {
        var b = new TestNets(precision);
        b.input(3, 32, 32);
        for (int channels : List.of(32, 64, 64)) {
            b.conv("conv" + b.nodes.size(), channels, padded(3, 1), false);
            b.max("pool" + b.nodes.size(), strided(2, 2));
        }
        b.conv("fc", 10, Window.of(4, 4), false);
        return b.graph("cifar3");
    }

    /** MLPerf Tiny's ResNet-8 on 32x32x3: three blocks of two 3x3 convolutions, of 16, 32 and 64 channels; mean 8; 10. */
    static QuantizedGraph resnet8(Precision precision) {
        var b = new TestNets(precision);
        b.input(3, 32, 32);
        b.conv("conv", 16, padded(3, 1), false);
        for (int channels : List.of(16, 32, 64)) {
            int stride = channels == 16 ? 1 : 2;
            int skip = b.nodes.size() - 1;
            b.conv("conv" + b.nodes.size(), channels, window(3, stride, 1), false);
            b.conv("conv" + b.nodes.size(), channels, padded(3, 1), false);
            int branch = b.nodes.size() - 1;
            if (stride > 1) {
                b.conv("skip" + b.nodes.size(), skip, channels, strided(1, stride), false);
                skip = b.nodes.size() - 1;
            }
            b.sumOf("add" + b.nodes.size(), branch, skip);
        }
        b.sum("mean", Window.of(8, 8), false);
        b.conv("fc", 10, Window.of(1, 1), false);
        return b.graph("resnet8");
    }

    /**
     * ResNet-20 v2 on 32x32x3: three stages of two blocks of 1x1, 3x3 and 1x1, behind a factor a channel each but the first, of 16, 64 and 128 channels; mean 8; 10.
     */
    static QuantizedGraph resnet20v2(Precision precision) {
        var b = new TestNets(precision);
        b.input(3, 32, 32);
        b.conv("conv", 16, padded(3, 1), false);
        for (int channels : List.of(16, 64, 128)) {
            int stride = channels == 16 ? 1 : 2;
            int wide = channels == 16 ? 64 : 2 * channels;
            int skip = 0;
            for (int block = 0; block < 2; block++) {
                int before = b.nodes.size() - 1;
                if (before > 1) {
                    b.factors("factors" + b.nodes.size());
                }
                b.conv("conv" + b.nodes.size(), channels, strided(1, block == 0 ? stride : 1), false);
                b.conv("conv" + b.nodes.size(), channels, padded(3, 1), false);
                b.conv("conv" + b.nodes.size(), wide, Window.of(1, 1), false);
                int branch = b.nodes.size() - 1;
                if (block == 0) {
                    b.conv("skip" + b.nodes.size(), before, wide, strided(1, stride), false);
                    skip = b.nodes.size() - 1;
                }
                b.sumOf("add" + b.nodes.size(), branch, skip);
                skip = b.nodes.size() - 1;
            }
        }
        b.factors("factors");
        b.sum("mean", Window.of(8, 8), false);
        b.conv("fc", 10, Window.of(1, 1), false);
        return b.graph("resnet20v2");
    }

    /** Two convolutions of 64 channels and one that is a fully-connected layer of 500,000 weights, on 14 x 14. */
    static QuantizedGraph heavy(Precision precision) {
        var b = new TestNets(precision);
        b.input(16, 14, 14);
        b.conv("conv1", 64, padded(3, 1), false);
        b.conv("conv2", 64, padded(3, 1), false);
        b.max("pool", strided(2, 2));
        b.conv("fc", 160, Window.of(7, 7), false);
        return b.graph("heavy");
    }

    /** Two 3x3 convolutions of 16 channels and max 2, on 40 rows of 1,226 columns. */
    public static QuantizedGraph wide(Precision precision) {
        var b = new TestNets(precision);
        b.input(1, 40, 1226);
        b.conv("conv1", 16, padded(3, 1), false);
        b.conv("conv2", 16, padded(3, 1), false);
        b.max("pool", strided(2, 2));
        return b.graph("wide");
    }

    /** One convolution on a square map. */
    public static QuantizedGraph oneConv(Precision precision, int channels, int size, int outputs, Window window) {
        var b = new TestNets(precision);
        b.input(channels, size, size);
        b.conv("conv", outputs, window, false);
        return b.graph("one-conv");
    }

    /** A chain of convolutions whose second map also leaves the board. */
    public static QuantizedGraph withSideOutput(Precision precision) {
        var b = new TestNets(precision);
        b.input(3, 9, 9);
        b.conv("conv1", 5, padded(3, 1), false);
        b.conv("conv2", 4, strided(3, 2), false);
        b.conv("conv3", 7, Window.of(2, 2), false);
        return new QuantizedGraph("side", precision, b.nodes, List.of(3, 2, 0), List.of("main", "side", "echo"));
    }

    static Window strided(int kernel, int stride) {
        return window(kernel, stride, 0);
    }

    static Window padded(int kernel, int pad) {
        return window(kernel, 1, pad);
    }

    private static Window window(int kernel, int stride, int pad) {
        return new Window(twice(kernel), twice(stride), twice(pad), twice(pad), twice(1));
    }

    private static List<Integer> twice(int n) {
        return List.of(n, n);
    }

    private QuantizedGraph graph(String name) {
        return new QuantizedGraph(name, precision, nodes, List.of(nodes.size() - 1), List.of("output"));
    }

    private void input(int channels, int rows, int columns) {
        add("input", new QOp.Input(), List.of(), new MapType(channels, List.of(rows, columns), 1 / 128.0, 3));
    }

    private void conv(String name, int outputs, Window window, boolean table) {
        conv(name, nodes.size() - 1, outputs, window, table);
    }

    private void conv(String name, int input, int outputs, Window window, boolean table) {
        var in = nodes.get(input).type();
        var weights = new short[outputs * window.taps() * in.channels()];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (short) random.nextInt(-precision.high(), precision.high() + 1);
        }
        var bias = random.longs(outputs, -1000, 1000).boxed().toList();
        add(
                name,
                new QOp.Conv(window, outputs, new Weights(weights), bias, requantizer(outputs), tableIf(table)),
                List.of(input),
                output(in, outputs, window));
    }

    /** A factor a channel, as a normalization leaves it. */
    private void factors(String name) {
        int channels = last().channels();
        var weights = new short[channels];
        for (int i = 0; i < channels; i++) {
            weights[i] = (short) random.nextInt(1, precision.high() + 1);
        }
        var bias = Collections.nCopies(channels, 5L);
        add(
                name,
                new QOp.Conv(
                        Window.of(1, 1),
                        channels,
                        channels,
                        new Weights(weights),
                        bias,
                        requantizer(channels),
                        Optional.empty()),
                List.of(nodes.size() - 1),
                last());
    }

    private void sumOf(String name, int a, int b) {
        var term = new QOp.Add.Term(-4, 3, 2);
        var op = new QOp.Add(List.of(term, term), -4, precision.low(), precision.high(), Optional.empty());
        add(name, op, List.of(a, b), nodes.get(a).type());
    }

    private void max(String name, Window window) {
        add(
                name,
                new QOp.MaxPool(window, Optional.empty()),
                List.of(nodes.size() - 1),
                output(last(), last().channels(), window));
    }

    private void sum(String name, Window window, boolean table) {
        int channels = last().channels();
        var bias = Collections.nCopies(channels, 5L);
        add(
                name,
                new QOp.SumPool(window, bias, requantizer(channels), tableIf(table)),
                List.of(nodes.size() - 1),
                output(last(), channels, window));
    }

    private Requantizer requantizer(int channels) {
        return new Requantizer(
                0,
                Collections.nCopies(channels, 70_000),
                Collections.nCopies(channels, 20 + precision.bits()),
                -4,
                precision.low(),
                precision.high());
    }

    private Optional<ActivationTable> tableIf(boolean wanted) {
        if (!wanted) {
            return Optional.empty();
        }
        return Optional.of(
                switch (precision) {
                    case INT8 ->
                        new ActivationTable.Codes(IntStream.range(0, 256)
                                .mapToObj(i -> 127 - i / 2)
                                .toList());
                    case INT16 ->
                        new ActivationTable.Segments(
                                IntStream.range(0, 1024).mapToObj(i -> i - 512).toList(),
                                Collections.nCopies(1024, 64));
                });
    }

    private MapType last() {
        return nodes.getLast().type();
    }

    private static MapType output(MapType in, int channels, Window window) {
        var spatial = IntStream.range(0, 2)
                .mapToObj(axis -> window.outputSize(axis, in.spatial().get(axis)))
                .toList();
        return new MapType(channels, spatial, 1 / 64.0, -4);
    }

    private void add(String name, QOp op, List<Integer> inputs, MapType type) {
        nodes.add(new QNode(nodes.size(), name, op, inputs, type, SourceRef.layer("test", name)));
    }
}
