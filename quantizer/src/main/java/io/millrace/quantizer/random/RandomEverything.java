package io.millrace.quantizer.random;

import io.millrace.ir.Window;
import io.millrace.quantizer.AccumulatorWidth;
import io.millrace.quantizer.ActivationTable;
import io.millrace.quantizer.MapType;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.Requantizer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** Mixed graphs with the operations of docs/numbers.md, section 10, between the others. */
final class RandomEverything extends RandomMixed {
    private static final int SIZE_MAX = 13;

    RandomEverything(long seed, Precision precision) {
        super(seed, precision);
    }

    @Override
    void addOne(QNode operand, int room) {
        switch (random.nextInt(11)) {
            case 0, 1 -> addMul(operand, room);
            case 2, 3 -> addGather(operand);
            case 4, 5 -> addBlocks(operand, room);
            case 6 -> addInterpolate(operand);
            default -> super.addOne(operand, room);
        }
    }

    /** By a map of the same shape, by a gate a channel or by a mask a position. */
    private void addMul(QNode operand, int room) {
        MapType in = operand.type();
        QNode other = operand;
        int kind = room < 2 ? 0 : random.nextInt(3);
        if (kind == 0) {
            List<QNode> same = nodes.stream()
                    .filter(n -> !(n.op() instanceof QOp.Concat) && sameShape(n, operand))
                    .toList();
            other = same.get(random.nextInt(same.size()));
        } else if (kind == 1) {
            addSumPool(operand, whole(in), Optional.empty());
            other = nodes.getLast();
        } else {
            addConv(operand, Window.of(1, 1), 1, 1, Optional.empty());
            other = nodes.getLast();
        }
        boolean swapped = random.nextBoolean();
        QNode a = swapped ? other : operand;
        QNode b = swapped ? operand : other;
        double typical = 0.15 * precision.high() * precision.high();
        var draft =
                new QOp.Mul(a.type().zeroPoint(), b.type().zeroPoint(), passThrough(in.channels()), Optional.empty());
        int bits = AccumulatorWidth.bits(draft, precision);
        Requantizer requantizer = randomRequantizer(in.channels(), bits, typical, Optional.empty());
        Optional<ActivationTable> table = randomTable();
        add(
                "mul",
                new QOp.Mul(a.type().zeroPoint(), b.type().zeroPoint(), requantizer, table),
                List.of(a.id(), b.id()),
                outputType(in.channels(), in.spatial(), requantizer.zeroPoint(), table, Optional.empty()));
    }

    private static Window whole(MapType in) {
        return Window.of(in.spatial().stream().mapToInt(Integer::intValue).toArray());
    }

    private void addGather(QNode operand) {
        MapType in = operand.type();
        var indices = new ArrayList<List<Integer>>();
        in.spatial().forEach(size -> indices.add(randomLine(size, SIZE_MAX)));
        indices.add(random.nextBoolean() ? all(in.channels()) : randomLine(in.channels(), CHANNELS_MAX));
        List<Integer> spatial =
                indices.subList(0, in.spatial().size()).stream().map(List::size).toList();
        int channels = indices.getLast().size();
        var type = new MapType(channels, spatial, in.scale(), in.zeroPoint());
        add("gather", new QOp.Gather(indices, randomCode()), List.of(operand.id()), type);
    }

    private static List<Integer> all(int size) {
        return IntStream.range(0, size).boxed().toList();
    }

    /** Padding, a slice, every index twice, a stretch with gaps, or any indices. */
    private List<Integer> randomLine(int size, int most) {
        List<Integer> line = switch (random.nextInt(6)) {
            case 0 -> {
                int before = random.nextInt(3);
                int after = random.nextInt(3);
                yield IntStream.range(-before, size + after)
                        .map(i -> i < 0 || i >= size ? -1 : i)
                        .boxed()
                        .toList();
            }
            case 1 -> {
                int step = random.nextInt(1, 4);
                int first = random.nextInt(size);
                yield IntStream.iterate(first, i -> i < size, i -> i + step)
                        .boxed()
                        .toList();
            }
            case 2 -> IntStream.range(0, 2 * size).map(i -> i / 2).boxed().toList();
            case 3 ->
                IntStream.range(0, 2 * size - 1)
                        .map(i -> i % 2 == 0 ? i / 2 : -1)
                        .boxed()
                        .toList();
            case 4 -> random.ints(random.nextInt(1, most + 1), -1, size).boxed().toList();
            default -> all(size);
        };
        return line.size() <= most ? line : line.subList(0, most);
    }

    /** Space to depth where the sizes allow it, else the way back; a convolution makes the channels fit. */
    private void addBlocks(QNode operand, int room) {
        List<QNode> even = nodes.stream()
                .filter(n -> !(n.op() instanceof QOp.Concat)
                        && n.type().spatial().stream().allMatch(size -> size % 2 == 0))
                .toList();
        boolean small = operand.type().spatial().stream().allMatch(n -> 2 * n <= SIZE_MAX);
        if (room < 2 || even.isEmpty() && !small) {
            super.addOne(operand, room);
        } else if (small && (even.isEmpty() || random.nextBoolean())) {
            addConv(operand, Window.of(1, 1), 4 * random.nextInt(1, 3), 1, Optional.empty());
            addBlocks(
                    new QOp.DepthToSpace(2),
                    nodes.getLast(),
                    n -> 2 * n,
                    nodes.getLast().type().channels() / 4);
        } else {
            int channels = random.nextInt(1, 3);
            addConv(even.get(random.nextInt(even.size())), Window.of(1, 1), channels, 1, Optional.empty());
            addBlocks(new QOp.SpaceToDepth(2), nodes.getLast(), n -> n / 2, 4 * channels);
        }
    }

    private void addBlocks(QOp op, QNode operand, UnaryOperator<Integer> size, int channels) {
        MapType in = operand.type();
        List<Integer> spatial = in.spatial().stream().map(size).toList();
        add("blocks", op, List.of(operand.id()), new MapType(channels, spatial, in.scale(), in.zeroPoint()));
    }

    private void addInterpolate(QNode operand) {
        MapType in = operand.type();
        var lines = new ArrayList<QOp.Interpolate.Line>();
        var spatial = new ArrayList<Integer>();
        for (int size : in.spatial()) {
            int to = random.nextInt(1, SIZE_MAX + 1);
            lines.add(random.nextInt(4) == 0 ? anyWeights(size, to) : centred(size, to));
            spatial.add(to);
        }
        var type = new MapType(in.channels(), spatial, in.scale(), in.zeroPoint());
        add("between", new QOp.Interpolate(lines), List.of(operand.id()), type);
    }

    private QOp.Interpolate.Line anyWeights(int from, int to) {
        List<Integer> weights = random.ints(to, 0, 1025).boxed().toList();
        List<Integer> first = random.ints(to, 0, from).boxed().toList();
        return new QOp.Interpolate.Line(first, Collections.nCopies(to, random.nextInt(from)), weights);
    }

    /** Centres of pixels over centres of pixels. */
    private static QOp.Interpolate.Line centred(int from, int to) {
        var first = new ArrayList<Integer>();
        var second = new ArrayList<Integer>();
        var weights = new ArrayList<Integer>();
        for (int o = 0; o < to; o++) {
            double x = Math.clamp((o + 0.5) * from / to - 0.5, 0, from - 1);
            int floor = (int) x;
            first.add(floor);
            second.add(Math.min(floor + 1, from - 1));
            weights.add((int) Math.floor(1024 * (x - floor) + 0.5));
        }
        return new QOp.Interpolate.Line(first, second, weights);
    }
}
