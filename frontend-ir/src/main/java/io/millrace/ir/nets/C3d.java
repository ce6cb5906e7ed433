package io.millrace.ir.nets;

import static io.millrace.ir.nets.Layers.cube;

import io.millrace.ir.Graph;
import io.millrace.ir.Shape;
import io.millrace.ir.Window;
import java.util.List;

/** Convolutions over 3x3x3 of time, height and width on a clip of 16 frames. */
final class C3d {
    private static final int FRAMES = 16;

    private C3d() {}

    static Graph build(String name, int size, int classes, long seed) {
        var net = new Layers(name, seed);
        int x = net.input(Shape.of(1, 3, FRAMES, size, size));
        x = net.convRelu("conv1a", x, 64, cube(3, 3, 1, 1));
        x = net.maxPool(
                "pool1",
                x,
                new Window(List.of(1, 2, 2), List.of(1, 2, 2), List.of(0, 0, 0), List.of(0, 0, 0), List.of(1, 1, 1)));
        x = net.convRelu("conv2a", x, 128, cube(3, 3, 1, 1));
        x = net.maxPool("pool2", x, cube(3, 2, 2, 0));
        x = pair(net, 3, x, 256);
        x = net.maxPool("pool3", x, cube(3, 2, 2, 0));
        x = pair(net, 4, x, 512);
        x = net.maxPool("pool4", x, cube(3, 2, 2, 0));
        x = pair(net, 5, x, 512);
        x = net.maxPool(
                "pool5",
                x,
                new Window(List.of(2, 2, 2), List.of(2, 2, 2), List.of(0, 0, 0), List.of(0, 1, 1), List.of(1, 1, 1)));
        x = net.denseRelu("fc6", net.flatten("flat", x), 4096);
        x = net.denseRelu("fc7", x, 4096);
        return net.build(net.dense("fc8", x, classes));
    }

    private static int pair(Layers net, int number, int from, int channels) {
        int x = net.convRelu("conv" + number + "a", from, channels, cube(3, 3, 1, 1));
        return net.convRelu("conv" + number + "b", x, channels, cube(3, 3, 1, 1));
    }
}
