package io.millrace.quantizer.internal;

import io.millrace.ir.SourceRef;
import io.millrace.quantizer.AccumulatorWidth;
import io.millrace.quantizer.Distribution;
import io.millrace.quantizer.MapType;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.TensorSummary;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** The integer nodes made so far, with all that is known about each. */
final class Nodes {
    private final Precision precision;
    private final CodeFrames frames;
    private final List<QNode> nodes = new ArrayList<>();
    private final List<OptionalInt> floatNodes = new ArrayList<>();
    private final List<TensorSummary> tensors = new ArrayList<>();
    private final Set<String> names = new HashSet<>();

    /** Computes every node on the frames as it comes. */
    Nodes(Precision precision, CodeFrames frames) {
        this.precision = precision;
        this.frames = frames;
    }

    /**
     * What is known about a node's codes.
     *
     * @param low real number of the smallest code that can leave
     * @param high real number of the largest
     * @param seen the float values they stand for
     */
    record Values(Grid grid, double low, double high, Distribution seen, int clippedWeights) {}

    /**
     * How many codes a node has, and how they lie; see {@link MapType}.
     *
     * @param depth planes of a volume, 1 for any other map
     */
    record Extent(int channels, List<Integer> spatial, int depth) {
        static Extent of(MapType type) {
            return new Extent(type.channels(), type.spatial(), type.depth());
        }
    }

    /**
     * Appends a node; its name gets a number where it is taken.
     *
     * @param floatNode whose value it stands for
     */
    QNode add(
            String name,
            QOp op,
            List<QNode> operands,
            Extent extent,
            Values values,
            OptionalInt floatNode,
            SourceRef source) {
        var type = new MapType(
                extent.channels, extent.spatial, values.grid.scale(), values.grid.zeroPoint(), extent.depth);
        List<Integer> inputs = operands.stream().map(QNode::id).toList();
        var node = new QNode(nodes.size(), unique(name), op, inputs, type, source);
        nodes.add(node);
        floatNodes.add(floatNode);
        double halfStep = values.grid.scale() / 2;
        Optional<Integer> bits = switch (op) {
            case QOp.Input _, QOp.MaxPool _, QOp.Extreme _, QOp.ArgMax _, QOp.View _, QOp.Concat _ -> Optional.empty();
            case QOp.Gather _, QOp.DepthToSpace _ -> Optional.empty();
            case QOp.Conv _, QOp.SumPool _, QOp.Add _, QOp.Mul _ -> Optional.of(AccumulatorWidth.bits(op, precision));
        };
        tensors.add(new TensorSummary(
                node.name(),
                type,
                values.low,
                values.high,
                values.seen.min(),
                values.seen.max(),
                values.seen.fractionOutside(values.low - halfStep, values.high + halfStep),
                bits,
                values.clippedWeights));
        frames.run(node, nodes);
        return node;
    }

    private String unique(String name) {
        String unique = name;
        for (int i = 2; !names.add(unique); i++) {
            unique = name + "#" + i;
        }
        return unique;
    }

    QNode get(int id) {
        return nodes.get(id);
    }

    TensorSummary tensor(QNode node) {
        return tensors.get(node.id());
    }

    OptionalInt floatNode(QNode node) {
        return floatNodes.get(node.id());
    }

    List<QNode> all() {
        return nodes;
    }

    List<OptionalInt> floatNodes() {
        return floatNodes;
    }

    List<TensorSummary> tensors() {
        return tensors;
    }
}
