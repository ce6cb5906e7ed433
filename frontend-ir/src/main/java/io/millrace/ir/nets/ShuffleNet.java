package io.millrace.ir.nets;

import static io.millrace.ir.nets.Layers.square;

import io.millrace.ir.Graph;
import io.millrace.ir.Shape;

/** Grouped 1x1 convolutions with a channel shuffle between them. */
final class ShuffleNet {
    private static final int GROUPS = 3;
    private static final int STEM_CHANNELS = 24;
    private static final int[] CHANNELS = {240, 480, 960};
    private static final int[] UNITS = {4, 8, 4};

    private ShuffleNet() {}

    static Graph build(String name, int size, int classes, long seed) {
        var net = new Layers(name, seed);
        int x = net.input(Shape.of(1, 3, size, size));
        x = net.relu("conv1.relu", net.convNorm("conv1", x, STEM_CHANNELS, square(3, 2, 1)));
        x = net.maxPool("pool1", x, square(3, 2, 1));
        for (int stage = 0; stage < CHANNELS.length; stage++) {
            for (int i = 0; i < UNITS[stage]; i++) {
                x = unit(net, "stage" + (stage + 2) + "." + i, x, CHANNELS[stage], i == 0);
            }
        }
        return net.build(net.dense("fc", net.globalAverage("pool", x), classes));
    }

    /** A unit that halves the map puts its branch beside the pooled input, any other adds it. */
    private static int unit(Layers net, String at, int from, int channels, boolean halves) {
        int groups = net.channels(from) == STEM_CHANNELS ? 1 : GROUPS;
        int x = net.relu(
                at + ".reduce.relu", net.convNorm(at + ".reduce", from, channels / 4, square(1, 1, 0), groups));
        x = net.shuffle(at + ".shuffle", x, GROUPS);
        x = net.depthwiseNorm(at + ".depthwise", x, square(3, halves ? 2 : 1, 1));
        if (!halves) {
            int branch = net.convNormOfBranch(at + ".expand", x, channels, square(1, 1, 0), GROUPS);
            return net.relu(at + ".relu", net.sum(at + ".add", branch, from));
        }
        int branch = net.convNorm(at + ".expand", x, channels - net.channels(from), square(1, 1, 0), GROUPS);
        int pooled = net.averagePool(at + ".pool", from, square(3, 2, 1));
        return net.relu(at + ".relu", net.concat(at + ".concat", pooled, branch));
    }
}
