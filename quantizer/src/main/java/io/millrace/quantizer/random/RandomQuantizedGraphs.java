package io.millrace.quantizer.random;

import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Seeded random integer graphs that are small, legal and nasty: odd sizes, prime channel counts, lopsided padding, strides
 * over the kernel, kernels as large as the map, saturating and negative requantizers, any zero point. The same seed always
 * gives the same graph.
 */
public final class RandomQuantizedGraphs {
    private RandomQuantizedGraphs() {}

    /**
     * A chain of 1 to {@code maxNodes} operations behind one input.
     *
     * @param maxNodes operations at most, the input not counted; at least 1
     */
    public static QuantizedGraph generate(long seed, int maxNodes, Precision precision) {
        requireNodes(maxNodes);
        return new RandomNodes(seed, precision).chain("random-" + seed, maxNodes);
    }

    /**
     * A tree: every operation reads the input or any operation before it, so that maps have several readers; all that nobody
     * reads are outputs.
     *
     * @param maxNodes operations at most, the input not counted; at least 1
     */
    public static QuantizedGraph generateTree(long seed, int maxNodes, Precision precision) {
        requireNodes(maxNodes);
        return new RandomNodes(seed, precision).tree("random-tree-" + seed, maxNodes);
    }

    /**
     * Of every operation: grouped and depthwise convolutions, sums of two or three maps, concatenations of two to four maps that
     * convolutions of one group read, beside all that {@link #generateTree} has. All that nobody reads are outputs;
     * a concatenation never is.
     *
     * @param maxNodes operations at most, the input not counted; at least 1. Sums and concatenations come from 2 and 4 on.
     */
    public static QuantizedGraph mixed(long seed, int maxNodes, Precision precision) {
        requireNodes(maxNodes);
        return new RandomMixed(seed, precision).generate("random-mixed-" + seed, maxNodes);
    }

    /**
     * As {@link #mixed}, with products and moves as well.
     *
     * @param maxNodes operations at most, the input not counted; at least 1
     */
    public static QuantizedGraph everything(long seed, int maxNodes, Precision precision) {
        requireNodes(maxNodes);
        return new RandomEverything(seed, precision).generate("random-everything-" + seed, maxNodes);
    }

    /**
     * As {@link #mixed}, with maxima and minima of maps, views, indices of the largest channel, and convolutions whose groups overlap as well.
     *
     * @param maxNodes operations at most, the input not counted; at least 1
     */
    public static QuantizedGraph wide(long seed, int maxNodes, Precision precision) {
        requireNodes(maxNodes);
        return new RandomWide(seed, precision).generate("random-wide-" + seed, maxNodes);
    }

    /** The same graph with convolutions whose output channels read only some of the channels: of about half of the pairs all weights are 0. */
    public static QuantizedGraph withTables(QuantizedGraph graph, long seed) {
        var random = new SplittableRandom(seed ^ 0x7AB1E5L);
        var nodes = graph.nodes().stream()
                .map(n -> n.op() instanceof QOp.Conv conv
                        ? new QNode(n.id(), n.name(), thinned(conv, random), n.inputs(), n.type(), n.source())
                        : n)
                .toList();
        return new QuantizedGraph(
                graph.name() + "-tables", graph.precision(), nodes, graph.outputs(), graph.outputNames());
    }

    private static QOp.Conv thinned(QOp.Conv conv, SplittableRandom random) {
        short[] weights = conv.weights().toArray();
        int taps = conv.window().taps();
        int channels = conv.groupChannels();
        for (int filter = 0; filter < conv.filters(); filter++) {
            for (int channel = 0; channel < channels; channel++) {
                if (random.nextBoolean()) {
                    for (int tap = 0; tap < taps; tap++) {
                        weights[(filter * taps + tap) * channels + channel] = 0;
                    }
                }
            }
        }
        return new QOp.Conv(
                conv.window(),
                conv.outputChannels(),
                conv.groups(),
                conv.bands(),
                new Weights(weights),
                conv.bias(),
                conv.requantizer(),
                conv.table());
    }

    private static void requireNodes(int maxNodes) {
        if (maxNodes < 1) {
            throw new IllegalArgumentException("maxNodes " + maxNodes);
        }
    }

    /** Random codes for every input of a graph: mostly spread over the whole range, sometimes all extreme. */
    public static List<short[]> randomFrame(QuantizedGraph graph, long seed) {
        var random = new SplittableRandom(seed ^ 0x5DEECE66DL);
        int low = graph.precision().low();
        int high = graph.precision().high();
        var frame = new ArrayList<short[]>();
        for (QNode input : graph.inputs()) {
            boolean extreme = random.nextInt(4) == 0;
            var codes = new short[input.type().elements()];
            for (int i = 0; i < codes.length; i++) {
                codes[i] = (short) (extreme ? (random.nextBoolean() ? low : high) : random.nextInt(low, high + 1));
            }
            frame.add(codes);
        }
        return List.copyOf(frame);
    }
}
