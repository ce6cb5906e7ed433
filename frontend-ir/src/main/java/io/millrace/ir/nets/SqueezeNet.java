package io.millrace.ir.nets;

import static io.millrace.ir.nets.Layers.square;

import io.millrace.ir.Graph;
import io.millrace.ir.Shape;

/** Fire modules: a 1x1 convolution to few channels, then 1x1 and 3x3 convolutions side by side. */
final class SqueezeNet {
    private SqueezeNet() {}

    static Graph build(String name, int size, int classes, long seed) {
        var net = new Layers(name, seed);
        int x = net.convRelu("conv1", net.input(Shape.of(1, 3, size, size)), 64, square(3, 2, 0));
        x = net.maxPoolCeil("pool1", x);
        x = fire(net, "fire2", x, 16, 64);
        x = fire(net, "fire3", x, 16, 64);
        x = net.maxPoolCeil("pool3", x);
        x = fire(net, "fire4", x, 32, 128);
        x = fire(net, "fire5", x, 32, 128);
        x = net.maxPoolCeil("pool5", x);
        x = fire(net, "fire6", x, 48, 192);
        x = fire(net, "fire7", x, 48, 192);
        x = fire(net, "fire8", x, 64, 256);
        x = fire(net, "fire9", x, 64, 256);
        x = net.convRelu("conv10", x, classes, square(1, 1, 0));
        return net.build(net.globalAverage("pool10", x));
    }

    private static int fire(Layers net, String at, int from, int squeezed, int expanded) {
        int x = net.convRelu(at + ".squeeze", from, squeezed, square(1, 1, 0));
        int small = net.convRelu(at + ".expand1x1", x, expanded, square(1, 1, 0));
        int large = net.convRelu(at + ".expand3x3", x, expanded, square(3, 1, 1));
        return net.concat(at + ".concat", small, large);
    }
}
