package io.millrace.ir.nets;

import static io.millrace.ir.nets.Layers.square;

import io.millrace.ir.ConnectionTable;
import io.millrace.ir.Graph;
import io.millrace.ir.Op;
import io.millrace.ir.Shape;
import io.millrace.ir.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The multi-scale net of Farabet et al. (PAMI 2013), with every map connected or by connection tables: the same three layers of 7x7 windows on three scales of a frame, their 256 maps each
 * brought to the grid of the finest, and a classifier of the 768 values of a position, linear or of two layers. The label of a position is the class of the highest score.
 */
final class SceneParsing {
    private static final int SCALES = 3;
    private static final int MAPS = 256;

    /** Rows and columns of the frame for one of the coarsest maps. */
    private static final int STEP = 16;

    private SceneParsing() {}

    /** By layer, input maps of an output map; the first layer's see luminance alone, or both of the others. */
    private static final int LUMINANCE_MAPS = 10;

    private static final int FAN_2 = 8;
    private static final int FAN_3 = 16;

    /** @param hidden values of a layer of tanh before the classifier, 0 for none */
    static StandardNet.Family of(int hidden) {
        return (name, size, classes, seed) -> build(name, size, classes, hidden, false, seed);
    }

    /** With connection tables and a linear classifier. */
    static StandardNet.Family withTables() {
        return (name, size, classes, seed) -> build(name, size, classes, 0, true, seed);
    }

    /** Ten maps of the first channel, six of both others. */
    private static ConnectionTable first() {
        var all = new ArrayList<ConnectionTable.Connection>();
        for (int to = 0; to < 16; to++) {
            for (int from : to < LUMINANCE_MAPS ? List.of(0) : List.of(1, 2)) {
                all.add(new ConnectionTable.Connection(from, to));
            }
        }
        return new ConnectionTable(3, 16, all);
    }

    /** @param size height of the frame; its width is four thirds of it */
    private static Graph build(String name, int size, int classes, int hidden, boolean tables, long seed) {
        int width = size * 4 / 3;
        if (size < STEP) {
            throw new IllegalArgumentException(name + " needs a height of at least " + STEP + ", not " + size);
        }
        var net = new Layers(name, seed);
        var inputs = new ArrayList<Integer>();
        for (int scale = 0; scale < SCALES; scale++) {
            inputs.add(net.input("scale" + (scale + 1), Shape.of(1, 3, size >> scale, width >> scale)));
        }
        var maps = new ArrayList<Integer>();
        for (int scale = 0; scale < SCALES; scale++) {
            // Weights are drawn in the order of the layers: the same seed gives all scales the same.
            var layers = net.again(seed);
            var random = new SplittableRandom(seed);
            var convolutions = tables
                    ? List.of(
                            first(),
                            ConnectionTable.random(16, 64, FAN_2, random),
                            ConnectionTable.random(64, MAPS, FAN_3, random))
                    : List.of(all(3, 16), all(16, 64), all(64, MAPS));
            // What the coarser scales have no position for is left out of the finer ones.
            var last = new Window(
                    List.of(7, 7),
                    List.of(1, 1),
                    List.of(3, 3),
                    List.of(3 - beyond(size, scale), 3 - beyond(width, scale)),
                    List.of(1, 1));
            maps.add(features(layers, "scale" + (scale + 1), inputs.get(scale), convolutions, last, scale));
        }
        int x = net.concat("features", maps.toArray(Integer[]::new));
        if (hidden > 0) {
            x = net.tanh("hidden.tanh", net.conv("hidden", x, hidden, square(1, 1, 0)));
        }
        x = net.conv("classifier", x, classes, square(1, 1, 0));
        return net.build(net.builder().add("labels", new Op.TopK(1, true), net.source("labels"), x));
    }

    /** Positions of a scale's maps along an axis behind the last that all scales have. */
    private static int beyond(int size, int scale) {
        int grid = Integer.MAX_VALUE;
        for (int s = 0; s < SCALES; s++) {
            grid = Math.min(grid, (size >> s >> 2) << s);
        }
        return (size >> scale >> 2) - (grid >> scale);
    }

    private static ConnectionTable all(int inputs, int outputs) {
        return ConnectionTable.ofGroups(inputs, outputs, 1);
    }

    private static int features(
            Layers net, String at, int input, List<ConnectionTable> tables, Window last, int doublings) {
        int x = net.tanh(at + ".tanh1", net.conv(at + ".conv1", input, tables.get(0), square(7, 1, 3)));
        x = net.maxPool(at + ".pool1", x, square(2, 2, 0));
        x = net.tanh(at + ".tanh2", net.conv(at + ".conv2", x, tables.get(1), square(7, 1, 3)));
        x = net.maxPool(at + ".pool2", x, square(2, 2, 0));
        x = net.conv(at + ".conv3", x, tables.get(2), last);
        for (int i = 1; i <= doublings; i++) {
            x = net.doubled(at + ".up" + i, x);
        }
        return x;
    }
}
