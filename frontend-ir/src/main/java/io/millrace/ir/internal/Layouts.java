package io.millrace.ir.internal;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.ChannelOrder;
import io.millrace.ir.Graph;
import io.millrace.ir.GraphBuilder;
import io.millrace.ir.Node;
import io.millrace.ir.Normalization;
import io.millrace.ir.Op;
import io.millrace.ir.Pointwise;
import io.millrace.ir.Sampling;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Leaves maps as they lie while models transpose and reshape them: these are carried along as a {@link Layout} of the map, and what
 * reads the result works along other axes instead, or with weights in another order. What cannot is given the arrangement that it
 * asks for. Sums, maxima, softmax and norms go over any axes of a map this way; what looks along factors of several axes gets these
 * as channels.
 */
public final class Layouts {
    /** More are not written into weights, to save moving the elements. */
    private static final int WEIGHTS_MAX = 1 << 22;

    /** What stands for an old node: a new node, and how the axes that readers know lie in it. */
    private record Carried(int id, Layout layout) {
        Shape shape() {
            return layout.shape();
        }
    }

    private final Graph graph;
    private final GraphBuilder builder = new GraphBuilder();
    private final List<Carried> carried = new ArrayList<>();
    private final Map<Carried, Integer> arranged = new HashMap<>();

    private Layouts(Graph graph) {
        this.graph = graph;
    }

    public static Graph carry(Graph graph) {
        if (graph.nodes().stream().anyMatch(n -> n.shape().volume() == 0)) {
            return graph;
        }
        var pass = new Layouts(graph);
        graph.nodes().forEach(n -> pass.carried.add(pass.rewrite(n)));
        var outputs = graph.outputs().stream()
                .map(o -> pass.output(graph.node(o), pass.carried.get(o)))
                .toList();
        return Simplification.dropDeadNodes(pass.builder.build(graph.name(), outputs, graph.outputNames()));
    }

    /**
     * An output only has to have the order of its elements: where this begins with the map's rows, each row is one of one channel, which moves
     * nothing where channels come last.
     */
    private int output(Node n, Carried value) {
        Shape map = map(value);
        if (value.layout.keepsOrder(map)) {
            return value.id;
        }
        List<Layout.Factor> factors = value.layout.factors();
        boolean rowsStay = map.rank() == 4
                && value.shape().rank() == 4
                && value.layout.axes().get(2).equals(Layout.whole(2, map.dim(2)));
        if (rowsStay && Rearrangements.isMap(value.shape())) {
            return arranged(n, value);
        }
        boolean rowsFirst = map.rank() == 4
                && factors.getFirst().axis() == 2
                && factors.getFirst().step() == 1;
        int rows = rowsFirst ? map.dim(2) : 1;
        return arrange(n, value, value.layout, Shape.of(1, 1, rows, map.volume() / rows));
    }

    private Shape map(Carried value) {
        return builder.shape(value.id);
    }

    private Carried operand(Node n) {
        return carried.get(n.inputs().getFirst());
    }

    private Carried plain(int id) {
        return new Carried(id, Layout.of(builder.shape(id)));
    }

    private boolean isPlain(Carried value) {
        return value.layout.equals(Layout.of(map(value))) && value.shape().equals(map(value));
    }

    /** A composer of parts of a node that reads a map. */
    private Composer composer(Node n, int x) {
        return new Composer(builder, n.name(), n.source(), List.of(x));
    }

    private Carried rewrite(Node n) {
        return switch (n.op()) {
            case Op.Input _ -> plain(builder.input(n.name(), n.shape(), n.source()));
            case Op.Reshape _ -> reshaped(n, operand(n));
            case Op.Transpose(var order) -> transposed(n, operand(n), order);
            case Op.Activation _, Op.FakeQuantize _ -> asItLies(n, n.op(), operand(n));
            case Op op -> n.inputs().stream().allMatch(i -> isPlain(carried.get(i))) ? asItIs(n) : along(n, op);
        };
    }

    /** What reads at least one value that lies otherwise than it says. */
    private Carried along(Node n, Op op) {
        Optional<Carried> made = switch (op) {
            case Op.Binary(BinaryFunction function) -> binary(n, function);
            case Op.ChannelAffine(Tensor gain, Tensor bias) -> affine(n, gain, bias);
            case Op.Conv conv -> conv(n, conv);
            case Op.MaxPool(Window window) -> pool(n, window);
            case Op.AveragePool(Window window, var _) -> pool(n, window);
            case Op.LpPool(Window window, var _) -> pool(n, window);
            case Op.Softmax(boolean log) -> softmax(n, log);
            case Op.Normalize(Normalization kind) -> normalize(n, kind);
            case Op.TopK(int k, var _) -> Optional.of(ofChannels(n, op, k));
            case Op.OneHot(int depth) -> Optional.of(ofChannels(n, op, depth));
            case Op.PRelu _ -> ofSameChannels(n, op);
            case Op.Concat(int axis) -> concat(n, axis);
            case Op.Slice slice -> slice(n, slice);
            case Op.Pad(var mode, float value, var begin, var end) ->
                moved(
                        n,
                        axis -> begin.get(axis) != 0 || end.get(axis) != 0,
                        (axes, rank) -> new Op.Pad(mode, value, placed(axes, begin, rank), placed(axes, end, rank)));
            case Op.Gather(int along, var indices) ->
                moved(n, axis -> axis == along, (axes, _) -> new Op.Gather(axes.getOrDefault(along, along), indices));
            case Op.Resize(var samplings) -> resize(n, samplings);
            case Op.Input _, Op.Constant _, Op.Reshape _, Op.Transpose _, Op.Activation _, Op.FakeQuantize _ ->
                Optional.empty();
            case Op.ConvTranspose _, Op.LocalConv _, Op.MaxPoolIndices _, Op.MaxUnpool _, Op.Dense _ ->
                Optional.empty();
            case Op.DepthToSpace _, Op.SpaceToDepth _, Op.Rearrange _, Op.Lookup _ -> Optional.empty();
        };
        return made.orElseGet(() -> asItIs(n));
    }

    /** The node on operands that lie as it says. */
    private Carried asItIs(Node n) {
        var operands = n.inputs().stream()
                .map(i -> arranged(graph.node(i), carried.get(i)))
                .toList();
        return plain(builder.add(n.name(), n.op(), n.source(), operands));
    }

    /** An operation on each element, or each position, that leaves it at its place. */
    private Carried asItLies(Node n, Op op, Carried x) {
        return new Carried(builder.add(n.name(), op, n.source(), x.id), x.layout);
    }

    private Carried reshaped(Node n, Carried x) {
        Optional<Layout> layout = x.layout.reshaped(n.shape());
        return layout.isPresent()
                ? new Carried(x.id, layout.get())
                : plain(builder.reshape(
                        n.name(), arranged(graph.node(n.inputs().getFirst()), x), n.shape(), n.source()));
    }

    /** An input whose codes already lie as the result's would is a map of the result's channels from here on. */
    private Carried transposed(Node n, Carried x, List<Integer> order) {
        var turned = new Carried(x.id, x.layout.transposed(order));
        boolean given = builder.node(x.id).op() instanceof Op.Input && !isPlain(x);
        return given && turned.layout.keepsCodes(map(x)) ? plain(arranged(n, turned)) : turned;
    }

    /** A value laid out as its readers know it. */
    private int arranged(Node old, Carried value) {
        return isPlain(value)
                ? value.id
                : arranged.computeIfAbsent(value, _ -> arrange(old, value, value.layout, value.shape()));
    }

    /** The map's elements in an order of its factors. */
    private int arrange(Node old, Carried value, Layout order, Shape shape) {
        String name = old.name() + ".arrange";
        Shape map = map(value);
        if (order.keepsOrder(map)) {
            return reshape(name, value.id, shape, old);
        }
        List<Layout.Factor> from = order.inOrder(map);
        List<Layout.Factor> to = order.factors();
        if (from.size() > Shape.MAX_RANK) {
            return builder.add(name, rearrangement(order, shape, map), old.source(), value.id);
        }
        var permutation = to.stream().map(from::indexOf).toList();
        boolean pure = order.axes().size() == map.rank()
                && order.shape().equals(shape)
                && from.stream().allMatch(f -> f.size() == map.dim(f.axis()))
                && order.axes().stream().allMatch(a -> a.size() <= 1);
        if (pure) {
            return builder.add(name, new Op.Transpose(axesOf(order, map)), old.source(), value.id);
        }
        int split = reshape(
                name, value.id, new Shape(from.stream().map(Layout.Factor::size).toList()), old);
        return reshape(name, builder.add(name, new Op.Transpose(permutation), old.source(), split), shape, old);
    }

    private int reshape(String name, int x, Shape shape, Node old) {
        return builder.shape(x).equals(shape) ? x : builder.reshape(name, x, shape, old.source());
    }

    /** The axis of the map that each axis is; those of one element in their order. */
    private static List<Integer> axesOf(Layout order, Shape map) {
        var single = new ArrayList<>(IntStream.range(0, map.rank())
                .filter(a -> map.dim(a) == 1)
                .boxed()
                .toList());
        return order.axes().stream()
                .map(a -> a.isEmpty() ? single.removeFirst() : a.getFirst().axis())
                .toList();
    }

    private static Op.Rearrange rearrangement(Layout order, Shape shape, Shape map) {
        int[] numbers = order.numbers(map);
        var sources = new Integer[numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            sources[numbers[i]] = i;
        }
        return new Op.Rearrange(shape, List.of(sources));
    }

    /** A map whose channels are some factors; the rows stay rows as far as they can, the rest are columns. */
    private Carried asChannels(Node reader, Carried x, List<Layout.Factor> channels) {
        Node old = graph.node(reader.inputs().getFirst());
        Shape map = map(x);
        int rowAxis = map.rank() < 4 ? -1 : map.rank() - 2;
        var rows = new ArrayList<Layout.Factor>();
        var columns = new ArrayList<Layout.Factor>();
        var order = new ArrayList<Integer>();
        IntStream.range(2, map.rank()).map(a -> map.rank() + 1 - a).forEach(order::add);
        order.add(1);
        order.add(0);
        for (int axis : order) {
            for (Layout.Factor f : x.layout.of(axis)) {
                if (!channels.contains(f)) {
                    (axis == rowAxis ? rows : columns).add(f);
                }
            }
        }
        var lists = List.of(List.<Layout.Factor>of(), channels, rows, columns);
        var target = new Layout(lists);
        int id = arrange(old, x, target, target.shape());
        var places = new HashMap<Layout.Factor, Layout.Factor>();
        for (int axis = 0; axis < lists.size(); axis++) {
            int step = 1;
            for (Layout.Factor f : lists.get(axis).reversed()) {
                places.put(f, new Layout.Factor(axis, f.size(), step));
                step *= f.size();
            }
        }
        return new Carried(
                id,
                new Layout(x.layout.axes().stream()
                        .map(a -> a.stream().map(places::get).toList())
                        .toList()));
    }

    private Optional<Carried> binary(Node n, BinaryFunction function) {
        Carried a = carried.get(n.inputs().getFirst());
        Carried b = carried.get(n.inputs().getLast());
        if (builder.node(a.id).op() instanceof Op.Constant(Tensor value)) {
            return withConstant(n, n.name(), function, b, value.reshape(a.shape()), true);
        }
        if (builder.node(b.id).op() instanceof Op.Constant(Tensor value)) {
            return withConstant(n, n.name(), function, a, value.reshape(b.shape()), false);
        }
        return joint(a, b, n.shape())
                .map(layout -> new Carried(builder.add(n.name(), n.op(), n.source(), a.id, b.id), layout));
    }

    /** How the result of two operands lies, if each of its axes lies alike in both or has one element in one of them. */
    private Optional<Layout> joint(Carried a, Carried b, Shape result) {
        int rank = a.layout.axes().size();
        if (rank != b.layout.axes().size() || map(a).rank() != map(b).rank()) {
            return Optional.empty();
        }
        var axes = new ArrayList<List<Layout.Factor>>();
        for (int i = 0; i < rank; i++) {
            var left = a.layout.axes().get(i);
            var right = b.layout.axes().get(i);
            if (!left.isEmpty() && !right.isEmpty() && !left.equals(right)) {
                return Optional.empty();
            }
            axes.add(left.isEmpty() ? right : left);
        }
        long volume = 1;
        for (int i = 0; i < map(a).rank(); i++) {
            int left = map(a).dim(i);
            int right = map(b).dim(i);
            if (left != right && left != 1 && right != 1) {
                return Optional.empty();
            }
            volume *= Math.max(left, right);
        }
        return volume == result.volume() ? Optional.of(new Layout(axes)) : Optional.empty();
    }

    /** A function of a value and a constant: a gain or a bias for each channel, or one for all, where it is one. */
    private Optional<Carried> withConstant(
            Node n, String name, BinaryFunction function, Carried x, Tensor constant, boolean first) {
        Shape map = map(x);
        int rank = x.layout.axes().size();
        boolean spreads = constant.shape().rank() <= rank;
        for (int i = 1; spreads && i <= constant.shape().rank(); i++) {
            int size = constant.shape().dim(constant.shape().rank() - i);
            spreads = size == 1 || size == x.shape().dim(rank - i);
        }
        if (!spreads) {
            return Optional.empty();
        }
        Tensor lying = lying(constant, x.layout, map);
        boolean perChannel = IntStream.range(0, lying.shape().rank())
                .allMatch(a -> a == 1 || lying.shape().dim(a) == 1);
        Optional<Op> simple = perChannel ? affine(function, lying, first, map.dim(1)) : Optional.empty();
        if (simple.isPresent()) {
            return Optional.of(new Carried(builder.add(name, simple.get(), n.source(), x.id), x.layout));
        }
        int c = builder.add(n.name() + ".constant", new Op.Constant(lying), n.source());
        var op = new Op.Binary(function);
        int id = first ? builder.add(name, op, n.source(), c, x.id) : builder.add(name, op, n.source(), x.id, c);
        return Optional.of(new Carried(id, x.layout));
    }

    /** A constant that spreads over a value, as it spreads over the value's map. */
    private static Tensor lying(Tensor constant, Layout layout, Shape map) {
        int rank = layout.axes().size();
        int shift = rank - constant.shape().rank();
        var counted = new ArrayList<Boolean>();
        var dims = new ArrayList<>(Collections.nCopies(map.rank(), 1));
        for (int axis = 0; axis < rank; axis++) {
            counted.add(axis >= shift && constant.shape().dim(axis - shift) > 1);
            if (counted.get(axis)) {
                layout.axes().get(axis).forEach(f -> dims.set(f.axis(), map.dim(f.axis())));
            }
        }
        var shape = new Shape(dims);
        // The axes that the constant does not vary along may be taken away: their factors are not counted.
        var kept = new Layout(IntStream.range(0, rank)
                .mapToObj(a -> counted.get(a) ? layout.axes().get(a) : List.<Layout.Factor>of())
                .toList());
        int[] numbers = kept.numbers(shape, counted);
        var values = new float[numbers.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = constant.get(numbers[i]);
        }
        return Tensor.wrap(shape, values);
    }

    private static Optional<Op> affine(BinaryFunction function, Tensor constant, boolean first, int channels) {
        float sign = switch (function) {
            case ADD -> 1;
            case SUB -> first ? 1 : -1;
            case MUL, DIV, MAX, MIN -> 0;
        };
        boolean scales = function == BinaryFunction.MUL || function == BinaryFunction.DIV && !first;
        if (!scales && sign == 0) {
            return Optional.empty();
        }
        var gain = new float[constant.size()];
        var bias = new float[constant.size()];
        for (int i = 0; i < gain.length; i++) {
            float c = constant.get(i);
            gain[i] = scales
                    ? function == BinaryFunction.MUL ? c : 1 / c
                    : function == BinaryFunction.SUB && first ? -1 : 1;
            bias[i] = scales ? 0 : sign * c;
        }
        if (gain.length == 1 && channels > 1) {
            return Optional.of(new Op.Activation(new Pointwise.Affine(gain[0], bias[0])));
        }
        Shape shape = Shape.of(gain.length);
        return Optional.of(new Op.ChannelAffine(Tensor.wrap(shape, gain), Tensor.wrap(shape, bias)));
    }

    private Optional<Carried> affine(Node n, Tensor gain, Tensor bias) {
        Carried x = operand(n);
        Optional<Carried> asItLies = ofSameChannels(n, n.op());
        if (asItLies.isPresent()) {
            return asItLies;
        }
        if (isUniform(gain) && isUniform(bias)) {
            var same = new Pointwise.Affine(gain.get(0), bias.get(0));
            return Optional.of(asItLies(n, new Op.Activation(same), x));
        }
        var dims = new ArrayList<>(Collections.nCopies(x.shape().rank(), 1));
        dims.set(1, gain.size());
        var shape = new Shape(dims);
        if (isUniform(gain) && gain.get(0) == 1) {
            return withConstant(n, n.name(), BinaryFunction.ADD, x, bias.reshape(shape), false);
        }
        return withConstant(n, n.name() + "/scaled", BinaryFunction.MUL, x, gain.reshape(shape), false)
                .flatMap(y -> withConstant(n, n.name(), BinaryFunction.ADD, y, bias.reshape(shape), false));
    }

    private static boolean isUniform(Tensor t) {
        return IntStream.range(1, t.size()).allMatch(i -> t.get(i) == t.get(0));
    }

    private boolean hasChannels(Carried x) {
        return x.layout.wholeAxis(1, map(x)).equals(OptionalInt.of(1));
    }

    /** What treats each channel by itself, where channels are channels. */
    private Optional<Carried> ofSameChannels(Node n, Op op) {
        Carried x = operand(n);
        return hasChannels(x) ? Optional.of(asItLies(n, op, x)) : Optional.empty();
    }

    private Optional<Carried> conv(Node n, Op.Conv conv) {
        Carried x = operand(n);
        Shape shape = x.shape();
        Window w = conv.window();
        if (shape.dim(0) != 1 || !Composer.isMap(map(x)) || !isUnpadded(w)) {
            return Optional.empty();
        }
        if (conv.groups() == 1 && w.kernel().equals(shape.dims().subList(2, shape.rank())) && isDense(w)) {
            return Optional.of(ofAll(n, conv, x));
        }
        boolean single = w.taps() == 1 && w.stride().stream().allMatch(s -> s == 1);
        return single ? ofPositions(n, conv, x) : Optional.empty();
    }

    private static boolean isUnpadded(Window w) {
        return Stream.concat(w.padBegin().stream(), w.padEnd().stream()).allMatch(p -> p == 0);
    }

    private static boolean isDense(Window w) {
        return IntStream.range(0, w.rank())
                .allMatch(a -> w.dilation().get(a) == 1 || w.kernel().get(a) == 1);
    }

    /** A weight for each element: in the order of the map. */
    private Carried ofAll(Node n, Op.Conv conv, Carried x) {
        Shape map = map(x);
        int[] numbers = x.layout.numbers(map);
        int outputs = conv.bias().size();
        var weights = new float[outputs * numbers.length];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = conv.weights().get(i / numbers.length * numbers.length + numbers[i % numbers.length]);
        }
        var dims = new ArrayList<>(map.dims());
        dims.set(0, outputs);
        var window = Window.of(map.dims().stream().skip(2).mapToInt(i -> i).toArray());
        var op = new Op.Conv(Tensor.wrap(new Shape(dims), weights), conv.bias(), window, 1);
        var axes = new ArrayList<>(Collections.nCopies(n.shape().rank(), List.<Layout.Factor>of()));
        axes.set(1, Layout.whole(1, outputs));
        return new Carried(builder.add(n.name(), op, n.source(), x.id), new Layout(axes));
    }

    /** One tap: where channels lie in channels, or in whole axes of space, which a depthwise convolution takes at once. */
    private Optional<Carried> ofPositions(Node n, Op.Conv conv, Carried x) {
        Shape map = map(x);
        List<Layout.Factor> channels = x.layout.axes().get(1);
        if (hasChannels(x) && channels.size() == 1) {
            return Optional.of(withChannels(n, conv, x));
        }
        if (conv.groups() != 1) {
            return Optional.empty();
        }
        Optional<Set<Integer>> axes = Layout.wholeAxes(channels, map).filter(a -> !a.contains(1) && !a.contains(0));
        long weights = (long) conv.weights().size() * map.dim(1);
        return Optional.of(
                axes.isPresent() && weights <= WEIGHTS_MAX
                        ? depthwise(n, conv, x, axes.get())
                        : withChannels(n, conv, asChannels(n, x, channels)));
    }

    private Carried withChannels(Node n, Op.Conv conv, Carried x) {
        int rank = map(x).rank() - 2;
        var op = Composer.pointwise(
                conv.bias().size(),
                conv.weights().shape().dim(1),
                conv.weights().toArray(),
                conv.groups(),
                rank);
        var biased = new Op.Conv(op.weights(), conv.bias(), op.window(), conv.groups());
        return new Carried(
                builder.add(n.name(), biased, n.source(), x.id),
                x.layout.with(1, Layout.whole(1, conv.bias().size())));
    }

    /** The same weights for each of the map's channels, which stay apart: of these, each has as many channels of the result as there are outputs. */
    private Carried depthwise(Node n, Op.Conv conv, Carried x, Set<Integer> axes) {
        Shape map = map(x);
        int outputs = conv.bias().size();
        var kernel = IntStream.range(2, map.rank())
                .map(a -> axes.contains(a) ? map.dim(a) : 1)
                .toArray();
        var dims = new ArrayList<>(List.of(1, 1));
        IntStream.of(kernel).forEach(dims::add);
        int[] numbers = new Layout(List.of(x.layout.axes().get(1))).numbers(new Shape(dims));
        int taps = numbers.length;
        int total = map.dim(1) * outputs;
        var weights = new float[total * taps];
        var bias = new float[total];
        for (int m = 0; m < total; m++) {
            bias[m] = conv.bias().get(m % outputs);
            for (int t = 0; t < taps; t++) {
                weights[m * taps + t] = conv.weights().get(m % outputs * taps + numbers[t]);
            }
        }
        dims.set(0, total);
        var op = new Op.Conv(
                Tensor.wrap(new Shape(dims), weights),
                Tensor.wrap(Shape.of(total), bias),
                Window.of(kernel),
                map.dim(1));
        var lists = new ArrayList<List<Layout.Factor>>();
        for (var axis : x.layout.axes()) {
            lists.add(axis.stream()
                    .map(f -> f.axis() == 1 ? new Layout.Factor(1, f.size(), f.step() * outputs) : f)
                    .toList());
        }
        lists.set(1, outputs == 1 ? List.of() : List.of(new Layout.Factor(1, outputs, 1)));
        return new Carried(builder.add(n.name(), op, n.source(), x.id), new Layout(lists));
    }

    /** Pools over the whole of some axes. */
    private Optional<Carried> pool(Node n, Window w) {
        Carried x = operand(n);
        Shape shape = x.shape();
        boolean whole = shape.dim(0) == 1 && Composer.isMap(map(x)) && isUnpadded(w) && isDense(w);
        var reduced = new ArrayList<Layout.Factor>();
        for (int a = 0; whole && a < w.rank(); a++) {
            int size = shape.dim(a + 2);
            whole = w.kernel().get(a) == size
                    || w.kernel().get(a) == 1 && w.stride().get(a) == 1;
            if (whole && w.kernel().get(a) == size) {
                reduced.addAll(x.layout.axes().get(a + 2));
            }
        }
        return whole ? Optional.of(reduced(n, x, reduced)) : Optional.empty();
    }

    private Carried reduced(Node n, Carried x, List<Layout.Factor> factors) {
        if (n.op() instanceof Op.LpPool(Window window, int p)) {
            int powers = composer(n, x.id).part("powers", Pools.power(p), x.id);
            Carried mean = reduced(n, new Carried(powers, x.layout), factors, false, "mean");
            var root = new Op.Activation(Pools.root(p, window.taps()));
            return new Carried(builder.add(n.name(), root, n.source(), mean.id), mean.layout);
        }
        return reduced(n, x, factors, n.op() instanceof Op.MaxPool, "");
    }

    /** The mean or the largest of all elements along some factors: within axes of space by a pool, of others by channels. */
    private Carried reduced(Node n, Carried x, List<Layout.Factor> factors, boolean largest, String part) {
        String name = part.isEmpty() ? n.name() : n.name() + "/" + part;
        Shape map = map(x);
        int[] runs = IntStream.range(2, map.rank())
                .map(a -> Layout.innermost(factors, a))
                .toArray();
        var rest = factors.stream()
                .filter(f -> f.axis() < 2 || f.step() >= runs[f.axis() - 2])
                .toList();
        Carried y = x;
        if (IntStream.of(runs).anyMatch(run -> run > 1)) {
            var kernel = IntStream.of(runs).boxed().toList();
            var none = Collections.nCopies(runs.length, 0);
            var window = new Window(kernel, kernel, none, none, Collections.nCopies(runs.length, 1));
            Op pool = largest ? new Op.MaxPool(window) : new Op.AveragePool(window, true);
            Layout left = x.layout;
            for (int a = 0; a < runs.length; a++) {
                left = runs[a] > 1 ? left.without(a + 2, runs[a]) : left;
            }
            y = new Carried(builder.add(rest.isEmpty() ? name : name + ".space", pool, n.source(), x.id), left);
            rest = restepped(rest, runs);
        }
        if (rest.isEmpty()) {
            return y;
        }
        boolean channels = Layout.wholeAxes(rest, map(y)).equals(Optional.of(Set.of(1)));
        Carried z = channels ? y : asChannels(n, y, rest);
        int size = map(z).dim(1);
        Op op = largest ? new Op.TopK(1, false) : Composer.mixing(1, size, 1.0 / size, map(z).rank() - 2);
        return new Carried(builder.add(name, op, n.source(), z.id), z.layout.without(1, size));
    }

    private static List<Layout.Factor> restepped(List<Layout.Factor> factors, int[] runs) {
        return factors.stream()
                .map(f -> f.axis() < 2 ? f : new Layout.Factor(f.axis(), f.size(), f.step() / runs[f.axis() - 2]))
                .toList();
    }

    private Optional<Carried> softmax(Node n, boolean log) {
        Carried x = operand(n);
        if (hasChannels(x)) {
            return Optional.of(asItLies(n, n.op(), x));
        }
        if (ChannelOrder.isAllThatCounts(graph, n)) {
            return Optional.of(x);
        }
        Along along = alongChannels(n, x);
        int y = along.map.id;
        return lying(along.map.layout, Softmaxes.compose(composer(n, y), y, along.axes, log));
    }

    /** A map, and the axes of it that are a tensor's channels. */
    private record Along(Carried map, Axes axes) {}

    /** The map as it lies, where the channels are whole axes of it, else one of which they are the channels. */
    private Along alongChannels(Node n, Carried x) {
        List<Layout.Factor> channels = x.layout.axes().get(1);
        return wholeAxes(x, channels)
                .map(axes -> new Along(x, new Axes(axes)))
                .orElseGet(() -> new Along(asChannels(n, x, channels), Axes.CHANNELS));
    }

    private static Optional<Carried> lying(Layout layout, OptionalInt id) {
        return id.isPresent() ? Optional.of(new Carried(id.getAsInt(), layout)) : Optional.empty();
    }

    /** The axes of a map that factors cover, if they cover whole ones and the map is one of one frame. */
    private Optional<Set<Integer>> wholeAxes(Carried x, List<Layout.Factor> factors) {
        return Layout.wholeAxes(factors, map(x)).filter(a -> Composer.isMap(map(x)) && !a.contains(0));
    }

    private Optional<Carried> normalize(Node n, Normalization kind) {
        Carried x = operand(n);
        return switch (kind) {
            case Normalization.LocalResponse _ -> ofSameChannels(n, n.op());
            case Normalization.Lp(int p) -> {
                if (hasChannels(x)) {
                    yield Optional.of(asItLies(n, n.op(), x));
                }
                Along along = alongChannels(n, x);
                int y = along.map.id;
                yield lying(along.map.layout, Statistics.norm(composer(n, y), y, along.axes, p));
            }
            case Normalization.MeanVariance(int groups, float epsilon) -> meanVariance(n, x, groups, epsilon);
        };
    }

    private Optional<Carried> meanVariance(Node n, Carried x, int groups, float epsilon) {
        var dims = new ArrayList<>(x.shape().dims());
        dims.set(1, groups);
        dims.add(2, x.shape().dim(1) / groups);
        if (x.shape().dim(0) != 1 || dims.size() > Shape.MAX_RANK) {
            return Optional.empty();
        }
        return x.layout.reshaped(new Shape(dims)).flatMap(grouped -> {
            var reduced = grouped.axes().stream().skip(2).flatMap(List::stream).toList();
            return wholeAxes(x, reduced)
                    .flatMap(axes ->
                            lying(x.layout, Statistics.meanVariance(composer(n, x.id), x.id, new Axes(axes), epsilon)));
        });
    }

    /** What looks along the channels and leaves so many of them; what else lies there becomes columns. */
    private Carried ofChannels(Node n, Op op, int left) {
        Carried x = operand(n);
        boolean single = Composer.isMap(map(x)) && x.layout.axes().get(1).isEmpty() && map(x).dim(1) == 1;
        Carried y =
                hasChannels(x) || single ? x : asChannels(n, x, x.layout.axes().get(1));
        return new Carried(builder.add(n.name(), op, n.source(), y.id), y.layout.with(1, Layout.whole(1, left)));
    }

    private Optional<Carried> concat(Node n, int axis) {
        List<Carried> parts = n.inputs().stream().map(carried::get).toList();
        Carried first = parts.getFirst();
        OptionalInt along = parts.stream()
                .map(p -> p.layout.wholeAxis(axis, map(p)))
                .filter(OptionalInt::isPresent)
                .findFirst()
                .orElse(OptionalInt.empty());
        if (along.isEmpty() || along.getAsInt() == 0) {
            return Optional.empty();
        }
        int p = along.getAsInt();
        Layout others = first.layout.with(axis, List.of());
        boolean alike = parts.stream()
                .allMatch(x -> !(builder.node(x.id).op() instanceof Op.Constant)
                        && map(x).rank() == map(first).rank()
                        && x.layout.axes().get(axis).equals(Layout.whole(p, map(x).dim(p)))
                        && x.layout.with(axis, List.of()).equals(others));
        if (!alike) {
            return Optional.empty();
        }
        var operands = parts.stream().map(Carried::id).toList();
        int id = builder.add(n.name(), new Op.Concat(p), n.source(), operands);
        return Optional.of(new Carried(
                id, others.with(axis, Layout.whole(p, builder.shape(id).dim(p)))));
    }

    @FunctionalInterface
    private interface Changes {
        boolean axis(int axis);
    }

    @FunctionalInterface
    private interface Move {
        /** The same along axes of the map, by the axis of the tensor; others stay. */
        Op of(Map<Integer, Integer> axes, int rank);
    }

    /** A move along axes that are whole axes of the map. */
    private Optional<Carried> moved(Node n, Changes changes, Move move) {
        Carried x = operand(n);
        var axes = new HashMap<Integer, Integer>();
        for (int axis = 0; axis < x.layout.axes().size(); axis++) {
            if (changes.axis(axis)) {
                OptionalInt whole = x.layout.wholeAxis(axis, map(x));
                if (whole.isEmpty()) {
                    return Optional.empty();
                }
                axes.put(axis, whole.getAsInt());
            }
        }
        int id = builder.add(n.name(), move.of(axes, map(x).rank()), n.source(), x.id);
        Layout layout = x.layout;
        for (var e : axes.entrySet()) {
            layout = layout.with(
                    e.getKey(), Layout.whole(e.getValue(), builder.shape(id).dim(e.getValue())));
        }
        return Optional.of(new Carried(id, layout));
    }

    private static List<Integer> placed(Map<Integer, Integer> axes, List<Integer> values, int rank) {
        var all = new ArrayList<>(Collections.nCopies(rank, 0));
        axes.forEach((axis, place) -> all.set(place, values.get(axis)));
        return all;
    }

    private Optional<Carried> resize(Node n, List<Sampling> samplings) {
        Carried x = operand(n);
        return moved(n, axis -> !samplings.get(axis).isIdentity(x.shape().dim(axis)), (axes, rank) -> {
            var all = new ArrayList<Sampling>();
            IntStream.range(0, rank).forEach(a -> all.add(Sampling.identity(map(x).dim(a))));
            axes.forEach((axis, place) -> all.set(place, samplings.get(axis)));
            return new Op.Resize(all);
        });
    }

    /** Along whole axes of the map, or a run of its outermost factor, or one of its innermost. */
    private Optional<Carried> slice(Node n, Op.Slice slice) {
        Carried x = operand(n);
        Shape map = map(x);
        var begin = new ArrayList<>(Collections.nCopies(map.rank(), 0));
        var step = new ArrayList<>(Collections.nCopies(map.rank(), 1));
        var size = new ArrayList<>(map.dims());
        Layout layout = x.layout;
        for (int axis = 0; axis < x.layout.axes().size(); axis++) {
            int first = slice.begin().get(axis);
            int count = slice.size().get(axis);
            int by = slice.step().get(axis);
            if (first == 0 && by == 1 && count == x.shape().dim(axis)) {
                continue;
            }
            List<Layout.Factor> factors = layout.axes().get(axis);
            if (factors.size() != 1) {
                return Optional.empty();
            }
            Layout.Factor f = factors.getFirst();
            int length = size.get(f.axis());
            boolean touched = begin.get(f.axis()) != 0 || step.get(f.axis()) != 1 || length != map.dim(f.axis());
            boolean whole = f.size() == length;
            boolean run = f.step() * f.size() == length && by == 1;
            boolean one = f.step() == 1 && count == 1;
            if (touched || !whole && !run && !one) {
                return Optional.empty();
            }
            begin.set(f.axis(), whole || one && !run ? first : first * f.step());
            step.set(f.axis(), whole ? by : one && !run ? f.size() : 1);
            size.set(f.axis(), whole ? count : one && !run ? length / f.size() : count * f.step());
            layout = one && !run && !whole
                    ? layout.without(f.axis(), f.size())
                    : layout.with(axis, count == 1 ? List.of() : List.of(new Layout.Factor(f.axis(), count, f.step())));
        }
        var op = new Op.Slice(begin, step, size);
        return Optional.of(new Carried(builder.add(n.name(), op, n.source(), x.id), layout));
    }
}
