package io.millrace.ir.nets;

import static io.millrace.ir.nets.Layers.square;

import io.millrace.ir.Graph;
import io.millrace.ir.Shape;

/** Four blocks in which each layer reads the results of all before it; normalization stands before its convolution. */
final class DenseNet {
    private static final int GROWTH = 32;
    private static final int[] LAYERS = {6, 12, 24, 16};

    private DenseNet() {}

    static Graph build(String name, int size, int classes, long seed) {
        var net = new Layers(name, seed);
        int x = net.input(Shape.of(1, 3, size, size));
        x = net.relu("conv1.relu", net.convNorm("conv1", x, 2 * GROWTH, square(7, 2, 3)));
        x = net.maxPool("pool1", x, square(3, 2, 1));
        for (int block = 0; block < LAYERS.length; block++) {
            if (block > 0) {
                x = transition(net, "transition" + block, x);
            }
            for (int i = 0; i < LAYERS[block]; i++) {
                String at = "block" + (block + 1) + "." + i;
                int y = net.convUnbiased(at + ".conv1", normRelu(net, at + ".norm1", x), 4 * GROWTH, square(1, 1, 0));
                y = net.convUnbiased(at + ".conv2", normRelu(net, at + ".norm2", y), GROWTH, square(3, 1, 1));
                x = net.concat(at + ".concat", x, y);
            }
        }
        x = normRelu(net, "norm5", x);
        return net.build(net.dense("fc", net.globalAverage("pool5", x), classes));
    }

    private static int transition(Layers net, String at, int from) {
        int x = net.convUnbiased(
                at + ".conv", normRelu(net, at + ".norm", from), net.channels(from) / 2, square(1, 1, 0));
        return net.averagePool(at + ".pool", x, square(2, 2, 0));
    }

    private static int normRelu(Layers net, String at, int from) {
        return net.relu(at + ".relu", net.norm(at, from, 1));
    }
}
