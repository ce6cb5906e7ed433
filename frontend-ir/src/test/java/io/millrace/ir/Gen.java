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
            int made = step(x, live);
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
            return switch (random.nextInt(s.rank() == 2 ? 7 : 14)) {
                case 0, 1 -> add(new Op.Activation(function()), x);
                case 2 -> add(new Op.ChannelAffine(tensor(Shape.of(s.dim(1))), tensor(Shape.of(s.dim(1)))), x);
                case 3 -> partner(new Op.Binary(BinaryFunction.ADD), x, live);
                case 4 -> partner(new Op.Concat(1), x, live);
                case 5 -> rounding ? add(fakeQuantize(), x) : -1;
                case 6 -> s.rank() == 2 ? dense(x) : add(new Op.Softmax(random.nextBoolean()), x);
                case 7, 8, 9 -> add(conv(s), x);
                case 10 -> add(new Op.MaxPool(window(s, true)), x);
                case 11 -> add(new Op.AveragePool(window(s, true), random.nextBoolean()), x);
                case 12 -> add(conv(s), x);
                default -> builder.reshape(name(), x, Shape.of(1, s.volume()), SOURCE);
            };
        } catch (ShapeInference.Mismatch _) {
            return -1;
        }
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
        return switch (random.nextInt(8)) {
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
