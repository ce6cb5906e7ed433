package io.millrace.quantizer;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.Passes;
import io.millrace.ir.nets.StandardNet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Nets of the literature with composed operators become integers that follow their floats. */
class StandardNetsQuantizeTest {
    @ParameterizedTest
    @CsvSource({"ALEXNET_LRN, 67, 30", "GOOGLENET_LRN, 64, 30", "UNET_LINEAR, 32, 28"})
    void theyQuantize(StandardNet net, int size, double leastDb) {
        var graph = Passes.prepare(net.graph(size, 10, 3));
        var calibration = Calibration.of(graph, FloatNets.frames(graph, 8, 1));
        var quantized = Quantizer.quantize(graph, calibration, QuantizeOptions.of(NumberFormat.INT8));
        var frames = FloatNets.frames(graph, 2, 2);
        double db = AccuracyReport.measure(quantized, frames, new int[2]).tensors().stream()
                .mapToDouble(TensorAccuracy::sqnrDb)
                .min()
                .orElseThrow();
        assertTrue(db > leastDb, net + ": " + db + " dB");
    }
}
