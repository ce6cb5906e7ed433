package io.millrace.ir.nets;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.ConnectionTable;
import io.millrace.ir.Graph;
import io.millrace.ir.LocalNormalization;
import io.millrace.ir.Normalization;
import io.millrace.ir.Op;
import io.millrace.ir.PadMode;
import io.millrace.ir.Pointwise;
import io.millrace.ir.PointwiseFunctions;
import io.millrace.ir.Sampling;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Small networks of one operator each, behind a convolution that gives it values of both signs: what engines do, all that
 * {@link io.millrace.ir.Passes#COMPOSING} writes as other operators, and what users compose themselves.
 */
public enum OperatorNet {
    CONVOLUTION((net, x) -> net.conv("layer", x, 5, Layers.square(3, 1, 1))),
    CONVOLUTION_STRIDED((net, x) -> net.conv("layer", x, 4, Layers.square(3, 2, 1))),
    /** Of unequal sides, pads and strides. */
    CONVOLUTION_UNEVEN((net, x) -> net.conv(
            "layer", x, 3, new Window(List.of(2, 3), List.of(1, 2), List.of(1, 0), List.of(0, 2), List.of(1, 1)))),
    CONVOLUTION_DILATED((net, x) -> net.conv(
            "layer", x, 4, new Window(List.of(3, 3), List.of(1, 1), List.of(2, 2), List.of(2, 2), List.of(2, 2)))),
    CONVOLUTION_GROUPED((net, x) -> net.conv("layer", six(net, x), 6, Layers.square(3, 1, 1), 3)),
    CONVOLUTION_DEPTHWISE((net, x) -> net.conv("layer", x, net.channels(x), Layers.square(3, 1, 1), net.channels(x))),
    /** Each output map reads three input maps. */
    CONVOLUTION_CONNECTED((net, x) -> connected(net, x, ConnectionTable.ofNeighbours(6, 4, 3))),
    /** As three blocks. */
    CONVOLUTION_CONNECTED_BLOCKS((net, x) -> connected(net, x, ConnectionTable.ofGroups(6, 9, 3))),
    CONVOLUTION_TRANSPOSED((net, x) -> net.transposed("layer", x, 3, Layers.square(2, 2, 0))),
    CONVOLUTION_1D((net, x) -> net.conv("layer", line(net, x), 4, Layers.cube(1, 3, 1, 1))),
    CONVOLUTION_3D((net, x) -> net.conv("layer", volume(net, x), 3, Layers.cube(3, 3, 1, 1))),
    FULLY_CONNECTED((net, x) -> net.dense("layer", net.flatten("flat", x), 7)),
    MAX_POOL((net, x) -> pooled(net, x, Op.MaxPool::new)),
    MAX_POOL_1D((net, x) -> add(net, "pool", new Op.MaxPool(Layers.cube(1, 3, 2, 1)), line(net, x))),
    MAX_POOL_3D((net, x) -> add(net, "pool", new Op.MaxPool(Layers.cube(3, 3, 2, 1)), volume(net, x))),
    MAX_POOL_GLOBAL((net, x) -> add(net, "pool", new Op.MaxPool(whole(net, x)), x)),
    AVERAGE_POOL((net, x) -> pooled(net, x, w -> new Op.AveragePool(w, true))),
    AVERAGE_POOL_3D((net, x) -> add(net, "pool", new Op.AveragePool(Layers.cube(3, 2, 1, 1), true), volume(net, x))),
    AVERAGE_POOL_GLOBAL((net, x) -> net.globalAverage("pool", x)),
    /** A sum with a trainable gain and bias a channel. */
    SUM_POOL_TRAINED((net, x) -> net.norm("gain", pooled(net, x, w -> new Op.AveragePool(w, true)), 9)),
    BATCH_NORM((net, x) -> net.norm("norm", net.relu("relu", x), 1)),
    ADD((net, x) -> withOther(net, BinaryFunction.ADD, x)),
    SUBTRACT((net, x) -> withOther(net, BinaryFunction.SUB, x)),
    MULTIPLY((net, x) -> withOther(net, BinaryFunction.MUL, x)),
    MAXIMUM((net, x) -> withOther(net, BinaryFunction.MAX, x)),
    MINIMUM((net, x) -> withOther(net, BinaryFunction.MIN, x)),
    /** A factor a channel, of means over the map. */
    GATE(OperatorNet::gate),
    CHANNELS_JOINED(OperatorNet::channelsJoined),
    CHANNELS_SPLIT(OperatorNet::channelsSplit),
    CHANNELS_SHUFFLED((net, x) -> net.conv("last", net.shuffle("shuffle", six(net, x), 3), 4, Layers.square(1, 1, 0))),
    PADDED((net, x) ->
            add(net, "padded", new Op.Pad(PadMode.CONSTANT, 0.25f, List.of(0, 0, 1, 2), List.of(0, 0, 2, 1)), x)),
    SLICED(OperatorNet::sliced),
    NEAREST_DOUBLED((net, x) -> net.doubled("doubled", x)),
    DEPTH_TO_SPACE(
            (net, x) -> add(net, "wide", new Op.DepthToSpace(2), net.conv("deep", x, 8, Layers.square(1, 1, 0)))),
    LARGEST_VALUE((net, x) -> add(net, "largest", new Op.TopK(1, false), x)),
    LARGEST_INDEX((net, x) -> add(net, "largest", new Op.TopK(1, true), x)),
    RELU(function(new Pointwise.Relu())),
    LEAKY_RELU(function(new Pointwise.LeakyRelu(0.1f))),
    CLIP(function(new Pointwise.Clip(-0.25f, 0.5f))),
    TANH(function(new Pointwise.Tanh())),
    SCALED_TANH(function(
            new Pointwise.Affine(2 / 3f, 0).then(new Pointwise.Tanh()).then(new Pointwise.Affine(1.7159f, 0)))),
    HARD_TANH(function(new Pointwise.Clip(-1, 1))),
    SIGMOID(function(new Pointwise.Sigmoid())),
    HARD_SIGMOID(function(new Pointwise.HardSigmoid(0.2f, 0.5f))),
    SWISH(function(PointwiseFunctions.swish())),
    HARD_SWISH(function(PointwiseFunctions.hardSwish())),
    ELU(function(new Pointwise.Elu(1))),
    SELU(function(PointwiseFunctions.selu(1.67326f, 1.0507f))),
    CELU(function(PointwiseFunctions.celu(0.5f))),
    GELU(function(PointwiseFunctions.gelu())),
    MISH(function(PointwiseFunctions.mish())),
    SOFTPLUS(function(new Pointwise.Softplus())),
    SOFTSIGN(function(PointwiseFunctions.softsign())),
    ABSOLUTE(function(new Pointwise.Abs())),
    SQUARE(function(new Pointwise.Power(2))),
    /** Of what is above 0. */
    SQUARE_ROOT(function(new Pointwise.Relu().then(new Pointwise.Power(0.5f)))),
    EXPONENTIAL(function(new Pointwise.Exp())),
    LOGARITHM(function(new Pointwise.Abs().then(new Pointwise.Affine(1, 0.5f)).then(new Pointwise.Log()))),
    ERROR_FUNCTION(function(new Pointwise.Erf())),
    RECIPROCAL(function(new Pointwise.Abs().then(new Pointwise.Affine(1, 0.5f)).then(new Pointwise.Power(-1)))),
    THRESHOLD(function(new Pointwise.Threshold(0.1f, 0))),
    SOFT_SHRINK(function(new Pointwise.Shrink(0.2f, 0.2f))),
    HARD_SHRINK(function(new Pointwise.Shrink(0.2f, 0))),
    LOCAL_RESPONSE(one(new Op.Normalize(new Normalization.LocalResponse(5, 1, 0.75f, 1)))),
    /** To twice the size, as U-Nets do. */
    LINEAR_DOUBLED((net, x) -> resized(net, "doubled", x, 2, 1, Sampling.Corners.HALF_PIXEL)),
    LINEAR_TRIPLED((net, x) -> resized(net, "tripled", x, 3, 1, Sampling.Corners.ASYMMETRIC)),
    LINEAR_BY_THREE_HALVES((net, x) -> resized(net, "larger", x, 3, 2, Sampling.Corners.HALF_PIXEL)),
    LINEAR_HALVED((net, x) -> resized(net, "halved", x, 1, 2, Sampling.Corners.HALF_PIXEL)),
    LINEAR_CORNERS((net, x) -> resized(net, "corners", x, 2, 1, Sampling.Corners.ALIGNED)),
    /** One step of a Gaussian and a Laplacian pyramid: what a blurred half, doubled again, leaves. */
    PYRAMID_STEP(OperatorNet::pyramidStep),
    /** Behind a padding that makes the sizes even. */
    SPACE_TO_DEPTH(OperatorNet::spaceToDepth),
    L1_POOL((net, x) -> pooled(net, x, w -> new Op.LpPool(w, 1))),
    L2_POOL((net, x) -> pooled(net, x, w -> new Op.LpPool(w, 2))),
    L3_POOL((net, x) -> pooled(net, x, w -> new Op.LpPool(w, 3))),
    LOG_SUM_EXP_POOL(OperatorNet::logSumExp),
    /** An average that does not count its padding. */
    AVERAGE_INSIDE((net, x) -> pooled(net, x, w -> new Op.AveragePool(w, false))),
    L1_NORMALIZE(one(new Op.Normalize(new Normalization.Lp(1)))),
    L2_NORMALIZE(one(new Op.Normalize(new Normalization.Lp(2)))),
    INSTANCE_NORM((net, x) -> add(net, "norm", meanVariance(net.channels(x)), x)),
    LAYER_NORM(one(meanVariance(1))),
    SUBTRACTIVE_NORM(
            (net, x) -> LocalNormalization.subtractive(net.builder(), "norm", net.source("norm"), x, kernel())),
    DIVISIVE_NORM((net, x) -> LocalNormalization.divisive(
            net.builder(), "norm", net.source("norm"), x, kernel(), new LocalNormalization.Floor.Constant(0.1f, 0.1f))),
    CONTRAST_NORM((net, x) -> LocalNormalization.contrastive(
            net.builder(), "norm", net.source("norm"), x, kernel(), new LocalNormalization.Floor.Mean())),
    SOFTMAX(one(new Op.Softmax(false))),
    LOG_SOFTMAX(one(new Op.Softmax(true))),
    QUOTIENT(OperatorNet::quotient),
    MEAN_OF_MANY(OperatorNet::meanOfMany),
    L2_DISTANCE((net, x) -> overChannels(net, BinaryFunction.SUB, x, w -> new Op.LpPool(w, 2))),
    DOT_PRODUCT((net, x) -> overChannels(net, BinaryFunction.MUL, x, w -> new Op.AveragePool(w, false))),
    /** Of two maps, one shifted by 0, 1 and 2 columns, as stereo nets do. */
    CORRELATION(OperatorNet::correlation),
    SLOPE_A_CHANNEL((net, x) -> add(net, "prelu", new Op.PRelu(slopes(net.channels(x))), x)),
    ROWS_JOINED((net, x) -> joined(net, x, 2)),
    COLUMNS_JOINED((net, x) -> joined(net, x, 3)),
    REFLECTED((net, x) -> framed(net, x, PadMode.REFLECT)),
    EDGES_REPEATED((net, x) -> framed(net, x, PadMode.EDGE)),
    WRAPPED((net, x) -> framed(net, x, PadMode.WRAP)),
    /** Rows and columns from the last to the first. */
    REVERSED(OperatorNet::reversed),
    CHANNELS_REVERSED((net, x) -> add(net, "order", new Op.Gather(1, downwards(net.channels(x))), x)),
    NEAREST_BY_THREE_HALVES(OperatorNet::nearest),
    /** Channels for columns. */
    CHANNELS_LAST(one(new Op.Transpose(List.of(0, 2, 3, 1)))),
    /** Rows for columns. */
    TURNED(one(new Op.Transpose(List.of(0, 1, 3, 2)))),
    /** All elements as channels, for an operation that needs them so. */
    FLATTENED(OperatorNet::flattened),
    /** The elements of a map, in their order, as one of other sizes. */
    REGROUPED(OperatorNet::regrouped),
    /** A max pool, something of its values, and these back at the places of the maxima, in a larger map. */
    UNPOOLED(OperatorNet::unpooled),
    POOL_PLACES(OperatorNet::places),
    LARGEST_VALUES((net, x) -> add(net, "largest", new Op.TopK(Math.min(3, net.channels(x)), false), x)),
    LARGEST_INDICES((net, x) -> add(net, "largest", new Op.TopK(Math.min(3, net.channels(x)), true), x)),
    SMALLEST_INDEX(OperatorNet::smallest),
    /** The largest of every two or three neighbouring channels. */
    MAXOUT(OperatorNet::maxout),
    HARDMAX((net, x) -> add(net, "hot", new Op.OneHot(net.channels(x)), add(net, "largest", new Op.TopK(1, true), x))),
    EMBEDDING(OperatorNet::embedding),
    LOCALLY_CONNECTED(OperatorNet::locallyConnected),
    CONSTANT_MAP_ADDED((net, x) -> withConstant(net, BinaryFunction.ADD, x, 1, 1, 1)),
    CONSTANT_ROW_MULTIPLIED((net, x) -> withConstant(net, BinaryFunction.MUL, x, 0, 0, 1)),
    CONSTANT_PLANE_SUBTRACTED((net, x) -> withConstant(net, BinaryFunction.SUB, x, 0, 1, 1)),
    /** By numbers away from 0. */
    CONSTANT_MAP_DIVIDES((net, x) -> withConstant(net, BinaryFunction.DIV, x, 1, 1, 1)),
    CONSTANT_MAP_BOUNDS((net, x) -> withConstant(net, BinaryFunction.MAX, x, 1, 1, 1)),
    /** Coordinates as channels. */
    CONSTANT_CHANNELS(OperatorNet::coordinates),
    /** Depthwise, with windows that overlap and sizes that are made even. */
    CONVOLUTION_TRANSPOSED_OVERLAPPING(OperatorNet::overlapping),
    /** Of unequal sides and strides. */
    MAX_POOL_RECTANGULAR((net, x) -> add(
            net,
            "pool",
            new Op.MaxPool(new Window(List.of(2, 3), List.of(1, 2), List.of(1, 1), List.of(0, 1), List.of(1, 1))),
            x)),
    /** The last window reaches past the map, rather than leaving a rest. */
    MAX_POOL_CEIL((net, x) -> add(net, "pool", new Op.MaxPool(ceil(net.shape(x))), x)),
    AVERAGE_POOL_CEIL((net, x) -> add(net, "pool", new Op.AveragePool(ceil(net.shape(x)), false), x)),
    /** Between elements below all others, before a pool without padding. */
    PADDED_LOWEST(OperatorNet::paddedLowest),
    MEAN_OF_COLUMNS((net, x) -> collapsed(net, x, 3, 4, w -> new Op.AveragePool(w, false))),
    LARGEST_OF_ROWS((net, x) -> collapsed(net, x, 2, 3, Op.MaxPool::new)),
    LARGEST_OF_CHANNELS_AND_ROWS((net, x) -> collapsed(net, x, 1, 3, Op.MaxPool::new)),
    /** Of all channels and positions. */
    L2_OF_ALL((net, x) -> collapsed(net, x, 1, 4, w -> new Op.LpPool(w, 2))),
    /** The largest of two rows, then of two columns, which reshapes give axes of their own. */
    POOLED_BY_RESHAPE(OperatorNet::pooledByReshape),
    /** One channel for all others. */
    MASK(OperatorNet::mask),
    GROUP_NORM((net, x) -> add(net, "norm", meanVariance(2), net.conv("six", x, 6, Layers.square(1, 1, 0)))),
    /** Over the channels of each position, behind a transpose that puts them last. */
    CHANNEL_NORM(OperatorNet::channelNorm),
    SOFTMAX_OF_SPACE((net, x) -> along(net, x, 2, 4, new Op.Softmax(false))),
    SOFTMAX_OF_COLUMNS((net, x) -> along(net, x, 3, 4, new Op.Softmax(false))),
    LOG_SOFTMAX_OF_ROWS((net, x) -> along(net, x, 2, 3, new Op.Softmax(true))),
    /** Along pairs of channels, which a softmax has as an axis of its own. */
    SOFTMAX_OF_PAIRS(OperatorNet::softmaxOfPairs),
    L2_NORMALIZE_OF_SPACE((net, x) -> along(net, x, 2, 4, new Op.Normalize(new Normalization.Lp(2)))),
    LARGEST_INDEX_OF_COLUMNS((net, x) -> along(net, x, 3, 4, new Op.TopK(1, true))),
    LARGEST_INDEX_OF_ROWS((net, x) -> along(net, x, 2, 3, new Op.TopK(1, true))),
    LARGEST_INDEX_OF_SPACE((net, x) -> along(net, x, 2, 4, new Op.TopK(1, true))),
    /** Behind a transpose that puts the channels last, and a flattening. */
    CHANNELS_LAST_FULLY_CONNECTED(OperatorNet::channelsLastDense),
    /** Between transposes: a bias and an activation with the channels last. */
    CHANNELS_LAST_BETWEEN(OperatorNet::channelsLastBetween),
    /** The same layer for each position, whose channels come last. */
    LINEAR_OF_CHANNELS((net, x) -> linear(net, x, List.of(0, 2, 3, 1))),
    /** The same layer for each channel and row. */
    LINEAR_OF_COLUMNS((net, x) -> linear(net, x, List.of(0, 1, 2, 3))),
    /** Padded windows that overlap, whose values something has changed: the last window's counts. */
    UNPOOLED_OVERLAPPING(OperatorNet::unpooledOverlapping),
    POOL_PLACES_PADDED(OperatorNet::placesPadded),
    /** A sparse code by three rounds with the same weights, as LISTA does. */
    UNROLLED(OperatorNet::unrolled),
    /** A state that goes from column to column. */
    RECURRENT(OperatorNet::recurrent),
    /** The same layers for a map and its mirror image, and their distance. */
    TWINS(OperatorNet::twins);

    /** Appends layers to a node and returns the last one. */
    @FunctionalInterface
    private interface Part {
        int append(Layers net, int x);
    }

    @FunctionalInterface
    private interface Pool {
        Op of(Window window);
    }

    private final Part part;

    OperatorNet(Part part) {
        this.part = part;
    }

    /** Odd sizes, a single position, a single channel, prime numbers of channels, a single row: {@code [1, C, H, W]}. */
    public static List<Shape> shapes() {
        return List.of(
                Shape.of(1, 3, 7, 5),
                Shape.of(1, 7, 1, 1),
                Shape.of(1, 1, 4, 9),
                Shape.of(1, 13, 3, 2),
                Shape.of(1, 5, 1, 6));
    }

    /** Its name in messages, such as {@code l2_pool}. */
    public String netName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The net before the canonicalising passes.
     *
     * @param shape {@code [1, C, H, W]} of the input and of the operator's operand
     * @param seed of the weights; equal arguments give equal graphs
     */
    public Graph graph(Shape shape, long seed) {
        return chain(List.of(this), shape, seed);
    }

    /** Several operators one after the other, the first behind a convolution; as {@link #graph(Shape, long)} otherwise. */
    public static Graph chain(List<OperatorNet> operators, Shape shape, long seed) {
        if (shape.rank() != 4 || shape.dim(0) != 1 || shape.volume() == 0) {
            throw new IllegalArgumentException("an operator net takes [1, C, H, W], got " + shape);
        }
        var names = operators.stream().map(OperatorNet::netName).toList();
        var net = new Layers(String.join("_", names) + "_" + shape, seed);
        int x = net.conv("first", net.input(shape), shape.dim(1), Layers.square(3, 1, 1));
        for (var operator : operators) {
            x = operator.part.append(net, plane(net, x));
        }
        return net.build(x);
    }

    /** A map of other than two spatial axes as one of two. */
    private static int plane(Layers net, int x) {
        Shape s = net.shape(x);
        if (s.rank() == 4) {
            return x;
        }
        int columns = s.rank() == 2 ? 1 : s.dim(s.rank() - 1);
        Shape shape = Shape.of(1, s.dim(1), s.volume() / s.dim(1) / columns, columns);
        return net.builder().reshape("plane", x, shape, net.source("plane"));
    }

    private static Part one(Op op) {
        return (net, x) -> add(net, "operator", op, x);
    }

    private static Part function(Pointwise function) {
        return one(new Op.Activation(function));
    }

    private static int six(Layers net, int x) {
        return net.conv("six", x, 6, Layers.square(1, 1, 0));
    }

    private static int connected(Layers net, int x, ConnectionTable table) {
        var kernels = new float[9 * table.connections().size()];
        for (int i = 0; i < kernels.length; i++) {
            kernels[i] = (i * 23 % 29 - 14) / 60f;
        }
        var shape = Shape.of(table.connections().size(), 3, 3);
        var bias = Tensor.zeros(Shape.of(table.outputs()));
        return add(net, "layer", table.conv(Tensor.wrap(shape, kernels), bias, Layers.square(3, 1, 1)), six(net, x));
    }

    private static int line(Layers net, int x) {
        Shape s = net.shape(x);
        return net.builder().reshape("line", x, Shape.of(1, s.dim(1), s.dim(2) * s.dim(3)), net.source("line"));
    }

    /** The map's rows as planes of one row. */
    private static int volume(Layers net, int x) {
        Shape s = net.shape(x);
        return net.builder().reshape("volume", x, Shape.of(1, s.dim(1), s.dim(2), 1, s.dim(3)), net.source("volume"));
    }

    private static Window whole(Layers net, int x) {
        return Window.of(net.shape(x).dims().stream().skip(2).mapToInt(n -> n).toArray());
    }

    private static int withOther(Layers net, BinaryFunction function, int x) {
        int other = net.conv("other", beside(net, x), net.channels(x), Layers.square(3, 1, 1));
        return add(net, "with", new Op.Binary(function), x, other);
    }

    private static int gate(Layers net, int x) {
        int mean = add(net, "mean", new Op.AveragePool(whole(net, x), true), x);
        int open = add(
                net,
                "open",
                new Op.Activation(new Pointwise.Sigmoid()),
                net.conv("gate", mean, net.channels(x), Layers.square(1, 1, 0)));
        return add(net, "gated", new Op.Binary(BinaryFunction.MUL), x, open);
    }

    private static int channelsJoined(Layers net, int x) {
        int other = net.conv("other", beside(net, x), 3, Layers.square(3, 1, 1));
        return net.conv("last", add(net, "joined", new Op.Concat(1), x, other), 4, Layers.square(1, 1, 0));
    }

    private static int channelsSplit(Layers net, int x) {
        int six = six(net, x);
        Shape s = net.shape(six);
        var ones = List.of(1, 1, 1, 1);
        var size = List.of(1, 3, s.dim(2), s.dim(3));
        int first = add(net, "first half", new Op.Slice(List.of(0, 0, 0, 0), ones, size), six);
        int second = add(net, "second half", new Op.Slice(List.of(0, 3, 0, 0), ones, size), six);
        return add(net, "product", new Op.Binary(BinaryFunction.MUL), first, second);
    }

    private static int sliced(Layers net, int x) {
        Shape s = net.shape(x);
        int rows = Math.min(1, s.dim(2) - 1);
        var size = List.of(1, s.dim(1) - s.dim(1) / 2, s.dim(2) - rows, Math.ceilDiv(s.dim(3), 2));
        return add(net, "sliced", new Op.Slice(List.of(0, s.dim(1) / 2, rows, 0), List.of(1, 1, 1, 2), size), x);
    }

    private static int add(Layers net, String name, Op op, Integer... from) {
        return net.builder().add(name, op, net.source(name), from);
    }

    private static Op meanVariance(int groups) {
        return new Op.Normalize(new Normalization.MeanVariance(groups, 1e-3f));
    }

    private static int resized(Layers net, String name, int x, int up, int down, Sampling.Corners corners) {
        Shape shape = net.shape(x);
        var axes = new ArrayList<Sampling>();
        for (int axis = 0; axis < shape.rank(); axis++) {
            int size = shape.dim(axis);
            axes.add(
                    axis < 2 ? Sampling.identity(size) : Sampling.linear(size, Math.max(1, size * up / down), corners));
        }
        return add(net, name, new Op.Resize(axes), x);
    }

    private static int pyramidStep(Layers net, int x) {
        Shape shape = net.shape(x);
        int even = add(net, "even", padded(shape), x);
        int channels = shape.dim(1);
        int[] row = {1, 4, 6, 4, 1};
        var binomial = new float[channels * 25];
        for (int i = 0; i < binomial.length; i++) {
            binomial[i] = row[i % 25 / 5] * row[i % 5] / 256f;
        }
        var weights = Tensor.wrap(Shape.of(channels, 1, 5, 5), binomial);
        var blur = new Op.Conv(weights, Tensor.zeros(Shape.of(channels)), Layers.square(5, 2, 2), channels);
        int doubled = resized(net, "doubled", add(net, "blurred", blur, even), 2, 1, Sampling.Corners.HALF_PIXEL);
        return add(net, "laplacian", new Op.Binary(BinaryFunction.SUB), even, doubled);
    }

    private static Op.Pad padded(Shape shape) {
        var end = shape.dims().stream().map(n -> n % 2).toList();
        return new Op.Pad(PadMode.CONSTANT, 0, List.of(0, 0, 0, 0), List.of(0, 0, end.get(2), end.get(3)));
    }

    private static int spaceToDepth(Layers net, int x) {
        int even = add(net, "even", padded(net.shape(x)), x);
        int deep = add(net, "deep", new Op.SpaceToDepth(2), even);
        return net.conv("last", deep, 3, Layers.square(1, 1, 0));
    }

    private static int pooled(Layers net, int x, Pool pool) {
        return add(net, "pool", pool.of(Layers.square(3, 2, 1)), x);
    }

    private static int logSumExp(Layers net, int x) {
        int powers = add(net, "powers", new Op.Activation(new Pointwise.Exp()), x);
        int mean = pooled(net, powers, w -> new Op.AveragePool(w, true));
        // The clip keeps the table finite at the code of 0, which no mean of powers reaches
        var logarithm = new Pointwise.Clip(1e-3f, Float.MAX_VALUE).then(new Pointwise.Log());
        return add(net, "logarithm", new Op.Activation(logarithm), mean);
    }

    private static Tensor kernel() {
        return Tensor.of(Shape.of(3, 3), 1, 2, 1, 2, 4, 2, 1, 2, 1);
    }

    /** What a second operand is made from: the input, if that still has the size of the first. */
    private static int beside(Layers net, int x) {
        int input = 0;
        boolean same =
                net.shape(input).dims().subList(2, 4).equals(net.shape(x).dims().subList(2, 4));
        return same ? input : x;
    }

    private static int quotient(Layers net, int x) {
        int other = net.conv("other", beside(net, x), net.channels(x), Layers.square(3, 1, 1));
        var away = new Pointwise.Sigmoid().then(new Pointwise.Affine(1, 0.5f));
        int divisor = add(net, "divisor", new Op.Activation(away), other);
        return add(net, "quotient", new Op.Binary(BinaryFunction.DIV), x, divisor);
    }

    private static int meanOfMany(Layers net, int x) {
        int sum = x;
        for (int i = 1; i < 5; i++) {
            int other = net.conv("other" + i, beside(net, x), net.channels(x), Layers.square(1, 1, 0));
            sum = add(net, "sum" + i, new Op.Binary(BinaryFunction.ADD), sum, other);
        }
        return add(net, "mean", new Op.Activation(new Pointwise.Affine(0.2f, 0)), sum);
    }

    /** As importers write a reduction along axis 1. */
    private static int overChannels(Layers net, BinaryFunction function, int x, Pool pool) {
        Shape shape = net.shape(x);
        int other = net.conv("other", beside(net, x), shape.dim(1), Layers.square(3, 1, 1));
        int both = add(net, "both", new Op.Binary(function), x, other);
        return reduced(net, "reduced", both, pool.of(Window.of(shape.dim(1), 1)));
    }

    private static int reduced(Layers net, String name, int x, Op pool) {
        Shape shape = net.shape(x);
        int channels = shape.dim(1);
        Shape flat = Shape.of(1, 1, channels, shape.volume() / channels);
        int rows = net.builder().reshape(name + ".rows", x, flat, net.source(name));
        int pooled = add(net, name, pool, rows);
        Shape map = Shape.of(1, 1, shape.dim(2), shape.dim(3));
        return net.builder().reshape(name + ".map", pooled, map, net.source(name));
    }

    private static int correlation(Layers net, int x) {
        Shape shape = net.shape(x);
        int other = net.conv("other", beside(net, x), shape.dim(1), Layers.square(3, 1, 1));
        var parts = new ArrayList<Integer>();
        for (int shift = 0; shift < 3; shift++) {
            var begin = new ArrayList<>(Collections.nCopies(4, 0));
            begin.set(3, shift);
            var pad = new Op.Pad(PadMode.CONSTANT, 0, begin, List.of(0, 0, 0, 0));
            int wide = add(net, "wide" + shift, pad, other);
            var slice = new Op.Slice(List.of(0, 0, 0, 0), List.of(1, 1, 1, 1), shape.dims());
            int moved = add(net, "moved" + shift, slice, wide);
            int product = add(net, "product" + shift, new Op.Binary(BinaryFunction.MUL), x, moved);
            var mean = new Op.AveragePool(Window.of(shape.dim(1), 1), false);
            parts.add(reduced(net, "mean" + shift, product, mean));
        }
        return net.builder().add("disparities", new Op.Concat(1), net.source("disparities"), parts);
    }

    private static int joined(Layers net, int x, int axis) {
        int other = net.conv("other", beside(net, x), net.channels(x), Layers.square(3, 1, 1));
        return add(net, "joined", new Op.Concat(axis), x, other, x);
    }

    private static int framed(Layers net, int x, PadMode mode) {
        Shape shape = net.shape(x);
        boolean reflects = mode == PadMode.REFLECT;
        int rows = Math.min(2, reflects ? shape.dim(2) - 1 : 2);
        int columns = Math.min(3, reflects ? shape.dim(3) - 1 : 3);
        var begin = List.of(0, 0, rows, columns);
        var end = List.of(0, 0, Math.min(1, rows), Math.min(2, columns));
        return add(net, "framed", new Op.Pad(mode, 0, begin, end), x);
    }

    private static int reversed(Layers net, int x) {
        Shape shape = net.shape(x);
        var begin = List.of(0, 0, shape.dim(2) - 1, shape.dim(3) - 1);
        return add(net, "reversed", new Op.Slice(begin, List.of(1, 1, -1, -1), shape.dims()), x);
    }

    private static List<Integer> downwards(int count) {
        return IntStream.range(0, count).map(i -> count - 1 - i).boxed().toList();
    }

    private static int nearest(Layers net, int x) {
        Shape shape = net.shape(x);
        var axes = new ArrayList<Sampling>();
        for (int axis = 0; axis < shape.rank(); axis++) {
            int to = axis < 2 ? shape.dim(axis) : shape.dim(axis) * 3 / 2;
            var source = IntStream.range(0, to)
                    .map(axis < 2 ? i -> i : i -> i * 2 / 3)
                    .boxed()
                    .toList();
            axes.add(new Sampling(source, Tensor.zeros(Shape.of(to))));
        }
        return add(net, "resized", new Op.Resize(axes), x);
    }

    private static int flattened(Layers net, int x) {
        int flat = net.builder().reshape("flat", x, Shape.of(1, net.shape(x).volume(), 1, 1), net.source("flat"));
        return add(net, "softmax", new Op.Softmax(false), flat);
    }

    private static int regrouped(Layers net, int x) {
        Shape s = net.shape(x);
        return net.builder()
                .reshape("regrouped", x, Shape.of(1, s.dim(2), s.dim(1), s.dim(3)), net.source("regrouped"));
    }

    private static int unpooled(Layers net, int x) {
        Shape s = net.shape(x);
        int rows = Math.min(2, s.dim(2));
        int columns = Math.min(3, s.dim(3));
        var sizes = List.of(1, s.dim(1), s.dim(2) / rows * rows, s.dim(3) / columns * columns);
        int even = add(net, "even", new Op.Slice(List.of(0, 0, 0, 0), List.of(1, 1, 1, 1), sizes), x);
        var window = tiles(rows, columns);
        int values =
                net.conv("values", add(net, "pool", new Op.MaxPool(window), even), s.dim(1), Layers.square(3, 1, 1));
        int places = add(net, "places", new Op.MaxPoolIndices(window, false), even);
        return add(net, "unpooled", new Op.MaxUnpool(window, List.of(s.dim(2), s.dim(3) + 1)), values, places);
    }

    private static Window tiles(int rows, int columns) {
        var kernel = List.of(rows, columns);
        return new Window(kernel, kernel, List.of(0, 0), List.of(0, 0), List.of(1, 1));
    }

    /** Of the first channel and few windows, so that 8-bit codes number them. */
    private static int places(Layers net, int x) {
        Shape s = net.shape(x);
        var sizes = List.of(1, Math.min(2, s.dim(1)), s.dim(2), s.dim(3));
        int few = add(net, "few", new Op.Slice(List.of(0, 0, 0, 0), List.of(1, 1, 1, 1), sizes), x);
        var kernel = List.of(Math.min(2, s.dim(2)), Math.min(3, s.dim(3)));
        var window = new Window(kernel, List.of(2, 1), List.of(0, 0), List.of(0, 0), List.of(1, 1));
        return add(net, "places", new Op.MaxPoolIndices(window, s.dim(1) % 2 == 0), few);
    }

    private static int smallest(Layers net, int x) {
        int negated = add(net, "negated", new Op.Activation(new Pointwise.Affine(-1, 0)), x);
        return add(net, "smallest", new Op.TopK(1, true), negated);
    }

    private static int maxout(Layers net, int x) {
        Shape s = net.shape(x);
        int each = s.dim(1) % 2 == 0 ? 2 : 3;
        int wide = net.conv("wide", x, 4 * each, Layers.square(1, 1, 0));
        var rows = Shape.of(1, 4, each, s.dim(2) * s.dim(3));
        int groups = net.builder().reshape("groups", wide, rows, net.source("groups"));
        int largest = add(net, "maxout", new Op.MaxPool(Window.of(each, 1)), groups);
        return net.builder().reshape("map", largest, Shape.of(1, 4, s.dim(2), s.dim(3)), net.source("map"));
    }

    private static int embedding(Layers net, int x) {
        Shape s = net.shape(x);
        int number = add(net, "number", new Op.TopK(1, true), x);
        var table = new float[5 * s.dim(1)];
        for (int i = 0; i < table.length; i++) {
            table[i] = (i * 7 % 11 - 5) / 4f;
        }
        int line = net.builder().reshape("line", number, Shape.of(1, s.dim(2) * s.dim(3)), net.source("line"));
        int rows = add(net, "rows", new Op.Lookup(Tensor.wrap(Shape.of(s.dim(1), 5), table)), line);
        int turned = add(net, "turned", new Op.Transpose(List.of(0, 2, 1)), rows);
        return net.builder().reshape("map", turned, Shape.of(1, 5, s.dim(2), s.dim(3)), net.source("map"));
    }

    private static int locallyConnected(Layers net, int x) {
        Shape s = net.shape(x);
        var kernel = List.of(Math.min(2, s.dim(2)), 3);
        var window = new Window(kernel, List.of(1, 2), List.of(0, 1), List.of(0, 1), List.of(1, 1));
        int positions = window.outputSize(0, s.dim(2)) * window.outputSize(1, s.dim(3));
        var weights = new float[positions * 3 * s.dim(1) * window.taps()];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (i * 29 % 31 - 15) / 40f;
        }
        var bias = new float[positions * 3];
        for (int i = 0; i < bias.length; i++) {
            bias[i] = i % 5 / 10f;
        }
        var dims = Shape.of(positions, 3, s.dim(1), kernel.get(0), kernel.get(1));
        return add(
                net,
                "local",
                new Op.LocalConv(Tensor.wrap(dims, weights), Tensor.wrap(Shape.of(positions, 3), bias), window),
                x);
    }

    private static int constant(Layers net, Shape shape) {
        var values = new float[shape.volume()];
        for (int i = 0; i < values.length; i++) {
            values[i] = 0.5f + i * 13 % 17 / 16f;
        }
        return net.builder().add("constant", new Op.Constant(Tensor.wrap(shape, values)), net.source("constant"));
    }

    /** A constant with the map's channels, rows and columns, or one for all. */
    private static int withConstant(Layers net, BinaryFunction function, int x, int channels, int rows, int columns) {
        Shape s = net.shape(x);
        var shape = Shape.of(1, channels == 1 ? s.dim(1) : 1, rows == 1 ? s.dim(2) : 1, columns == 1 ? s.dim(3) : 1);
        return add(net, "with", new Op.Binary(function), x, constant(net, shape));
    }

    private static int coordinates(Layers net, int x) {
        Shape s = net.shape(x);
        int both = add(net, "both", new Op.Concat(1), x, constant(net, Shape.of(1, 2, s.dim(2), s.dim(3))));
        return net.conv("last", both, 4, Layers.square(1, 1, 0));
    }

    private static Tensor slopes(int channels) {
        var values = new float[channels];
        for (int c = 0; c < channels; c++) {
            values[c] = 0.1f + 0.8f * c / channels;
        }
        return Tensor.wrap(Shape.of(channels), values);
    }

    private static int overlapping(Layers net, int x) {
        int channels = net.channels(x);
        var window = new Window(List.of(3, 3), List.of(2, 2), List.of(1, 1), List.of(1, 1), List.of(1, 1));
        var values = new float[9 * channels];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i * 17 % 23 - 8) / 20f;
        }
        var weights = Tensor.wrap(Shape.of(channels, 1, 3, 3), values);
        return add(
                net,
                "layer",
                new Op.ConvTranspose(weights, Tensor.zeros(Shape.of(channels)), window, List.of(1, 1), channels),
                x);
    }

    /** Windows of 2 by 2 side by side, and what is missing of the last ones as padding. */
    private static Window ceil(Shape s) {
        var end = List.of(s.dim(2) % 2, s.dim(3) % 2);
        return new Window(List.of(2, 2), List.of(2, 2), List.of(0, 0), end, List.of(1, 1));
    }

    private static int paddedLowest(Layers net, int x) {
        var pad = new Op.Pad(PadMode.CONSTANT, -Float.MAX_VALUE, List.of(0, 0, 1, 1), List.of(0, 0, 1, 2));
        return add(net, "pool", new Op.MaxPool(Layers.square(3, 2, 0)), add(net, "padded", pad, x));
    }

    /** The axes from one to before another as one of a single element, as importers write a reduction. */
    private static int collapsed(Layers net, int x, int from, int to, Pool pool) {
        Shape s = net.shape(x);
        int run = s.dims().subList(from, to).stream().reduce(1, (a, b) -> a * b);
        int inner = s.dims().subList(to, 4).stream().reduce(1, (a, b) -> a * b);
        var flat = Shape.of(1, s.volume() / run / inner, run, inner);
        int rows = net.builder().reshape("rows", x, flat, net.source("rows"));
        int pooled = add(net, "reduced", pool.of(Window.of(run, 1)), rows);
        var dims = new ArrayList<>(s.dims());
        for (int axis = from; axis < to; axis++) {
            dims.set(axis, 1);
        }
        return net.builder().reshape("map", pooled, new Shape(dims), net.source("map"));
    }

    private static int pooledByReshape(Layers net, int x) {
        int even = add(net, "even", padded(net.shape(x)), x);
        Shape s = net.shape(even);
        var cut = Shape.of(1, s.dim(1) * s.dim(2) / 2, 2, s.dim(3));
        int rows = net.builder().reshape("rows", even, cut, net.source("rows"));
        int down = add(net, "down", new Op.MaxPool(Window.of(2, 1)), rows);
        var across = Shape.of(1, s.dim(1) * s.dim(2) * s.dim(3) / 4, 2, 1);
        int columns = net.builder().reshape("columns", down, across, net.source("columns"));
        int pooled = add(net, "across", new Op.MaxPool(Window.of(2, 1)), columns);
        return net.builder()
                .reshape("map", pooled, Shape.of(1, s.dim(1), s.dim(2) / 2, s.dim(3) / 2), net.source("map"));
    }

    private static int mask(Layers net, int x) {
        int one = net.conv("one", x, 1, Layers.square(1, 1, 0));
        return add(
                net,
                "masked",
                new Op.Binary(BinaryFunction.MUL),
                x,
                add(net, "mask", new Op.Activation(new Pointwise.Sigmoid()), one));
    }

    private static int channelNorm(Layers net, int x) {
        Shape s = net.shape(x);
        int last = add(net, "last", new Op.Transpose(List.of(0, 2, 3, 1)), x);
        var sets = Shape.of(1, s.dim(2) * s.dim(3), s.dim(1));
        int flat = net.builder().reshape("sets", last, sets, net.source("sets"));
        int norm = add(net, "norm", new Op.Normalize(new Normalization.MeanVariance(sets.dim(1), 1e-2f)), flat);
        int map = net.builder().reshape("map", norm, net.shape(last), net.source("map"));
        return add(net, "first again", new Op.Transpose(List.of(0, 3, 1, 2)), map);
    }

    /** An operation along the axes from one to before another, seen as {@code [outer, axis, inner]}. */
    private static int along(Layers net, int x, int from, int to, Op op) {
        Shape s = net.shape(x);
        int size = s.dims().subList(from, to).stream().reduce(1, (a, b) -> a * b);
        int inner = s.dims().subList(to, 4).stream().reduce(1, (a, b) -> a * b);
        var flat = Shape.of(s.volume() / size / inner, size, inner);
        int y = add(net, "along", op, net.builder().reshape("axes", x, flat, net.source("axes")));
        var dims = new ArrayList<>(s.dims());
        if (net.shape(y).dim(1) != size) {
            for (int axis = from; axis < to; axis++) {
                dims.set(axis, 1);
            }
        }
        return net.builder().reshape("map", y, new Shape(dims), net.source("map"));
    }

    private static int softmaxOfPairs(Layers net, int x) {
        int six = six(net, x);
        Shape s = net.shape(six);
        var pairs = Shape.of(3, 2, s.dim(2) * s.dim(3));
        int axes = net.builder().reshape("pairs", six, pairs, net.source("pairs"));
        int soft = add(net, "softmax", new Op.Softmax(false), axes);
        return net.builder().reshape("map", soft, s, net.source("map"));
    }

    private static int channelsLastDense(Layers net, int x) {
        int last = add(net, "last", new Op.Transpose(List.of(0, 2, 3, 1)), x);
        return net.dense("layer", net.flatten("flat", last), 7);
    }

    private static int channelsLastBetween(Layers net, int x) {
        Shape s = net.shape(x);
        int last = add(net, "last", new Op.Transpose(List.of(0, 2, 3, 1)), x);
        int bias = constant(net, Shape.of(1, 1, 1, s.dim(1)));
        int sum = add(net, "biased", new Op.Binary(BinaryFunction.SUB), last, bias);
        int active = add(net, "active", new Op.Activation(new Pointwise.LeakyRelu(0.25f)), sum);
        int first = add(net, "first again", new Op.Transpose(List.of(0, 3, 1, 2)), active);
        return net.conv("behind", first, 4, Layers.square(3, 1, 1));
    }

    /** A dense layer along the last axis. */
    private static int linear(Layers net, int x, List<Integer> order) {
        int turned = add(net, "turned", new Op.Transpose(order), x);
        int inputs = net.shape(turned).dim(3);
        var values = new float[6 * inputs];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i * 19 % 29 - 13) / 20f;
        }
        var bias = Tensor.of(Shape.of(6), 0, 0.1f, -0.2f, 0.3f, 0, -0.1f);
        int layer = add(net, "linear", new Op.Dense(Tensor.wrap(Shape.of(6, inputs), values), bias), turned);
        var back = IntStream.range(0, 4).boxed().map(order::indexOf).toList();
        return add(net, "back", new Op.Transpose(back), layer);
    }

    private static int unpooledOverlapping(Layers net, int x) {
        Shape s = net.shape(x);
        // As large as the windows cover, so that places in it are those that the unpooling means.
        var sizes = List.of(1, s.dim(1), s.dim(2) - (s.dim(2) + 1) % 2, s.dim(3) - (s.dim(3) + 1) % 2);
        int odd = add(net, "odd", new Op.Slice(List.of(0, 0, 0, 0), List.of(1, 1, 1, 1), sizes), x);
        var window = Layers.square(3, 2, 1);
        int pooled = add(net, "pool", new Op.MaxPool(window), odd);
        int values = net.conv("values", pooled, s.dim(1), Layers.square(3, 1, 1));
        int places = add(net, "places", new Op.MaxPoolIndices(window, false), odd);
        return add(net, "unpooled", new Op.MaxUnpool(window, List.of(sizes.get(2), sizes.get(3) + 1)), values, places);
    }

    private static int placesPadded(Layers net, int x) {
        Shape s = net.shape(x);
        var sizes = List.of(1, Math.min(2, s.dim(1)), s.dim(2), s.dim(3));
        int few = add(net, "few", new Op.Slice(List.of(0, 0, 0, 0), List.of(1, 1, 1, 1), sizes), x);
        return add(net, "places", new Op.MaxPoolIndices(Layers.square(3, 2, 1), false), few);
    }

    private static int unrolled(Layers net, int x) {
        int channels = net.channels(x) + 2;
        int code = net.conv("code", x, channels, Layers.square(1, 1, 0));
        var values = new float[channels * channels];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i * 31 % 37 - 18) / (20f * channels);
        }
        var again = new Op.Conv(
                Tensor.wrap(Shape.of(channels, channels, 1, 1), values),
                Tensor.zeros(Shape.of(channels)),
                Window.of(1, 1),
                1);
        var shrink = new Op.Activation(new Pointwise.Shrink(0.05f, 0.05f));
        int z = add(net, "shrunk0", shrink, code);
        for (int round = 1; round <= 3; round++) {
            int sum = add(
                    net, "sum" + round, new Op.Binary(BinaryFunction.ADD), code, add(net, "again" + round, again, z));
            z = add(net, "shrunk" + round, shrink, sum);
        }
        return z;
    }

    private static int recurrent(Layers net, int x) {
        Shape s = net.shape(x);
        int channels = s.dim(1);
        var values = new float[4 * channels];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i * 13 % 19 - 9) / 15f;
        }
        var in = new Op.Conv(
                Tensor.wrap(Shape.of(4, channels, 1, 1), values), Tensor.zeros(Shape.of(4)), Window.of(1, 1), 1);
        var of = new float[16];
        for (int i = 0; i < of.length; i++) {
            of[i] = (i * 11 % 17 - 8) / 20f;
        }
        var on = new Op.Conv(Tensor.wrap(Shape.of(4, 4, 1, 1), of), Tensor.zeros(Shape.of(4)), Window.of(1, 1), 1);
        var tanh = new Op.Activation(new Pointwise.Tanh());
        var size = List.of(1, channels, s.dim(2), 1);
        int state = -1;
        var states = new ArrayList<Integer>();
        for (int column = 0; column < Math.min(3, s.dim(3)); column++) {
            int now = add(net, "now" + column, new Op.Slice(List.of(0, 0, 0, column), List.of(1, 1, 1, 1), size), x);
            int sum = add(net, "in" + column, in, now);
            if (state >= 0) {
                sum = add(
                        net,
                        "sum" + column,
                        new Op.Binary(BinaryFunction.ADD),
                        sum,
                        add(net, "on" + column, on, state));
            }
            state = add(net, "state" + column, tanh, sum);
            states.add(state);
        }
        return states.size() == 1 ? state : net.builder().add("states", new Op.Concat(3), net.source("states"), states);
    }

    private static int twins(Layers net, int x) {
        Shape s = net.shape(x);
        var values = new float[5 * s.dim(1)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i * 23 % 31 - 15) / 20f;
        }
        var layer = new Op.Conv(
                Tensor.wrap(Shape.of(5, s.dim(1), 1, 1), values), Tensor.zeros(Shape.of(5)), Window.of(1, 1), 1);
        int mirror = reversed(net, x);
        int left = add(net, "left", new Op.Activation(new Pointwise.Tanh()), add(net, "left layer", layer, x));
        int right = add(net, "right", new Op.Activation(new Pointwise.Tanh()), add(net, "right layer", layer, mirror));
        return reduced(
                net,
                "distance",
                add(net, "difference", new Op.Binary(BinaryFunction.SUB), left, right),
                new Op.LpPool(Window.of(5, 1), 1));
    }
}
