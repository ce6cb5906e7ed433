package io.millrace.quantizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.Graph;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The promise on accuracy for depthwise and residual nets, on all their held-out images. */
class ResidualAccuracyTest {
    private static final Shape CLOTHES = Shape.of(1, 1, 28, 28);
    private static final Shape COLOUR = Shape.of(1, 3, 32, 32);

    private static AccuracyReport report(
            String model,
            NumberFormat format,
            List<List<Tensor>> calibration,
            List<List<Tensor>> frames,
            int[] labels) {
        Graph graph = Images.model(model);
        Quantized quantized = Quantizer.quantize(graph, Calibration.of(graph, calibration), QuantizeOptions.of(format));
        return AccuracyReport.measure(quantized, frames, labels);
    }

    @ParameterizedTest
    @ValueSource(strings = {"fashion_resdw", "fashion_resdw_bn"})
    void clothesStayWithinHalfAPointOfFloat(String model) {
        clothes(model, NumberFormat.INT8);
    }

    @ParameterizedTest
    @ValueSource(strings = {"colour_mobile", "colour_mobile_bn"})
    void colourDigitsStayWithinAPointOfFloat(String model) {
        colour(model, NumberFormat.INT8);
    }

    @Tag("slow")
    @ParameterizedTest
    @EnumSource(names = {"INT16_FREE_Q", "INT16_Q8_8"})
    void soTheyDoWithSixteenBits(NumberFormat format) {
        clothes("fashion_resdw", format);
        colour("colour_mobile", format);
    }

    private static void clothes(String model, NumberFormat format) {
        var report = report(
                model,
                format,
                Images.frames(CLOTHES, "clothes-calib100-images.idx.gz"),
                Images.frames(CLOTHES, "clothes-test200-images.idx", "clothes-test1900-images.idx.gz"),
                Images.labels("clothes-test200-labels.idx", "clothes-test1900-labels.idx.gz"));
        assertEquals(2100, report.samples());
        assertTrue(report.integerTop1() >= report.floatTop1() - 0.005, report.toString());
    }

    private static void colour(String model, NumberFormat format) {
        var report = report(
                model,
                format,
                Images.frames(COLOUR, "colour-calib100-images.idx.gz"),
                Images.frames(COLOUR, "colour-test200-images.idx"),
                Images.labels("colour-test200-labels.idx"));
        assertEquals(200, report.samples());
        assertTrue(report.integerTop1() >= report.floatTop1() - 0.01, report.toString());
    }
}
