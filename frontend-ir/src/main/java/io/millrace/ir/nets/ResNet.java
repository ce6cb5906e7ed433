package io.millrace.ir.nets;

import static io.millrace.ir.nets.Layers.square;

import io.millrace.ir.Graph;
import io.millrace.ir.Shape;

/** Four stages of residual blocks; all but the first halve the map in their first block. */
final class ResNet {
    private static final int STEM_CHANNELS = 64;

    private ResNet() {}

    private interface Block {
        /** The branch that is added, without the rectifier at its end. */
        int branch(Layers net, String name, int from, int width, int stride);
    }

    /** @param blocks of each stage */
    static StandardNet.Family basic(int... blocks) {
        return (name, size, classes, seed) -> build(name, size, classes, seed, 1, ResNet::twoConvolutions, blocks);
    }

    /** @param blocks of each stage */
    static StandardNet.Family bottleneck(int... blocks) {
        return (name, size, classes, seed) -> build(name, size, classes, seed, 4, ResNet::threeConvolutions, blocks);
    }

    private static Graph build(
            String name, int size, int classes, long seed, int expansion, Block block, int... blocks) {
        var net = new Layers(name, seed);
        int x = net.input(Shape.of(1, 3, size, size));
        x = net.relu("conv1.relu", net.convNorm("conv1", x, STEM_CHANNELS, square(7, 2, 3)));
        x = net.maxPool("pool1", x, square(3, 2, 1));
        for (int stage = 0; stage < blocks.length; stage++) {
            int width = STEM_CHANNELS << stage;
            for (int i = 0; i < blocks[stage]; i++) {
                String at = "layer" + (stage + 1) + "." + i;
                int stride = stage > 0 && i == 0 ? 2 : 1;
                int branch = block.branch(net, at, x, width, stride);
                int skip = net.channels(x) == expansion * width && stride == 1
                        ? x
                        : net.convNorm(at + ".downsample", x, expansion * width, square(1, stride, 0));
                x = net.relu(at + ".relu", net.sum(at + ".add", branch, skip));
            }
        }
        return net.build(net.dense("fc", net.globalAverage("pool", x), classes));
    }

    /** Three stages of one basic block each on 16, 32 and 64 channels, normalizations folded into the convolutions. */
    static Graph ofMlperfTiny(String name, int size, int classes, long seed) {
        var net = new Layers(name, seed);
        int x = net.convRelu("conv1", net.input(Shape.of(1, 3, size, size)), 16, square(3, 1, 1));
        for (int stage = 1; stage <= 3; stage++) {
            String at = "stage" + stage;
            int width = 8 << stage;
            int stride = stage > 1 ? 2 : 1;
            int branch = net.convRelu(at + ".conv1", x, width, square(3, stride, 1));
            branch = net.conv(at + ".conv2", branch, width, square(3, 1, 1));
            int skip = stage > 1 ? net.conv(at + ".downsample", x, width, square(1, stride, 0)) : x;
            x = net.relu(at + ".relu", net.sum(at + ".add", branch, skip));
        }
        return net.build(net.dense("fc", net.globalAverage("pool", x), classes));
    }

    private static int twoConvolutions(Layers net, String at, int from, int width, int stride) {
        int x = net.relu(at + ".conv1.relu", net.convNorm(at + ".conv1", from, width, square(3, stride, 1)));
        return net.convNormOfBranch(at + ".conv2", x, width, square(3, 1, 1), 1);
    }

    private static int threeConvolutions(Layers net, String at, int from, int width, int stride) {
        int x = net.relu(at + ".conv1.relu", net.convNorm(at + ".conv1", from, width, square(1, 1, 0)));
        x = net.relu(at + ".conv2.relu", net.convNorm(at + ".conv2", x, width, square(3, stride, 1)));
        return net.convNormOfBranch(at + ".conv3", x, 4 * width, square(1, 1, 0), 1);
    }
}
