package io.millrace.ir.nets;

import static io.millrace.ir.nets.Layers.square;

import io.millrace.ir.Graph;
import io.millrace.ir.Shape;
import io.millrace.ir.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The nets that other compilers and simulators were measured on, at exactly their shapes, with seeded random weights. Multiply-accumulates are counted over the full
 * output, padded taps included.
 */
public enum PeerNet {
    /** LeNet-5 on 28x28 with rectifiers and maximum pools: 416,520 MACs. */
    LENET5(PeerNet::lenet5),
    /** Three 3x3 convolutions and a fully-connected layer for CIFAR-10: 7,972,864 MACs. */
    CIFAR3(PeerNet::cifar3),
    /** {@link StandardNet#RESNET8}: 12,501,632 MACs. */
    RESNET8((_, seed) -> StandardNet.RESNET8.graph(32, 10, seed)),
    /** Keras' ResNet-20 v2 for CIFAR-10 (pre-activation bottlenecks; He et al., ECCV 2016), normalizations folded where that can be: 66,243,072 MACs, 570,602 values. */
    RESNET20V2(PeerNet::resnet20),
    /**
     * SCALE-Sim's topology file {@code alexnet}: five convolutions without padding and groups, their outputs rounded up; 805,118,496 MACs. The sizes of one layer's output and the
     * next one's input do not meet, so each layer has an input and an output of its own.
     */
    SCALESIM_ALEXNET((name, seed) -> layers(
            name,
            seed,
            List.of(
                    new Layer(224, 11, 4, 3, 96),
                    new Layer(27, 5, 1, 96, 256),
                    new Layer(13, 3, 1, 256, 384),
                    new Layer(13, 3, 1, 384, 384),
                    new Layer(13, 3, 1, 384, 256)))),
    /** SCALE-Sim's {@code Resnet18}: 20 convolutions and the classifier, each by itself like those of {@link #SCALESIM_ALEXNET}; 1,471,181,568 MACs. */
    SCALESIM_RESNET18((name, seed) -> layers(name, seed, scaleSimResNet18()));

    /** Builds a net; {@code name} is what its messages call it. */
    @FunctionalInterface
    private interface Family {
        Graph build(String name, long seed);
    }

    /** A convolution of a square map, without padding, its last window cut off where it reaches beyond. */
    private record Layer(int size, int kernel, int stride, int inputs, int outputs) {
        /** SCALE-Sim's rule: {@code ceil((size - kernel + stride) / stride)} windows an axis. */
        Window window() {
            int windows = Math.ceilDiv(size - kernel + stride, stride);
            int end = (windows - 1) * stride + kernel - size;
            return new Window(
                    List.of(kernel, kernel), List.of(stride, stride), List.of(0, 0), List.of(end, end), List.of(1, 1));
        }
    }

    private final Family family;

    PeerNet(Family family) {
        this.family = family;
    }

    /** Its name in commands, such as {@code scalesim_alexnet}. */
    public String netName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The net with weights of seed 1, before the canonicalising passes. */
    public Graph graph() {
        return family.build(netName(), 1);
    }

    private static Graph lenet5(String name, long seed) {
        var net = new Layers(name, seed);
        int x = net.convRelu("conv1", net.input(Shape.of(1, 1, 28, 28)), 6, square(5, 1, 2));
        x = net.maxPool("pool1", x, square(2, 2, 0));
        x = net.convRelu("conv2", x, 16, square(5, 1, 0));
        x = net.maxPool("pool2", x, square(2, 2, 0));
        x = net.denseRelu("fc1", net.flatten("flat", x), 120);
        x = net.denseRelu("fc2", x, 84);
        return net.build(net.dense("fc3", x, 10));
    }

    private static Graph cifar3(String name, long seed) {
        var net = new Layers(name, seed);
        int x = net.input(Shape.of(1, 3, 32, 32));
        for (int i = 1; i <= 3; i++) {
            x = net.convRelu("conv" + i, x, i == 1 ? 32 : 64, square(3, 1, 1));
            x = net.maxPool("pool" + i, x, square(2, 2, 0));
        }
        return net.build(net.dense("fc", net.flatten("flat", x), 10));
    }

    private static Graph resnet20(String name, long seed) {
        var net = new Layers(name, seed);
        int x = net.convRelu("conv1", net.input(Shape.of(1, 3, 32, 32)), 16, square(3, 1, 1));
        int width = 16;
        for (int stage = 1; stage <= 3; stage++) {
            int outputs = stage == 1 ? 64 : 2 * width;
            for (int block = 1; block <= 2; block++) {
                String at = "stage" + stage + "." + block;
                boolean first = stage == 1 && block == 1;
                int stride = stage > 1 && block == 1 ? 2 : 1;
                // The first block follows a rectifier already.
                int active = first ? x : net.relu(at + ".relu", net.norm(at + ".norm", x, 1));
                int y = net.convRelu(at + ".conv1", active, width, square(1, stride, 0));
                y = net.convRelu(at + ".conv2", y, width, square(3, 1, 1));
                y = net.conv(at + ".conv3", y, outputs, square(1, 1, 0));
                int skip = block == 1 ? net.conv(at + ".project", x, outputs, square(1, stride, 0)) : x;
                x = net.sum(at + ".add", y, skip);
            }
            width = outputs;
        }
        x = net.relu("relu", net.norm("norm", x, 1));
        return net.build(net.dense("fc", net.globalAverage("pool", x), 10));
    }

    private static List<Layer> scaleSimResNet18() {
        var layers = new ArrayList<Layer>();
        layers.add(new Layer(224, 7, 2, 3, 64));
        for (int i = 0; i < 4; i++) {
            layers.add(new Layer(56, 3, 1, 64, 64));
        }
        int size = 56;
        for (int width = 64; width < 512; width *= 2) {
            var repeated = new Layer(size / 2, 3, 1, 2 * width, 2 * width);
            layers.add(new Layer(size, 3, 2, width, 2 * width));
            layers.add(repeated);
            layers.add(new Layer(size, 1, 2, width, 2 * width));
            layers.add(repeated);
            layers.add(repeated);
            size /= 2;
        }
        layers.add(new Layer(1, 1, 1, 512, 1000));
        return layers;
    }

    private static Graph layers(String name, long seed, List<Layer> layers) {
        var net = new Layers(name, seed);
        var names = new ArrayList<String>();
        var outputs = new ArrayList<Integer>();
        for (int i = 0; i < layers.size(); i++) {
            var layer = layers.get(i);
            int input = net.input("input" + (i + 1), Shape.of(1, layer.inputs(), layer.size(), layer.size()));
            outputs.add(net.convRelu("conv" + (i + 1), input, layer.outputs(), layer.window()));
            names.add("output" + (i + 1));
        }
        return net.builder().build(name, outputs, names);
    }
}
