package io.millrace.scheduler.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.ir.nets.StandardNet;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.DrainSize;
import io.millrace.scheduler.MachineOptions.Engines;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.VectorSize;
import io.millrace.scheduler.TestNets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which multipliers are DSPs where there are not enough for all: those that take most logic. */
class SpareDspsTest {
    private static final QuantizedGraph GRAPH = TestNets.standard(StandardNet.MOBILENET_V2, 64);
    private static final int ARRAY = 64;

    /** An array of 64 DSPs with 6 requantizers, 20 lanes for depthwise layers with 5, and 10 lanes for additions and pools with 3. */
    private static Engines.Assigned given(int dsps) {
        var matrix = MatrixSize.of(8, 8, 1, 6, 8).withDrain(new DrainSize(6, 1, false));
        var vectors =
                List.of(new VectorSize(20, new DrainSize(5, 1, false)), new VectorSize(10, new DrainSize(3, 1, false)));
        var engineOf = GRAPH.nodes().stream()
                .map(n -> n.op() instanceof QOp.Conv || !Skeleton.onVector(n) ? 0 : 1)
                .toList();
        var options = MachineOptions.of("some", new Engines.Assigned(List.of(matrix), vectors, engineOf));
        return (Engines.Assigned) SpareDsps.given(GRAPH, options, dsps).engines();
    }

    private static List<Boolean> inDsp(Engines.Assigned e) {
        var first = e.vectors().getFirst();
        var second = e.vectors().getLast();
        return List.of(
                e.matrices().getFirst().drain().multipliersInDsp(),
                first.drain().multipliersInDsp(),
                second.drain().multipliersInDsp(),
                second.multipliersInDsp(),
                first.multipliersInDsp());
    }

    @Test
    void requantizersComeFirstThenWideLanesThenOthers() {
        assertEquals(List.of(false, false, false, false, false), inDsp(given(ARRAY)));
        assertEquals(List.of(false, true, false, false, false), inDsp(given(ARRAY + 5)));
        assertEquals(List.of(true, true, true, false, false), inDsp(given(ARRAY + 14)));
        assertEquals(List.of(true, true, true, true, false), inDsp(given(ARRAY + 24)));
        assertEquals(List.of(true, true, true, true, true), inDsp(given(ARRAY + 44)));
    }

    /** What does not fit leaves its DSPs to what takes less logic. */
    @Test
    void noneAreLeftThatSomethingSmallerCouldTake() {
        assertEquals(List.of(false, false, true, false, false), inDsp(given(ARRAY + 3)));
    }
}
