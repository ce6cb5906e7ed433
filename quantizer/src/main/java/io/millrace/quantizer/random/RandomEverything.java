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
import java.util.List;
import java.util.Optional;
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
            case 6 -> addFolded(operand, room);
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

    /** All rows in one, as large transposes have them: a depthwise convolution as high as the map, each row a channel of the result. */
    private void addFolded(QNode operand, int room) {
        MapType in = operand.type();
        int channels = in.channels() * in.rows();
        if (in.spatial().size() != 2 || channels > 2 * CHANNELS_MAX) {
            super.addOne(operand, room);
            return;
        }
        addConv(operand, Window.of(in.rows(), 1), channels, in.channels(), Optional.empty());
    }

    /** Depth to space; a convolution makes the channels fit. */
    private void addBlocks(QNode operand, int room) {
        if (room < 2 || operand.type().spatial().stream().anyMatch(n -> 2 * n > SIZE_MAX)) {
            super.addOne(operand, room);
            return;
        }
        int channels = random.nextInt(1, 3);
        addConv(operand, Window.of(1, 1), 4 * channels, 1, Optional.empty());
        MapType in = nodes.getLast().type();
        List<Integer> spatial = in.spatial().stream().map(n -> 2 * n).toList();
        add(
                "blocks",
                new QOp.DepthToSpace(2),
                List.of(nodes.getLast().id()),
                new MapType(channels, spatial, in.scale(), in.zeroPoint()));
    }
}
