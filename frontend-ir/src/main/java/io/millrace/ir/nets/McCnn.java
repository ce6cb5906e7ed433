package io.millrace.ir.nets;

import static io.millrace.ir.nets.Layers.square;

import io.millrace.ir.Graph;
import io.millrace.ir.Shape;

/** Features of a stereo frame's pixels, to be compared between left and right. */
final class McCnn {
    private static final int HEIGHT = 370;
    private static final int WIDTH = 1226;
    private static final int LAYERS = 4;
    private static final int CHANNELS = 64;

    private McCnn() {}

    /** The fast net: convolutions, rectified but for the last. */
    static Graph fast(String name, int size, long seed) {
        var net = new Layers(name, seed);
        int x = net.input(Shape.of(1, 1, size, size * WIDTH / HEIGHT));
        for (int layer = 1; layer < LAYERS; layer++) {
            x = net.convRelu("conv" + layer, x, CHANNELS, square(3, 1, 1));
        }
        return net.build(net.conv("conv" + LAYERS, x, CHANNELS, square(3, 1, 1)));
    }
}
