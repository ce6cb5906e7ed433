package io.millrace.ir.nets;

import static io.millrace.ir.nets.Layers.square;

import io.millrace.ir.Graph;
import io.millrace.ir.Shape;
import java.util.List;

/** Nets of depthwise convolutions: MobileNet in both versions, and EfficientNet-Lite, which has the same blocks. */
final class MobileNet {
    private static final int STEM_CHANNELS = 32;
    private static final int HEAD_CHANNELS = 1280;

    private MobileNet() {}

    /**
     * Inverted residual blocks of one size.
     *
     * @param expansion channels inside the block for each at its input
     * @param stride of the first block
     */
    private record Stage(int expansion, int kernel, int channels, int blocks, int stride) {}

    static Graph v1(String name, int size, int classes, long seed) {
        record Pair(int channels, int stride) {}
        var pairs = List.of(
                new Pair(64, 1),
                new Pair(128, 2),
                new Pair(128, 1),
                new Pair(256, 2),
                new Pair(256, 1),
                new Pair(512, 2),
                new Pair(512, 1),
                new Pair(512, 1),
                new Pair(512, 1),
                new Pair(512, 1),
                new Pair(512, 1),
                new Pair(1024, 2),
                new Pair(1024, 1));
        var net = new Layers(name, seed);
        int x = stem(net, size);
        int i = 0;
        for (var pair : pairs) {
            String at = "block" + ++i;
            x = net.relu(at + ".depthwise.relu", net.depthwiseNorm(at + ".depthwise", x, square(3, pair.stride(), 1)));
            x = net.relu(at + ".pointwise.relu", net.convNorm(at + ".pointwise", x, pair.channels(), square(1, 1, 0)));
        }
        return net.build(net.dense("fc", net.globalAverage("pool", x), classes));
    }

    static Graph v2(String name, int size, int classes, long seed) {
        return inverted(
                name,
                size,
                classes,
                seed,
                List.of(
                        new Stage(1, 3, 16, 1, 1),
                        new Stage(6, 3, 24, 2, 2),
                        new Stage(6, 3, 32, 3, 2),
                        new Stage(6, 3, 64, 4, 2),
                        new Stage(6, 3, 96, 3, 1),
                        new Stage(6, 3, 160, 3, 2),
                        new Stage(6, 3, 320, 1, 1)));
    }

    static Graph efficientNetLite0(String name, int size, int classes, long seed) {
        return inverted(
                name,
                size,
                classes,
                seed,
                List.of(
                        new Stage(1, 3, 16, 1, 1),
                        new Stage(6, 3, 24, 2, 2),
                        new Stage(6, 5, 40, 2, 2),
                        new Stage(6, 3, 80, 3, 2),
                        new Stage(6, 5, 112, 3, 1),
                        new Stage(6, 5, 192, 4, 2),
                        new Stage(6, 3, 320, 1, 1)));
    }

    private static int stem(Layers net, int size) {
        int x = net.input(Shape.of(1, 3, size, size));
        return net.relu6("conv1.relu", net.convNorm("conv1", x, STEM_CHANNELS, square(3, 2, 1)));
    }

    private static Graph inverted(String name, int size, int classes, long seed, List<Stage> stages) {
        var net = new Layers(name, seed);
        int x = stem(net, size);
        int n = 0;
        for (var stage : stages) {
            for (int i = 0; i < stage.blocks(); i++) {
                x = block(net, "block" + ++n, x, stage, i == 0 ? stage.stride() : 1);
            }
        }
        x = net.relu6("head.relu", net.convNorm("head", x, HEAD_CHANNELS, square(1, 1, 0)));
        return net.build(net.dense("fc", net.globalAverage("pool", x), classes));
    }

    private static int block(Layers net, String at, int from, Stage stage, int stride) {
        int x = from;
        if (stage.expansion() > 1) {
            int width = stage.expansion() * net.channels(from);
            x = net.relu6(at + ".expand.relu", net.convNorm(at + ".expand", x, width, square(1, 1, 0)));
        }
        var window = square(stage.kernel(), stride, stage.kernel() / 2);
        x = net.relu6(at + ".depthwise.relu", net.depthwiseNorm(at + ".depthwise", x, window));
        if (stride != 1 || net.channels(from) != stage.channels()) {
            return net.convNorm(at + ".project", x, stage.channels(), square(1, 1, 0));
        }
        int branch = net.convNormOfBranch(at + ".project", x, stage.channels(), square(1, 1, 0), 1);
        return net.sum(at + ".add", branch, from);
    }
}
