package io.millrace.ir.nets;

import static io.millrace.ir.nets.Layers.square;

import io.millrace.ir.Graph;
import io.millrace.ir.Shape;

/** Five stages of 3x3 convolutions, each ended by a pool. */
final class Vgg {
    private static final int[] CHANNELS = {64, 128, 256, 512, 512};

    private Vgg() {}

    /** @param convolutions of each stage */
    static StandardNet.Family of(int... convolutions) {
        return (name, size, classes, seed) -> build(name, size, classes, seed, convolutions);
    }

    private static Graph build(String name, int size, int classes, long seed, int[] convolutions) {
        var net = new Layers(name, seed);
        int x = net.input(Shape.of(1, 3, size, size));
        for (int stage = 0; stage < convolutions.length; stage++) {
            for (int i = 0; i < convolutions[stage]; i++) {
                x = net.convRelu("conv" + (stage + 1) + "_" + (i + 1), x, CHANNELS[stage], square(3, 1, 1));
            }
            x = net.maxPool("pool" + (stage + 1), x, square(2, 2, 0));
        }
        x = net.denseRelu("fc6", net.flatten("flat", x), 4096);
        x = net.denseRelu("fc7", x, 4096);
        return net.build(net.dense("fc8", x, classes));
    }
}
