package io.millrace.quantizer.internal;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Shape;
import io.millrace.ir.Window;
import io.millrace.quantizer.AccumulatorWidth;
import io.millrace.quantizer.ActivationTable;
import io.millrace.quantizer.Calibration;
import io.millrace.quantizer.Distribution;
import io.millrace.quantizer.MapType;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizeCode;
import io.millrace.quantizer.QuantizeOptions;
import io.millrace.quantizer.Quantized;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.QuantizedGraphVerifier;
import io.millrace.quantizer.TensorSummary;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.DoubleUnaryOperator;

/** From float groups to integer nodes, one group after the other. */
public final class Lowering {
    private final Graph graph;
    private final Calibration calibration;
    private final QuantizeOptions options;
    private final Precision precision;
    private final Grids grids;
    private final CodeFrames frames;
    private final List<QNode> nodes = new ArrayList<>();
    private final List<OptionalInt> floatNodes = new ArrayList<>();
    private final List<TensorSummary> tensors = new ArrayList<>();
    /** The integer node that holds the value of a float node. */
    private final Map<Integer, QNode> made = new HashMap<>();

    private Lowering(Graph graph, Calibration calibration, QuantizeOptions options) {
        this.graph = graph;
        this.calibration = calibration;
        this.options = options;
        this.precision = options.format().precision();
        this.grids = new Grids(options);
        this.frames = new CodeFrames(precision, options.biasCorrection() ? calibration.meanFrames() : List.of());
    }

    public static Quantized lower(Graph graph, Calibration calibration, QuantizeOptions options) {
        List<Group> groups = Grouping.of(graph);
        List<Diagnostic> refused = Refusals.of(graph, groups);
        if (!refused.isEmpty()) {
            throw new CompileException(QuantizeCode.OPERATION.exitCode(), refused);
        }
        var lowering = new Lowering(graph, calibration, options);
        groups.forEach(lowering::lower);
        return lowering.result();
    }

    private Quantized result() {
        List<Integer> outputs =
                graph.outputs().stream().map(o -> madeOf(o).id()).toList();
        var quantized = new QuantizedGraph(graph.name(), precision, nodes, outputs, graph.outputNames());
        List<Diagnostic> found = QuantizedGraphVerifier.check(quantized);
        if (!found.isEmpty()) {
            throw new IllegalStateException("the quantizer made an unsound graph: " + found);
        }
        return new Quantized(quantized, graph, options, floatNodes, tensors);
    }

    private void lower(Group group) {
        Node head = group.head();
        switch (head.op()) {
            case Op.Input _ -> input(group);
            case Op.Conv conv -> conv(group, conv);
            case Op.AveragePool pool ->
                sumPool(group, pool.window(), pool.window().taps());
            case Op.ChannelAffine _ -> sumPool(group, singleTap(head), 1);
            case Op.MaxPool(Window window) -> maxPool(group, window);
            case Op.Activation _ -> maxPool(group, singleTap(head));
            case Op.Reshape _ -> made.put(head.id(), operand(head));
            case Op.Dense _, Op.Binary _, Op.Concat _, Op.Softmax _, Op.FakeQuantize _ -> throw refused(head);
            case Op.Constant _, Op.ConvTranspose _, Op.LpPool _, Op.PRelu _, Op.Slice _, Op.Pad _ ->
                throw refused(head);
            case Op.Transpose _, Op.Gather _, Op.Resize _, Op.DepthToSpace _, Op.SpaceToDepth _ -> throw refused(head);
            case Op.Lookup _, Op.Normalize _, Op.TopK _ -> throw refused(head);
        }
    }

    private static IllegalStateException refused(Node head) {
        return new IllegalStateException("'" + head.name() + "' was to be refused before");
    }

    private void input(Group group) {
        int channels = group.head().shape().dim(1);
        int means = options.input().map(spec -> spec.mean().size()).orElse(0);
        if (means > 1 && means != channels) {
            throw QuantizeCode.INPUT_SPEC.exception(
                    group.source(),
                    means + " means for an input of " + channels + " channels",
                    "give one mean, or " + channels);
        }
        Grid grid = options.input().map(grids::input).orElseGet(() -> rangeOf(group));
        add(group, new QOp.Input(), List.of(), grid, grid.low(), grid.high(), 0);
    }

    private void conv(Group group, Op.Conv conv) {
        QNode operand = operand(group.head());
        var weights = ConvWeights.quantize(conv, operand.type(), grids, precision);
        double[] realBias = widen(conv.bias().toArray());
        if (options.biasCorrection()) {
            double[] means = calibration.of(group.head().id()).channelMeans();
            realBias = weights.correctedBias(realBias, means, frames.meanPatch(operand, conv.window()));
        }
        Finished finished = finish(group);
        var layer = new RequantizerChoice.Layer(
                weights.factors(finished.accumulate.scale()),
                weights.foldedBias(realBias),
                weights.magnitudes(),
                new boolean[realBias.length],
                finished.accumulate.zeroPoint(),
                finished.low,
                finished.high);
        var choice = RequantizerChoice.of(layer, group.source());
        var op = new QOp.Conv(
                conv.window(), realBias.length, weights.weights(), choice.bias(), choice.requantizer(), finished.table);
        add(group, op, List.of(operand.id()), finished, weights.clipped());
    }

    private void sumPool(Group group, Window window, int divisor) {
        QNode operand = operand(group.head());
        Finished finished = finish(group);
        var layer = PoolUnits.layer(
                group.affine(),
                operand.type(),
                window,
                divisor,
                finished.accumulate,
                finished.low,
                finished.high,
                group.source());
        var choice = RequantizerChoice.of(layer, group.source());
        var op = new QOp.SumPool(window, choice.bias(), choice.requantizer(), finished.table);
        add(group, op, List.of(operand.id()), finished, 0);
    }

    private void maxPool(Group group, Window window) {
        QNode operand = operand(group.head());
        var argument = new Grid(operand.type().scale(), operand.type().zeroPoint(), precision);
        if (group.functions().isEmpty()) {
            TensorSummary before = tensors.get(operand.id());
            add(
                    group,
                    new QOp.MaxPool(window, Optional.empty()),
                    List.of(operand.id()),
                    argument,
                    before.low(),
                    before.high(),
                    0);
            return;
        }
        Grid grid = rangeOf(group);
        ActivationTable table = Tables.of(Clamp.function(group.functions()), argument, grid);
        var op = new QOp.MaxPool(window, Optional.of(table));
        add(group, op, List.of(operand.id()), grid, grid.low(), grid.high(), 0);
    }

    /**
     * What happens after an accumulator.
     *
     * @param accumulate grid the requantizer goes to
     * @param result grid of the node's codes
     */
    private record Finished(Grid accumulate, Grid result, int low, int high, Optional<ActivationTable> table) {}

    private Finished finish(Group group) {
        Optional<Clamp> clamp = Clamp.of(group.functions());
        Grid result = rangeOf(group);
        if (clamp.isPresent()) {
            int low = result.code(clamp.get().low());
            int high = result.code(clamp.get().high());
            return new Finished(result, result, low, high, Optional.empty());
        }
        DoubleUnaryOperator function = Clamp.function(group.functions());
        Grid argument = grids.argument(calibration.of(group.argument().id()), function, result);
        ActivationTable table = Tables.of(function, argument, result);
        return new Finished(argument, result, precision.low(), precision.high(), Optional.of(table));
    }

    private Grid rangeOf(Group group) {
        Distribution seen = calibration.of(group.ranged().id());
        if (!group.later().isEmpty()) {
            return grids.argument(seen, Clamp.function(group.later()), grids.activation(seen));
        }
        return graph.outputs().contains(group.ranged().id()) ? grids.output(seen) : grids.activation(seen);
    }

    private void add(Group group, QOp op, List<Integer> inputs, Finished finished, int clippedWeights) {
        Grid grid = finished.result;
        boolean table = finished.table.isPresent();
        double low = table ? grid.low() : grid.real(finished.low);
        double high = table ? grid.high() : grid.real(finished.high);
        add(group, op, inputs, grid, low, high, clippedWeights);
    }

    private void add(
            Group group, QOp op, List<Integer> inputs, Grid grid, double low, double high, int clippedWeights) {
        Shape shape = group.head().shape();
        var type = new MapType(shape.dim(1), shape.dims().subList(2, shape.rank()), grid.scale(), grid.zeroPoint());
        var node = new QNode(nodes.size(), group.head().name(), op, inputs, type, group.source());
        nodes.add(node);
        floatNodes.add(group.last().map(n -> OptionalInt.of(n.id())).orElse(OptionalInt.empty()));
        Distribution seen = calibration.of(group.ranged().id());
        Optional<Integer> bits = switch (op) {
            case QOp.Input _, QOp.MaxPool _ -> Optional.empty();
            case QOp.Conv _, QOp.SumPool _ -> Optional.of(AccumulatorWidth.bits(op, precision));
        };
        tensors.add(new TensorSummary(
                node.name(),
                type,
                low,
                high,
                seen.min(),
                seen.max(),
                seen.fractionOutside(low - grid.scale() / 2, high + grid.scale() / 2),
                bits,
                clippedWeights));
        made.put(group.last().orElse(group.argument()).id(), node);
        frames.run(node, nodes);
    }

    private QNode operand(Node head) {
        return madeOf(head.inputs().getFirst());
    }

    private QNode madeOf(int floatNode) {
        QNode node = made.get(floatNode);
        if (node == null) {
            throw new IllegalStateException(
                    "'" + graph.node(floatNode).name() + "' is read, but no integer node holds its value");
        }
        return node;
    }

    private static Window singleTap(Node node) {
        return Window.of(Collections.nCopies(node.shape().rank() - 2, 1).stream()
                .mapToInt(Integer::intValue)
                .toArray());
    }

    private static double[] widen(float[] values) {
        var wide = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            wide[i] = values[i];
        }
        return wide;
    }
}
