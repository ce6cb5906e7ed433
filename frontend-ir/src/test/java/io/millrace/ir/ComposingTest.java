package io.millrace.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.Sampling.Corners;
import io.millrace.ir.nets.OperatorNet;
import io.millrace.ir.onnx.ImportOptions;
import io.millrace.ir.onnx.OnnxImporter;
import io.millrace.ir.onnx.OnnxWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@link Passes#COMPOSING} writes computes what was written before it. */
class ComposingTest {
    private static final SourceRef SOURCE = SourceRef.file("composing");

    /** Odd sizes, a single position, a single channel, prime numbers of channels, a row of positions. */
    static List<Shape> shapes() {
        return List.of(
                Shape.of(1, 3, 7, 5),
                Shape.of(1, 7, 1, 1),
                Shape.of(1, 1, 4, 9),
                Shape.of(1, 13, 3, 2),
                Shape.of(1, 5, 1, 6),
                Shape.of(1, 2, 6, 1),
                Shape.of(1, 11, 8));
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void localResponses(Shape shape) {
        for (int size : new int[] {1, 2, 3, 5, 40}) {
            for (float beta : new float[] {0.5f, 0.75f, 1}) {
                same(shape, new Op.Normalize(new Normalization.LocalResponse(size, 0.7f, beta, 1.5f)));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void normalizations(Shape shape) {
        same(shape, new Op.Normalize(new Normalization.Lp(1)));
        same(shape, new Op.Normalize(new Normalization.Lp(2)));
        same(shape, new Op.Normalize(new Normalization.MeanVariance(1, 1e-2f)));
        same(shape, new Op.Normalize(new Normalization.MeanVariance(shape.dim(1), 1e-2f)));
        same(Shape.of(1, 6, 3, 5), new Op.Normalize(new Normalization.MeanVariance(2, 1e-3f)));
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void softmaxes(Shape shape) {
        same(shape, new Op.Softmax(false));
        same(shape, new Op.Softmax(true));
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void pools(Shape shape) {
        int axes = shape.rank() - 2;
        for (int p = 1; p <= 3; p++) {
            same(shape, new Op.LpPool(window(axes, 1, 1, 0), p));
            same(shape, new Op.LpPool(window(axes, 3, 2, 1), p));
        }
        same(shape, new Op.AveragePool(window(axes, 3, 1, 1), false));
        same(shape, new Op.AveragePool(window(axes, 3, 2, 1), false));
        same(shape, new Op.AveragePool(window(axes, 4, 3, 2), false));
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void slopesAChannel(Shape shape) {
        same(shape, new Op.PRelu(values(Shape.of(shape.dim(1)), 5)));
    }

    /** Half-pixel, align-corners and asymmetric, up and down, by whole numbers and by fractions. */
    @ParameterizedTest
    @MethodSource("shapes")
    void linearResizes(Shape shape) {
        for (int[] factor : new int[][] {{2, 1}, {3, 1}, {4, 1}, {1, 2}, {3, 2}, {2, 3}, {5, 4}, {1, 3}}) {
            for (var corners : Corners.values()) {
                var op = resize(shape, factor[0], factor[1], corners);
                var graph = graph(shape, op);
                same(graph);
                boolean stays = corners == Corners.ALIGNED || op.axes().stream().allMatch(Sampling::isNearest);
                assertTrue(stays || !uses(Passes.prepare(graph), op::equals), () -> op + " was not composed");
            }
        }
    }

    /** Between aligned corners, the factor is one of the sizes less one. */
    @Test
    void aResizeBetweenCorners() {
        same(Shape.of(1, 2, 7, 5), resize(Shape.of(1, 2, 7, 5), 2, 1, Corners.ALIGNED));
        same(Shape.of(1, 3, 3, 9), resize(Shape.of(1, 3, 3, 9), 5, 3, Corners.ALIGNED));
        same(Shape.of(1, 1, 2, 4), resize(Shape.of(1, 1, 2, 4), 4, 1, Corners.ALIGNED));
    }

    @Test
    void aResizeByOddFactorsStays() {
        Shape shape = Shape.of(1, 1, 37, 37);
        var graph = graph(shape, resize(shape, 36, 37, Corners.ALIGNED));
        assertEquals(graph, Passes.compose(graph));
    }

    private static Op.Resize resize(Shape shape, int up, int down, Corners corners) {
        return new Op.Resize(IntStream.range(0, shape.rank())
                .mapToObj(a -> a < 2
                        ? Sampling.identity(shape.dim(a))
                        : Sampling.linear(shape.dim(a), Math.max(1, shape.dim(a) * up / down), corners))
                .toList());
    }

    @Test
    void spaceToDepth() {
        same(Shape.of(1, 3, 4, 6), new Op.SpaceToDepth(2));
        same(Shape.of(1, 1, 9, 3), new Op.SpaceToDepth(3));
    }

    @Test
    void quotientsOfMaps() {
        for (Shape divisor : List.of(
                Shape.of(1, 3, 4, 5),
                Shape.of(1, 1, 4, 5),
                Shape.of(1, 3, 1, 1),
                Shape.of(1, 1, 1, 1),
                Shape.of(1, 3, 1, 5))) {
            var b = new GraphBuilder();
            int x = b.input("x", Shape.of(1, 3, 4, 5), SOURCE);
            int y = b.input("y", divisor, SOURCE);
            var away = new Pointwise.Abs().then(new Pointwise.Affine(1, 0.5f));
            int positive = b.add("positive", new Op.Activation(away), SOURCE, y);
            int q = b.add("q", new Op.Binary(BinaryFunction.DIV), SOURCE, x, positive);
            same(b.build("quotient", List.of(q), List.of("q")));
        }
    }

    @Test
    void operandsThatStandForSeveral() {
        for (var function : List.of(BinaryFunction.ADD, BinaryFunction.SUB, BinaryFunction.MUL)) {
            for (Shape other : List.of(Shape.of(1, 1, 4, 5), Shape.of(1, 3, 4, 1), Shape.of(1, 1, 1, 5))) {
                var b = new GraphBuilder();
                int x = b.input("x", Shape.of(1, 3, 4, 5), SOURCE);
                int y = b.input("y", other, SOURCE);
                int z = b.add("z", new Op.Binary(function), SOURCE, y, x);
                same(b.build("broadcast", List.of(z), List.of("z")));
            }
        }
    }

    /** A distance, a dot product and a mean over the channels, as importers write them. */
    @Test
    void reductionsOverChannels() {
        var b = new GraphBuilder();
        Shape map = Shape.of(1, 5, 3, 4);
        int x = b.input("x", map, SOURCE);
        int y = b.input("y", map, SOURCE);
        int difference = b.add("difference", new Op.Binary(BinaryFunction.SUB), SOURCE, x, y);
        int product = b.add("product", new Op.Binary(BinaryFunction.MUL), SOURCE, x, y);
        int distance = overChannels(b, difference, new Op.LpPool(Window.of(5, 1), 2));
        int dot = overChannels(b, product, new Op.AveragePool(Window.of(5, 1), false));
        int times = b.add("times", new Op.Activation(new Pointwise.Affine(5, 0)), SOURCE, dot);
        int back = b.reshape("back", times, Shape.of(1, 1, 3, 4), SOURCE);
        int away = b.reshape("away", distance, Shape.of(1, 1, 3, 4), SOURCE);
        int sum = b.add("sum", new Op.Binary(BinaryFunction.ADD), SOURCE, x, away);
        var graph = b.build("reductions", List.of(distance, back, sum), List.of("distance", "dot", "sum"));
        same(graph);
        assertFalse(uses(Passes.prepare(graph), op -> op instanceof Op.Reshape || op instanceof Op.AveragePool));
    }

    private static int overChannels(GraphBuilder b, int x, Op pool) {
        int flat = b.reshape("flat", x, Shape.of(1, 1, 5, 12), SOURCE);
        return b.add("over", pool, SOURCE, flat);
    }

    /** Values that something has changed: an element that several windows name has that of the last one. */
    @Test
    void unpoolings() {
        for (int[] form : new int[][] {
            {3, 2, 1, 1}, {3, 1, 1, 1}, {2, 1, 0, 1}, {4, 2, 1, 1}, {3, 2, 0, 2}, {2, 3, 0, 1}, {5, 2, 2, 1}
        }) {
            var window = new Window(
                    each(2, form[0]), each(2, form[1]), each(2, form[2]), each(2, form[2]), each(2, form[3]));
            int rows = 2 * form[1] + window.extent(0) - 2 * form[2];
            int columns = 3 * form[1] + window.extent(1) - 2 * form[2];
            for (int channels : new int[] {1, 3}) {
                var b = new GraphBuilder();
                int x = b.input("x", Shape.of(1, channels, rows, columns), SOURCE);
                int y = b.input("y", Shape.of(1, channels, 3, 4), SOURCE);
                int places = b.add("places", new Op.MaxPoolIndices(window, false), SOURCE, x);
                var unpool = new Op.MaxUnpool(window, List.of(rows, columns + 1));
                int z = b.add("z", unpool, SOURCE, y, places);
                var graph = b.build("unpooling", List.of(z), List.of("z"));
                same(graph);
                assertFalse(uses(Passes.prepare(graph), unpool::equals));
            }
        }
    }

    /** What transposes and reshapes lay out otherwise is not moved, as long as what reads it may go along other axes. */
    @Test
    void layoutsAreCarried() {
        Shape map = Shape.of(1, 6, 4, 5);
        for (var order : List.of(List.of(0, 2, 3, 1), List.of(0, 3, 1, 2), List.of(0, 2, 1, 3), List.of(0, 3, 2, 1))) {
            var b = new GraphBuilder();
            int x = b.input("x", map, SOURCE);
            int conv = b.add(
                    "conv",
                    new Op.Conv(values(Shape.of(6, 6, 1, 1), 3), values(Shape.of(6), 4), Window.of(1, 1), 1),
                    SOURCE,
                    x);
            int turned = b.add("turned", new Op.Transpose(order), SOURCE, conv);
            int active = b.add("active", new Op.Activation(new Pointwise.Tanh()), SOURCE, turned);
            Shape t = b.shape(active);
            int biased = b.add(
                    "biased",
                    new Op.Binary(BinaryFunction.ADD),
                    SOURCE,
                    active,
                    b.add("bias", new Op.Constant(values(Shape.of(1, 1, 1, 1), 5)), SOURCE));
            int axes = b.reshape("axes", biased, Shape.of(t.dim(1), t.dim(2), t.dim(3)), SOURCE);
            int soft = b.add("soft", new Op.Softmax(false), SOURCE, axes);
            int norm = b.add("norm", new Op.Normalize(new Normalization.Lp(2)), SOURCE, soft);
            int again = b.reshape("again", norm, t, SOURCE);
            int sum = b.add("sum", new Op.Binary(BinaryFunction.MUL), SOURCE, again, biased);
            int flat = b.reshape("flat", sum, Shape.of(1, 120), SOURCE);
            int dense = b.add("dense", new Op.Dense(values(Shape.of(7, 120), 6), values(Shape.of(7), 7)), SOURCE, flat);
            var graph = b.build("carried", List.of(dense), List.of("dense"));
            same(graph);
            assertFalse(
                    uses(
                            Passes.prepare(graph),
                            op -> op instanceof Op.Reshape || op instanceof Op.Transpose || op instanceof Op.Rearrange),
                    () -> order + " is moved");
        }
    }

    /** Networks of one operator each, pyramids, quotients and normalizations by neighbourhoods among them. */
    @ParameterizedTest
    @EnumSource(OperatorNet.class)
    void operatorNets(OperatorNet net) {
        for (Shape shape : OperatorNet.shapes()) {
            same(net.graph(shape, 1));
        }
    }

    /** What is written to ONNX comes back as what computes the same. */
    @ParameterizedTest
    @EnumSource(OperatorNet.class)
    void operatorNetsComeBackFromOnnx(OperatorNet net) {
        for (Shape shape : OperatorNet.shapes()) {
            Graph graph = net.graph(shape, 2);
            Graph read = OnnxImporter.importBytes(OnnxWriter.write(graph), "net.onnx", ImportOptions.DEFAULT)
                    .graph();
            compare(graph, read, inputs(graph, 3), 1e-4);
            compare(graph, Passes.prepare(read), inputs(graph, 3), 1e-3);
        }
    }

    @Test
    void operatorsOneAfterTheOther() {
        var random = new Random(5);
        for (int i = 0; i < 60; i++) {
            var graph =
                    OperatorNet.chain(chosen(random, 3), OperatorNet.shapes().get(i % 5), i);
            compare(graph, Passes.prepare(graph), inputs(graph, i), 1e-3);
        }
    }

    private static List<OperatorNet> chosen(Random random, int count) {
        var all = OperatorNet.values();
        return IntStream.range(0, count)
                .mapToObj(_ -> all[random.nextInt(all.length)])
                .toList();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 100, 200, 300})
    void randomGraphs(long first) {
        for (long seed = first; seed < first + 100; seed++) {
            var graph = Passes.canonicalise(Gen.smoothGraph(seed, 12));
            compare(graph, Passes.compose(graph), Gen.inputs(graph, seed), 5e-3);
        }
    }

    @Test
    void aGraphThatNeedsNothingStaysAsItIs() {
        for (String model : Samples.MODELS) {
            var canonical = Passes.canonicalise(Samples.graph(model));
            assertEquals(canonical, Passes.compose(canonical), model);
        }
    }

    private static Window window(int axes, int kernel, int stride, int pad) {
        return new Window(each(axes, kernel), each(axes, stride), each(axes, pad), each(axes, pad), each(axes, 1));
    }

    private static List<Integer> each(int axes, int value) {
        return java.util.Collections.nCopies(axes, value);
    }

    private static Graph graph(Shape shape, Op op) {
        var b = new GraphBuilder();
        int x = b.input("x", shape, SOURCE);
        int y = b.add("y", op, SOURCE, x);
        return b.build("one", List.of(y), List.of("y"));
    }

    private static void same(Shape shape, Op op) {
        var graph = graph(shape, op);
        same(graph);
        boolean identity = graph.node(1).shape().equals(shape)
                && FloatEvaluator.run(graph, inputs(graph, 3)).equals(inputs(graph, 3));
        assertTrue(
                identity || !uses(Passes.prepare(graph), op::equals), () -> op + " of " + shape + " was not composed");
    }

    private static void same(Graph graph) {
        assertEquals(List.of(), GraphVerifier.verify(graph));
        for (long seed = 1; seed <= 3; seed++) {
            compare(graph, Passes.prepare(graph), inputs(graph, seed), 2e-5);
        }
    }

    private static void compare(Graph graph, Graph composed, List<Tensor> inputs, double tolerance) {
        assertEquals(List.of(), GraphVerifier.verify(composed));
        assertEquals(graph.outputNames(), composed.outputNames());
        var expected = FloatEvaluator.run(graph, inputs);
        var actual = FloatEvaluator.run(composed, inputs);
        for (int o = 0; o < expected.size(); o++) {
            float[] want = expected.get(o).toArray();
            float[] got = actual.get(o).toArray();
            assertEquals(want.length, got.length);
            double scale = 1
                    + IntStream.range(0, want.length)
                            .mapToDouble(i -> Math.abs(want[i]))
                            .max()
                            .orElse(0);
            for (int i = 0; i < want.length; i++) {
                int at = i;
                assertEquals(
                        want[i],
                        got[i],
                        tolerance * scale,
                        () -> graph.name() + ": element " + at + " of " + Arrays.toString(want) + "\n"
                                + Arrays.toString(got));
            }
        }
    }

    private static boolean uses(Graph graph, Predicate<Op> wanted) {
        return graph.nodes().stream().map(Node::op).anyMatch(wanted);
    }

    private static List<Tensor> inputs(Graph graph, long seed) {
        return graph.inputs().stream().map(n -> values(n.shape(), seed)).toList();
    }

    private static Tensor values(Shape shape, long seed) {
        var random = new Random(seed);
        var values = new float[shape.volume()];
        for (int i = 0; i < values.length; i++) {
            values[i] = 2 * random.nextFloat() - 0.8f;
        }
        return Tensor.wrap(shape, values);
    }
}
