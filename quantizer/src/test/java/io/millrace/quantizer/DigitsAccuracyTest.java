package io.millrace.quantizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.Graph;
import io.millrace.ir.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The promise on accuracy, on all 2,000 held-out digits. */
class DigitsAccuracyTest {
    private static final double HALF_A_POINT = 0.005;
    private static final List<List<Tensor>> FRAMES = Digits.heldOut();
    private static final int[] LABELS = Digits.labels();

    private static Quantized quantize(String model, QuantizeOptions options) {
        Graph graph = Digits.model(model);
        return Quantizer.quantize(graph, Calibration.of(graph, Digits.calibration()), options);
    }

    @ParameterizedTest
    @CsvSource({
        "lenet5, INT8, 0.98, 20",
        "lenet5, INT16_FREE_Q, 0.98, 60",
        "lenet5, INT16_Q8_8, 0.98, 20",
        "lenet5_dynview, INT8, 0.98, 20",
        "lenet1, INT8, 0.975, 20",
        "lenet1, INT16_FREE_Q, 0.975, 50",
        "lenet1_plain, INT8, 0.965, 20",
        "lenet1_plain, INT16_FREE_Q, 0.965, 50",
    })
    void staysWithinHalfAPointOfFloat(String model, NumberFormat format, double least, double leastDb) {
        var report = AccuracyReport.measure(quantize(model, QuantizeOptions.of(format)), FRAMES, LABELS);
        assertEquals(2000, report.samples());
        assertTrue(report.integerTop1() >= least, report.toString());
        assertTrue(Math.abs(report.floatTop1() - report.integerTop1()) <= HALF_A_POINT, report.toString());
        assertTrue(report.tensors().stream().allMatch(t -> t.sqnrDb() > leastDb), report.toString());
    }

    @ParameterizedTest
    @EnumSource(CalibrationMethod.class)
    void everyCalibrationMethodKeepsTheAccuracyOfLenet1(CalibrationMethod method) {
        for (boolean biasCorrection : new boolean[] {false, true}) {
            var options =
                    QuantizeOptions.of(NumberFormat.INT8).withMethod(method).withBiasCorrection(biasCorrection);
            var report = AccuracyReport.measure(quantize("lenet1", options), FRAMES, LABELS);
            assertTrue(Math.abs(report.floatTop1() - report.integerTop1()) <= HALF_A_POINT, report.toString());
        }
    }

    @Test
    void lenet5HasTheNodesOfItsLayers() {
        QuantizedGraph graph =
                quantize("lenet5", QuantizeOptions.of(NumberFormat.INT8)).graph();
        var kinds = new ArrayList<String>();
        graph.nodes().forEach(n -> kinds.add(n.op().getClass().getSimpleName()));
        assertEquals(List.of("Input", "Conv", "MaxPool", "Conv", "MaxPool", "Conv", "Conv", "Conv"), kinds);
        assertEquals(graph, QuantizedGraphText.parse("lenet5.txt", QuantizedGraphText.print(graph)));
    }

    @Test
    void theIntegerEvaluatorAgreesWithTheBigIntegerOneOnDigits() {
        for (String model : List.of("lenet1", "lenet5")) {
            for (NumberFormat format : NumberFormat.values()) {
                QuantizedGraph graph =
                        quantize(model, QuantizeOptions.of(format)).graph();
                var evaluator = new IntegerEvaluator(graph);
                var reference = new BigIntegerEvaluator(graph);
                short[] input = HostCodes.encode(
                        FRAMES.get(17).getFirst(), graph.node(0).type(), graph.precision());
                List<int[]> due = reference.runAll(List.of(input));
                List<short[]> found = evaluator.runAll(List.of(input));
                for (QNode node : graph.nodes()) {
                    for (int i = 0; i < node.type().elements(); i++) {
                        assertEquals(due.get(node.id())[i], found.get(node.id())[i], node.name() + " at " + i);
                    }
                }
            }
        }
    }
}
