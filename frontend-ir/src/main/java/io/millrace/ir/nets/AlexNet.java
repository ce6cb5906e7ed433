package io.millrace.ir.nets;

import static io.millrace.ir.nets.Layers.square;

import io.millrace.ir.Graph;
import io.millrace.ir.Shape;
import io.millrace.ir.Window;
import java.util.List;

/** The padding of 1 and 2 makes the 55x55 map of the paper from its 224x224 input. */
final class AlexNet {
    private AlexNet() {}

    /** @param normalized whether local response normalization follows the first two layers, as in the paper */
    static StandardNet.Family of(boolean normalized) {
        return (name, size, classes, seed) -> {
            var net = new Layers(name, seed);
            return net.build(classifier(net, features(net, size, normalized), classes));
        };
    }

    /** Without the fully-connected layers: the maps behind the last pool. */
    static Graph convolutions(String name, int size, int classes, long seed) {
        var net = new Layers(name, seed);
        return net.build(features(net, size, false));
    }

    private static int features(Layers net, int size, boolean normalized) {
        var first = new Window(List.of(11, 11), List.of(4, 4), List.of(1, 1), List.of(2, 2), List.of(1, 1));
        int x = net.convRelu("conv1", net.input(Shape.of(1, 3, size, size)), 96, first);
        x = normalized ? net.localResponse("norm1", x, 2) : x;
        x = net.maxPool("pool1", x, square(3, 2, 0));
        x = net.relu("conv2.relu", net.conv("conv2", x, 256, square(5, 1, 2), 2));
        x = normalized ? net.localResponse("norm2", x, 2) : x;
        x = net.maxPool("pool2", x, square(3, 2, 0));
        x = net.convRelu("conv3", x, 384, square(3, 1, 1));
        x = net.relu("conv4.relu", net.conv("conv4", x, 384, square(3, 1, 1), 2));
        x = net.relu("conv5.relu", net.conv("conv5", x, 256, square(3, 1, 1), 2));
        return net.maxPool("pool5", x, square(3, 2, 0));
    }

    private static int classifier(Layers net, int from, int classes) {
        int x = net.denseRelu("fc6", net.flatten("flat", from), 4096);
        x = net.denseRelu("fc7", x, 4096);
        return net.dense("fc8", x, classes);
    }
}
