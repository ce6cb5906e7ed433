package io.millrace.quantizer;

import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import io.millrace.ir.Window;
import io.millrace.quantizer.internal.MoveRules;
import io.millrace.quantizer.internal.Taps;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Checks that a quantized graph is sound: shapes follow from the windows, every code, weight and table entry lies in the
 * precision's range, scales and zero points agree where they must, and every accumulator fits 48 bits. Knows nothing of
 * how the graph was made.
 */
public final class QuantizedGraphVerifier {
    private final QuantizedGraph graph;
    private final List<Diagnostic> found = new ArrayList<>();

    private QuantizedGraphVerifier(QuantizedGraph graph) {
        this.graph = graph;
    }

    /** Everything wrong with the graph, in node order; empty if it is sound. */
    public static List<Diagnostic> check(QuantizedGraph graph) {
        var verifier = new QuantizedGraphVerifier(graph);
        verifier.checkGraph();
        return List.copyOf(verifier.found);
    }

    /**
     * Accepts a sound graph.
     *
     * @throws IllegalArgumentException naming everything wrong with the graph, if anything is
     */
    public static void requireSound(QuantizedGraph graph) {
        List<Diagnostic> found = check(graph);
        if (!found.isEmpty()) {
            throw new IllegalArgumentException(
                    found.stream().map(Diagnostic::toString).collect(Collectors.joining("\n")));
        }
    }

    private void checkGraph() {
        SourceRef where = SourceRef.file(graph.name());
        var names = new HashSet<String>();
        for (QNode node : graph.nodes()) {
            require(names.add(node.name()), node.source(), "two nodes are named '" + node.name() + "'");
            if (operandsAreSound(node)) {
                checkType(node);
                checkOp(node);
            }
        }
        require(!graph.outputs().isEmpty(), where, "the graph has no output");
        require(
                graph.outputs().size() == graph.outputNames().size(),
                where,
                graph.outputs().size() + " outputs, " + graph.outputNames().size() + " output names");
        for (int o : graph.outputs()) {
            require(o >= 0 && o < graph.nodes().size(), where, "output " + o + " is not a node");
        }
    }

    private boolean operandsAreSound(QNode node) {
        int found = node.inputs().size();
        boolean sound = switch (node.op()) {
            case QOp.Input _ -> requireOperands(node, found == 0, "none is");
            case QOp.Conv _, QOp.MaxPool _, QOp.SumPool _, QOp.ArgMax _, QOp.View _ ->
                requireOperands(node, found == 1, "1 is");
            case QOp.Gather _, QOp.DepthToSpace _ -> requireOperands(node, found == 1, "1 is");
            case QOp.Mul _ -> requireOperands(node, found == 2, "2 are");
            case QOp.Add add ->
                requireOperands(node, found == add.terms().size(), add.terms().size() + " are");
            case QOp.Concat _, QOp.Extreme _ -> requireOperands(node, found >= 2, "2 or more are");
        };
        for (int i : node.inputs()) {
            boolean earlier = i >= 0 && i < node.id();
            require(earlier, node, "operand " + i + " is not an earlier node");
            sound &= earlier;
        }
        return sound;
    }

    private boolean requireOperands(QNode node, boolean holds, String due) {
        require(holds, node, node.inputs().size() + " operands where " + due + " due");
        return holds;
    }

    private void checkType(QNode node) {
        MapType type = node.type();
        require(type.channels() >= 1, node, type.channels() + " channels");
        require(type.spatial().stream().allMatch(n -> n >= 1), node, "spatial sizes " + type.spatial());
        require(type.scale() > 0 && Double.isFinite(type.scale()), node, "scale " + type.scale());
        requireCode(node, "zero point", type.zeroPoint());
        require(
                type.depth() >= 1 && type.columns() % type.depth() == 0,
                node,
                type.depth() + " planes do not divide " + type.columns() + " columns");
    }

    private void checkOp(QNode node) {
        switch (node.op()) {
            case QOp.Input _ -> {}
            case QOp.Conv conv -> checkConv(node, conv);
            case QOp.MaxPool pool -> checkMaxPool(node, pool);
            case QOp.SumPool pool -> {
                checkShape(node, pool.window(), operand(node).channels());
                checkBias(node, pool.bias());
                checkRequantizer(node, pool.requantizer(), pool.table());
                checkTable(node, pool.table());
            }
            case QOp.Add add -> checkAdd(node, add);
            case QOp.Extreme extreme -> checkExtreme(node, extreme);
            case QOp.ArgMax _ -> checkArgMax(node);
            case QOp.View _ -> checkView(node);
            case QOp.Concat _ -> checkConcat(node);
            case QOp.Mul mul -> checkMul(node, mul);
            case QOp.Gather _, QOp.DepthToSpace _ ->
                MoveRules.broken(node.op(), operand(node), node.type(), graph.precision())
                        .forEach(problem -> require(false, node, problem));
        }
        int bits = AccumulatorWidth.bits(node, graph);
        require(
                bits <= AccumulatorWidth.BITS_MAX,
                node,
                "its accumulator needs " + bits + " bits, " + AccumulatorWidth.BITS_MAX + " are there");
    }

    private void checkConv(QNode node, QOp.Conv conv) {
        checkShape(node, conv.window(), conv.outputChannels());
        int channels = operand(node).channels();
        if (conv.bands().isPresent()) {
            int filters = conv.filters() * conv.window().taps();
            require(
                    conv.weights().size() > 0 && conv.weights().size() % filters == 0,
                    node,
                    conv.weights().size() + " weights for " + filters + " taps of a group's output channels");
        } else {
            require(
                    channels % conv.groups() == 0,
                    node,
                    conv.groups() + " groups do not divide " + channels + " channels");
            long due = (long) conv.outputChannels() * conv.window().taps() * (channels / conv.groups());
            require(conv.weights().size() == due, node, conv.weights().size() + " weights where " + due + " are due");
        }
        int limit = graph.precision().high();
        conv.weights()
                .firstOver(limit)
                .ifPresent(i ->
                        require(false, node, "weight " + conv.weights().get(i) + " at " + i + " is over " + limit));
        checkBias(node, conv.bias());
        checkRequantizer(node, conv.requantizer(), conv.table());
        checkTable(node, conv.table());
    }

    private void checkMaxPool(QNode node, QOp.MaxPool pool) {
        MapType in = operand(node);
        checkShape(node, pool.window(), in.channels());
        checkTable(node, pool.table());
        if (pool.table().isEmpty()) {
            require(
                    node.type().scale() == in.scale() && node.type().zeroPoint() == in.zeroPoint(),
                    node,
                    "a max pool without a table keeps its operand's scale and zero point");
        }
    }

    private void checkAdd(QNode node, QOp.Add add) {
        for (int i = 0; i < add.terms().size(); i++) {
            MapType in = graph.node(node.inputs().get(i)).type();
            requireSameShape(node, i, "the sum");
            int zeroPoint = add.terms().get(i).zeroPoint();
            require(
                    zeroPoint == in.zeroPoint(),
                    node,
                    "term " + i + " has zero point " + zeroPoint + ", its operand " + in.zeroPoint());
        }
        requireCode(node, "zero point of the sum", add.zeroPoint());
        requireCode(node, "low", add.low());
        requireCode(node, "high", add.high());
        requireZeroPoint(node, add.zeroPoint(), add.table());
        checkTable(node, add.table());
    }

    private void requireSameShape(QNode node, int operand, String what) {
        MapType in = graph.node(node.inputs().get(operand)).type();
        require(
                in.channels() == node.type().channels()
                        && in.spatial().equals(node.type().spatial()),
                node,
                "operand " + operand + " is " + in.channels() + " channels of " + in.spatial() + ", " + what + " "
                        + node.type().channels() + " of " + node.type().spatial());
    }

    private void checkExtreme(QNode node, QOp.Extreme extreme) {
        MapType first = operand(node);
        for (int i = 0; i < node.inputs().size(); i++) {
            requireSameShape(node, i, "the result");
            MapType in = graph.node(node.inputs().get(i)).type();
            require(
                    in.scale() == first.scale() && in.zeroPoint() == first.zeroPoint(),
                    node,
                    "operand " + i + " differs from the first in scale or zero point");
        }
        checkTable(node, extreme.table());
        if (extreme.table().isEmpty()) {
            require(
                    node.type().scale() == first.scale() && node.type().zeroPoint() == first.zeroPoint(),
                    node,
                    "without a table it keeps its operands' scale and zero point");
        }
    }

    private void checkArgMax(QNode node) {
        MapType in = operand(node);
        MapType out = node.type();
        require(
                out.channels() == 1 && out.spatial().equals(in.spatial()),
                node,
                "it has one channel and its operand's sizes " + in.spatial());
        require(out.scale() == 1 && out.zeroPoint() == 0, node, "its scale is 1 and its zero point 0");
        require(
                in.channels() - 1 <= graph.precision().high(),
                node,
                in.channels() + " channels, its codes count "
                        + (graph.precision().high() + 1));
    }

    private void checkView(QNode node) {
        MapType in = operand(node);
        MapType out = node.type();
        require(
                in.rows() == out.rows() && in.rowElements() == out.rowElements(),
                node,
                "it has " + out.rows() + " rows of " + out.rowElements() + " codes, its operand " + in.rows() + " of "
                        + in.rowElements());
        require(
                in.scale() == out.scale() && in.zeroPoint() == out.zeroPoint(),
                node,
                "it keeps its operand's scale and zero point");
        require(
                !(graph.node(node.inputs().getFirst()).op() instanceof QOp.Concat),
                node,
                "its operand is a concatenation, which is never stored as one map");
    }

    private void checkMul(QNode node, QOp.Mul mul) {
        for (int i = 0; i < 2; i++) {
            MapType in = graph.node(node.inputs().get(i)).type();
            require(
                    MoveRules.broadcasts(in, node.type()),
                    node,
                    "operand " + i + " is " + in.channels() + " channels of " + in.spatial()
                            + ", which does not spread over "
                            + node.type().channels() + " of " + node.type().spatial());
            int zeroPoint = i == 0 ? mul.zeroPointA() : mul.zeroPointB();
            require(
                    zeroPoint == in.zeroPoint(),
                    node,
                    "factor " + i + " has zero point " + zeroPoint + ", its operand " + in.zeroPoint());
        }
        checkRequantizer(node, mul.requantizer(), mul.table());
        checkTable(node, mul.table());
    }

    private void checkConcat(QNode node) {
        long channels = 0;
        for (int i = 0; i < node.inputs().size(); i++) {
            MapType in = graph.node(node.inputs().get(i)).type();
            channels += in.channels();
            require(
                    in.spatial().equals(node.type().spatial()),
                    node,
                    "operand " + i + " is " + in.spatial() + ", the concatenation "
                            + node.type().spatial());
            require(
                    in.scale() == node.type().scale()
                            && in.zeroPoint() == node.type().zeroPoint(),
                    node,
                    "operand " + i + " differs from the concatenation in scale or zero point");
        }
        require(
                channels == node.type().channels(),
                node,
                channels + " channels in its operands, its type says "
                        + node.type().channels());
    }

    private void checkShape(QNode node, Window window, int channels) {
        MapType in = operand(node);
        if (window.rank() != in.spatial().size()) {
            require(
                    false,
                    node,
                    "a window of rank " + window.rank() + " on a map of rank "
                            + in.spatial().size());
            return;
        }
        List<Integer> sizes = Taps.outputSizes(window, in.spatial());
        require(
                sizes.equals(node.type().spatial()),
                node,
                "its window makes " + sizes + ", its type says " + node.type().spatial());
        require(
                channels == node.type().channels(),
                node,
                channels + " channels computed, its type says " + node.type().channels());
    }

    private void checkBias(QNode node, List<Long> bias) {
        require(
                bias.size() == node.type().channels(),
                node,
                bias.size() + " biases for " + node.type().channels() + " channels");
        long limit = 1L << (AccumulatorWidth.BITS_MAX - 1);
        require(bias.stream().allMatch(b -> b >= -limit && b < limit), node, "a bias of more than 48 bits");
    }

    private void checkRequantizer(QNode node, Requantizer r, Optional<ActivationTable> table) {
        int channels = node.type().channels();
        require(
                r.multipliers().size() == channels,
                node,
                r.multipliers().size() + " multipliers for " + channels + " channels");
        requireCode(node, "requantizer's zero point", r.zeroPoint());
        requireCode(node, "low", r.low());
        requireCode(node, "high", r.high());
        requireZeroPoint(node, r.zeroPoint(), table);
    }

    /** Without a table, the zero point before it is that of the result. */
    private void requireZeroPoint(QNode node, int zeroPoint, Optional<ActivationTable> table) {
        require(
                table.isPresent() || zeroPoint == node.type().zeroPoint(),
                node,
                "requantized to zero point " + zeroPoint + ", its type says "
                        + node.type().zeroPoint());
    }

    private void checkTable(QNode node, Optional<ActivationTable> table) {
        if (table.isEmpty()) {
            return;
        }
        switch (table.get()) {
            case ActivationTable.Codes(var codes) -> {
                require(graph.precision() == Precision.INT8, node, "a table of 256 codes belongs to int8");
                codes.forEach(c -> requireCode(node, "table entry", c));
            }
            case ActivationTable.Segments(var bases, var slopes) -> {
                require(graph.precision() == Precision.INT16, node, "a piecewise table belongs to int16");
                bases.forEach(c -> requireCode(node, "table base", c));
                slopes.forEach(c -> requireCode(node, "table slope", c));
            }
        }
    }

    private MapType operand(QNode node) {
        return graph.node(node.inputs().getFirst()).type();
    }

    private void requireCode(QNode node, String what, int code) {
        Precision p = graph.precision();
        require(
                code >= p.low() && code <= p.high(),
                node,
                what + " " + code + " is outside [" + p.low() + ", " + p.high() + "]");
    }

    private void require(boolean holds, QNode node, String problem) {
        require(holds, node.source(), "node " + node.id() + " '" + node.name() + "': " + problem);
    }

    private void require(boolean holds, SourceRef where, String problem) {
        if (!holds) {
            found.add(QuantizeCode.GRAPH_UNSOUND.at(
                    where, problem, "make the graph again with `millrace quantize`, or correct this node"));
        }
    }
}
