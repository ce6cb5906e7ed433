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
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** A seeded network of products (of two maps, and of a map with one pixel that its own mean makes) and of moves of codes. */
final class MovesNet {
    private final SplittableRandom random;
    private final Precision precision;
    private final List<QNode> nodes = new ArrayList<>();

    private MovesNet(long seed, Precision precision) {
        random = new SplittableRandom(seed);
        this.precision = precision;
    }

    static QuantizedGraph of(long seed, Precision precision) {
        var net = new MovesNet(seed, precision);
        int input = net.add(
                "input",
                new QOp.Input(),
                List.of(),
                1 + net.random.nextInt(5),
                List.of(2 + net.random.nextInt(7), 2 + net.random.nextInt(7)),
                net.code());
        int a = net.conv(input, 1 + net.random.nextInt(6), 1);
        int gated = net.mul(a, net.conv(net.whole(a), net.type(a).channels(), 1));
        int moved = net.move(gated);
        int other = net.conv(moved, 1 + net.random.nextInt(5), 3);
        int squared = net.mul(other, net.conv(moved, net.type(other).channels(), 1));
        net.move(net.random.nextBoolean() ? squared : net.mul(net.whole(squared), squared));
        net.spread(moved);
        net.move(input);
        var outputs = net.nodes.stream()
                .map(QNode::id)
                .filter(id -> net.nodes.stream().noneMatch(n -> n.inputs().contains(id)))
                .toList();
        return new QuantizedGraph(
                "moves-" + seed,
                precision,
                net.nodes,
                outputs,
                outputs.stream().map(id -> "output" + id).toList());
    }

    private MapType type(int node) {
        return nodes.get(node).type();
    }

    private int code() {
        return random.nextInt(precision.low() / 2, precision.high() / 2);
    }

    private int add(String kind, QOp op, List<Integer> inputs, int channels, List<Integer> sizes, int zeroPoint) {
        int id = nodes.size();
        String name = kind + id;
        nodes.add(new QNode(
                id, name, op, inputs, new MapType(channels, sizes, 0.5, zeroPoint), SourceRef.layer("moves", name)));
        return id;
    }

    /** A convolution that keeps rows and columns. */
    private int conv(int from, int channels, int kernel) {
        var in = type(from);
        int pad = kernel / 2;
        var window =
                new Window(List.of(kernel, kernel), List.of(1, 1), List.of(pad, pad), List.of(pad, pad), List.of(1, 1));
        var weights = new short[channels * kernel * kernel * in.channels()];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (short) random.nextInt(-20, 21);
        }
        var requantizer = requantizer(channels, 15.0 * precision.high() * Math.sqrt(weights.length / channels));
        var bias = Collections.nCopies(channels, (long) random.nextInt(-50, 50));
        var op = new QOp.Conv(window, channels, new Weights(weights), bias, requantizer, Optional.empty());
        return add("conv", op, List.of(from), channels, in.spatial(), requantizer.zeroPoint());
    }

    private int whole(int from) {
        var in = type(from);
        var window = Window.of(in.rows(), in.columns());
        var requantizer = requantizer(in.channels(), (double) precision.high() * Math.sqrt(window.taps()));
        var op = new QOp.SumPool(
                window, Collections.nCopies(in.channels(), 3L), requantizer, Optional.<ActivationTable>empty());
        return add("mean", op, List.of(from), in.channels(), List.of(1, 1), requantizer.zeroPoint());
    }

    private int mul(int a, int b) {
        var in = type(a).elements() >= type(b).elements() ? type(a) : type(b);
        double range = 0.4 * precision.high() * precision.high();
        var requantizer = requantizer(in.channels(), range);
        var op = new QOp.Mul(type(a).zeroPoint(), type(b).zeroPoint(), requantizer, Optional.empty());
        return add("product", op, List.of(a, b), in.channels(), in.spatial(), requantizer.zeroPoint());
    }

    private int move(int from) {
        var in = type(from);
        int first = random.nextInt(in.channels());
        int count = 1 + random.nextInt(in.channels() - first);
        var channels = IntStream.range(first, first + count).boxed().toList();
        var rows = axis(in.rows());
        var columns = axis(in.columns());
        return add(
                "move",
                new QOp.Gather(List.of(rows, columns, channels), code()),
                List.of(from),
                count,
                List.of(rows.size(), columns.size()),
                in.zeroPoint());
    }

    /** A convolution whose channels become blocks. */
    private int spread(int from) {
        int block = 2 + random.nextInt(2);
        int deep = conv(from, block * block * (1 + random.nextInt(2)), 1);
        var in = type(deep);
        return add(
                "spread",
                new QOp.DepthToSpace(block),
                List.of(deep),
                in.channels() / (block * block),
                List.of(in.rows() * block, in.columns() * block),
                in.zeroPoint());
    }

    /** Padded, cropped, strided, repeated or stretched. */
    private List<Integer> axis(int size) {
        return switch (random.nextInt(5)) {
            case 4 -> {
                int times = 2 + random.nextInt(2);
                yield IntStream.range(0, (size - 1) * times + 1)
                        .map(i -> i % times == 0 ? i / times : -1)
                        .boxed()
                        .toList();
            }
            case 0 -> {
                int before = random.nextInt(3);
                yield IntStream.range(-before, size + random.nextInt(3))
                        .map(i -> i < size ? Math.max(i, -1) : -1)
                        .boxed()
                        .toList();
            }
            case 1 -> {
                int first = random.nextInt(size);
                yield IntStream.range(first, first + 1 + random.nextInt(size - first))
                        .boxed()
                        .toList();
            }
            case 2 ->
                IntStream.range(0, Math.ceilDiv(size, 2))
                        .map(i -> 2 * i)
                        .boxed()
                        .toList();
            default -> {
                int times = 2 + random.nextInt(2);
                yield IntStream.range(0, size * times)
                        .map(i -> i / times)
                        .boxed()
                        .toList();
            }
        };
    }

    private Requantizer requantizer(int channels, double range) {
        double factor = precision.high() / range * random.nextDouble(0.5, 1.2);
        int preShift = range > 1 << 23 ? (int) Math.ceil(Math.log(range / (1 << 22)) / Math.log(2)) : 0;
        int shift = Math.clamp(
                (int) Math.floor(Math.log(Requantizer.MULTIPLIER_LIMIT / (factor * (1L << preShift))) / Math.log(2))
                        - 1,
                1,
                Requantizer.SHIFT_MAX);
        int multiplier = (int) Math.round(factor * (1L << preShift) * Math.pow(2, shift));
        return new Requantizer(
                preShift,
                Collections.nCopies(channels, multiplier),
                Collections.nCopies(channels, shift),
                code(),
                precision.low(),
                precision.high());
    }
}
