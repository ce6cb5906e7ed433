package io.millrace.quantizer.internal;

import io.millrace.ir.Op;
import io.millrace.ir.Shape;
import io.millrace.ir.Window;
import io.millrace.ir.WindowTaps;
import io.millrace.quantizer.ActivationTable;
import io.millrace.quantizer.MapType;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.Requantizer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/** Whole numbers as codes: channels that are told apart by them, the largest channels, and the places of maxima. See docs/numbers.md, section 12. */
final class Choosing {
    /** Where a table begins anew, a difference of 1 has to be a code of its own. */
    private static final int SEGMENT_BITS = 6;

    private static final int SEGMENTS = 1024;

    private final Nodes nodes;
    private final Joins joins;
    private final Arranging arranging;
    private final Precision precision;
    private final Map<Integer, Chain> chains = new HashMap<>();

    Choosing(Nodes nodes, Joins joins, Arranging arranging, Precision precision) {
        this.nodes = nodes;
        this.joins = joins;
        this.arranging = arranging;
        this.precision = precision;
    }

    /** The grid of whole numbers from 0 on, so many: codes that are these numbers where there are enough. */
    static Grid numbers(int count, Precision precision) {
        return new Grid(1, count - 1 <= precision.high() ? 0 : precision.low(), precision);
    }

    /**
     * One channel for each number: {@code hot} where it is the operand's, {@code cold} elsewhere.
     *
     * @param numbers a map of one channel
     */
    Arranging.Last oneHot(QNode numbers, String name, int depth, int hot, int cold) {
        boolean whole = numbers.type().scale() == 1;
        QNode index = whole ? numbers : joins.onGrid(numbers, numbers(depth, precision));
        QNode spread = spread(index, name, depth);
        int zero = index.type().zeroPoint();
        var bias = new ArrayList<Long>();
        for (int c = 0; c < depth; c++) {
            bias.add((long) -zero - c);
        }
        var op = sumOfOne(spread.type(), bias, table(difference -> difference == 0 ? hot : cold));
        return new Arranging.Last(op, List.of(spread), Nodes.Extent.of(spread.type()));
    }

    /** The only channel so many times. */
    private QNode spread(QNode node, String name, int channels) {
        MapType in = node.type();
        var lists = new ArrayList<List<Integer>>();
        in.spatial().forEach(n -> lists.add(Moves.all(n)));
        lists.add(Collections.nCopies(channels, 0));
        var extent = new Nodes.Extent(channels, in.spatial(), in.depth());
        QNode wide = arranging.add(
                name + "/spread",
                arranging.gather(node, name + "/spread", new QOp.Gather(lists, in.zeroPoint()), extent));
        return joins.view(wide, extent, OptionalInt.empty());
    }

    /** {@code code + bias}, a whole number, then a function of it. */
    private QOp.SumPool sumOfOne(MapType in, List<Long> bias, Optional<ActivationTable> table) {
        boolean spaced = table.isPresent() && precision != Precision.INT8;
        int channels = in.channels();
        var requantizer = new Requantizer(
                0,
                Collections.nCopies(channels, 1 << 16),
                Collections.nCopies(channels, spaced ? 16 - SEGMENT_BITS : 16),
                0,
                precision.low(),
                precision.high());
        return new QOp.SumPool(singleTap(in), bias, requantizer, table);
    }

    /** A function of whole numbers around 0; at int16 of 512 to each side, which stand a segment apart. */
    private Optional<ActivationTable> table(IntUnaryOperator function) {
        var codes = new ArrayList<Integer>();
        int count = precision == Precision.INT8 ? 256 : SEGMENTS;
        for (int i = 0; i < count; i++) {
            codes.add(function.applyAsInt(i - count / 2));
        }
        return Optional.of(
                precision == Precision.INT8
                        ? new ActivationTable.Codes(codes)
                        : new ActivationTable.Segments(codes, Collections.nCopies(SEGMENTS, 0)));
    }

    private static Window singleTap(MapType type) {
        return Window.of(type.spatial().stream().mapToInt(_ -> 1).toArray());
    }

    /** The largest channels of a map found so far, one after the other, and the map without them. */
    private record Chain(List<QNode> values, List<QNode> indices, List<QNode> rest) {}

    /** The values or the indices of the k largest channels, in maps of one channel each. */
    List<QNode> largest(QNode operand, String name, int k, boolean indices) {
        var chain = chains.computeIfAbsent(
                operand.id(), _ -> new Chain(new ArrayList<>(), new ArrayList<>(), new ArrayList<>()));
        while (chain.values.size() < k) {
            next(chain, operand, name + "/" + (chain.values.size() + 1));
        }
        return List.copyOf((indices ? chain.indices : chain.values).subList(0, k));
    }

    private void next(Chain chain, QNode operand, String name) {
        MapType in = operand.type();
        QNode rest = chain.rest.isEmpty() ? aboveLowest(operand, name) : without(chain, name);
        chain.rest.add(rest);
        QNode columns =
                joins.view(rest, new Nodes.Extent(1, List.of(in.rows(), in.rowElements()), 1), OptionalInt.empty());
        var extent = new Nodes.Extent(1, List.of(in.rows(), in.columns()), 1);
        QNode value = joins.combined(
                name + ".value", new QOp.MaxPool(channelWindow(in), Optional.empty()), List.of(columns), extent);
        var one = new Nodes.Extent(1, in.spatial(), 1);
        chain.values.add(joins.view(value, one, OptionalInt.empty()));
        chain.indices.add(index(rest, name + ".index"));
    }

    QNode index(QNode operand, String name) {
        MapType in = operand.type();
        var values = joins.values(new Grid(1, 0, precision), 0, in.channels() - 1.0);
        return nodes.add(
                name,
                new QOp.ArgMax(),
                List.of(operand),
                new Nodes.Extent(1, in.spatial(), in.depth()),
                values,
                OptionalInt.empty(),
                operand.source());
    }

    /** The window over columns of one channel that holds all channels of a position. */
    static Window channelWindow(MapType in) {
        int c = in.channels();
        return new Window(List.of(1, c), List.of(1, c), List.of(0, 0), List.of(0, 0), List.of(1, 1));
    }

    /** The lowest code is kept for what is never the largest. */
    QNode aboveLowest(QNode operand, String name) {
        MapType in = operand.type();
        int channels = in.channels();
        var requantizer = new Requantizer(
                0,
                Collections.nCopies(channels, 1 << 16),
                Collections.nCopies(channels, 16),
                in.zeroPoint(),
                precision.low() + 1,
                precision.high());
        List<Long> bias = Collections.nCopies(channels, -(long) in.zeroPoint());
        var op = new QOp.SumPool(singleTap(in), bias, requantizer, Optional.empty());
        return joins.combined(name + ".limited", op, List.of(operand), Nodes.Extent.of(in));
    }

    /** What is left of the last map without its largest channel. */
    private QNode without(Chain chain, String name) {
        QNode before = chain.rest.getLast();
        MapType in = before.type();
        var mask = oneHot(chain.indices.getLast(), name + ".taken", in.channels(), precision.low(), precision.high());
        var grid = new Grid(in.scale(), in.zeroPoint(), precision);
        QNode limits = nodes.add(
                name + ".taken",
                mask.op(),
                mask.operands(),
                mask.extent(),
                joins.values(grid, grid.low(), grid.high()),
                OptionalInt.empty(),
                before.source());
        QNode shaped = joins.view(limits, Nodes.Extent.of(in), OptionalInt.empty());
        return joins.combined(
                name + ".rest", new QOp.Extreme(true, Optional.empty()), List.of(before, shaped), Nodes.Extent.of(in));
    }

    /** The number of the element of the map at which each window has its maximum. */
    Arranging.Last places(QNode operand, String name, Op.MaxPoolIndices op, Shape map, Shape windows) {
        Shape wide = padded(op.window(), map);
        Op.Rearrange side = WindowTaps.sideBySide(unpadded(op.window()), wide);
        QNode inside = wide.equals(map) ? operand : padded(operand, name, op.window(), wide);
        QNode taps = arranged(inside, name + "/taps", Rearrangement.of(side, wide, side.shape()), side.shape());
        QNode tap = index(taps, name + "/tap");
        Shape flat = Shape.of(1, windows.volume(), 1, 1);
        Shape lying = lying(windows);
        QNode line = arranged(tap, name + "/line", Rearrangement.of(inOrder(windows, flat), lying, flat), flat);
        var grid = new Grid(1, 0, precision);
        var numbers = joins.values(grid, 0, map.volume());
        QNode offsets = nodes.add(
                name + "/offset",
                sumOfOne(
                        line.type(),
                        Collections.nCopies(windows.volume(), 0L),
                        table(t -> t < 0 || t >= op.window().taps() ? 0 : offset(op, map, t))),
                List.of(line),
                Nodes.Extent.of(line.type()),
                numbers,
                OptionalInt.empty(),
                operand.source());
        var bias = new ArrayList<Long>();
        for (int i = 0; i < windows.volume(); i++) {
            bias.add((long) first(op, map, windows, i));
        }
        QNode places = nodes.add(
                name + "/place",
                sumOfOne(offsets.type(), bias, Optional.empty()),
                List.of(offsets),
                Nodes.Extent.of(line.type()),
                numbers,
                OptionalInt.empty(),
                operand.source());
        var back = Rearrangement.of(new Op.Reshape(), flat, windows);
        return arranging.rearranged(places, name, back, Volumes.extent(windows));
    }

    private static Window unpadded(Window w) {
        List<Integer> none = Collections.nCopies(w.rank(), 0);
        return new Window(w.kernel(), w.stride(), none, none, w.dilation());
    }

    private static Shape padded(Window w, Shape map) {
        var dims = new ArrayList<>(map.dims());
        for (int a = 0; a < w.rank(); a++) {
            dims.set(a + 2, map.dim(a + 2) + w.padBegin().get(a) + w.padEnd().get(a));
        }
        return new Shape(dims);
    }

    /** The map between elements that no window takes for its largest. */
    private QNode padded(QNode operand, String name, Window w, Shape wide) {
        QNode limited = aboveLowest(operand, name);
        var lists = new ArrayList<List<Integer>>();
        for (int a = 0; a < w.rank(); a++) {
            int begin = w.padBegin().get(a);
            int size = wide.dim(a + 2) - begin - w.padEnd().get(a);
            lists.add(IntStream.range(0, wide.dim(a + 2))
                    .map(i -> i < begin || i >= begin + size ? -1 : i - begin)
                    .boxed()
                    .toList());
        }
        lists.add(Moves.all(wide.dim(1)));
        Nodes.Extent extent = Volumes.extent(wide);
        var gather = new QOp.Gather(lists, precision.low());
        return joins.view(
                arranging.add(name + "/padded", arranging.gather(limited, name + "/padded", gather, extent)),
                extent,
                OptionalInt.empty());
    }

    private QNode arranged(QNode node, String name, Rearrangement order, Shape to) {
        Nodes.Extent extent = Volumes.extent(to);
        return joins.view(
                arranging.add(name, arranging.rearranged(node, name, order, extent)), extent, OptionalInt.empty());
    }

    /** How {@link WindowTaps} lays one channel of windows. */
    private static Shape lying(Shape windows) {
        int last = windows.dim(windows.rank() - 1) * windows.dim(1);
        return windows.rank() == 3 ? Shape.of(1, 1, last) : Shape.of(1, 1, windows.dim(2), last);
    }

    /** From there to all windows in order, channels outermost. */
    private static Op.Rearrange inOrder(Shape windows, Shape flat) {
        int channels = windows.dim(1);
        int plane = windows.volume() / channels;
        var sources = new ArrayList<Integer>();
        for (int i = 0; i < windows.volume(); i++) {
            sources.add(i % plane * channels + i / plane);
        }
        return new Op.Rearrange(flat, sources);
    }

    /** How far a tap is from its window's first element. */
    private static int offset(Op.MaxPoolIndices op, Shape map, int tap) {
        Window w = op.window();
        int last = w.rank() - 1;
        int column = tap % w.kernel().get(last) * w.dilation().get(last);
        int row = last == 0 ? 0 : tap / w.kernel().get(last) * w.dilation().get(0);
        return number(op, map, row, column);
    }

    private static int first(Op.MaxPoolIndices op, Shape map, Shape windows, int window) {
        Window w = op.window();
        int last = w.rank() - 1;
        int columns = windows.dim(last + 2);
        int rows = last == 0 ? 1 : windows.dim(2);
        int channel = window / columns / rows;
        int row = last == 0
                ? 0
                : window / columns % rows * w.stride().get(0) - w.padBegin().get(0);
        int column = window % columns * w.stride().get(last) - w.padBegin().get(last);
        int plane = map.volume() / map.dim(1);
        return channel * plane + number(op, map, row, column);
    }

    private static int number(Op.MaxPoolIndices op, Shape map, int row, int column) {
        boolean oneAxis = op.window().rank() == 1;
        return op.columnMajor() && !oneAxis ? row + column * map.dim(2) : row * map.dim(map.rank() - 1) + column;
    }
}
