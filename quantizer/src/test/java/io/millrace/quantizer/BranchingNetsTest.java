package io.millrace.quantizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.CompileException;
import io.millrace.ir.Graph;
import io.millrace.ir.Op;
import io.millrace.ir.Pointwise;
import io.millrace.ir.Shape;
import io.millrace.ir.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Groups, sums and concatenations, from floats to integers. */
class BranchingNetsTest {
    private static final Window ONE = Window.of(1, 1);
    private static final Window POOL =
            new Window(List.of(2, 2), List.of(2, 2), List.of(0, 0), List.of(0, 0), List.of(1, 1));

    private static Quantized quantize(Graph graph, NumberFormat format) {
        return Quantizer.quantize(
                graph, Calibration.of(graph, FloatNets.frames(graph, 40, 1)), QuantizeOptions.of(format));
    }

    private static String ops(Quantized quantized) {
        return quantized.graph().nodes().stream()
                .map(n -> n.op().getClass().getSimpleName())
                .collect(Collectors.joining(" "));
    }

    private static double leastDb(Quantized quantized) {
        var frames = FloatNets.frames(quantized.reference(), 20, 2);
        return AccuracyReport.measure(quantized, frames, new int[20]).tensors().stream()
                .mapToDouble(TensorAccuracy::sqnrDb)
                .min()
                .orElseThrow();
    }

    private static FloatNets net() {
        return new FloatNets(7, Shape.of(1, 4, 9, 8));
    }

    @ParameterizedTest
    @CsvSource({"INT8, 24", "INT16_FREE_Q, 65"})
    void groupsKeepTheirSignalAndTheirMeans(NumberFormat format, double leastDb) {
        for (int groups : new int[] {1, 2, 4}) {
            Graph graph = net().conv("conv", 8, Window.of(3, 2), groups)
                    .activation("relu", new Pointwise.Relu())
                    .conv("next", 16, Window.of(2, 3), 2 * groups)
                    .build();
            Quantized quantized = quantize(graph, format);
            assertEquals("Input Conv Conv", ops(quantized));
            var conv = (QOp.Conv) quantized.graph().node(1).op();
            assertEquals(groups, conv.groups());
            assertEquals(8 * 6 * 4 / groups, conv.weights().size());
            double db = leastDb(quantized);
            assertTrue(db > leastDb, groups + " groups: " + db + " dB");
        }
    }

    @ParameterizedTest
    @CsvSource({"INT8, 20", "INT16_FREE_Q, 60", "INT16_Q8_8, 35"})
    void maximaAndMinimaCompareOnOneGrid(NumberFormat format, double leastDb) {
        FloatNets net = net();
        int a = net.conv("a", 3, ONE).last();
        int b = net.from(0).conv("b", 3, ONE).affine("wider", 2.5f, 2.5f, 2.5f).last();
        int c = net.from(0).conv("c", 3, ONE).last();
        int max = net.join("max", new Op.Binary(BinaryFunction.MAX), a, b).last();
        Graph graph = net.join("min", new Op.Binary(BinaryFunction.MIN), max, c)
                .activation("tanh", new Pointwise.Tanh())
                .build();
        Quantized quantized = quantize(graph, format);
        var extremes = quantized.graph().nodes().stream()
                .filter(n -> n.op() instanceof QOp.Extreme)
                .toList();
        assertEquals(2, extremes.size());
        assertFalse(((QOp.Extreme) extremes.getFirst().op()).least());
        assertTrue(((QOp.Extreme) extremes.getLast().op()).least());
        assertTrue(extremes.getLast().op().table().isPresent());
        double db = leastDb(quantized);
        assertTrue(db > leastDb, db + " dB");
    }

    /** Of scores, of probabilities, and their largest value. */
    @Test
    void labelsComeFromScores() {
        Graph scores = net().conv("conv", 5, Window.of(3, 2))
                .add("label", new Op.TopK(1, true))
                .build();
        assertEquals("Input Conv ArgMax", ops(quantize(scores, NumberFormat.INT8)));
        Graph probabilities = net().conv("conv", 5, Window.of(3, 2))
                .add("softmax", new Op.Softmax(false))
                .add("label", new Op.TopK(1, true))
                .build();
        Quantized labels = quantize(probabilities, NumberFormat.INT8);
        assertEquals("Input Conv ArgMax", ops(labels));
        var frame = FloatNets.frames(scores, 1, 5).getFirst();
        var type = labels.graph().node(0).type();
        List<short[]> all = IntegerEvaluator.runAll(
                labels.graph(), List.of(HostCodes.encode(frame.getFirst(), type, Precision.INT8)));
        short[] codes = all.get(1);
        short[] found = all.get(2);
        assertEquals(7 * 7, found.length);
        for (int p = 0; p < found.length; p++) {
            for (int c = 0; c < 5; c++) {
                int difference = codes[p * 5 + found[p]] - codes[p * 5 + c];
                assertTrue(c < found[p] ? difference > 0 : difference >= 0, "position " + p);
            }
        }
        Graph largest = net().conv("conv", 5, Window.of(3, 2))
                .add("value", new Op.TopK(1, false))
                .build();
        Quantized value = quantize(largest, NumberFormat.INT8);
        assertEquals("Input Conv View MaxPool", ops(value));
        assertTrue(leastDb(value) > 25, leastDb(value) + " dB");
    }

    @Test
    void labelsBeyondTheCodesAreRefused() {
        Graph graph =
                net().conv("conv", 129, ONE).add("label", new Op.TopK(1, true)).build();
        String e = assertThrows(CompileException.class, () -> quantize(graph, NumberFormat.INT8))
                .toString();
        assertTrue(e.contains("the largest of 129 channels, 8-bit codes number 128"), e);
        assertTrue(e.contains("quantize to int16"), e);
        assertEquals("Input Conv ArgMax", ops(quantize(graph, NumberFormat.INT16_FREE_Q)));
        Graph three =
                net().conv("conv", 129, ONE).add("label", new Op.TopK(3, true)).build();
        assertThrows(CompileException.class, () -> quantize(three, NumberFormat.INT8));
    }

    /** A gate of one pixel is spread over the map; what is not on the common grid is requantized. */
    @Test
    void maximumOfAnInputAndItsMeans() {
        FloatNets net = net();
        int gate = net.add("mean", new Op.AveragePool(Window.of(9, 8), false)).last();
        Graph graph =
                net.join("max", new Op.Binary(BinaryFunction.MAX), 0, gate).build();
        Quantized quantized = quantize(graph, NumberFormat.INT8);
        assertEquals("Input SumPool SumPool Gather Extreme", ops(quantized));
        assertTrue(leastDb(quantized) > 20, leastDb(quantized) + " dB");
    }

    @ParameterizedTest
    @CsvSource({"INT8, 27", "INT16_FREE_Q, 65", "INT16_Q8_8, 35"})
    void sumsTakeInWhatFollowsAndWhatOnlyTheyRead(NumberFormat format, double leastDb) {
        FloatNets net = net();
        int a = net.conv("a", 3, ONE).last();
        int b = net.from(0).conv("b", 3, ONE).last();
        int c = net.from(0).conv("c", 3, ONE).last();
        int minus = net.add("minus", FloatNets.gain(-1, -1, -1)).last();
        int inner = net.join("inner", new Op.Binary(BinaryFunction.ADD), a, b).last();
        Graph relu = net.join("outer", new Op.Binary(BinaryFunction.ADD), minus, inner)
                .activation("relu", new Pointwise.Relu())
                .build();
        Quantized quantized = quantize(relu, format);
        assertEquals("Input Conv Conv Conv Add", ops(quantized));
        var add = (QOp.Add) quantized.graph().nodes().getLast().op();
        assertEquals(List.of(c, a, b), quantized.graph().nodes().getLast().inputs());
        assertTrue(add.terms().getFirst().multiplier() < 0);
        assertEquals(add.zeroPoint(), add.low());
        assertTrue(leastDb(quantized) > leastDb, format + ": " + leastDb(quantized) + " dB");
    }

    @ParameterizedTest
    @CsvSource({"INT8, 27", "INT16_FREE_Q, 65", "INT16_Q8_8, 35"})
    void aSumMayEndInATable(NumberFormat format, double leastDb) {
        FloatNets net = net().conv("a", 4, ONE);
        Graph tanh = net.join("sum", new Op.Binary(BinaryFunction.ADD), net.last(), 0)
                .activation("tanh", new Pointwise.Tanh())
                .build();
        Quantized withTable = quantize(tanh, format);
        assertTrue(((QOp.Add) withTable.graph().nodes().getLast().op()).table().isPresent());
        assertTrue(leastDb(withTable) > leastDb, format + ": " + leastDb(withTable) + " dB");
    }

    @Test
    void aMapPlusItselfIsAGainOfTwo() {
        FloatNets net = net().conv("a", 3, ONE);
        Quantized quantized = quantize(
                net.join("twice", new Op.Binary(BinaryFunction.ADD), net.last(), net.last())
                        .build(),
                NumberFormat.INT8);
        assertEquals("Input Conv SumPool", ops(quantized));
        assertTrue(leastDb(quantized) > 28, leastDb(quantized) + " dB");
    }

    @ParameterizedTest
    @CsvSource({"INT8, 24", "INT16_FREE_Q, 65"})
    void producersOfAConcatenationShareItsGrid(NumberFormat format, double leastDb) {
        FloatNets net = net();
        int a = net.conv("a", 3, ONE).activation("relu", new Pointwise.Relu()).last();
        int b = net.from(0)
                .add("mean", new Op.AveragePool(ONE, true))
                .conv("b", 2, ONE)
                .last();
        int pool = net.add("max", new Op.MaxPool(Window.of(1, 1))).last();
        int tanh = net.from(0).activation("tanh", new Pointwise.Tanh()).last();
        int inner = net.join("inner", new Op.Concat(1), a, pool).last();
        Graph graph = net.join("outer", new Op.Concat(1), inner, tanh)
                .conv("c", 5, Window.of(3, 3))
                .build(List.of(net.last(), b));
        Quantized quantized = quantize(graph, format);
        assertEquals("Input Conv SumPool Conv MaxPool MaxPool Concat Concat Conv", ops(quantized));
        QuantizedGraph g = quantized.graph();
        assertEquals(4, g.node(7).inputs().size() + 1);
        assertFalse(g.nodes().stream().anyMatch(n -> n.name().contains("/requantized")));
        assertTrue(leastDb(quantized) > leastDb, format + ": " + leastDb(quantized) + " dB");
    }

    @Test
    void whatCannotRequantizeIsRequantizedByANodeOfItsOwn() {
        FloatNets net = net().conv("a", 4, ONE);
        Graph graph = net.join("concat", new Op.Concat(1), net.last(), 0, 0)
                .conv("c", 5, ONE)
                .build();
        Quantized quantized = quantize(graph, NumberFormat.INT8);
        assertEquals("Input Conv SumPool SumPool Concat Conv", ops(quantized));
        assertEquals("in/requantized", quantized.graph().node(2).name());
        assertEquals("in/requantized#2", quantized.graph().node(3).name());
        assertTrue(leastDb(quantized) > 26, leastDb(quantized) + " dB");
    }

    @Test
    void onlyPlainConvolutionsReadAConcatenation() {
        FloatNets net = net().conv("a", 4, ONE);
        int concat = net.join("concat", new Op.Concat(1), net.last(), 0).last();
        int max = net.add("max", new Op.MaxPool(POOL)).last();
        int depthwise =
                net.from(concat).conv("depthwise", 8, Window.of(3, 3), 8).last();
        Quantized quantized = quantize(net.build(List.of(concat, max, depthwise)), NumberFormat.INT8);
        assertEquals("Input Conv SumPool Concat Conv MaxPool Conv", ops(quantized));
        QNode copy = quantized.graph().node(4);
        assertEquals("concat/copied", copy.name());
        assertEquals(List.of(4, 5, 6), quantized.graph().outputs());
        short[] codes = new short[quantized.graph().node(0).type().elements()];
        for (int i = 0; i < codes.length; i++) {
            codes[i] = (short) (i * 91 % 256 - 128);
        }
        List<short[]> all = IntegerEvaluator.runAll(quantized.graph(), List.of(codes));
        assertArrayEquals(all.get(3), all.get(copy.id()));
    }

    @ParameterizedTest
    @CsvSource({"INT8, 0, 18", "INT16_FREE_Q, 35, 58", "INT16_Q8_8, 0, 18"})
    void randomNetsKeepTheirSignal(NumberFormat format, double leastDb, double mostlyDb) {
        int nets = 50;
        int good = 0;
        for (long seed = 0; seed < nets; seed++) {
            Graph graph = RandomFloatNets.generate(seed, 12);
            var frames = FloatNets.frames(graph, 12, seed);
            Quantized quantized = Quantizer.quantize(graph, Calibration.of(graph, frames), QuantizeOptions.of(format));
            List<TensorAccuracy> tensors =
                    AccuracyReport.measure(quantized, frames, new int[12]).tensors();
            double worst = tensors.stream()
                    .filter(t -> t.seenHigh() - t.seenLow() > 0.05)
                    .mapToDouble(TensorAccuracy::sqnrDb)
                    .min()
                    .orElse(100);
            assertTrue(worst > leastDb, "seed " + seed + ": " + worst + " dB, " + tensors);
            good += worst > mostlyDb ? 1 : 0;
            assertAgree(quantized.graph(), frames.getFirst(), "seed " + seed);
        }
        assertTrue(good > nets * 9 / 10, good + " of " + nets + " nets are over " + mostlyDb + " dB");
    }

    private static void assertAgree(QuantizedGraph graph, List<io.millrace.ir.Tensor> frame, String what) {
        var codes = new ArrayList<short[]>();
        for (int i = 0; i < frame.size(); i++) {
            codes.add(HostCodes.encode(frame.get(i), graph.inputs().get(i).type(), graph.precision()));
        }
        List<int[]> due = new BigIntegerEvaluator(graph).runAll(codes);
        List<short[]> found = IntegerEvaluator.runAll(graph, codes);
        for (QNode n : graph.nodes()) {
            int[] wide = new int[found.get(n.id()).length];
            for (int i = 0; i < wide.length; i++) {
                wide[i] = found.get(n.id())[i];
            }
            assertArrayEquals(due.get(n.id()), wide, what + " at " + n.name());
        }
    }
}
