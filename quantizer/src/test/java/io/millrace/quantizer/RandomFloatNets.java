package io.millrace.quantizer;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.Graph;
import io.millrace.ir.Op;
import io.millrace.ir.PadMode;
import io.millrace.ir.Passes;
import io.millrace.ir.Pointwise;
import io.millrace.ir.Sampling;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Seeded float graphs with branches: every operation that has an integer form, in any order. */
final class RandomFloatNets {
    private final SplittableRandom random;
    private final FloatNets net;
    private final boolean chooses;
    private final List<Integer> nodes = new ArrayList<>();

    private RandomFloatNets(long seed, boolean chooses) {
        this.chooses = chooses;
        this.random = new SplittableRandom(seed);
        Shape input = Shape.of(1, random.nextInt(1, 5), random.nextInt(3, 12), random.nextInt(3, 12));
        this.net = new FloatNets(seed, input);
        nodes.add(0);
    }

    static Graph generate(long seed, int operations) {
        return generate(seed, operations, true);
    }

    /** @param chooses whether maxima are put back at their places: between roundings nothing is below every code */
    static Graph generate(long seed, int operations, boolean chooses) {
        var nets = new RandomFloatNets(seed, chooses);
        for (int i = 0; i < operations; i++) {
            nets.addOne("n" + i + "_");
        }
        var read = new ArrayList<Integer>();
        Graph all = nets.net.build();
        all.nodes().forEach(n -> read.addAll(n.inputs()));
        List<Integer> leaves = IntStream.range(0, all.nodes().size())
                .filter(n -> !read.contains(n) || nets.random.nextInt(15) == 0)
                .filter(n -> !(all.node(n).op() instanceof Op.MaxPoolIndices))
                .boxed()
                .toList();
        return Passes.prepare(nets.net.build(leaves));
    }

    private int any() {
        return nodes.get(random.nextInt(nodes.size()));
    }

    private void addOne(String name) {
        int operand = any();
        net.from(operand);
        switch (random.nextInt(21)) {
            case 0 -> pool(name + "max", false);
            case 1 -> pool(name + "mean", true);
            case 2 -> affine(name + "affine");
            case 3, 4, 5 -> net.activation(name + "function", function());
            case 6, 7 -> add(name, operand);
            case 8, 9 -> concat(name, operand);
            case 10 -> product(name, operand);
            case 11, 12 -> move(name, operand);
            case 13 -> transposed(name);
            case 14 -> resize(name, operand);
            case 15 -> alongAxes(name, operand);
            case 16 -> channelsLast(name, operand);
            case 17 -> {
                if (chooses) {
                    unpooled(name);
                } else {
                    resize(name, operand);
                }
            }
            default -> conv(name + "conv", random.nextInt(1, 7), random.nextInt(1, 3));
        }
        nodes.add(net.last());
    }

    private void conv(String name, int outputs, int stride) {
        int channels = net.shape(net.last()).dim(1);
        int groups = random.nextInt(3) == 0 ? channels : 1;
        net.conv(name, outputs * groups, same(random.nextInt(2) * 2 + 1, stride), groups);
    }

    private static Window same(int kernel, int stride) {
        var pad = Collections.nCopies(2, kernel / 2);
        return new Window(
                Collections.nCopies(2, kernel), Collections.nCopies(2, stride), pad, pad, Collections.nCopies(2, 1));
    }

    private void pool(String name, boolean mean) {
        Window window = same(3, random.nextInt(1, 3));
        net.add(name, mean ? new Op.AveragePool(window, true) : new Op.MaxPool(window));
    }

    private void affine(String name) {
        var gains = new float[net.shape(net.last()).dim(1)];
        for (int c = 0; c < gains.length; c++) {
            gains[c] = (float) random.nextDouble(-1.5, 1.5);
        }
        net.affine(name, gains);
    }

    private Pointwise function() {
        return switch (random.nextInt(5)) {
            case 0 -> new Pointwise.Tanh();
            case 1 -> new Pointwise.LeakyRelu(0.2f);
            case 2 -> new Pointwise.Clip(-0.5f, 0.75f);
            default -> new Pointwise.Relu();
        };
    }

    /** With itself, with another node of the same shape, or with a branch of its own, now and then less that. */
    private void add(String name, int operand) {
        List<Integer> same = nodes.stream()
                .filter(n -> net.shape(n).equals(net.shape(operand)))
                .toList();
        int other = same.get(random.nextInt(same.size()));
        if (random.nextBoolean()) {
            net.from(operand).conv(name + "branch", net.shape(operand).dim(1), same(3, 1));
            if (random.nextInt(3) == 0) {
                var gains = new float[net.shape(operand).dim(1)];
                Arrays.fill(gains, -1);
                net.add(name + "minus", FloatNets.gain(gains));
            }
            other = net.last();
        }
        net.join(name + "add", new Op.Binary(BinaryFunction.ADD), operand, other);
    }

    /** By a gate a channel, or with a bias a channel that the whole map decides; or by a map of the same shape. */
    private void product(String name, int operand) {
        Shape shape = net.shape(operand);
        net.from(operand).add(name + "whole", new Op.AveragePool(Window.of(shape.dim(2), shape.dim(3)), true));
        int gate = net.conv(name + "gate", shape.dim(1), Window.of(1, 1)).last();
        switch (random.nextInt(3)) {
            case 0 -> net.join(name + "mul", new Op.Binary(BinaryFunction.MUL), operand, gate);
            case 1 -> net.join(name + "spread", new Op.Binary(BinaryFunction.SUB), operand, gate);
            default -> {
                int other = net.from(operand)
                        .conv(name + "other", shape.dim(1), same(3, 1))
                        .last();
                net.join(name + "square", new Op.Binary(BinaryFunction.MUL), other, operand);
            }
        }
    }

    private void move(String name, int operand) {
        Shape s = net.shape(operand);
        boolean small = s.dim(2) < 12 && s.dim(3) < 12;
        List<Integer> ones = List.of(1, 1, 1, 1);
        switch (random.nextInt(4)) {
            case 0 ->
                net.add(
                        name + "slice",
                        new Op.Slice(
                                List.of(0, s.dim(1) / 2, 0, s.dim(3) - 1),
                                List.of(1, 1, 1, -1),
                                List.of(1, s.dim(1) - s.dim(1) / 2, s.dim(2), s.dim(3))));
            case 1 ->
                net.add(
                        name + "pad",
                        new Op.Pad(
                                random.nextBoolean() ? PadMode.CONSTANT : PadMode.EDGE,
                                0,
                                List.of(0, 0, 1, 0),
                                List.of(0, 0, small ? 2 : 0, 1)));
            case 2 ->
                net.add(
                        name + "shuffle",
                        new Op.Gather(
                                1,
                                IntStream.range(0, s.dim(1))
                                        .map(c -> s.dim(1) - 1 - c)
                                        .boxed()
                                        .toList()));
            default -> {
                if (small) {
                    net.conv(name + "deep", 4 * ones.size(), same(1, 1)).add(name + "blocks", new Op.DepthToSpace(2));
                } else {
                    net.conv(name + "instead", 3, same(1, 2));
                }
            }
        }
    }

    private void transposed(String name) {
        Shape s = net.shape(net.last());
        int groups = random.nextInt(3) == 0 ? s.dim(1) : 1;
        int outputs = random.nextInt(1, 4);
        int stride = s.dim(2) < 12 && s.dim(3) < 12 ? random.nextInt(1, 3) : 1;
        var window = new Window(
                List.of(3, 2), List.of(stride, stride), List.of(random.nextInt(2), 0), List.of(1, 0), List.of(1, 1));
        net.transposed(name + "transposed", outputs, window, List.of(stride - 1, 0), groups);
    }

    /** A softmax, a mean or the largest along one axis or several, which reshapes make one. */
    private void alongAxes(String name, int operand) {
        Shape s = net.shape(operand);
        int from = random.nextInt(1, 4);
        int to = random.nextInt(from + 1, 5);
        int size = s.dims().subList(from, to).stream().reduce(1, (a, b) -> a * b);
        int inner = s.dims().subList(to, 4).stream().reduce(1, (a, b) -> a * b);
        int outer = s.volume() / size / inner;
        if (random.nextBoolean()) {
            net.reshape(name + "axes", Shape.of(outer, size, inner))
                    .add(name + "softmax", new Op.Softmax(random.nextBoolean()))
                    .reshape(name + "map", s);
            return;
        }
        var window = Window.of(size, 1);
        var dims = new ArrayList<>(s.dims());
        IntStream.range(from, to).forEach(a -> dims.set(a, 1));
        int reduced = net.reshape(name + "axes", Shape.of(1, outer, size, inner))
                .add(name + "reduced", random.nextBoolean() ? new Op.MaxPool(window) : new Op.AveragePool(window, true))
                .reshape(name + "map", new Shape(dims))
                .last();
        net.join(name + "spread", new Op.Binary(BinaryFunction.SUB), operand, reduced);
    }

    /** Something of a map whose channels come last, and back. */
    private void channelsLast(String name, int operand) {
        net.add(name + "last", new Op.Transpose(List.of(0, 2, 3, 1))).activation(name + "there", function());
        if (random.nextBoolean()) {
            net.add(name + "back", new Op.Transpose(List.of(0, 3, 1, 2)));
        } else {
            net.add(name + "turned", new Op.Transpose(List.of(0, 3, 2, 1)));
        }
    }

    /** The largest values of windows that overlap, at their places; of the input, whose codes tell all of its values apart. */
    private void unpooled(String name) {
        net.from(0);
        Shape s = net.shape(0);
        var sizes = List.of(1, s.dim(1), s.dim(2) - (s.dim(2) + 1) % 2, s.dim(3) - (s.dim(3) + 1) % 2);
        int odd = net.add(name + "odd", new Op.Slice(List.of(0, 0, 0, 0), List.of(1, 1, 1, 1), sizes))
                .last();
        Window window = same(3, 2);
        int values = net.add(name + "pool", new Op.MaxPool(window)).last();
        int places = net.from(odd)
                .add(name + "places", new Op.MaxPoolIndices(window, false))
                .last();
        net.join(name + "unpooled", new Op.MaxUnpool(window, sizes.subList(2, 4)), values, places);
    }

    private void resize(String name, int operand) {
        Shape s = net.shape(operand);
        boolean nearest = random.nextBoolean();
        var axes = new ArrayList<Sampling>();
        axes.add(Sampling.identity(1));
        axes.add(Sampling.identity(s.dim(1)));
        for (int a = 2; a < 4; a++) {
            int to = random.nextInt(2, 14);
            var source = new ArrayList<Integer>();
            var fraction = new float[to];
            for (int i = 0; i < to; i++) {
                double x = Math.clamp((i + 0.5) * s.dim(a) / to - 0.5, 0, s.dim(a) - 1);
                source.add((int) x);
                fraction[i] = nearest ? 0 : (float) (x - (int) x);
            }
            axes.add(new Sampling(source, Tensor.wrap(Shape.of(to), fraction)));
        }
        net.add(name + "resize", new Op.Resize(axes));
    }

    private void concat(String name, int operand) {
        List<Integer> same = nodes.stream()
                .filter(n -> net.shape(n)
                        .dims()
                        .subList(2, 4)
                        .equals(net.shape(operand).dims().subList(2, 4)))
                .toList();
        var operands = new ArrayList<>(List.of(operand));
        for (int i = random.nextInt(1, 4); i > 0; i--) {
            operands.add(same.get(random.nextInt(same.size())));
        }
        if (operands.stream().mapToInt(n -> net.shape(n).dim(1)).sum() > 40) {
            net.from(operand).conv(name + "instead", 3, same(1, 1));
            return;
        }
        net.join(name + "concat", new Op.Concat(1), operands.toArray(Integer[]::new));
    }
}
