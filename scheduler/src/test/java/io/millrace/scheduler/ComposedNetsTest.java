package io.millrace.scheduler;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.Passes;
import io.millrace.ir.Tensor;
import io.millrace.ir.nets.StandardNet;
import io.millrace.quantizer.Calibration;
import io.millrace.quantizer.NumberFormat;
import io.millrace.quantizer.QuantizeOptions;
import io.millrace.quantizer.Quantizer;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Nets of the literature with composed operators find an engine for every layer. */
class ComposedNetsTest {
    @ParameterizedTest
    @CsvSource({"ALEXNET_LRN, 67", "GOOGLENET_LRN, 64", "UNET_LINEAR, 16"})
    void everyLayerHasAnEngine(StandardNet net, int size) {
        var graph = Passes.prepare(net.graph(size, 4, 3));
        var values = new float[graph.inputs().getFirst().shape().volume()];
        for (int i = 0; i < values.length; i++) {
            values[i] = i * 37 % 256 / 255f;
        }
        var frame = Tensor.wrap(graph.inputs().getFirst().shape(), values);
        var quantized = Quantizer.quantize(
                        graph, Calibration.of(graph, List.of(List.of(frame))), QuantizeOptions.of(NumberFormat.INT8))
                .graph();
        var schedule = Scheduler.schedule(quantized, LARGE, MachineOptions.oneEngine(16, 16, 1, 8, 16));
        assertTrue(ScheduleVerifier.verify(schedule).isEmpty());
    }

    private static final Target LARGE =
            new Target("large", Target.Family.VIRTEX6, 200, 4_096, 1 << 18, 0, 0, 1 << 24, 1 << 24, 0);
}
