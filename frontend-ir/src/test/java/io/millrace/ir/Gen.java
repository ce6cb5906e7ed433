package io.millrace.ir;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Seeded random legal graphs: any number of spatial axes, branches, odd windows. */
public final class Gen {
    private static final SourceRef SOURCE = SourceRef.file("gen");
    private final Random random;
    private final GraphBuilder builder = new GraphBuilder();

    private final boolean rounding;

    private Gen(long seed, boolean rounding) {
        random = new Random(seed);
        this.rounding = rounding;
    }

    /** A graph of about {@code size} operations of every kind, the same for the same seed. */
    public static Graph graph(long seed, int size) {
        return new Gen(seed, true).graph(size);
    }

    /** A graph without {@link Op.FakeQuantize}, so that small differences of summation stay small. */
    public static Graph smoothGraph(long seed, int size) {
        return new Gen(seed, false).graph(size);
    }

    /** Roundings of the inputs themselves, of every type and combined with what follows them in practice. */
    public static Graph roundings(long seed) {
        return new Gen(seed, true).roundings();
    }

    private Graph roundings() {
        int x = builder.input("in", Shape.of(1, between(1, 4), between(3, 6), between(3, 6)), SOURCE);
        int a = add(fakeQuantize(), x);
        int b = add(new Op.Activation(new Pointwise.Relu()), a);
        int channels = builder.shape(b).dim(1);
        int c = add(new Op.Conv(tensor(Shape.of(3, channels, 2, 3)), tensor(Shape.of(3)), Window.of(2, 3), 1), b);
        return builder.build("roundings", List.of(a, b, c), List.of("a", "b", "c"));
    }

    public static List<Tensor> inputs(Graph graph, long seed) {
        var random = new Random(seed);
        return graph.inputs().stream().map(n -> tensor(n.shape(), random, 1)).toList();
    }

    private Graph graph(int size) {
        int rank = pick(1, 2, 2, 2, 3);
        int count = random.nextInt(5) == 0 ? 2 : 1;
        var dims = new ArrayList<Integer>();
        dims.add(1);
        dims.add(between(1, 4));
        IntStream.range(0, rank).forEach(_ -> dims.add(between(3, rank == 1 ? 24 : rank == 2 ? 10 : 6)));
        var live = new ArrayList<Integer>();
        for (int i = 0; i < count; i++) {
            live.add(builder.input("in" + i, new Shape(dims), SOURCE));
        }
        while (builder.size() < size + count) {
            int x = live.get(random.nextInt(live.size()));
            int made = random.nextInt(8) == 0 ? choice(live.get(random.nextInt(count))) : step(x, live);
            if (made >= 0) {
                live.add(made);
            }
        }
        int last = live.getLast();
        var outputs = new ArrayList<>(List.of(last));
        if (random.nextInt(4) == 0 && live.size() > 2) {
            outputs.add(live.get(live.size() / 2));
        }
        return builder.build(
                "random",
                outputs,
                IntStream.range(0, outputs.size()).mapToObj(i -> "out" + i).toList());
    }

    private int step(int x, List<Integer> live) {
        Shape s = builder.shape(x);
        try {
            return switch (random.nextInt(s.rank() == 2 ? 12 : 30)) {
                case 7 -> partner(new Op.Binary(pickBinary()), x, live);
                case 8 -> arranged(x, s);
                case 9 -> add(new Op.PRelu(tensor(Shape.of(s.dim(1)))), x);
                case 10 -> add(normalization(s), x);
                case 11 ->
                    rounding ? add(new Op.TopK(between(1, s.dim(1)), random.nextBoolean()), x) : withConstant(x, s);
                case 0, 1 -> add(new Op.Activation(function()), x);
                case 2 -> add(new Op.ChannelAffine(tensor(Shape.of(s.dim(1))), tensor(Shape.of(s.dim(1)))), x);
                case 3 -> partner(new Op.Binary(BinaryFunction.ADD), x, live);
                case 4 -> partner(new Op.Concat(1), x, live);
                case 5 -> rounding ? add(fakeQuantize(), x) : withConstant(x, s);
                case 6 -> s.rank() == 2 ? dense(x) : add(new Op.Softmax(random.nextBoolean()), x);
                case 12, 13, 14, 15 -> add(conv(s), x);
                case 16 -> add(new Op.MaxPool(window(s, true)), x);
                case 17 -> add(new Op.AveragePool(window(s, true), random.nextBoolean()), x);
                case 18 -> add(new Op.LpPool(withoutDilation(window(s, true)), between(1, 2)), x);
                case 19, 20 -> add(transposed(s), x);
                case 21 -> add(resize(s), x);
                case 22 -> s.rank() == 4 ? blocks(x, s) : -1;
                case 23, 24 -> arranged(x, s);
                case 25 -> local(x, s);
                case 26, 27 -> alongAxes(x, s);
                case 28 -> channelsLast(x, s);
                default -> builder.reshape(name(), x, Shape.of(1, s.volume()), SOURCE);
            };
        } catch (ShapeInference.Mismatch _) {
            return -1;
        }
    }

    /** What goes along an axis that is one or several of the value's, which other axes have changed places before. */
    private int alongAxes(int x, Shape s) {
        int turned = random.nextBoolean() ? x : turned(x, s);
        Shape t = builder.shape(turned);
        int from = between(1, t.rank() - 1);
        int to = between(from + 1, t.rank());
        int size = t.dims().subList(from, to).stream().reduce(1, (a, b) -> a * b);
        int inner = t.dims().subList(to, t.rank()).stream().reduce(1, (a, b) -> a * b);
        int outer = t.volume() / size / inner;
        if (random.nextBoolean()) {
            int flat = builder.reshape(name(), turned, Shape.of(1, outer, size, inner), SOURCE);
            var window = Window.of(size, 1);
            int reduced = add(
                    switch (random.nextInt(4)) {
                        case 0 -> new Op.MaxPool(window);
                        case 1 -> new Op.LpPool(window, between(1, 2));
                        default -> new Op.AveragePool(window, false);
                    },
                    flat);
            var dims = new ArrayList<>(t.dims());
            IntStream.range(from, to).forEach(a -> dims.set(a, 1));
            return builder.reshape(name(), reduced, new Shape(dims), SOURCE);
        }
        int axes = builder.reshape(name(), turned, Shape.of(outer, size, inner), SOURCE);
        int along = add(
                switch (random.nextInt(3)) {
                    case 0 -> new Op.Normalize(new Normalization.Lp(between(1, 2)));
                    default -> new Op.Softmax(random.nextBoolean());
                },
                axes);
        return builder.reshape(name(), along, t, SOURCE);
    }

    private int turned(int x, Shape s) {
        var order = new ArrayList<>(IntStream.range(1, s.rank()).boxed().toList());
        java.util.Collections.shuffle(order, random);
        order.addFirst(0);
        return add(new Op.Transpose(order), x);
    }

    /** Something of a value whose channels come last, and back. */
    private int channelsLast(int x, Shape s) {
        var there = new ArrayList<>(List.of(0));
        IntStream.range(2, s.rank()).forEach(there::add);
        there.add(1);
        int last = add(new Op.Transpose(there), x);
        int made = switch (random.nextInt(3)) {
            case 0 -> withConstant(last, builder.shape(last));
            case 1 -> add(new Op.Activation(function()), last);
            default -> {
                int outputs = between(1, 5);
                yield add(new Op.Dense(tensor(Shape.of(outputs, s.dim(1))), tensor(Shape.of(outputs))), last);
            }
        };
        return add(
                new Op.Transpose(
                        IntStream.range(0, s.rank()).mapToObj(there::indexOf).toList()),
                made);
    }

    /** Of an input, whose values are the same in every runtime: what a choice between nearly equal ones would not be. */
    private int choice(int x) {
        Shape s = builder.shape(x);
        return switch (random.nextInt(6)) {
            case 0 -> add(new Op.TopK(between(1, s.dim(1)), random.nextBoolean()), x);
            case 1 -> add(new Op.OneHot(between(1, s.dim(1) + 1)), add(new Op.TopK(1, true), x));
            case 2 -> lookup(x, s);
            case 3 -> unpooled(x, s);
            case 4 -> add(new Op.MaxPoolIndices(withoutDilation(window(s, true)), false), x);
            default -> rearranged(x, s);
        };
    }

    private int lookup(int x, Shape s) {
        int width = between(1, 3);
        int rows = add(new Op.Lookup(tensor(Shape.of(s.dim(1), width))), add(new Op.TopK(1, true), x));
        return builder.reshape(name(), rows, Shape.of(1, builder.shape(rows).volume()), SOURCE);
    }

    /** Windows side by side, or overlapping and padded ones, of a map that is as large as they cover, which is what the indices count. */
    private int unpooled(int x, Shape s) {
        var window = random.nextBoolean() ? tiles(s) : withoutDilation(window(s, true));
        int rank = window.rank();
        var sizes = new ArrayList<>(s.dims());
        for (int a = 0; a < rank; a++) {
            int windows = window.outputSize(a, s.dim(a + 2));
            int covered = (windows - 1) * window.stride().get(a) + window.extent(a);
            sizes.set(
                    a + 2, covered - window.padBegin().get(a) - window.padEnd().get(a));
        }
        if (sizes.stream().anyMatch(n -> n < 1)) {
            return -1;
        }
        var zeros = s.dims().stream().map(_ -> 0).toList();
        int even = add(new Op.Slice(zeros, s.dims().stream().map(_ -> 1).toList(), sizes), x);
        int indices = add(new Op.MaxPoolIndices(window, false), even);
        int values = add(new Op.MaxPool(window), even);
        return builder.add(name(), new Op.MaxUnpool(window, sizes.subList(2, s.rank())), SOURCE, values, indices);
    }

    private Window tiles(Shape s) {
        var kernel = s.dims().subList(2, s.rank()).stream()
                .map(n -> between(1, Math.min(3, n)))
                .toList();
        var none = kernel.stream().map(_ -> 0).toList();
        return new Window(
                kernel, kernel, none, none, kernel.stream().map(_ -> 1).toList());
    }

    private int rearranged(int x, Shape s) {
        var dims = new ArrayList<>(List.of(1, between(1, 4)));
        s.dims().stream().skip(2).forEach(_ -> dims.add(between(1, 5)));
        var shape = new Shape(dims);
        var sources = IntStream.range(0, shape.volume())
                .mapToObj(_ -> random.nextInt(s.volume()))
                .toList();
        return add(new Op.Rearrange(shape, sources), x);
    }

    /** A locally connected layer of few positions. */
    private int local(int x, Shape s) {
        Window w = window(s, false);
        Shape result = ShapeInference.infer(new Op.MaxPool(withoutPadding(w)), List.of(s));
        int positions = result.volume() / s.dim(1);
        if (s.rank() > 4 || positions > 60) {
            return -1;
        }
        var dims = new ArrayList<>(List.of(positions, 2, s.dim(1)));
        dims.addAll(w.kernel());
        return add(new Op.LocalConv(tensor(new Shape(dims)), tensor(Shape.of(positions, 2)), withoutPadding(w)), x);
    }

    private static Window withoutPadding(Window w) {
        var none = w.kernel().stream().map(_ -> 0).toList();
        return new Window(w.kernel(), w.stride(), none, none, w.dilation());
    }

    private BinaryFunction pickBinary() {
        return List.of(BinaryFunction.SUB, BinaryFunction.MUL, BinaryFunction.MAX, BinaryFunction.MIN)
                .get(random.nextInt(4));
    }

    /** A constant that broadcasts in space, in channels or as a whole. */
    private int withConstant(int x, Shape s) {
        var dims = new ArrayList<>(s.dims());
        for (int a = 0; a < dims.size(); a++) {
            dims.set(a, random.nextBoolean() ? 1 : dims.get(a));
        }
        int c = builder.add(name(), new Op.Constant(tensor(new Shape(dims))), SOURCE);
        return random.nextBoolean()
                ? builder.add(name(), new Op.Binary(pickBinary()), SOURCE, x, c)
                : builder.add(name(), new Op.Binary(pickBinary()), SOURCE, c, x);
    }

    private Op normalization(Shape s) {
        return new Op.Normalize(
                switch (random.nextInt(3)) {
                    case 0 -> new Normalization.MeanVariance(random.nextBoolean() ? 1 : s.dim(1), 0.1f);
                    case 1 -> new Normalization.Lp(between(1, 2));
                    // ONNX Runtime takes odd sizes only, on maps of two spatial axes
                    default ->
                        s.rank() == 4
                                ? new Normalization.LocalResponse(pick(1, 3, 5), 0.1f, 0.75f, 1)
                                : new Normalization.MeanVariance(1, 0.2f);
                });
    }

    /** An operation that moves elements along any axis but the first. */
    private int arranged(int x, Shape s) {
        int axis = between(1, s.rank() - 1);
        int size = s.dim(axis);
        switch (random.nextInt(5)) {
            case 0 -> {
                var indices = IntStream.range(0, between(1, size + 1))
                        .mapToObj(_ -> random.nextInt(size))
                        .toList();
                return add(new Op.Gather(axis, indices), x);
            }
            case 1 -> {
                var order = new ArrayList<>(IntStream.range(1, s.rank()).boxed().toList());
                java.util.Collections.shuffle(order, random);
                order.addFirst(0);
                return add(new Op.Transpose(order), x);
            }
            case 2 -> {
                var begin = new ArrayList<>(s.dims().stream().map(_ -> 0).toList());
                var step = new ArrayList<>(s.dims().stream().map(_ -> 1).toList());
                var sizes = new ArrayList<>(s.dims());
                boolean back = random.nextBoolean();
                begin.set(axis, back ? size - 1 : random.nextInt(size));
                step.set(axis, back ? -between(1, 2) : between(1, 3));
                int room = back ? size : size - begin.get(axis);
                sizes.set(axis, Math.ceilDiv(room, Math.abs(step.get(axis))));
                return add(new Op.Slice(begin, step, sizes), x);
            }
            case 3 -> {
                var mode = PadMode.values()[random.nextInt(3)];
                var begin = new ArrayList<>(s.dims().stream().map(_ -> 0).toList());
                var end = new ArrayList<>(begin);
                begin.set(axis, between(0, Math.min(2, size - 1)));
                end.set(axis, between(0, Math.min(2, size - 1)));
                return add(new Op.Pad(mode, mode == PadMode.CONSTANT ? random.nextFloat() : 0, begin, end), x);
            }
            default -> {
                return builder.add(name(), new Op.Concat(axis), SOURCE, x, x);
            }
        }
    }

    private Op resize(Shape s) {
        var axes = new ArrayList<Sampling>();
        for (int a = 0; a < s.rank(); a++) {
            int size = s.dim(a);
            if (a < 2) {
                axes.add(Sampling.identity(size));
                continue;
            }
            int count = between(1, 2 * size);
            var source = IntStream.range(0, count)
                    .mapToObj(_ -> random.nextInt(size))
                    .toList();
            float[] fraction = new float[count];
            for (int i = 0; i < count && random.nextInt(3) > 0; i++) {
                fraction[i] = random.nextFloat();
            }
            axes.add(new Sampling(source, Tensor.wrap(Shape.of(count), fraction)));
        }
        return new Op.Resize(axes);
    }

    private int blocks(int x, Shape s) {
        if (s.dim(1) % 4 == 0) {
            return add(new Op.DepthToSpace(2), x);
        }
        return add(new Op.SpaceToDepth(s.dim(2) % 2 == 0 && s.dim(3) % 2 == 0 ? 2 : 1), x);
    }

    private Op transposed(Shape s) {
        int channels = s.dim(1);
        int groups = random.nextInt(3) == 0 ? channels : 1;
        int outputs = between(1, 3);
        Window w = window(s, true);
        var dims = new ArrayList<>(List.of(channels, outputs));
        dims.addAll(w.kernel());
        // ONNX Runtime wants the output padding below stride or dilation
        var padding = w.stride().stream().map(k -> random.nextInt(k)).toList();
        return new Op.ConvTranspose(tensor(new Shape(dims)), tensor(Shape.of(outputs * groups)), w, padding, groups);
    }

    private static Window withoutDilation(Window w) {
        var ones = w.dilation().stream().map(_ -> 1).toList();
        return new Window(w.kernel(), w.stride(), w.padBegin(), w.padEnd(), ones);
    }

    private String name() {
        return "node" + builder.size();
    }

    private int add(Op op, int x) {
        return builder.add(name(), op, SOURCE, x);
    }

    private int partner(Op op, int x, List<Integer> live) {
        return builder.add(name(), op, SOURCE, x, live.get(random.nextInt(live.size())));
    }

    private int dense(int x) {
        int outputs = between(1, 12);
        return add(new Op.Dense(tensor(Shape.of(outputs, builder.shape(x).dim(1))), tensor(Shape.of(outputs))), x);
    }

    private Op conv(Shape s) {
        int channels = s.dim(1);
        int groups = random.nextInt(3) == 0 ? channels : 1;
        int outputs = groups * between(1, groups == 1 ? 8 : 2);
        Window w = window(s, false);
        var dims = new ArrayList<>(List.of(outputs, channels / groups));
        dims.addAll(w.kernel());
        return new Op.Conv(tensor(new Shape(dims)), tensor(Shape.of(outputs)), w, groups);
    }

    private Window window(Shape s, boolean pool) {
        var lists = new ArrayList<List<Integer>>();
        IntStream.range(0, 5).forEach(_ -> lists.add(new ArrayList<>()));
        for (int a = 2; a < s.rank(); a++) {
            int kernel = between(1, Math.min(4, s.dim(a)));
            int dilation = random.nextInt(4) == 0 ? 2 : 1;
            int extent = (kernel - 1) * dilation + 1;
            // a pool's padding must be smaller than its kernel for ONNX Runtime
            int mostPad = pool ? Math.min(kernel, extent) - 1 : 2;
            lists.get(0).add(kernel);
            lists.get(1).add(between(1, 3));
            lists.get(2).add(between(0, mostPad));
            lists.get(3).add(between(0, mostPad));
            lists.get(4).add(dilation);
        }
        return new Window(lists.get(0), lists.get(1), lists.get(2), lists.get(3), lists.get(4));
    }

    private Pointwise function() {
        return switch (random.nextInt(20)) {
            case 6 -> new Pointwise.Affine(random.nextFloat() - 0.5f, random.nextFloat());
            case 7 -> new Pointwise.Clip(-3, 3).then(new Pointwise.Power(pick(2, 3)));
            case 8 -> new Pointwise.Abs().then(new Pointwise.Affine(1, 1)).then(new Pointwise.Power(-1));
            case 9 -> new Pointwise.Clip(-4, 3).then(new Pointwise.Exp());
            case 10 -> new Pointwise.Abs().then(new Pointwise.Affine(1, 1)).then(new Pointwise.Log());
            case 11 -> new Pointwise.Erf();
            case 12 -> new Pointwise.Elu(random.nextFloat());
            case 13 -> new Pointwise.Softplus();
            case 14 -> new Pointwise.Shrink(0.25f, 0.25f);
            case 15 -> PointwiseFunctions.swish();
            case 16 -> random.nextBoolean() ? PointwiseFunctions.gelu() : PointwiseFunctions.geluByTanh();
            case 17 -> random.nextBoolean() ? PointwiseFunctions.mish() : PointwiseFunctions.softsign();
            case 18 -> rounding ? new Pointwise.Threshold(0.1f, -1) : PointwiseFunctions.hardSwish();
            case 0 -> new Pointwise.LeakyRelu(random.nextFloat());
            case 1 -> new Pointwise.Clip(-random.nextFloat(), random.nextFloat());
            case 2 -> new Pointwise.Tanh();
            case 3 -> new Pointwise.Sigmoid();
            case 4 -> new Pointwise.HardSigmoid(random.nextFloat(), random.nextFloat());
            case 5 -> new Pointwise.Abs();
            default -> new Pointwise.Relu();
        };
    }

    private Op fakeQuantize() {
        float scale = 1f / between(8, 64);
        return switch (random.nextInt(4)) {
            case 0 -> new Op.FakeQuantize(scale, between(0, 255), 0, 255);
            case 1 -> new Op.FakeQuantize(scale, 0, -32_768, 32_767);
            default -> new Op.FakeQuantize(scale, between(-128, 127), -128, 127);
        };
    }

    private Tensor tensor(Shape shape) {
        return tensor(shape, random, 1);
    }

    private static Tensor tensor(Shape shape, Random random, float range) {
        float[] values = new float[shape.volume()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (random.nextFloat() * 2 - 1) * range;
        }
        return Tensor.wrap(shape, values);
    }

    private int between(int least, int most) {
        return least + random.nextInt(most - least + 1);
    }

    private int pick(int... choices) {
        return choices[random.nextInt(choices.length)];
    }
}
