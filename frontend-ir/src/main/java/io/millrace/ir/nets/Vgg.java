package io.millrace.ir.nets;

import static io.millrace.ir.nets.Layers.square;

import io.millrace.ir.Shape;

/** Five stages of 3x3 convolutions, each ended by a pool. */
final class Vgg {
    private static final int[] CHANNELS = {64, 128, 256, 512, 512};

    private Vgg() {}

    /** @param convolutions of each stage */
    static StandardNet.Family of(int... convolutions) {
        return (name, size, classes, seed) -> {
            var net = new Layers(name, seed);
            return net.build(classifier(net, features(net, size, convolutions), classes));
        };
    }

    /** Without the fully-connected layers: the maps behind the last pool. */
    static StandardNet.Family convolutions(int... convolutions) {
        return (name, size, _, seed) -> {
            var net = new Layers(name, seed);
            return net.build(features(net, size, convolutions));
        };
    }

    private static int features(Layers net, int size, int[] convolutions) {
        int x = net.input(Shape.of(1, 3, size, size));
        for (int stage = 0; stage < convolutions.length; stage++) {
            for (int i = 0; i < convolutions[stage]; i++) {
                x = net.convRelu("conv" + (stage + 1) + "_" + (i + 1), x, CHANNELS[stage], square(3, 1, 1));
            }
            x = net.maxPool("pool" + (stage + 1), x, square(2, 2, 0));
        }
        return x;
    }

    private static int classifier(Layers net, int from, int classes) {
        int x = net.denseRelu("fc6", net.flatten("flat", from), 4096);
        x = net.denseRelu("fc7", x, 4096);
        return net.dense("fc8", x, classes);
    }
}
