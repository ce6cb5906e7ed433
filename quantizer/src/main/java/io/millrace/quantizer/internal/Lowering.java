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
import io.millrace.quantizer.CalibrationMethod;
import io.millrace.quantizer.IntegerForm;
import io.millrace.quantizer.MapType;
import io.millrace.quantizer.NumberFormat;
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
import java.util.stream.Stream;

/** From float groups to integer nodes, one group after the other. */
public final class Lowering {
    private final Graph graph;
    private final Calibration calibration;
    private final QuantizeOptions options;
    private final Precision precision;
    private final Grids grids;
    private final ResultGrids results;
    private final Readers readers;
    private final Sums sums;
    private final CodeFrames frames;
    private final Nodes nodes;
    private final Joins joins;
    private final Arranging arranging;
    private final Choosing choosing;
    /** Whether the model brings its own quantization: its weights are kept as they are, and nothing is corrected. */
    private final boolean authored;
    /** Whether weights are 0 instead of what the model says. */
    private final boolean outlines;
    /** The integer node that holds the value of a float node. */
    private final Map<Integer, QNode> made = new HashMap<>();

    private Lowering(
            Graph graph, List<Group> groups, Calibration calibration, QuantizeOptions options, boolean outlines) {
        this.graph = graph;
        this.calibration = calibration;
        this.options = options;
        this.precision = options.format().precision();
        this.grids = new Grids(options);
        this.results = new ResultGrids(graph, groups, calibration, grids, precision);
        this.readers = new Readers(graph);
        this.sums = new Sums(graph, readers);
        this.authored = graph.nodes().stream().anyMatch(n -> n.op() instanceof Op.FakeQuantize);
        this.outlines = outlines;
        this.frames = new CodeFrames(precision, correctsBiases() ? calibration.meanFrames() : List.of());
        this.nodes = new Nodes(precision, frames);
        this.joins = new Joins(nodes, calibration, precision);
        this.arranging = new Arranging(joins, precision);
        this.choosing = new Choosing(nodes, joins, arranging, precision);
    }

    public static Quantized lower(Graph graph, Calibration calibration, QuantizeOptions options) {
        return lower(graph, calibration, options, false);
    }

    /** The integer graph without its values, see {@link io.millrace.quantizer.Quantizer#outline}. */
    public static QuantizedGraph outline(Graph graph, Precision precision) {
        var format = switch (precision) {
            case INT8 -> NumberFormat.INT8;
            case INT16 -> NumberFormat.INT16_FREE_Q;
        };
        var options = new QuantizeOptions(format, CalibrationMethod.MIN_MAX, 100, false, Optional.empty());
        Graph blank = Blank.of(graph);
        return lower(blank, Calibration.withoutFrames(blank), options, true).graph();
    }

    private static Quantized lower(Graph graph, Calibration calibration, QuantizeOptions options, boolean outlines) {
        List<Group> groups = Grouping.of(graph, options.format().precision());
        List<Diagnostic> refused = Refusals.of(graph, groups, options.format().precision());
        if (!refused.isEmpty()) {
            throw new CompileException(QuantizeCode.OPERATION.exitCode(), refused);
        }
        var lowering = new Lowering(graph, groups, calibration, options, outlines);
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
            case Op.Activation _ -> {
                if (!isNumbered(group)) {
                    maxPool(group, singleTap(head));
                }
            }
            // A softmax that is not refused is asked for its order only.
            case Op.Softmax _ -> made.put(head.id(), operandOrConcat(head));
            case Op.Reshape _, Op.Transpose _, Op.Rearrange _ -> rearranged(group);
            case Op.OneHot(int depth) -> oneHot(group, depth);
            case Op.MaxPoolIndices op -> places(group, op);
            case Op.Binary(BinaryFunction function) -> {
                switch (function) {
                    case MUL -> product(group);
                    case ADD, SUB -> sum(group);
                    case MAX, MIN -> extreme(group, function == BinaryFunction.MIN);
                    case DIV -> throw refused(head);
                }
            }
            case Op.Concat(int axis) -> concat(group, axis);
            case Op.Slice _, Op.Pad _, Op.Gather _, Op.Resize _, Op.DepthToSpace _ -> move(group);
            case Op.FakeQuantize _ -> rounding(group);
            case Op.Constant _, Op.Dense _, Op.LpPool _, Op.PRelu _, Op.SpaceToDepth _ -> throw refused(head);
            case Op.TopK(int k, boolean indices) -> {
                if (k > 1) {
                    largestChannels(group, k, indices);
                } else if (indices) {
                    largestChannel(group);
                } else {
                    largestValue(group);
                }
            }
            case Op.Lookup _, Op.Normalize _, Op.LocalConv _, Op.MaxUnpool _ -> throw refused(head);
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
        OptionalInt numbers = readers.numbers(group.head());
        Grid grid;
        if (numbers.isPresent()) {
            grid = Choosing.numbers(numbers.getAsInt(), precision);
        } else {
            grid = group.rounding().isEmpty() && options.input().isPresent()
                    ? grids.input(options.input().get())
                    : results.of(group);
        }
        add(group, new QOp.Input(), List.of(), grid, grid.low(), grid.high(), 0);
    }

    private void transposed(Group group, Op.ConvTranspose conv) {
        QNode operand = operand(group.head());
        var stretched = Moves.Stretched.of(conv, operand.type());
        QNode wide = arranged(operand, group.head().name() + "/stretched", stretched.stretch(), stretched.extent());
        conv(group, stretched.conv(), wide);
    }

    private void move(Group group) {
        QNode given = operand(group.head());
        Grid grid = gridOf(given);
        boolean never = Refusals.isNeverLargest(graph, group.head());
        boolean outside =
                group.head().op() instanceof Op.Pad pad && (pad.value() < grid.low() || pad.value() > grid.high());
        QNode operand = never
                ? choosing.aboveLowest(given, group.head().name())
                : outside ? joins.onGrid(given, results.of(group)) : given;
        Shape from = graph.node(group.head().inputs().getFirst()).shape();
        QOp op = Moves.of(group.head().op(), from, gridOf(operand));
        Nodes.Extent due = resultOf(group, false);
        arranged(
                group,
                op instanceof QOp.Gather gather
                        ? arranging.gather(operand, group.head().name(), gather, due)
                        : new Arranging.Last(op, List.of(operand), due));
    }

    private void concat(Group group, int axis) {
        Stream<QNode> operands = group.head().inputs().stream().map(this::madeOf);
        Grid grid = results.of(group);
        if (axis == 1) {
            hold(group, joins.concat(group, operands.toList(), grid));
            return;
        }
        Shape shape = group.head().shape();
        List<QNode> maps =
                operands.map(n -> joins.onGrid(joins.readable(n), grid)).toList();
        arranged(group, arranging.concat(group.head().name(), maps, axis, shape));
    }

    /** A change of shape, or of the order of axes; nothing where each code stays in its row, column and channel. */
    private void rearranged(Group group) {
        Node head = group.head();
        Shape from = graph.node(head.inputs().getFirst()).shape();
        if (Refusals.keepsPlaces(head, from)) {
            boolean asItIs = from.rank() < 3
                    || head.shape().rank() < 3
                    || from.rank() == head.shape().rank();
            made.put(
                    head.id(),
                    asItIs
                            ? operandOrConcat(head)
                            : joins.view(operand(head), resultOf(group, false), OptionalInt.of(head.id())));
            return;
        }
        var order = Rearrangement.of(head.op(), from, head.shape());
        arranged(group, arranging.rearranged(operand(head), head.name(), order, resultOf(group, false)));
    }

    /** A group's result, made of codes that are moved only. */
    private void arranged(Group group, Arranging.Last last) {
        QNode first = last.operands().getFirst();
        if (last.op() instanceof QOp.View) {
            OptionalInt floatNode =
                    group.last().map(n -> OptionalInt.of(n.id())).orElse(OptionalInt.empty());
            hold(group, joins.view(first, resultOf(group, false), floatNode));
            return;
        }
        TensorSummary before = nodes.tensor(first);
        add(group, last.op(), last.operands(), last.extent(), gridOf(first), before.low(), before.high(), 0);
    }

    private QNode arranged(QNode operand, String name, QOp.Gather gather, Nodes.Extent extent) {
        return joins.view(
                arranging.add(name, arranging.gather(operand, name, gather, extent)), extent, OptionalInt.empty());
    }

    private void product(Group group) {
        List<QNode> operands = group.head().inputs().stream()
                .map(i -> joins.readable(madeOf(i)))
                .map(n -> broadcasts(n, group.head().shape())
                        ? n
                        : spread(n, group.head().shape()))
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

    /** Whether a product takes a factor as it lies. */
    private static boolean broadcasts(QNode factor, Shape shape) {
        Nodes.Extent due = Volumes.extent(shape);
        return MoveRules.broadcasts(factor.type(), new MapType(due.channels(), due.spatial(), 1, 0));
    }

    private long distance(int zeroPoint) {
        return Math.max(precision.high() - zeroPoint, zeroPoint - precision.low());
    }

    private void conv(Group group, Op.Conv conv, QNode operand) {
        if (conv.window().rank() < 3) {
            conv(group, conv, operand, weights(conv, conv.groups(), Optional.empty(), operand.type()));
            return;
        }
        Optional<Window> overColumns = Volumes.overColumns(conv.window(), operand.type());
        if (overColumns.isPresent()) {
            conv(group, Volumes.overColumns(conv, overColumns.get()), operand);
            return;
        }
        // A group for each plane of the result, over the channels of all planes of the operand.
        QNode volume = joins.readable(operand);
        QNode planes = joins.view(volume, Volumes.planes(volume.type()), OptionalInt.empty());
        int channels = volume.type().channels();
        int groups = group.head().shape().dim(2);
        Op.Conv ofOne = Volumes.ofOnePlane(conv, channels);
        var bands = Optional.of(Volumes.bands(conv.window(), channels));
        conv(group, ofOne, planes, weights(ofOne, groups, bands, planes.type()));
    }

    private ConvWeights weights(Op.Conv conv, int groups, Optional<QOp.Conv.Bands> bands, MapType in) {
        return outlines
                ? ConvWeights.zeros(conv, groups, bands, in)
                : ConvWeights.quantize(conv, groups, bands, in, grids, precision, authored);
    }

    private void conv(Group group, Op.Conv conv, QNode operand, ConvWeights weights) {
        double[] realBias = widen(conv.bias().toArray());
        if (correctsBiases()) {
            double[] means = calibration.of(group.head().id()).channelMeans();
            realBias = weights.correctedBias(means, frames.meanPatch(operand, conv.window()));
        }
        Finished finished = finish(group);
        var layer = new RequantizerChoice.Layer(
                weights.factors(finished.accumulate.scale()),
                weights.foldedBias(realBias),
                weights.magnitudes(),
                new boolean[weights.sums().length],
                finished.accumulate.zeroPoint(),
                finished.low,
                finished.high);
        var choice = RequantizerChoice.of(layer, group.source());
        var op = new QOp.Conv(
                conv.window(),
                weights.sums().length,
                weights.groups(),
                weights.bands(),
                weights.weights(),
                choice.bias(),
                choice.requantizer(),
                finished.table);
        add(group, op, List.of(operand), resultOf(group, weights.bands().isPresent()), finished, weights.clipped());
    }

    /** How a group's result lies when it is computed: a volume, where {@code planes}, with its planes as channels. */
    private static Nodes.Extent resultOf(Group group, boolean planes) {
        Nodes.Extent due = Volumes.extent(group.head().shape());
        return planes ? Volumes.planes(new MapType(due.channels(), due.spatial(), 1, 0, due.depth())) : due;
    }

    /**
     * A sum pool of one tap, whose bias is a whole number of the operand's steps; where these are coarser than the result's, a depthwise
     * convolution, whose bias is finer by its weights.
     */
    private void affine(Group group, Op.ChannelAffine affine) {
        Node head = group.head();
        QNode operand = operand(head);
        if (largest(affine.gain()) * operand.type().scale() <= results.of(group).scale()) {
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

    private static double largest(Tensor values) {
        double largest = 0;
        for (int i = 0; i < values.size(); i++) {
            largest = Math.max(largest, Math.abs(values.get(i)));
        }
        return largest;
    }

    private void sumPool(Group group, QNode operand, Optional<Op.ChannelAffine> affine, Window window, int divisor) {
        if (window.rank() < 3) {
            sumPool(group, operand, affine, window, divisor, false);
            return;
        }
        var steps = planeSteps(operand, window, operand.type().zeroPoint());
        QNode between = steps.first()
                .map(w -> joins.sums(steps.operand(), w, gridOf(operand), steps.between()))
                .orElse(steps.operand());
        int rest = divisor / steps.first().map(Window::taps).orElse(1);
        QNode last = steps.planes() ? asPlanes(between) : between;
        sumPool(group, last, affine, steps.last(), rest, steps.planes());
    }

    private QNode asPlanes(QNode volume) {
        return joins.view(volume, Volumes.planes(volume.type()), OptionalInt.empty());
    }

    /**
     * How a pool over a volume is computed: along the planes first, then within them.
     *
     * @param operand the volume, or the columns that the windows along its planes read
     * @param first a window over columns; none where the last does it all
     * @param between how the first one's result lies
     * @param last over columns, or over the positions of planes
     * @param planes whether the last one sees planes as channels
     */
    private record PlaneSteps(
            QNode operand, Optional<Window> first, Nodes.Extent between, Window last, boolean planes) {}

    private PlaneSteps planeSteps(QNode operand, Window window, int fill) {
        MapType in = operand.type();
        Optional<Window> all = Volumes.overColumns(window, in);
        if (all.isPresent()) {
            return new PlaneSteps(operand, Optional.empty(), Nodes.Extent.of(in), all.get(), false);
        }
        if (Volumes.isPlaneByPlane(window)) {
            return new PlaneSteps(operand, Optional.empty(), Nodes.Extent.of(in), Volumes.plane(window), true);
        }
        Window along = Volumes.planes(window);
        int depth = along.outputSize(0, in.depth());
        int columns = in.columns() / in.depth();
        var between = new Nodes.Extent(in.channels(), List.of(in.rows(), columns * depth), depth);
        Optional<Window> blocks = Volumes.overColumns(along, in);
        int taps = along.taps();
        QNode read = blocks.isPresent() ? operand : windows(operand, along, fill, columns * depth * taps);
        Window first = blocks.orElse(
                new Window(List.of(1, taps), List.of(1, taps), List.of(0, 0), List.of(0, 0), List.of(1, 1)));
        return Volumes.isOfPositions(window)
                ? new PlaneSteps(read, Optional.empty(), between, first, false)
                : new PlaneSteps(read, Optional.of(first), between, Volumes.plane(window), true);
    }

    private QNode windows(QNode operand, Window along, int fill, int columns) {
        MapType in = operand.type();
        var extent = new Nodes.Extent(in.channels(), List.of(in.rows(), columns), 1);
        return arranged(operand, operand.name() + "/windows", Volumes.windowsOfPlanes(along, in, fill), extent);
    }

    private void sumPool(
            Group group, QNode operand, Optional<Op.ChannelAffine> affine, Window window, int divisor, boolean planes) {
        double gain = affine.map(a -> largest(a.gain())).orElse(1.0);
        Finished finished = finish(group, Grid.leastScale(gain * operand.type().scale() / divisor));
        int times = planes ? operand.type().channels() / group.head().shape().dim(1) : 1;
        var layer = PoolUnits.layer(
                affine.map(a -> new Op.ChannelAffine(repeated(a.gain(), times), repeated(a.bias(), times))),
                operand.type(),
                window,
                divisor,
                finished.accumulate,
                finished.low,
                finished.high,
                group.source());
        var choice = RequantizerChoice.of(layer, group.source());
        var op = new QOp.SumPool(window, choice.bias(), choice.requantizer(), finished.table);
        add(group, op, List.of(operand), resultOf(group, planes), finished, 0);
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

    private void largestChannels(Group group, int k, boolean indices) {
        QNode operand = operand(group.head());
        List<QNode> parts = choosing.largest(operand, group.head().name(), k, indices);
        hold(group, joins.concat(group, parts, indices ? new Grid(1, 0, precision) : gridOf(operand)));
    }

    /** A function of whole numbers that only name channels: exact, and made at once; false if it is none. */
    private boolean isNumbered(Group group) {
        QNode operand = operand(group.head());
        OptionalInt count = readers.numbers(group.held().getFirst());
        if (count.isEmpty() || operand.type().scale() != 1 || group.rounding().isPresent()) {
            return false;
        }
        Grid grid = Choosing.numbers(count.getAsInt(), precision);
        Optional<ActivationTable> table =
                Tables.ofWhole(Clamp.function(group.functions()), gridOf(operand), grid, count.getAsInt());
        table.ifPresent(t -> add(
                group,
                new QOp.MaxPool(singleTap(group.head()), table),
                List.of(operand),
                grid,
                0,
                count.getAsInt() - 1.0,
                0));
        return table.isPresent();
    }

    private void oneHot(Group group, int depth) {
        Grid grid = results.of(group);
        QNode numbers = operand(group.head());
        if (numbers.type().scale() > 1) {
            throw QuantizeCode.OPERATION.exception(
                    group.source(),
                    "'" + group.head().name() + "' tells " + depth
                            + " channels apart by computed numbers, whose codes are "
                            + numbers.type().scale() + " apart",
                    "quantize to int16, or let the host look up: cut the graph behind it with --from");
        }
        Arranging.Last last = choosing.oneHot(numbers, group.head().name(), depth, grid.code(1), grid.code(0));
        add(group, last.op(), last.operands(), last.extent(), grid, 0, 1, 0);
    }

    private void places(Group group, Op.MaxPoolIndices op) {
        Shape map = graph.node(group.head().inputs().getFirst()).shape();
        Shape windows = group.head().shape();
        arranged(group, choosing.places(operand(group.head()), group.head().name(), op, map, windows));
    }

    private void largestChannel(Group group) {
        QNode operand = operand(group.head());
        var grid = new Grid(1, 0, precision);
        double last = operand.type().channels() - 1.0;
        add(group, new QOp.ArgMax(), List.of(operand), grid, 0, last, 0);
    }

    /** A max pool of all channels, each of them a column of its own. */
    private void largestValue(Group group) {
        QNode operand = operand(group.head());
        MapType in = operand.type();
        var columns = new Nodes.Extent(1, List.of(in.rows(), in.rowElements()), 1);
        QNode wide = joins.view(operand, columns, OptionalInt.empty());
        TensorSummary before = nodes.tensor(operand);
        add(
                group,
                new QOp.MaxPool(Choosing.channelWindow(in), Optional.empty()),
                List.of(wide),
                new Nodes.Extent(1, List.of(in.rows(), in.columns()), 1),
                gridOf(operand),
                before.low(),
                before.high(),
                0);
    }

    /** The largest or smallest of maps, whose codes are compared on one grid. */
    private void extreme(Group group, boolean least) {
        Grid argument = results.comparison(group);
        Grid grid = results.of(group);
        List<QNode> operands = group.head().inputs().stream()
                .map(i -> joins.onGrid(joins.readable(madeOf(i)), argument))
                .map(n -> spread(n, group.head().shape()))
                .toList();
        boolean allCodes = results.author(group)
                .map(a -> a.low() == precision.low() && a.high() == precision.high())
                .orElse(true);
        Optional<ActivationTable> table = group.functions().isEmpty() && allCodes && argument.equals(grid)
                ? Optional.empty()
                : Optional.of(Tables.of(function(group, grid), argument, grid));
        add(group, new QOp.Extreme(least, table), operands, grid, grid.low(), grid.high(), 0);
    }

    private void maxPool(Group group, Window window) {
        QNode operand = operand(group.head());
        if (window.rank() < 3) {
            maxPool(group, operand, window, false);
            return;
        }
        var steps = planeSteps(operand, window, precision.low());
        QNode between = steps.first()
                .map(w -> joins.maxima(steps.operand(), w, steps.between()))
                .orElse(steps.operand());
        maxPool(group, steps.planes() ? asPlanes(between) : between, steps.last(), steps.planes());
    }

    private void maxPool(Group group, QNode operand, Window window, boolean planes) {
        Nodes.Extent result = resultOf(group, planes);
        var argument = gridOf(operand);
        boolean keeps = group.functions().isEmpty()
                && results.author(group).map(a -> a.grid().equals(argument)).orElse(true);
        if (keeps) {
            TensorSummary before = nodes.tensor(operand);
            var op = new QOp.MaxPool(window, Optional.empty());
            add(group, op, List.of(operand), result, argument, before.low(), before.high(), 0);
            return;
        }
        Grid grid = results.of(group);
        var op = new QOp.MaxPool(window, Optional.of(Tables.of(function(group, grid), argument, grid)));
        add(group, op, List.of(operand), result, grid, grid.low(), grid.high(), 0);
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
        Nodes.Extent due = Volumes.extent(shape);
        return Nodes.Extent.of(term.type()).equals(due)
                ? term
                : arranged(term, term.name() + "/spread", Moves.spread(term.type(), shape), due);
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
        add(group, op, operands, resultOf(group, false), finished, clippedWeights);
    }

    private void add(
            Group group, QOp op, List<QNode> operands, Nodes.Extent extent, Finished finished, int clippedWeights) {
        Grid grid = finished.result;
        boolean table = finished.table.isPresent();
        double low = table ? grid.low() : grid.real(finished.low);
        double high = table ? grid.high() : grid.real(finished.high);
        add(group, op, operands, extent, grid, low, high, clippedWeights);
    }

    private void add(
            Group group, QOp op, List<QNode> operands, Grid grid, double low, double high, int clippedWeights) {
        add(group, op, operands, resultOf(group, false), grid, low, high, clippedWeights);
    }

    private void add(
            Group group,
            QOp op,
            List<QNode> operands,
            Nodes.Extent extent,
            Grid grid,
            double low,
            double high,
            int clippedWeights) {
        Nodes.Extent due = resultOf(group, false);
        OptionalInt floatNode = group.last().map(n -> OptionalInt.of(n.id())).orElse(OptionalInt.empty());
        QNode node = nodes.add(
                group.head().name(),
                op,
                operands,
                extent,
                new Nodes.Values(grid, low, high, calibration.of(group.ranged().id()), clippedWeights),
                extent.equals(due) ? floatNode : OptionalInt.empty(),
                group.source());
        hold(group, joins.view(node, due, floatNode));
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

    private static Tensor repeated(Tensor values, int times) {
        var all = new float[values.size() * times];
        for (int i = 0; i < all.length; i++) {
            all[i] = values.get(i % values.size());
        }
        return Tensor.wrap(Shape.of(all.length), all);
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
