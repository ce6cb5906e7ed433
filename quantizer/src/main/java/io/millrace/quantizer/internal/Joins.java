package io.millrace.quantizer.internal;

import io.millrace.ir.Window;
import io.millrace.quantizer.Calibration;
import io.millrace.quantizer.Distribution;
import io.millrace.quantizer.MapType;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.Requantizer;
import io.millrace.quantizer.Weights;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Concatenations, and the copies that they may need before and behind them. */
final class Joins {
    /** Weight of a copying convolution. */
    private static final int UNIT = 64;

    private static final int UNIT_BITS = 6;

    private final Nodes nodes;
    private final Calibration calibration;
    private final Precision precision;
    /** Of concatenations, by id. */
    private final Map<Integer, QNode> copies = new HashMap<>();

    Joins(Nodes nodes, Calibration calibration, Precision precision) {
        this.nodes = nodes;
        this.calibration = calibration;
        this.precision = precision;
    }

    /**
     * The concatenation of some nodes on one grid. Those on another grid are requantized, concatenations are taken apart, and a
     * node that comes twice is copied.
     */
    QNode concat(Group group, List<QNode> operands, Grid grid) {
        var seen = new HashSet<Integer>();
        var parts = new ArrayList<QNode>();
        for (QNode operand : operands) {
            for (QNode part : partsOf(operand)) {
                parts.add(seen.add(part.id()) && isOn(grid, part.type()) ? part : requantized(part, grid));
            }
        }
        MapType first = parts.getFirst().type();
        int channels = parts.stream().mapToInt(n -> n.type().channels()).sum();
        double low =
                parts.stream().mapToDouble(n -> nodes.tensor(n).low()).min().orElseThrow();
        double high =
                parts.stream().mapToDouble(n -> nodes.tensor(n).high()).max().orElseThrow();
        Distribution values = calibration.of(group.ranged().id());
        return nodes.add(
                group.head().name(),
                new QOp.Concat(),
                parts,
                new Nodes.Extent(channels, first.spatial(), first.depth()),
                new Nodes.Values(grid, low, high, values, 0),
                OptionalInt.of(group.ranged().id()),
                group.source());
    }

    private List<QNode> partsOf(QNode node) {
        return node.op() instanceof QOp.Concat
                ? node.inputs().stream().map(nodes::get).toList()
                : List.of(node);
    }

    /** A node's values on a grid: itself, or requantized. */
    QNode onGrid(QNode node, Grid grid) {
        return isOn(grid, node.type()) ? node : requantized(node, grid);
    }

    private static boolean isOn(Grid grid, MapType type) {
        return type.scale() == grid.scale() && type.zeroPoint() == grid.zeroPoint();
    }

    /**
     * A node's rows in other columns and channels.
     *
     * @param floatNode whose value it is
     */
    QNode view(QNode node, Nodes.Extent extent, OptionalInt floatNode) {
        if (Nodes.Extent.of(node.type()).equals(extent)) {
            return node;
        }
        var tensor = nodes.tensor(node);
        var grid = new Grid(node.type().scale(), node.type().zeroPoint(), precision);
        var values = new Nodes.Values(grid, tensor.low(), tensor.high(), seen(node), 0);
        return nodes.add(
                node.name() + "/view", new QOp.View(), List.of(node), extent, values, floatNode, node.source());
    }

    /** The same values on another grid: a sum pool of one tap. */
    private QNode requantized(QNode node, Grid grid) {
        MapType in = node.type();
        Window window = singleTap(in);
        var layer = PoolUnits.layer(
                Optional.empty(), in, window, 1, grid, precision.low(), precision.high(), node.source());
        var choice = RequantizerChoice.of(layer, node.source());
        var op = new QOp.SumPool(window, choice.bias(), choice.requantizer(), Optional.empty());
        var values = new Nodes.Values(grid, grid.low(), grid.high(), seen(node), 0);
        return copy(node, node.name() + "/requantized", op, values, OptionalInt.empty());
    }

    /**
     * A node that anything may read: of a concatenation, a copy made by a convolution of one tap whose weights are
     * {@value #UNIT} from each channel to itself and 0 elsewhere, and whose requantizer divides by {@value #UNIT}; no code
     * changes.
     */
    QNode readable(QNode node) {
        if (!(node.op() instanceof QOp.Concat)) {
            return node;
        }
        QNode made = copies.get(node.id());
        if (made == null) {
            made = copied(node);
            copies.put(node.id(), made);
        }
        return made;
    }

    private QNode copied(QNode node) {
        MapType in = node.type();
        int channels = in.channels();
        var weights = new short[channels * channels];
        for (int c = 0; c < channels; c++) {
            weights[c * channels + c] = UNIT;
        }
        var op = unit(in, singleTap(in), channels, 1, weights);
        return copy(node, node.name() + "/copied", op, sameValues(node), nodes.floatNode(node));
    }

    /**
     * A map's rows in one, so that each channel has as many as there were rows, side by side: a depthwise convolution as high as the map, whose
     * weights are {@value #UNIT} from each row to its channel and 0 elsewhere; no code changes.
     */
    QNode folded(QNode node, String name) {
        MapType in = node.type();
        int rows = in.rows();
        int channels = in.channels() * rows;
        var weights = new short[channels * rows];
        for (int m = 0; m < channels; m++) {
            weights[m * rows + m % rows] = UNIT;
        }
        var op = unit(in, Window.of(rows, 1), channels, in.channels(), weights);
        var extent = new Nodes.Extent(channels, List.of(1, in.columns()), 1);
        return nodes.add(name, op, List.of(node), extent, sameValues(node), OptionalInt.empty(), node.source());
    }

    /** A convolution of a map's codes that divides by {@value #UNIT} what has that weight. */
    private QOp.Conv unit(MapType in, Window window, int outputs, int groups, short[] weights) {
        var requantizer = new Requantizer(
                0,
                Collections.nCopies(outputs, 1 << 16),
                Collections.nCopies(outputs, 16 + UNIT_BITS),
                in.zeroPoint(),
                precision.low(),
                precision.high());
        List<Long> bias = Collections.nCopies(outputs, -(long) in.zeroPoint() * UNIT);
        return new QOp.Conv(
                window, outputs, groups, Optional.empty(), new Weights(weights), bias, requantizer, Optional.empty());
    }

    private Nodes.Values sameValues(QNode node) {
        var grid = new Grid(node.type().scale(), node.type().zeroPoint(), precision);
        double low = nodes.tensor(node).low();
        double high = nodes.tensor(node).high();
        return new Nodes.Values(grid, low, high, seen(node), 0);
    }

    /** Codes of a node at other places, for a reader that wants them there. */
    QNode moved(QNode node, String name, QOp.Gather gather, Nodes.Extent extent) {
        return combined(name, gather, List.of(node), extent);
    }

    /** Codes of nodes of one grid, moved or chosen, on that grid. */
    QNode combined(String name, QOp op, List<QNode> operands, Nodes.Extent extent) {
        QNode first = operands.getFirst();
        double low =
                operands.stream().mapToDouble(n -> nodes.tensor(n).low()).min().orElseThrow();
        double high =
                operands.stream().mapToDouble(n -> nodes.tensor(n).high()).max().orElseThrow();
        var grid = new Grid(first.type().scale(), first.type().zeroPoint(), precision);
        var values = new Nodes.Values(grid, low, high, seen(first), 0);
        return nodes.add(name, op, operands, extent, values, OptionalInt.empty(), first.source());
    }

    /** Codes of a grid that stand for no float value of the graph. */
    Nodes.Values values(Grid grid, double low, double high) {
        return new Nodes.Values(grid, low, high, Distribution.joint(List.of()), 0);
    }

    private QNode copy(QNode node, String name, QOp op, Nodes.Values values, OptionalInt floatNode) {
        return nodes.add(name, op, List.of(node), Nodes.Extent.of(node.type()), values, floatNode, node.source());
    }

    private Distribution seen(QNode node) {
        OptionalInt floatNode = nodes.floatNode(node);
        return floatNode.isPresent() ? calibration.of(floatNode.getAsInt()) : Distribution.joint(List.of());
    }

    /**
     * Means of windows of a node's columns, on a grid.
     *
     * @param extent of the result
     */
    QNode sums(QNode node, Window window, Grid grid, Nodes.Extent extent) {
        var layer = PoolUnits.layer(
                Optional.empty(),
                node.type(),
                window,
                window.taps(),
                grid,
                precision.low(),
                precision.high(),
                node.source());
        var choice = RequantizerChoice.of(layer, node.source());
        var op = new QOp.SumPool(window, choice.bias(), choice.requantizer(), Optional.empty());
        return pooled(node, op, extent);
    }

    /** Maxima of windows of a node's columns. */
    QNode maxima(QNode node, Window window, Nodes.Extent extent) {
        return pooled(node, new QOp.MaxPool(window, Optional.empty()), extent);
    }

    private QNode pooled(QNode node, QOp op, Nodes.Extent extent) {
        var tensor = nodes.tensor(node);
        var grid = new Grid(node.type().scale(), node.type().zeroPoint(), precision);
        var values = new Nodes.Values(grid, tensor.low(), tensor.high(), seen(node), 0);
        String name = node.name() + "/planes";
        return nodes.add(name, op, List.of(node), extent, values, OptionalInt.empty(), node.source());
    }

    private static Window singleTap(MapType type) {
        return Window.of(type.spatial().stream().mapToInt(_ -> 1).toArray());
    }
}
