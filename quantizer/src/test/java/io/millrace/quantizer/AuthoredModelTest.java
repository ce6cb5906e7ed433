package io.millrace.quantizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.FloatEvaluator;
import io.millrace.ir.Graph;
import io.millrace.ir.Op;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import io.millrace.quantizer.internal.IntegerKernels;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Models that bring their own quantization: the author's scales, zero points and weights are kept. */
class AuthoredModelTest {
    /** Differences of codes, operator by operator, and how often each was seen. */
    private final Map<Integer, Integer> differences = new TreeMap<>();

    private static Quantized quantize(Graph graph, List<List<Tensor>> frames) {
        return Quantizer.quantize(graph, Calibration.of(graph, frames), QuantizeOptions.of(NumberFormat.INT8));
    }

    private static String ops(Quantized quantized) {
        return quantized.graph().nodes().stream()
                .map(n -> n.op().getClass().getSimpleName())
                .collect(Collectors.joining(" "));
    }

    /**
     * Each operator by itself: fed with the codes that the float graph has for its operands, which are exact, it has to make the
     * codes that the float graph has for its result, up to one step.
     */
    private void compareOperators(Quantized quantized, List<Tensor> frame, String what) {
        QuantizedGraph graph = quantized.graph();
        List<Tensor> floats = FloatEvaluator.runAll(quantized.reference(), frame);
        var codes = new ArrayList<short[]>();
        for (QNode n : graph.nodes()) {
            OptionalInt floatNode = quantized.floatNodes().get(n.id());
            if (n.op() instanceof QOp.Input) {
                codes.add(HostCodes.encode(floats.get(floatNode.orElseThrow()), n.type(), graph.precision()));
                continue;
            }
            short[] found = IntegerKernels.of(graph, n)
                    .run(n.inputs().stream().map(codes::get).toList());
            if (floatNode.isEmpty()) {
                codes.add(found);
                continue;
            }
            short[] due = HostCodes.encode(floats.get(floatNode.getAsInt()), n.type(), graph.precision());
            for (int i = 0; i < due.length; i++) {
                int at = i;
                int difference = Math.abs(found[i] - due[i]);
                differences.merge(difference, 1, Integer::sum);
                assertTrue(
                        difference <= 1,
                        () -> what + " node '" + n.name() + "': " + found[at] + " for " + due[at] + " at " + at);
            }
            codes.add(due);
        }
    }

    @Test
    void everyOperatorOfLeNet5IsWithinAStep() {
        Graph graph = Digits.model("lenet5_qdq");
        Quantized quantized = quantize(graph, Digits.calibration());
        assertEquals("Input Conv MaxPool Conv MaxPool Conv Conv Conv", ops(quantized));
        List<Double> scales = graph.nodes().stream()
                .filter(n -> n.op() instanceof Op.FakeQuantize)
                .map(n -> (double) ((Op.FakeQuantize) n.op()).scale())
                .toList();
        assertEquals(
                List.of(
                        scales.get(0),
                        scales.get(1),
                        scales.get(1),
                        scales.get(2),
                        scales.get(2),
                        scales.get(3),
                        scales.get(4)),
                quantized.graph().nodes().subList(0, 7).stream()
                        .map(n -> n.type().scale())
                        .toList());
        for (List<Tensor> frame : Digits.heldOut().subList(0, 100)) {
            compareOperators(quantized, frame, "digit");
        }
        assertMostlyExact(0.01);
        assertEquals(
                quantized.graph(), QuantizedGraphText.parse("qdq.txt", QuantizedGraphText.print(quantized.graph())));
        var report = AccuracyReport.measure(quantized, Digits.heldOut(), Digits.labels());
        assertTrue(report.integerTop1() >= 0.99 && report.agreement() >= 0.998, report.toString());
    }

    @Test
    void sixteenBitsHoldAuthoredCodesAsTheyAre() {
        Graph graph = Digits.model("lenet5_qdq");
        Quantized quantized = Quantizer.quantize(
                graph, Calibration.of(graph, Digits.calibration()), QuantizeOptions.of(NumberFormat.INT16_FREE_Q));
        assertEquals("Input SumPool Conv MaxPool Conv MaxPool Conv Conv Conv", ops(quantized));
        var first = (QOp.Conv) quantized.graph().node(2).op();
        assertEquals(127, first.requantizer().high());
        for (List<Tensor> frame : Digits.heldOut().subList(0, 20)) {
            compareOperators(quantized, frame, "digit");
        }
        assertMostlyExact(0.01);
    }

    private void assertMostlyExact(double share) {
        int all = differences.values().stream().mapToInt(Integer::intValue).sum();
        int off = differences.getOrDefault(1, 0);
        assertTrue(off < share * all, differences + " codes by their difference");
    }

    @Test
    void everyOperatorOfRandomNetsIsWithinAStep() {
        for (long seed = 0; seed < 60; seed++) {
            Graph floats = RandomFloatNets.generate(seed, 12, false);
            List<List<Tensor>> frames = FloatNets.frames(floats, 8, seed);
            Graph graph = AuthoredNets.of(floats, frames, seed);
            Quantized quantized = quantize(graph, frames);
            for (List<Tensor> frame : frames) {
                compareOperators(quantized, frame, "seed " + seed);
            }
        }
        assertMostlyExact(0.03);
    }

    @Test
    void unsignedCodesMoveBy128AndTheHostRoundsTheInput() {
        Graph graph = new FloatNets(3, Shape.of(1, 2, 5, 5))
                .add("in_dq", new Op.FakeQuantize(1 / 255f, 0, 0, 255))
                .conv("conv", 3, Window.of(3, 3))
                .add("conv_dq", new Op.FakeQuantize(0.02f, 130, 0, 255))
                .build();
        Quantized quantized = quantize(graph, FloatNets.frames(graph, 5, 1));
        assertEquals("Input Conv", ops(quantized));
        MapType input = quantized.graph().node(0).type();
        assertEquals(-128, input.zeroPoint());
        assertEquals(1 / 255f, input.scale());
        MapType result = quantized.graph().node(1).type();
        assertEquals(2, result.zeroPoint());
        assertEquals(0.02f, result.scale());
    }
}
