package io.millrace.quantizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.millrace.ir.FloatEvaluator;
import io.millrace.ir.Shape;
import io.millrace.ir.Window;
import org.junit.jupiter.api.Test;

class CalibrationTest {
    /** Maps of 64 MiB, more than are held together, are looked at one after the other. */
    @Test
    void mapsThatAreTooManyAtOnce() {
        var net = new FloatNets(1, Shape.of(1, 1, 4096, 4096));
        for (int layer = 0; layer < 8; layer++) {
            net.conv("conv" + layer, 1, Window.of(1, 1));
        }
        var graph = net.build();
        assertFalse(FloatEvaluator.holdsAll(graph));
        var frames = FloatNets.frames(graph, 1, 1);
        var seen = Calibration.of(graph, frames).of(graph.outputs().getFirst());
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        for (float value :
                FloatEvaluator.run(graph, frames.getFirst()).getFirst().toArray()) {
            least = Math.min(least, value);
            most = Math.max(most, value);
        }
        assertEquals(least, seen.min());
        assertEquals(most, seen.max());
    }
}
