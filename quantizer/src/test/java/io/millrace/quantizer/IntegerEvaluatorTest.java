package io.millrace.quantizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.SourceRef;
import io.millrace.ir.Window;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class IntegerEvaluatorTest {
    private static final int GRAPHS = 400;

    @ParameterizedTest
    @EnumSource(Precision.class)
    void agreesWithTheBigIntegerEvaluatorOnRandomGraphs(Precision precision) {
        int varied = 0;
        for (long seed = 0; seed < GRAPHS; seed++) {
            QuantizedGraph graph = switch ((int) (seed % 5)) {
                case 0 -> RandomQuantizedGraphs.generateTree(seed, 6, precision);
                case 1 -> RandomQuantizedGraphs.generate(seed, 5, precision);
                case 2 -> RandomQuantizedGraphs.everything(seed, 8, precision);
                case 3 -> RandomQuantizedGraphs.wide(seed, 8, precision);
                default -> RandomQuantizedGraphs.mixed(seed, 8, precision);
            };
            assertEquals(List.of(), QuantizedGraphVerifier.check(graph), "seed " + seed);
            List<short[]> frame = RandomQuantizedGraphs.randomFrame(graph, seed);
            List<short[]> found = new IntegerEvaluator(graph).runAll(frame);
            var reference = new BigIntegerEvaluator(graph);
            List<int[]> due = reference.runAll(frame);
            for (QNode node : graph.nodes()) {
                assertArrayEquals(
                        due.get(node.id()),
                        widen(found.get(node.id())),
                        "seed " + seed + " node " + node.id() + " " + node.name());
            }
            int proved = graph.nodes().stream()
                    .mapToInt(n -> AccumulatorWidth.bits(n, graph))
                    .max()
                    .orElseThrow();
            assertTrue(reference.accumulatorBitsSeen() <= proved, "seed " + seed + ": width is not proved");
            int last = graph.nodes().size() - 1;
            varied += IntStream.of(due.get(last)).distinct().count() > 2 ? 1 : 0;
        }
        assertTrue(varied > GRAPHS / 2, "only " + varied + " of the random graphs give more than two different codes");
    }

    @Test
    void randomGraphsReachWhatTheyAreFor() {
        int tables = 0;
        int negative = 0;
        int preShifted = 0;
        int padded = 0;
        int pools = 0;
        for (long seed = 0; seed < 200; seed++) {
            for (Precision precision : Precision.values()) {
                for (QNode node :
                        RandomQuantizedGraphs.generate(seed, 5, precision).nodes()) {
                    switch (node.op()) {
                        case QOp.Input _ -> {}
                        case QOp.Conv conv -> {
                            tables += conv.table().isPresent() ? 1 : 0;
                            preShifted += conv.requantizer().preShift() > 0 ? 1 : 0;
                            negative +=
                                    conv.requantizer().multipliers().stream().anyMatch(m -> m < 0) ? 1 : 0;
                            padded += conv.window()
                                            .padBegin()
                                            .equals(conv.window().padEnd())
                                    ? 0
                                    : 1;
                        }
                        case QOp.MaxPool _, QOp.SumPool _ -> pools++;
                        case QOp.Add _, QOp.Extreme _, QOp.ArgMax _, QOp.View _, QOp.Concat _, QOp.Mul _ ->
                            throw new AssertionError("a chain has no joins");
                        case QOp.Gather _, QOp.DepthToSpace _ -> throw new AssertionError("a chain has no moves");
                    }
                }
            }
        }
        assertTrue(Math.min(Math.min(tables, negative), Math.min(preShifted, Math.min(padded, pools))) > 50);
    }

    @Test
    void mixedGraphsHoldEveryOperationOften() {
        var kinds = new HashMap<String, Integer>();
        for (long seed = 0; seed < 200; seed++) {
            QuantizedGraph graph = RandomQuantizedGraphs.mixed(seed, 8, Precision.INT8);
            assertTrue(graph.nodes().size() <= 9, "seed " + seed);
            for (QNode node : graph.nodes()) {
                kinds.merge(kind(graph, node), 1, Integer::sum);
                if (node.op() instanceof QOp.Concat) {
                    assertTrue(onlyConvolutionsRead(graph, node), "seed " + seed + " " + node.name());
                }
            }
        }
        var due = List.of("dense", "grouped", "depthwise", "max", "sum", "add of 2", "add of 3", "concat of 2");
        due.forEach(kind -> assertTrue(kinds.getOrDefault(kind, 0) > 40, kind + " of " + kinds));
        assertTrue(kinds.getOrDefault("concat of 3", 0) > 10 && kinds.getOrDefault("concat of 4", 0) > 5, "" + kinds);
    }

    @Test
    void graphsOfEverythingHoldProductsAndMoves() {
        var kinds = new HashMap<String, Integer>();
        for (long seed = 0; seed < 200; seed++) {
            QuantizedGraph graph = RandomQuantizedGraphs.everything(seed, 8, Precision.INT16);
            assertTrue(graph.nodes().size() <= 9, "seed " + seed);
            graph.nodes().forEach(n -> kinds.merge(kind(graph, n), 1, Integer::sum));
        }
        for (String kind : List.of("Mul", "Gather", "DepthToSpace", "add of 2")) {
            assertTrue(kinds.getOrDefault(kind, 0) > 20, kind + " of " + kinds);
        }
    }

    @Test
    void wideGraphsHoldMaximaMinimaViewsAndBands() {
        var kinds = new HashMap<String, Integer>();
        for (long seed = 0; seed < 200; seed++) {
            QuantizedGraph graph = RandomQuantizedGraphs.wide(seed, 8, Precision.INT8);
            assertTrue(graph.nodes().size() <= 9, "seed " + seed);
            graph.nodes().forEach(n -> kinds.merge(kind(graph, n), 1, Integer::sum));
        }
        for (String kind : List.of(
                "largest of 2", "largest of 3", "least of 2", "least of 4", "add of 2", "banded", "View", "ArgMax")) {
            assertTrue(kinds.getOrDefault(kind, 0) > 15, kind + " of " + kinds);
        }
    }

    private static String kind(QuantizedGraph graph, QNode node) {
        return switch (node.op()) {
            case QOp.Input _ -> "input";
            case QOp.Conv conv -> {
                int channels = graph.node(node.inputs().getFirst()).type().channels();
                yield conv.bands().isPresent()
                        ? "banded"
                        : conv.groups() == 1 ? "dense" : conv.groups() == channels ? "depthwise" : "grouped";
            }
            case QOp.MaxPool _ -> "max";
            case QOp.SumPool _ -> "sum";
            case QOp.Add add -> "add of " + add.terms().size();
            case QOp.Extreme(boolean least, var _) ->
                (least ? "least of " : "largest of ") + node.inputs().size();
            case QOp.Concat _ -> "concat of " + node.inputs().size();
            case QOp.ArgMax _, QOp.View _, QOp.Mul _, QOp.Gather _, QOp.DepthToSpace _ ->
                node.op().getClass().getSimpleName();
        };
    }

    private static boolean onlyConvolutionsRead(QuantizedGraph graph, QNode concat) {
        return !graph.outputs().contains(concat.id())
                && graph.nodes().stream()
                        .filter(n -> n.inputs().contains(concat.id()))
                        .allMatch(n -> n.op() instanceof QOp.Conv conv && conv.groups() == 1);
    }

    /** Machines elsewhere are tested on these very graphs. */
    @Test
    void randomGraphsAreTheSameForEver() {
        assertEquals("8a0ecd29 cd56a681 9229ed23", digests(Precision.INT8));
        assertEquals("a2da0984 819ac58e c0946c93", digests(Precision.INT16));
    }

    private static String digests(Precision precision) {
        var chains = new CRC32();
        var trees = new CRC32();
        var mixed = new CRC32();
        for (long seed = 0; seed < 100; seed++) {
            add(chains, RandomQuantizedGraphs.generate(seed, 5, precision));
            add(trees, RandomQuantizedGraphs.generateTree(seed, 6, precision));
            add(mixed, RandomQuantizedGraphs.mixed(seed, 8, precision));
        }
        return Stream.of(chains, trees, mixed)
                .map(digest -> Long.toHexString(digest.getValue()))
                .collect(Collectors.joining(" "));
    }

    private static void add(CRC32 digest, QuantizedGraph graph) {
        digest.update(QuantizedGraphText.print(graph).getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aSumIsWideBeforeItSaturates() {
        var terms = List.of(
                new QOp.Add.Term(-128, 131_071, 1),
                new QOp.Add.Term(127, -131_071, 1),
                new QOp.Add.Term(0, 131_071, 17));
        var add = new QOp.Add(terms, 3, -100, 100, Optional.empty());
        var type = new MapType(1, List.of(), 1, 0);
        QuantizedGraph graph = graph(
                new QNode(0, "a", new QOp.Input(), List.of(), new MapType(1, List.of(), 1, -128), where()),
                new QNode(1, "b", new QOp.Input(), List.of(), new MapType(1, List.of(), 1, 127), where()),
                new QNode(2, "c", new QOp.Input(), List.of(), type, where()),
                new QNode(3, "sum", add, List.of(0, 1, 2), new MapType(1, List.of(), 1, 3), where()));
        long end = (255L * 131_071 + 1) >> 1;
        assertEquals(2 * end + 128, AccumulatorWidth.bound(add, Precision.INT8));
        assertEquals(26, AccumulatorWidth.bits(add, Precision.INT8));
        assertEquals(100, sumOf(graph, 127, -128, 5));
        assertEquals(3 + 7, sumOf(graph, -128, 127, 7));
        assertEquals(-97, sumOf(graph, -128, 127, -100));
        assertEquals(-100, sumOf(graph, -128, 127, -128));
    }

    private static int sumOf(QuantizedGraph graph, int a, int b, int c) {
        return IntegerEvaluator.run(
                        graph, List.of(new short[] {(short) a}, new short[] {(short) b}, new short[] {(short) c}))
                .getFirst()[0];
    }

    @Test
    void theWidthBoundIsReached() {
        var weights = new Weights(new short[] {127, -127});
        QuantizedGraph graph = vectorConv(weights, 5);
        assertEquals(127L * 128 * 2 + 5, AccumulatorWidth.bound(graph.node(1).op(), Precision.INT8));
        assertEquals(16, AccumulatorWidth.bits(graph.node(1), graph));
        var reference = new BigIntegerEvaluator(vectorConv(new Weights(new short[] {127, 127}), -260));
        reference.runAll(List.of(new short[] {-128, -128}));
        assertEquals(17, reference.accumulatorBitsSeen());
        assertEquals(17, AccumulatorWidth.bits(wide().node(1), wide()));
    }

    private static QuantizedGraph wide() {
        return vectorConv(new Weights(new short[] {127, 127}), -260);
    }

    /** A plain vector of two codes into one output. */
    private static QuantizedGraph vectorConv(Weights weights, long bias) {
        var requantizer = new Requantizer(0, List.of(1), List.of(8), 3, -128, 127);
        var conv = new QOp.Conv(Window.of(), 1, weights, List.of(bias), requantizer, Optional.<ActivationTable>empty());
        return graph(
                new QNode(0, "in", new QOp.Input(), List.of(), new MapType(2, List.of(), 1, 0), where()),
                new QNode(1, "fc", conv, List.of(0), new MapType(1, List.of(), 1, 3), where()));
    }

    @Test
    void roundsTiesUpAndSaturates() {
        QuantizedGraph graph = vectorConv(new Weights(new short[] {64, 1}), 0);
        var evaluator = new IntegerEvaluator(graph);
        assertEquals(3 + 1, single(evaluator, 2, 0));
        assertEquals(3, single(evaluator, -2, 0));
        assertEquals(3 - 1, single(evaluator, -2, -1));
        assertEquals(3 + 32, single(evaluator, 127, 127));
    }

    @Test
    void refusesFramesThatDoNotFit() {
        var evaluator = new IntegerEvaluator(vectorConv(new Weights(new short[] {1, 1}), 0));
        assertThrows(IllegalArgumentException.class, () -> evaluator.run(List.of()));
        assertThrows(IllegalArgumentException.class, () -> evaluator.run(List.of(new short[3])));
        var e = assertThrows(IllegalArgumentException.class, () -> evaluator.run(List.of(new short[] {0, 128})));
        assertEquals("input 'in': code 128 is outside [-128, 127]", e.getMessage());
    }

    @Test
    void manyFramesInParallelAreTheSameAsOneByOne() {
        QuantizedGraph graph = RandomQuantizedGraphs.generate(12, 5, Precision.INT8);
        var evaluator = new IntegerEvaluator(graph);
        List<List<short[]>> frames = IntStream.range(0, 50)
                .mapToObj(i -> RandomQuantizedGraphs.randomFrame(graph, i))
                .toList();
        List<List<short[]>> together = evaluator.runMany(frames);
        for (int i = 0; i < frames.size(); i++) {
            assertArrayEquals(
                    evaluator.run(frames.get(i)).getFirst(), together.get(i).getFirst());
        }
    }

    @Test
    void takesMapsOfRankOneAndThree() {
        for (List<Integer> spatial : List.of(List.of(7), List.of(3, 4, 5))) {
            int rank = spatial.size();
            var kernel = java.util.Collections.nCopies(rank, 2);
            var ones = java.util.Collections.nCopies(rank, 1);
            var zeros = java.util.Collections.nCopies(rank, 0);
            var window = new Window(kernel, ones, ones, zeros, ones);
            var weights = new short[3 * window.taps() * 2];
            for (int i = 0; i < weights.length; i++) {
                weights[i] = (short) (i * 37 % 255 - 127);
            }
            var requantizer = new Requantizer(0, List.of(70_000, -90_000, 100_000), List.of(25, 26, 24), -5, -128, 127);
            var conv = new QOp.Conv(
                    window, 3, new Weights(weights), List.of(9L, -1000L, 77L), requantizer, Optional.empty());
            QuantizedGraph graph = graph(
                    new QNode(0, "in", new QOp.Input(), List.of(), new MapType(2, spatial, 1, 11), where()),
                    new QNode(1, "conv", conv, List.of(0), new MapType(3, spatial, 1, -5), where()));
            List<short[]> frame = RandomQuantizedGraphs.randomFrame(graph, rank);
            assertArrayEquals(
                    new BigIntegerEvaluator(graph).runAll(frame).get(1),
                    widen(IntegerEvaluator.runAll(graph, frame).get(1)));
        }
    }

    private static int single(IntegerEvaluator evaluator, int a, int b) {
        return evaluator.run(List.of(new short[] {(short) a, (short) b})).getFirst()[0];
    }

    private static QuantizedGraph graph(QNode... nodes) {
        return new QuantizedGraph("small", Precision.INT8, List.of(nodes), List.of(nodes.length - 1), List.of("out"));
    }

    private static SourceRef where() {
        return SourceRef.file("small");
    }

    private static int[] widen(short[] codes) {
        var wide = new ArrayList<Integer>();
        for (short c : codes) {
            wide.add((int) c);
        }
        return wide.stream().mapToInt(Integer::intValue).toArray();
    }
}
