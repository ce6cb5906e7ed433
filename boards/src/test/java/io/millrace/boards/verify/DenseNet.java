package io.millrace.boards.verify;

import io.millrace.ir.SourceRef;
import io.millrace.ir.Window;
import io.millrace.quantizer.ActivationTable;
import io.millrace.quantizer.MapType;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.Requantizer;
import io.millrace.quantizer.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * A network made so that wrong numbers show: no code saturates for long, pads are no neutral values and lie on all sides, and layers of one tap follow
 * each other on one engine, so that firings and drain jobs of different layers touch.
 */
final class DenseNet {
    private static final int WEIGHT_MAX = 20;
    private static final double SPREAD = 0.58;
    private static final int CODE_MAX = 127;

    private final SplittableRandom random;
    private final List<QNode> nodes = new ArrayList<>();

    private DenseNet(long seed) {
        random = new SplittableRandom(seed);
    }

    /** @param rows of the input */
    static QuantizedGraph of(long seed, int rows) {
        var net = new DenseNet(seed);
        int input = net.add("input", new QOp.Input(), List.of(), 4, List.of(rows, 7), 17);
        int copy = net.max(input, 1, 1, 0, 0, false);
        int scaled = net.sum(input, 1, 1, 0, 0, true);
        int wide = net.conv(copy, 3, 1, 1, 0, 0);
        int padded = net.max(scaled, 3, 1, 1, 1, true);
        int pooled = net.sum(wide, 2, 2, 1, 0, false);
        int window = net.conv(padded, 4, 3, 1, 1, 2);
        int strided = net.conv(wide, 7, 3, 2, 1, 1);
        net.conv(pooled, 3, 1, 1, 0, 0);
        net.max(window, 2, 2, 0, 1, false);
        net.conv(strided, 2, 2, 1, 1, 0);
        net.conv(input, 6, 2, 1, 0, 1);
        return net.graph("dense-" + seed + "-" + rows);
    }

    /**
     * Two inputs, of each of which every kind of unit reads rows, so that a row that is counted for the wrong one shows. Maps have three channels and an even width, so
     * that a vector engine of two lanes reads the last channel of the left padding and the first of the row at once.
     */
    static QuantizedGraph ofTwoInputs(long seed, int rows) {
        var net = new DenseNet(seed);
        int first = net.add("input", new QOp.Input(), List.of(), 3, List.of(rows, 6), 17);
        int second = net.add("input", new QOp.Input(), List.of(), 3, List.of(rows, 6), -40);
        net.conv(first, 2, 2, 1, 1, 0);
        net.conv(second, 4, 3, 1, 1, 1);
        net.sum(first, 3, 1, 1, 1, false);
        net.max(second, 3, 1, 1, 1, true);
        return net.graph("dense-two-inputs-" + seed + "-" + rows);
    }

    private QuantizedGraph graph(String name) {
        var outputs = nodes.stream()
                .map(QNode::id)
                .filter(id -> nodes.stream().noneMatch(n -> n.inputs().contains(id)))
                .toList();
        return new QuantizedGraph(
                name,
                Precision.INT8,
                nodes,
                outputs,
                outputs.stream().map(id -> "output" + id).toList());
    }

    private int add(String kind, QOp op, List<Integer> inputs, int channels, List<Integer> sizes, int zeroPoint) {
        int id = nodes.size();
        String name = kind + id;
        nodes.add(new QNode(
                id, name, op, inputs, new MapType(channels, sizes, 0.5, zeroPoint), SourceRef.layer("dense", name)));
        return id;
    }

    private static Window window(int kernel, int stride, int before, int after) {
        return new Window(
                List.of(kernel, kernel),
                List.of(stride, stride),
                List.of(before, before),
                List.of(after, after),
                List.of(1, 1));
    }

    private static List<Integer> sizes(Window window, MapType in) {
        return IntStream.range(0, 2)
                .mapToObj(axis -> window.outputSize(axis, in.spatial().get(axis)))
                .toList();
    }

    private int max(int from, int kernel, int stride, int before, int after, boolean table) {
        var in = nodes.get(from).type();
        var window = window(kernel, stride, before, after);
        int zeroPoint = table ? -30 : in.zeroPoint();
        return add(
                "max",
                new QOp.MaxPool(window, table(table)),
                List.of(from),
                in.channels(),
                sizes(window, in),
                zeroPoint);
    }

    private int sum(int from, int kernel, int stride, int before, int after, boolean table) {
        var in = nodes.get(from).type();
        var window = window(kernel, stride, before, after);
        var requantizer = requantizer(in.channels(), CODE_MAX * Math.sqrt(window.taps()));
        return add(
                "sum",
                new QOp.SumPool(window, bias(in.channels(), 20), requantizer, table(table)),
                List.of(from),
                in.channels(),
                sizes(window, in),
                table ? 25 : requantizer.zeroPoint());
    }

    private int conv(int from, int channels, int kernel, int stride, int before, int after) {
        var in = nodes.get(from).type();
        var window = window(kernel, stride, before, after);
        var weights = new short[channels * window.taps() * in.channels()];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (short) random.nextInt(-WEIGHT_MAX, WEIGHT_MAX + 1);
        }
        double typical = CODE_MAX * SPREAD * WEIGHT_MAX * SPREAD * Math.sqrt((double) window.taps() * in.channels());
        var requantizer = requantizer(channels, 2 * typical);
        return add(
                "conv",
                new QOp.Conv(
                        window, channels, new Weights(weights), bias(channels, 300), requantizer, Optional.empty()),
                List.of(from),
                channels,
                sizes(window, in),
                requantizer.zeroPoint());
    }

    private List<Long> bias(int channels, long spread) {
        return random.longs(channels, -spread, spread + 1).boxed().toList();
    }

    private Requantizer requantizer(int channels, double range) {
        var multipliers = new ArrayList<Integer>();
        var shifts = new ArrayList<Integer>();
        for (int c = 0; c < channels; c++) {
            double factor = CODE_MAX / range * random.nextDouble(0.7, 1.2);
            int shift = (int) Math.floor(Math.log(Requantizer.MULTIPLIER_LIMIT / factor) / Math.log(2)) - 6;
            multipliers.add((int) Math.round(factor * Math.pow(2, shift)));
            shifts.add(shift);
        }
        return new Requantizer(0, multipliers, shifts, random.nextInt(-20, 21), -128, CODE_MAX);
    }

    private Optional<ActivationTable> table(boolean wanted) {
        return wanted
                ? Optional.of(new ActivationTable.Codes(
                        random.ints(256, -128, 128).boxed().toList()))
                : Optional.empty();
    }
}
