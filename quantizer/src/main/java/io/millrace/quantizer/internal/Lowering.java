package io.millrace.quantizer.internal;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import io.millrace.quantizer.ActivationTable;
import io.millrace.quantizer.Calibration;
import io.millrace.quantizer.IntegerForm;
import io.millrace.quantizer.MapType;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizeCode;
import io.millrace.quantizer.QuantizeOptions;
import io.millrace.quantizer.Quantized;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.QuantizedGraphVerifier;
import io.millrace.quantizer.Requantizer;
import io.millrace.quantizer.TensorSummary;
import java.util.ArrayList;
import java.util.Arrays;
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
    private final ResultGrids results;
    private final Sums sums;
    private final CodeFrames frames;
    private final Nodes nodes;
    private final Joins joins;
    /** Whether the model brings its own quantization: its weights are kept as they are, and nothing is corrected. */
    private final boolean authored;
    /** The integer node that holds the value of a float node. */
    private final Map<Integer, QNode> made = new HashMap<>();

    private Lowering(Graph graph, List<Group> groups, Calibration calibration, QuantizeOptions options) {
        this.graph = graph;
        this.calibration = calibration;
        this.options = options;
        this.precision = options.format().precision();
        this.grids = new Grids(options);
        this.results = new ResultGrids(graph, groups, calibration, grids, precision);
        this.sums = new Sums(graph, new Readers(graph));
        this.authored = graph.nodes().stream().anyMatch(n -> n.op() instanceof Op.FakeQuantize);
        this.frames = new CodeFrames(precision, correctsBiases() ? calibration.meanFrames() : List.of());
        this.nodes = new Nodes(precision, frames);
        this.joins = new Joins(nodes, calibration, precision);
    }

    public static Quantized lower(Graph graph, Calibration calibration, QuantizeOptions options) {
        List<Group> groups = Grouping.of(graph, options.format().precision());
        List<Diagnostic> refused = Refusals.of(graph, groups, options.format().precision());
        if (!refused.isEmpty()) {
            throw new CompileException(QuantizeCode.OPERATION.exitCode(), refused);
        }
        var lowering = new Lowering(graph, groups, calibration, options);
        groups.forEach(lowering::lower);
        return lowering.result();
    }

    /** The integer nodes that a graph's groups become, with the refusals of those that cannot. */
    public static List<IntegerForm> forms(Graph graph, Precision precision) {
        return Grouping.of(graph, precision).stream()
                .map(g -> new IntegerForm(g.head(), g.source(), Refusals.of(graph, g, precision)))
                .toList();
    }

    private boolean correctsBiases() {
        return options.biasCorrection() && !authored;
    }

    private Quantized result() {
        List<Integer> outputs = graph.outputs().stream()
                .map(o -> joins.readable(madeOf(o)).id())
                .toList();
        var quantized = new QuantizedGraph(graph.name(), precision, nodes.all(), outputs, graph.outputNames());
        List<Diagnostic> found = QuantizedGraphVerifier.check(quantized);
        if (!found.isEmpty()) {
            throw new IllegalStateException("the quantizer made an unsound graph: " + found);
        }
        return new Quantized(quantized, graph, options, nodes.floatNodes(), nodes.tensors());
    }

    private void lower(Group group) {
        Node head = group.head();
        switch (head.op()) {
            case Op.Input _ -> input(group);
            case Op.Conv conv -> conv(group, conv, conv.groups() == 1 ? operandOrConcat(head) : operand(head));
            case Op.ConvTranspose conv -> transposed(group, conv);
            case Op.AveragePool pool ->
                sumPool(
                        group,
                        operand(head),
                        group.affine(),
                        pool.window(),
                        pool.window().taps());
            case Op.ChannelAffine affine -> affine(group, affine);
            case Op.MaxPool(Window window) -> maxPool(group, window);
            case Op.Activation _ -> maxPool(group, singleTap(head));
            case Op.Reshape _ -> made.put(head.id(), operandOrConcat(head));
            case Op.Binary(BinaryFunction function) -> {
                if (function == BinaryFunction.MUL) {
                    product(group);
                } else {
                    sum(group);
                }
            }
            case Op.Concat _ -> {
                List<QNode> operands = head.inputs().stream().map(this::madeOf).toList();
                hold(group, joins.concat(group, operands, results.of(group)));
            }
            case Op.Slice _, Op.Pad _, Op.Gather _, Op.Resize _, Op.DepthToSpace _, Op.SpaceToDepth _ -> move(group);
            case Op.FakeQuantize _ -> rounding(group);
            case Op.Constant _, Op.Dense _, Op.Softmax _, Op.LpPool _, Op.PRelu _ -> throw refused(head);
            case Op.Transpose _, Op.Lookup _, Op.Normalize _, Op.TopK _ -> throw refused(head);
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
        Grid grid = group.rounding().isEmpty() && options.input().isPresent()
                ? grids.input(options.input().get())
                : results.of(group);
        add(group, new QOp.Input(), List.of(), grid, grid.low(), grid.high(), 0);
    }

    private void transposed(Group group, Op.ConvTranspose conv) {
        QNode operand = operand(group.head());
        var stretched = Moves.Stretched.of(conv, operand.type());
        QNode wide = joins.moved(
                operand,
                group.head().name() + "/stretched",
                stretched.stretch(),
                stretched.spatial(),
                operand.type().channels());
        conv(group, stretched.conv(), wide);
    }

    private void move(Group group) {
        QNode operand = operand(group.head());
        Shape from = graph.node(group.head().inputs().getFirst()).shape();
        TensorSummary before = nodes.tensor(operand);
        Grid grid = gridOf(operand);
        QOp op = Moves.of(group.head().op(), from, grid);
        add(group, op, List.of(operand), grid, before.low(), before.high(), 0);
    }

    private void product(Group group) {
        List<QNode> operands = group.head().inputs().stream()
                .map(i -> joins.readable(madeOf(i)))
                .toList();
        MapType a = operands.getFirst().type();
        MapType b = operands.getLast().type();
        Finished finished = finish(group, Grid.leastScale(a.scale() * b.scale()));
        int channels = group.head().shape().dim(1);
        var factors = new double[channels];
        var magnitudes = new long[channels];
        Arrays.fill(factors, a.scale() * b.scale() / finished.accumulate.scale());
        Arrays.fill(magnitudes, distance(a.zeroPoint()) * distance(b.zeroPoint()));
        var layer = new RequantizerChoice.Layer(
                factors,
                new long[channels],
                magnitudes,
                new boolean[channels],
                finished.accumulate.zeroPoint(),
                finished.low,
                finished.high);
        Requantizer requantizer = RequantizerChoice.of(layer, group.source()).requantizer();
        var op = new QOp.Mul(a.zeroPoint(), b.zeroPoint(), requantizer, finished.table);
        add(group, op, operands, finished, 0);
    }

    private long distance(int zeroPoint) {
        return Math.max(precision.high() - zeroPoint, zeroPoint - precision.low());
    }

    private void conv(Group group, Op.Conv conv, QNode operand) {
        var weights = ConvWeights.quantize(conv, operand.type(), grids, precision, authored);
        double[] realBias = widen(conv.bias().toArray());
        if (correctsBiases()) {
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
                conv.window(),
                realBias.length,
                conv.groups(),
                weights.weights(),
                choice.bias(),
                choice.requantizer(),
                finished.table);
        add(group, op, List.of(operand), finished, weights.clipped());
    }

    /**
     * A sum pool of one tap, whose bias is a whole number of the operand's steps; where these are coarser than the result's, a depthwise
     * convolution, whose bias is finer by its weights.
     */
    private void affine(Group group, Op.ChannelAffine affine) {
        Node head = group.head();
        QNode operand = operand(head);
        double largest = 0;
        for (int c = 0; c < affine.gain().size(); c++) {
            largest = Math.max(largest, Math.abs(affine.gain().get(c)));
        }
        if (largest * operand.type().scale() <= results.of(group).scale()) {
            sumPool(group, operand, Optional.of(affine), singleTap(head), 1);
            return;
        }
        var dims = new ArrayList<>(Collections.nCopies(head.shape().rank(), 1));
        int channels = affine.gain().size();
        dims.set(0, channels);
        Tensor weights = affine.gain().reshape(new Shape(dims));
        var depthwise = new Op.Conv(weights, affine.bias(), singleTap(head), channels);
        conv(group, depthwise, operand);
    }

    private void sumPool(Group group, QNode operand, Optional<Op.ChannelAffine> affine, Window window, int divisor) {
        Finished finished = finish(group);
        var layer = PoolUnits.layer(
                affine,
                operand.type(),
                window,
                divisor,
                finished.accumulate,
                finished.low,
                finished.high,
                group.source());
        var choice = RequantizerChoice.of(layer, group.source());
        var op = new QOp.SumPool(window, choice.bias(), choice.requantizer(), finished.table);
        add(group, op, List.of(operand), finished, 0);
    }

    private void sum(Group group) {
        List<Sums.Term> terms = sums.of(group.head());
        List<QNode> operands = terms.stream()
                .map(t -> spread(joins.readable(madeOf(t.node())), group.head().shape()))
                .toList();
        if (terms.size() == 1) {
            Tensor gain = filled(operands.getFirst().type(), terms.getFirst().factor());
            var affine = new Op.ChannelAffine(gain, filled(operands.getFirst().type(), 0));
            sumPool(group, operands.getFirst(), Optional.of(affine), singleTap(group.head()), 1);
            return;
        }
        double coarsest = 0;
        for (int i = 0; i < terms.size(); i++) {
            double step = terms.get(i).factor() * operands.get(i).type().scale();
            coarsest = Math.max(coarsest, Math.abs(step));
        }
        Finished finished = finish(group, Grid.leastScale(coarsest));
        var scaled = new QOp.Add.Term[terms.size()];
        for (int i = 0; i < scaled.length; i++) {
            MapType in = operands.get(i).type();
            double factor = terms.get(i).factor() * in.scale() / finished.accumulate.scale();
            scaled[i] = RequantizerChoice.term(factor, in.zeroPoint(), group.source());
        }
        var op = new QOp.Add(
                List.of(scaled), finished.accumulate.zeroPoint(), finished.low, finished.high, finished.table);
        add(group, op, operands, finished, 0);
    }

    private void maxPool(Group group, Window window) {
        QNode operand = operand(group.head());
        var argument = gridOf(operand);
        boolean keeps = group.functions().isEmpty()
                && results.author(group).map(a -> a.grid().equals(argument)).orElse(true);
        if (keeps) {
            TensorSummary before = nodes.tensor(operand);
            var op = new QOp.MaxPool(window, Optional.empty());
            add(group, op, List.of(operand), argument, before.low(), before.high(), 0);
            return;
        }
        Grid grid = results.of(group);
        var op = new QOp.MaxPool(window, Optional.of(Tables.of(function(group, grid), argument, grid)));
        add(group, op, List.of(operand), grid, grid.low(), grid.high(), 0);
    }

    /** A rounding by itself: nothing where the codes already are what it makes of them. */
    private void rounding(Group group) {
        QNode operand = operand(group.head());
        AuthorGrid due = results.author(group).orElseThrow();
        boolean all = due.low() == precision.low() && due.high() == precision.high();
        if (all && due.grid().equals(gridOf(operand))) {
            hold(group, operand);
        } else {
            sumPool(group, operand, Optional.empty(), singleTap(group.head()), 1);
        }
    }

    /** A term of a sum in the sum's shape. */
    private QNode spread(QNode term, Shape shape) {
        List<Integer> spatial = shape.dims().subList(2, shape.rank());
        boolean fits =
                term.type().channels() == shape.dim(1) && term.type().spatial().equals(spatial);
        return fits
                ? term
                : joins.moved(term, term.name() + "/spread", Moves.spread(term.type(), shape), spatial, shape.dim(1));
    }

    /**
     * What happens after an accumulator.
     *
     * @param accumulate grid the requantizer goes to
     * @param result grid of the node's codes
     */
    private record Finished(Grid accumulate, Grid result, int low, int high, Optional<ActivationTable> table) {}

    private Finished finish(Group group) {
        return finish(group, 0);
    }

    /** @param leastScale of the accumulator's grid, where nothing else prescribes it */
    private Finished finish(Group group, double leastScale) {
        Optional<Clamp> clamp = Clamp.of(group.functions());
        Grid result = results.of(group);
        if (clamp.isPresent()) {
            result = results.isOwn(group) ? result.atLeast(leastScale) : result;
            int lowest = results.author(group).map(AuthorGrid::low).orElse(precision.low());
            int highest = results.author(group).map(AuthorGrid::high).orElse(precision.high());
            int low = Math.clamp(result.code(clamp.get().low()), lowest, highest);
            int high = Math.clamp(result.code(clamp.get().high()), lowest, highest);
            return new Finished(result, result, low, high, Optional.empty());
        }
        DoubleUnaryOperator function = function(group, result);
        Grid argument = grids.argument(calibration.of(group.argument().id()), function, result)
                .atLeast(leastScale);
        ActivationTable table = Tables.of(function, argument, result);
        return new Finished(argument, result, precision.low(), precision.high(), Optional.of(table));
    }

    /** The functions at a group's end, within the codes that the model itself allows. */
    private DoubleUnaryOperator function(Group group, Grid result) {
        DoubleUnaryOperator function = Clamp.function(group.functions());
        Optional<AuthorGrid> author = results.author(group);
        if (author.isEmpty()) {
            return function;
        }
        double low = result.real(author.get().low());
        double high = result.real(author.get().high());
        return x -> Math.clamp(function.applyAsDouble(x), low, high);
    }

    private void add(Group group, QOp op, List<QNode> operands, Finished finished, int clippedWeights) {
        Grid grid = finished.result;
        boolean table = finished.table.isPresent();
        double low = table ? grid.low() : grid.real(finished.low);
        double high = table ? grid.high() : grid.real(finished.high);
        add(group, op, operands, grid, low, high, clippedWeights);
    }

    private void add(
            Group group, QOp op, List<QNode> operands, Grid grid, double low, double high, int clippedWeights) {
        Shape shape = group.head().shape();
        QNode node = nodes.add(
                group.head().name(),
                op,
                operands,
                shape.dim(1),
                shape.dims().subList(2, shape.rank()),
                new Nodes.Values(grid, low, high, calibration.of(group.ranged().id()), clippedWeights),
                group.last().map(n -> OptionalInt.of(n.id())).orElse(OptionalInt.empty()),
                group.source());
        hold(group, node);
    }

    private void hold(Group group, QNode node) {
        group.held().forEach(n -> made.put(n.id(), node));
    }

    /** The only operand, as anything may read it. */
    private QNode operand(Node head) {
        return joins.readable(operandOrConcat(head));
    }

    private QNode operandOrConcat(Node head) {
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

    private Grid gridOf(QNode node) {
        return new Grid(node.type().scale(), node.type().zeroPoint(), precision);
    }

    private static Tensor filled(MapType type, double value) {
        var values = new float[type.channels()];
        Arrays.fill(values, (float) value);
        return Tensor.wrap(Shape.of(values.length), values);
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
