package io.millrace.quantizer.internal;

import io.millrace.ir.Shape;
import io.millrace.quantizer.MapType;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Moves of codes that no engine makes in one pass, as those that engines make: views, gathers of even rows, and the largest of several
 * gathers that fill with the lowest code, which is exact. See docs/numbers.md, section 10.
 */
final class Arranging {
    /** More operands make every descriptor of an engine longer. */
    private static final int OPERANDS_MAX = 4;

    private final Joins joins;
    private final int lowest;

    Arranging(Joins joins, Precision precision) {
        this.joins = joins;
        this.lowest = precision.low();
    }

    /** An operation that is left to be added, and how its result lies; a view makes it what was asked for. */
    record Last(QOp op, List<QNode> operands, Nodes.Extent extent) {}

    /** Whether one gather moves the codes as an engine can. */
    private static boolean isDirect(QOp.Gather gather, MapType in) {
        return isRun(gather.indices().getLast()) && (rank(in) < 2 || RowLines.isEven(rows(gather), in.rows()));
    }

    private static boolean isRun(List<Integer> channels) {
        int first = channels.getFirst();
        return first >= 0 && IntStream.range(0, channels.size()).allMatch(c -> channels.get(c) == first + c);
    }

    private static int rank(MapType type) {
        return type.spatial().size();
    }

    private static List<Integer> rows(QOp.Gather gather) {
        return gather.indices().getFirst();
    }

    /** A gather of any lists. Lists of rows that are not even have no -1. */
    Last gather(QNode operand, String name, QOp.Gather gather, Nodes.Extent result) {
        MapType in = operand.type();
        if (isDirect(gather, in)) {
            return new Last(gather, List.of(operand), result);
        }
        if (!isRun(gather.indices().getLast())) {
            return gatherElements(operand, name, gather, result);
        }
        var parts = RowLines.parts(rows(gather));
        var made = new ArrayList<QNode>();
        for (int i = 0; i < parts.size(); i++) {
            made.add(rowsPlaced(operand, name + "/rows" + i, gather, parts.get(i), result));
        }
        return largest(name, made, result);
    }

    private QNode rowsPlaced(QNode operand, String name, QOp.Gather gather, RowLines.Part part, Nodes.Extent result) {
        List<List<Integer>> lists = gather.indices();
        var rest = lists.subList(1, lists.size());
        var taken = joins.moved(
                operand,
                name + ".taken",
                new QOp.Gather(with(part.taken(), rest), gather.fill()),
                new Nodes.Extent(
                        result.channels(),
                        with(
                                part.taken().size(),
                                result.spatial().subList(1, result.spatial().size())),
                        result.depth()));
        var placed = List.of(part.placed(), Moves.all(taken.type().columns()), Moves.all(result.channels()));
        return joins.moved(taken, name, new QOp.Gather(placed, lowest), result);
    }

    private static <T> List<T> with(T first, List<T> rest) {
        var all = new ArrayList<>(List.of(first));
        all.addAll(rest);
        return all;
    }

    /** A gather of channels in any order, as one of columns of one channel each. */
    private Last gatherElements(QNode operand, String name, QOp.Gather gather, Nodes.Extent result) {
        MapType in = operand.type();
        List<Integer> columns = rank(in) == 0 ? List.of(0) : gather.indices().get(rank(in) - 1);
        var elements = new ArrayList<Integer>();
        for (int column : columns) {
            for (int channel : gather.indices().getLast()) {
                elements.add(column < 0 || channel < 0 ? -1 : column * in.channels() + channel);
            }
        }
        List<Integer> rows = rank(in) == 2 ? rows(gather) : List.of(0);
        var wide = new Nodes.Extent(1, List.of(rows.size(), elements.size()), 1);
        return gather(
                elements(operand), name, new QOp.Gather(List.of(rows, elements, List.of(0)), gather.fill()), wide);
    }

    /** A map's rows as columns of one channel. */
    private QNode elements(QNode node) {
        return inPieces(node, 1);
    }

    /** A map's rows as columns of so many codes. */
    private QNode inPieces(QNode node, int piece) {
        MapType in = node.type();
        var extent = new Nodes.Extent(piece, List.of(in.rows(), in.rowElements() / piece), 1);
        return joins.view(node, extent, OptionalInt.empty());
    }

    /**
     * Maps after one another along the rows or columns.
     *
     * @param operands of one grid
     * @param axis of the shape, 2 or more
     * @param shape of the result
     */
    Last concat(String name, List<QNode> operands, int axis, Shape shape) {
        var placed = new ArrayList<QNode>();
        Nodes.Extent result = Volumes.extent(shape);
        int from = 0;
        for (int i = 0; i < operands.size(); i++) {
            MapType in = operands.get(i).type();
            List<Integer> sizes = Volumes.sizes(in, shape.rank());
            var lists = new ArrayList<List<Integer>>();
            sizes.forEach(n -> lists.add(Moves.all(n)));
            lists.set(axis - 2, inside(from, sizes.get(axis - 2), shape.dim(axis)));
            lists.add(Moves.all(in.channels()));
            var gather = Volumes.gather(new QOp.Gather(lists, lowest), shape.rank(), in.depth());
            placed.add(joins.moved(operands.get(i), name + "/placed" + i, gather, result));
            from += sizes.get(axis - 2);
        }
        return largest(name, placed, result);
    }

    /** So many elements from a place on, -1 before and after them. */
    private static List<Integer> inside(int first, int count, int size) {
        return IntStream.range(0, size)
                .map(k -> k < first || k >= first + count ? -1 : k - first)
                .boxed()
                .toList();
    }

    /** The largest code of maps of one grid. */
    private Last largest(String name, List<QNode> maps, Nodes.Extent extent) {
        List<QNode> left = maps;
        for (int level = 0; left.size() > OPERANDS_MAX; level++) {
            var next = new ArrayList<QNode>();
            for (int i = 0; i < left.size(); i += OPERANDS_MAX) {
                var some = left.subList(i, Math.min(left.size(), i + OPERANDS_MAX));
                next.add(
                        some.size() == 1
                                ? some.getFirst()
                                : joins.combined(
                                        name + "/level" + level + "." + i / OPERANDS_MAX,
                                        new QOp.Extreme(false, Optional.empty()),
                                        some,
                                        extent));
            }
            left = next;
        }
        return left.size() == 1
                ? new Last(new QOp.View(), left, extent)
                : new Last(new QOp.Extreme(false, Optional.empty()), left, extent);
    }

    /** The codes of a map in any order. */
    Last rearranged(QNode operand, String name, Rearrangement order, Nodes.Extent result) {
        Rearrangement.Plan plan =
                order.plan().orElseThrow(() -> new IllegalStateException("'" + name + "' was to be refused before"));
        QNode pieces = inPieces(plan.folded() == 1 ? operand : joins.folded(operand, name + "/folded"), plan.piece());
        var made = new ArrayList<QNode>();
        int columns = plan.columns();
        var extent = new Nodes.Extent(plan.piece(), List.of(plan.rows(), columns), 1);
        for (Rearrangement.Part part : plan.parts()) {
            var lists = List.of(part.rows(), part.columns(), Moves.all(plan.piece()));
            made.add(
                    part.isWhole(pieces.type())
                            ? pieces
                            : joins.moved(pieces, name + "/part" + made.size(), new QOp.Gather(lists, lowest), extent));
        }
        Last row = largest(name, made, extent);
        if (plan.block() == 1) {
            return row;
        }
        QNode flat = joins.combined(name + "/flat", row.op(), row.operands(), row.extent());
        int block = plan.block();
        int channels = result.channels();
        int wide = order.columns();
        int blocks = Math.ceilDiv(wide, block);
        QNode deep = joins.view(
                flat, new Nodes.Extent(channels * block * block, List.of(1, blocks), 1), OptionalInt.empty());
        var square = new Nodes.Extent(channels, List.of(block, blocks * block), 1);
        if (blocks * block == wide) {
            return new Last(new QOp.DepthToSpace(block), List.of(deep), square);
        }
        QNode whole = joins.combined(name + "/blocks", new QOp.DepthToSpace(block), List.of(deep), square);
        var crop = new QOp.Gather(
                List.of(Moves.all(block), Moves.all(wide), Moves.all(channels)),
                whole.type().zeroPoint());
        return new Last(crop, List.of(whole), new Nodes.Extent(channels, List.of(block, wide), 1));
    }

    static List<Integer> filled(int size) {
        return new ArrayList<>(Collections.nCopies(size, -1));
    }

    QNode add(String name, Last last) {
        return last.op() instanceof QOp.View
                ? joins.view(last.operands().getFirst(), last.extent(), OptionalInt.empty())
                : joins.combined(name, last.op(), last.operands(), last.extent());
    }
}
