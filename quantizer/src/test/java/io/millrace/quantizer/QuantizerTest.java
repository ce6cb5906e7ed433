package io.millrace.quantizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.CompileException;
import io.millrace.ir.Graph;
import io.millrace.ir.GraphBuilder;
import io.millrace.ir.Op;
import io.millrace.ir.Passes;
import io.millrace.ir.Pointwise;
import io.millrace.ir.Shape;
import io.millrace.ir.SourceRef;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class QuantizerTest {
    private static final Window POOL =
            new Window(List.of(2, 2), List.of(2, 2), List.of(0, 0), List.of(0, 0), List.of(1, 1));

    private static Quantized quantize(Graph graph, QuantizeOptions options) {
        return Quantizer.quantize(graph, Calibration.of(graph, FloatNets.frames(graph, 40, 1)), options);
    }

    private static QuantizeOptions options(NumberFormat format) {
        return QuantizeOptions.of(format);
    }

    /** Signal to noise of the last node on other frames than those of the calibration. */
    private static double sqnr(Quantized quantized) {
        var frames = FloatNets.frames(quantized.reference(), 20, 2);
        return AccuracyReport.measure(quantized, frames, new int[20])
                .tensors()
                .getLast()
                .sqnrDb();
    }

    private static String ops(Quantized quantized) {
        return quantized.graph().nodes().stream()
                .map(n -> n.op().getClass().getSimpleName())
                .collect(Collectors.joining(" "));
    }

    private static FloatNets net() {
        return new FloatNets(7, Shape.of(1, 2, 13, 11)).conv("conv", 5, Window.of(3, 3));
    }

    @ParameterizedTest
    @CsvSource({"INT8, 28", "INT16_FREE_Q, 70", "INT16_Q8_8, 30"})
    void everyKindOfLayerKeepsItsSignal(NumberFormat format, double leastDb) {
        var nets = List.of(
                net().build(),
                net().activation("relu", new Pointwise.Relu()).build(),
                net().activation("clip", new Pointwise.Clip(-0.4f, 0.9f)).build(),
                net().activation("tanh", new Pointwise.Tanh()).build(),
                net().activation("sigmoid", new Pointwise.Sigmoid()).build(),
                net().activation("leaky", new Pointwise.LeakyRelu(0.1f)).build(),
                net().activation("hard", new Pointwise.HardSigmoid(0.2f, 0.5f)).build(),
                net().activation("abs", new Pointwise.Abs())
                        .activation("tanh", new Pointwise.Tanh())
                        .build(),
                net().add("max", new Op.MaxPool(POOL)).build(),
                net().add("max", new Op.MaxPool(POOL))
                        .activation("relu", new Pointwise.Relu())
                        .build(),
                net().add("max", new Op.MaxPool(POOL))
                        .activation("tanh", new Pointwise.Tanh())
                        .build(),
                net().add("mean", new Op.AveragePool(POOL, true)).build(),
                net().add("mean", new Op.AveragePool(POOL, true))
                        .affine("gains", 1.5f, -2, 0.01f, 0, 0.7f)
                        .activation("tanh", new Pointwise.Tanh())
                        .build(),
                net().activation("relu", new Pointwise.Relu())
                        .affine("gains", 1, -1, 0.5f, 2, 3)
                        .build(),
                net().activation("relu", new Pointwise.Relu())
                        .conv("fc", 7, Window.of(11, 9))
                        .build());
        for (Graph graph : nets) {
            Quantized quantized = quantize(graph, options(format));
            double db = sqnr(quantized);
            assertTrue(
                    db > leastDb,
                    ops(quantized) + ", last '" + graph.nodes().getLast().name() + "': " + db + " dB");
        }
    }

    @ParameterizedTest
    @EnumSource(CalibrationMethod.class)
    void everyMethodIsGoodOnEvenlySpreadValues(CalibrationMethod method) {
        Graph graph = net().activation("relu", new Pointwise.Relu())
                .conv("fc", 7, Window.of(11, 9))
                .build();
        assertTrue(sqnr(quantize(graph, options(NumberFormat.INT8).withMethod(method))) > 28);
    }

    @Test
    void aReluBehindAMaxPoolMovesBeforeIt() {
        Graph graph = net().add("max", new Op.MaxPool(POOL))
                .activation("relu", new Pointwise.Relu())
                .build();
        Quantized quantized = quantize(graph, options(NumberFormat.INT8));
        assertEquals("Input Conv MaxPool", ops(quantized));
        var conv = assertInstanceOf(QOp.Conv.class, quantized.graph().node(1).op());
        assertEquals(-128, conv.requantizer().low());
        assertEquals(-128, quantized.graph().node(1).type().zeroPoint());
        assertTrue(quantized.floatNodes().get(1).isEmpty());
        assertEquals(List.of("conv", "relu"), quantized.graph().node(1).source().layers());
    }

    @Test
    void aReluThatNotEveryReaderWantsStaysByItself() {
        FloatNets net = net();
        int conv = net.last();
        int relu = net.activation("relu", new Pointwise.Relu()).last();
        Graph graph = net.build(List.of(conv, relu));
        Quantized quantized = quantize(graph, options(NumberFormat.INT8));
        assertEquals("Input Conv MaxPool", ops(quantized));
        assertEquals(List.of(1, 2), quantized.graph().outputs());
        assertTrue(sqnr(quantized) > 28);
    }

    @Test
    void anImageInputHasTheCodesOfItsPixels() {
        Quantized quantized = quantize(net().build(), options(NumberFormat.INT8));
        MapType type = quantized.graph().node(0).type();
        assertEquals(-128, type.zeroPoint());
        for (int pixel = 0; pixel < 256; pixel++) {
            assertEquals(pixel - 128, HostCodes.code(InputSpec.UNIT.real(pixel, 0), type, Precision.INT8));
            assertEquals(pixel / 255.0, HostCodes.real(pixel - 128, type), 1e-12);
        }
    }

    @Test
    void channelsMoveBetweenPlanesAndRows() {
        var type = new MapType(2, List.of(1, 3), 0.5, 0);
        var planes = Tensor.of(Shape.of(1, 2, 1, 3), 1, 2, 3, 4, 5, 6);
        short[] codes = HostCodes.encode(planes, type, Precision.INT8);
        assertEquals(List.of(2, 8, 4, 10, 6, 12), toList(codes));
        assertEquals(planes, HostCodes.decode(codes, type));
    }

    private static List<Integer> toList(short[] codes) {
        return java.util.stream.IntStream.range(0, codes.length)
                .mapToObj(i -> (int) codes[i])
                .toList();
    }

    @Test
    void biasCorrectionTakesTheMeanErrorAway() {
        Graph graph = net().activation("relu", new Pointwise.Relu())
                .conv("fc", 7, Window.of(11, 9))
                .build();
        double with = meanError(quantize(graph, options(NumberFormat.INT8)));
        double without = meanError(quantize(graph, options(NumberFormat.INT8).withBiasCorrection(false)));
        assertTrue(with < without / 2, with + " with, " + without + " without");
    }

    /** Mean over channels of the magnitude of the mean error of the output, in steps, on the calibration frames. */
    private static double meanError(Quantized quantized) {
        Graph reference = quantized.reference();
        var evaluator = new IntegerEvaluator(quantized.graph());
        MapType in = quantized.graph().node(0).type();
        MapType out = quantized.graph().nodes().getLast().type();
        var sums = new double[out.channels()];
        for (List<Tensor> frame : FloatNets.frames(reference, 40, 1)) {
            Tensor due = io.millrace.ir.FloatEvaluator.run(reference, frame).getFirst();
            short[] codes = evaluator
                    .run(List.of(HostCodes.encode(frame.getFirst(), in, Precision.INT8)))
                    .getFirst();
            for (int c = 0; c < sums.length; c++) {
                sums[c] += HostCodes.real(codes[c], out) - due.get(c);
            }
        }
        return java.util.Arrays.stream(sums).map(Math::abs).sum() / sums.length / 40 / out.scale();
    }

    @Test
    void refusalsNameEveryLayerTheReasonAndARemedy() {
        var padded = new Window(List.of(2, 2), List.of(2, 2), List.of(1, 0), List.of(0, 0), List.of(1, 1));
        Graph graph = net().add("mean", new Op.AveragePool(padded, false))
                .add("soft", new Op.Softmax(false))
                .build();
        var e = assertThrows(CompileException.class, () -> quantize(graph, options(NumberFormat.INT8)));
        assertEquals(4, e.exitCode());
        assertEquals("""
                error[QNT-0202] net: layer 'mean': 'mean' averages over padding [1, 0], [0, 0] without counting it
                  try: compose the graph first
                error[QNT-0201] net: layer 'soft': 'soft' is softmax, which has no integer form yet
                  try: compose the graph first""", e.getMessage());
        assertTrue(sqnr(quantize(Passes.compose(graph), options(NumberFormat.INT8))) > 20);
    }

    /** A difference that is nothing but the noise of single precision has the steps of its operands, not of its noise. */
    @Test
    void aDifferenceThatIsAlmostConstantIsNotRefused() {
        for (NumberFormat format : NumberFormat.values()) {
            FloatNets net = net();
            int a = net.last();
            int b = net.add("up", FloatNets.gain(3, 3, 3, 3, 3))
                    .add("down", FloatNets.gain(1 / 3f, 1 / 3f, 1 / 3f, 1 / 3f, 1 / 3f))
                    .last();
            int difference = net.join("difference", new Op.Binary(BinaryFunction.SUB), a, b)
                    .last();
            Graph graph = net.join("product", new Op.Binary(BinaryFunction.MUL), difference, difference)
                    .join("sum", new Op.Binary(BinaryFunction.ADD), net.last(), a)
                    .build();
            assertTrue(sqnr(quantize(graph, options(format))) > 25, format.toString());
        }
    }

    /** What composing leaves is named with its reason and a remedy that helps. */
    @Test
    void refusesWhatCannotBeComposed() {
        var rows = new GraphBuilder();
        int x = rows.input("x", Shape.of(1, 3, 4, 5), SourceRef.layer("net", "x"));
        int tokens = rows.reshape("tokens", x, Shape.of(3, 4, 5), SourceRef.layer("net", "tokens"));
        int soft = rows.add("soft", new Op.Softmax(false), SourceRef.layer("net", "soft"), tokens);
        int back = rows.reshape("back", soft, Shape.of(1, 3, 4, 5), SourceRef.layer("net", "back"));
        int map = rows.add("map", new Op.Constant(Tensor.zeros(Shape.of(1, 1, 4, 5))), SourceRef.layer("net", "map"));
        int sum = rows.add("sum", new Op.Binary(BinaryFunction.ADD), SourceRef.layer("net", "sum"), back, map);
        int found =
                rows.add("found", new Op.Lookup(Tensor.zeros(Shape.of(900, 8))), SourceRef.layer("net", "found"), x);
        int longer =
                rows.add("long", new Op.Lookup(Tensor.zeros(Shape.of(5000, 2))), SourceRef.layer("net", "long"), x);
        int wide = rows.input("wide", Shape.of(1, 1, 4, 20_000), SourceRef.layer("net", "wide"));
        int large = rows.add("large", new Op.Constant(Tensor.zeros(rows.shape(wide))), SourceRef.layer("net", "large"));
        int both = rows.add("both", new Op.Binary(BinaryFunction.MUL), SourceRef.layer("net", "both"), wide, large);
        var graph = Passes.prepare(
                rows.build("net", List.of(sum, found, longer, both), List.of("sum", "found", "longer", "both")));
        String text = Quantizer.forms(graph, Precision.INT8).stream()
                .flatMap(form -> form.refusal().stream())
                .map(refusal -> refusal.problem() + ": " + refusal.remedy())
                .collect(Collectors.joining("\n"));
        // Along rows that a reshape has made the second axis.
        assertFalse(text.contains("'soft'"), text);
        assertTrue(text.contains("'found/rows' is one of 900 rows or channels by its number"), text);
        assertTrue(text.contains("of which 8-bit codes tell 256 apart"), text);
        assertTrue(text.contains("'long' is a lookup table of 5000 rows, engines take 4096"), text);
        assertTrue(text.contains("'large' is a constant of shape 1x1x4x20000"), text);
        assertTrue(text.contains("use a gain or a bias for each channel instead"), text);
        assertTrue(text.contains("cut the graph behind it with --from"), text);
    }

    @ParameterizedTest
    @EnumSource(NumberFormat.class)
    void mapsMayHaveOneOrThreeAxes(NumberFormat format) {
        for (int rank : new int[] {1, 3}) {
            var dims = new ArrayList<>(List.of(1, 3));
            var axes = Collections.nCopies(rank, 9);
            dims.addAll(axes);
            var twos = Collections.nCopies(rank, 2);
            var ones = Collections.nCopies(rank, 1);
            var window = new Window(Collections.nCopies(rank, 3), twos, ones, ones, ones);
            Graph graph = new FloatNets(11, new Shape(dims))
                    .conv("conv", 5, window)
                    .activation("tanh", new Pointwise.Tanh())
                    .add("mean", new Op.AveragePool(new Window(twos, ones, ones, ones, ones), true))
                    .add("max", new Op.MaxPool(new Window(twos, twos, ones, ones, ones)))
                    .build();
            double db = sqnr(quantize(graph, options(format)));
            assertTrue(db > 28, format + " at rank " + rank + ": " + db + " dB");
        }
    }

    @Test
    void refusesAMeanThatIsNotOneAChannel() {
        var spec = new InputSpec(1.0 / 255, List.of(0.1, 0.2, 0.3));
        var e = assertThrows(
                CompileException.class,
                () -> quantize(net().build(), options(NumberFormat.INT8).withInput(Optional.of(spec))));
        assertEquals("QNT-0303", e.diagnostics().getFirst().code());
        assertEquals(2, e.exitCode());
    }

    @Test
    void anInputThatIsNoImageIsCalibrated() {
        Quantized quantized = quantize(net().build(), options(NumberFormat.INT8).withInput(Optional.empty()));
        assertEquals(1.0 / 255, quantized.graph().node(0).type().scale(), 1e-4);
        assertTrue(sqnr(quantized) > 28);
    }

    @Test
    void deadChannelsKeepTheirBias() {
        var weights = new float[2 * 2];
        weights[0] = 1;
        var conv = new Op.Conv(
                Tensor.of(Shape.of(2, 2, 1, 1), weights), Tensor.of(Shape.of(2), 0, 0.75f), Window.of(1, 1), 1);
        Graph graph = new FloatNets(1, Shape.of(1, 2, 4, 4)).add("conv", conv).build();
        for (NumberFormat format : NumberFormat.values()) {
            Quantized quantized = quantize(graph, options(format));
            MapType out = quantized.graph().node(1).type();
            short[] codes = IntegerEvaluator.run(quantized.graph(), List.of(new short[32]))
                    .getFirst();
            assertEquals(0.75, HostCodes.real(codes[1], out), out.scale(), format.toString());
        }
    }

    @Test
    void refusesOperationsWithoutAnIntegerForm() {
        assertRefused(
                "soft",
                "QNT-0201",
                new FloatNets(1, Shape.of(1, 2, 4, 4))
                        .add("soft", new Op.Softmax(true))
                        .build());
        assertRefused(
                "rounding",
                "QNT-0207",
                new FloatNets(1, Shape.of(1, 2, 4, 4))
                        .add("rounding", new Op.FakeQuantize(0.1f, 0, -32768, 32767))
                        .build());
    }

    private static void assertRefused(String layer, String code, Graph graph) {
        var e = assertThrows(CompileException.class, () -> quantize(graph, options(NumberFormat.INT8)));
        assertEquals(4, e.exitCode());
        assertEquals(1, e.diagnostics().size());
        assertEquals(code, e.diagnostics().getFirst().code());
        assertEquals(List.of(layer), e.diagnostics().getFirst().where().layers());
    }

    @Test
    void withoutFramesThereAreNoRanges() {
        var e = assertThrows(CompileException.class, () -> Calibration.of(net().build(), List.of()));
        assertEquals(2, e.exitCode());
        assertEquals("QNT-0301", e.diagnostics().getFirst().code());
    }

    @Test
    void longSumsGetAPreShiftOnlyWhenTheyMayNeedMoreThan25Bits() {
        for (NumberFormat format : NumberFormat.values()) {
            Graph graph = new FloatNets(3, Shape.of(1, 40, 9, 9))
                    .conv("short", 4, Window.of(1, 1))
                    .from(0)
                    .conv("long", 4, Window.of(9, 9))
                    .build();
            Quantized quantized = quantize(graph, options(format));
            for (QNode node : quantized.graph().nodes()) {
                if (node.op() instanceof QOp.Conv conv) {
                    int bits = AccumulatorWidth.bits(node, quantized.graph());
                    assertTrue(conv.requantizer().preShift() == 0 || bits > 25, node.name() + " at " + format);
                }
            }
            assertTrue(sqnr(quantized) > 25, format + ": " + sqnr(quantized));
        }
    }

    @Test
    void theSameInputGivesTheSameGraph() {
        Graph graph = net().activation("tanh", new Pointwise.Tanh())
                .conv("fc", 7, Window.of(11, 9))
                .build();
        assertEquals(
                QuantizedGraphText.print(
                        quantize(graph, options(NumberFormat.INT8)).graph()),
                QuantizedGraphText.print(
                        quantize(graph, options(NumberFormat.INT8)).graph()));
    }
}
