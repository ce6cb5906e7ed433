package io.millrace.ir.nets;

import static io.millrace.ir.nets.Layers.square;

import io.millrace.ir.Graph;
import io.millrace.ir.Shape;

/** Nine inception modules of four branches each. */
final class GoogLeNet {
    private GoogLeNet() {}

    /** Output channels of a module's convolutions; those that reduce come before the window they serve. */
    private record Inception(int one, int reduce3, int three, int reduce5, int five, int pool) {}

    /** @param normalized whether local response normalization stands before and behind the second layer, as in the paper */
    static StandardNet.Family of(boolean normalized) {
        return (name, size, classes, seed) -> build(name, size, classes, seed, normalized);
    }

    private static Graph build(String name, int size, int classes, long seed, boolean normalized) {
        var net = new Layers(name, seed);
        int x = net.convRelu("conv1", net.input(Shape.of(1, 3, size, size)), 64, square(7, 2, 3));
        x = net.maxPoolCeil("pool1", x);
        x = normalized ? net.localResponse("norm1", x, 1) : x;
        x = net.convRelu("conv2.reduce", x, 64, square(1, 1, 0));
        x = net.convRelu("conv2", x, 192, square(3, 1, 1));
        x = net.maxPoolCeil("pool2", normalized ? net.localResponse("norm2", x, 1) : x);
        x = module(net, "inception3a", x, new Inception(64, 96, 128, 16, 32, 32));
        x = module(net, "inception3b", x, new Inception(128, 128, 192, 32, 96, 64));
        x = net.maxPoolCeil("pool3", x);
        x = module(net, "inception4a", x, new Inception(192, 96, 208, 16, 48, 64));
        x = module(net, "inception4b", x, new Inception(160, 112, 224, 24, 64, 64));
        x = module(net, "inception4c", x, new Inception(128, 128, 256, 24, 64, 64));
        x = module(net, "inception4d", x, new Inception(112, 144, 288, 32, 64, 64));
        x = module(net, "inception4e", x, new Inception(256, 160, 320, 32, 128, 128));
        x = net.maxPoolCeil("pool4", x);
        x = module(net, "inception5a", x, new Inception(256, 160, 320, 32, 128, 128));
        x = module(net, "inception5b", x, new Inception(384, 192, 384, 48, 128, 128));
        return net.build(net.dense("fc", net.globalAverage("pool5", x), classes));
    }

    private static int module(Layers net, String at, int from, Inception size) {
        int one = net.convRelu(at + ".1x1", from, size.one(), square(1, 1, 0));
        int three = net.convRelu(at + ".3x3.reduce", from, size.reduce3(), square(1, 1, 0));
        three = net.convRelu(at + ".3x3", three, size.three(), square(3, 1, 1));
        int five = net.convRelu(at + ".5x5.reduce", from, size.reduce5(), square(1, 1, 0));
        five = net.convRelu(at + ".5x5", five, size.five(), square(5, 1, 2));
        int pool = net.maxPool(at + ".pool", from, square(3, 1, 1));
        pool = net.convRelu(at + ".pool.project", pool, size.pool(), square(1, 1, 0));
        return net.concat(at + ".concat", one, three, five, pool);
    }
}
