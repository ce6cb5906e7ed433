package io.millrace.quantizer.random;

import io.millrace.ir.Window;
import io.millrace.quantizer.AccumulatorWidth;
import io.millrace.quantizer.ActivationTable;
import io.millrace.quantizer.MapType;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.Requantizer;
import io.millrace.quantizer.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Mixed graphs with maxima and minima of maps, views, indices of the largest channel, and convolutions whose groups overlap between the other operations. */
final class RandomWide extends RandomMixed {
    private static final int EXTREME_OPERANDS_MAX = 4;
    private static final int VIEW_CHANNELS_MAX = 12;

    RandomWide(long seed, Precision precision) {
        super(seed, precision);
    }

    @Override
    void addOne(QNode operand, int room) {
        switch (room < 2 ? 6 : random.nextInt(7)) {
            case 0, 1 -> addExtreme(operand, room);
            case 2 -> addBanded(operand, room);
            case 3 -> addView(operand);
            case 4 -> addArgMax(operand);
            default -> super.addOne(operand, room);
        }
    }

    private void addArgMax(QNode operand) {
        add(
                "index",
                new QOp.ArgMax(),
                List.of(operand.id()),
                new MapType(1, operand.type().spatial(), 1, 0));
    }

    /** The same rows in other columns and channels. */
    private void addView(QNode operand) {
        MapType in = operand.type();
        List<Integer> channels = IntStream.rangeClosed(1, Math.min(in.rowElements(), VIEW_CHANNELS_MAX))
                .filter(c -> in.rowElements() % c == 0)
                .boxed()
                .toList();
        addView(operand, channels.get(random.nextInt(channels.size())));
    }

    private void addView(QNode operand, int channels) {
        MapType in = operand.type();
        var spatial = List.of(in.rows(), in.rowElements() / channels);
        add("view", new QOp.View(), List.of(operand.id()), new MapType(channels, spatial, in.scale(), in.zeroPoint()));
    }

    /** A convolution over planes: groups that read overlapping bands of channels, some of them outside the map. */
    private void addBanded(QNode operand, int room) {
        QNode from = operand;
        MapType in = operand.type();
        if (room >= 3 && in.columns() > 1) {
            int planes = in.columns() % 3 == 0 ? 3 : in.columns() % 2 == 0 ? 2 : 1;
            addView(operand, planes * in.channels());
            from = nodes.getLast();
        }
        int channels = from.type().channels();
        int width = random.nextInt(1, channels + 2);
        int step = random.nextInt(0, channels + 1);
        int groups = random.nextInt(1, 5);
        int each = random.nextInt(1, 4);
        int first = random.nextInt(-width, 2);
        Window window = randomWindow(from.type(), false);
        var weights = new short[each * window.taps() * width];
        int limit = random.nextInt(4) == 0 ? 2 : precision.high();
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (short) random.nextInt(-limit, limit + 1);
        }
        double typical = precision.high() * 0.4 * limit * Math.sqrt((double) window.taps() * width);
        int outputs = groups * each;
        List<Long> bias = random.longs(outputs, (long) -typical, (long) typical + 1)
                .boxed()
                .toList();
        var bands = Optional.of(new QOp.Conv.Bands(first, step));
        var draft = new QOp.Conv(
                window, outputs, groups, bands, new Weights(weights), bias, passThrough(outputs), Optional.empty());
        Requantizer requantizer =
                randomRequantizer(outputs, AccumulatorWidth.bits(draft, precision), typical, Optional.empty());
        Optional<ActivationTable> table = randomTable();
        add(
                "banded",
                new QOp.Conv(window, outputs, groups, bands, new Weights(weights), bias, requantizer, table),
                List.of(from.id()),
                outputType(outputs, sizes(window, from.type()), requantizer.zeroPoint(), table, Optional.empty()));
    }

    /** Of the operand, of maps that happen to have its shape and grid, and of branches made for it. */
    private void addExtreme(QNode operand, int room) {
        int count = Math.min(random.nextInt(2, EXTREME_OPERANDS_MAX + 1), room);
        var grid = new Grid(operand.type().scale(), operand.type().zeroPoint());
        List<QNode> same = nodes.stream()
                .filter(n -> !(n.op() instanceof QOp.Concat) && n.type().equals(operand.type()))
                .toList();
        var operands = new ArrayList<QNode>();
        for (QNode n : same) {
            if (operands.size() < count - 1 && random.nextBoolean()) {
                operands.add(n);
            }
        }
        if (operands.isEmpty()) {
            operands.add(operand);
        }
        while (operands.size() < count) {
            addBranch(operand, 1, operand.type().channels(), Optional.of(grid));
            operands.add(random.nextInt(operands.size() + 1), nodes.getLast());
        }
        Optional<ActivationTable> table = randomTable();
        MapType in = operand.type();
        MapType type = table.isPresent() ? new MapType(in.channels(), in.spatial(), randomScale(), randomCode()) : in;
        add(
                "extreme",
                new QOp.Extreme(random.nextBoolean(), table),
                operands.stream().map(QNode::id).toList(),
                type);
    }
}
