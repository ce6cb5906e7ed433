package io.millrace.ir.nets;

import static io.millrace.ir.nets.Layers.square;

import io.millrace.ir.Graph;
import io.millrace.ir.Shape;

/** Four halvings and four doublings, each doubled map beside the one of its size on the way down. */
final class UNet {
    private static final int DEPTH = 4;

    private UNet() {}

    enum Upsampling {
        TRANSPOSED,
        NEAREST,
        LINEAR
    }

    /** @param width channels at full size, 64 in the paper */
    static StandardNet.Family of(int width, Upsampling upsampling) {
        return (name, size, classes, seed) -> build(name, size, classes, seed, width, upsampling);
    }

    private static Graph build(String name, int size, int classes, long seed, int width, Upsampling upsampling) {
        var net = new Layers(name, seed);
        int x = net.input(Shape.of(1, 3, size, size));
        var skips = new int[DEPTH];
        for (int level = 0; level < DEPTH; level++) {
            skips[level] = twoConvolutions(net, "down" + level, x, width << level);
            x = net.maxPool("down" + level + ".pool", skips[level], square(2, 2, 0));
        }
        x = twoConvolutions(net, "bottom", x, width << DEPTH);
        for (int level = DEPTH - 1; level >= 0; level--) {
            String at = "up" + level;
            x = doubled(net, at + ".double", x, width << level, upsampling);
            x = twoConvolutions(net, at, net.concat(at + ".concat", skips[level], x), width << level);
        }
        return net.build(net.conv("scores", x, classes, square(1, 1, 0)));
    }

    private static int doubled(Layers net, String at, int from, int channels, Upsampling upsampling) {
        return switch (upsampling) {
            case TRANSPOSED -> net.transposed(at, from, channels, square(2, 2, 0));
            case NEAREST -> net.conv(at + ".conv", net.doubled(at, from), channels, square(3, 1, 1));
            case LINEAR -> net.conv(at + ".conv", net.doubledLinearly(at, from), channels, square(3, 1, 1));
        };
    }

    private static int twoConvolutions(Layers net, String at, int from, int channels) {
        int x = net.convRelu(at + ".conv1", from, channels, square(3, 1, 1));
        return net.convRelu(at + ".conv2", x, channels, square(3, 1, 1));
    }
}
