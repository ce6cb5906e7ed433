package io.millrace.boards.flow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.boards.Boards;
import io.millrace.boards.verify.ProofNets;
import io.millrace.hdl.ProgramAssembler;
import io.millrace.ir.Passes;
import io.millrace.ir.nets.Noise;
import io.millrace.ir.nets.StandardNet;
import io.millrace.quantizer.InputSpec;
import io.millrace.runtime.Manifest;
import io.millrace.scheduler.Objective;
import io.millrace.scheduler.Optimizer;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Machines that the search finds for networks of several inputs take all inputs of a frame before any of the next, however late some of them are needed. */
class SeveralInputsTest {
    private static final int SIZE = 48;

    @ParameterizedTest
    @EnumSource(
            value = StandardNet.class,
            names = {"SCENE_PARSING", "SCENE_PARSING_TABLES"})
    void framesComeOneAfterTheOther(StandardNet net) {
        var graph = Passes.prepare(net.graph(SIZE, 5, 1));
        var quantized = ProofNets.quantized(graph, Noise.frame(graph, 1));
        var schedule = Optimizer.optimize(quantized, Targets.of(Boards.byName("ml605")), Objective.FASTEST);
        var program = ProgramAssembler.assemble(schedule);
        var order = ManifestMaker.of("net", "ml605", schedule, program.programId(), InputSpec.UNIT)
                .inputOrder();
        for (int input = 0; input < 3; input++) {
            int tensor = input;
            assertEquals(
                    SIZE >> input,
                    order.stream()
                            .filter(run -> run.tensor() == tensor)
                            .mapToInt(Manifest.RowRun::rows)
                            .sum());
        }
        // The coarsest scale sees most of the frame at its first position, so that the finest can wait.
        assertTrue(middle(order, 0) > middle(order, 2), order::toString);
    }

    /** Position of a tensor's middle row among those of all. */
    private static int middle(List<Manifest.RowRun> order, int tensor) {
        var tensors = order.stream()
                .flatMap(run -> IntStream.range(0, run.rows()).mapToObj(_ -> run.tensor()))
                .toList();
        var places = IntStream.range(0, tensors.size())
                .filter(i -> tensors.get(i) == tensor)
                .toArray();
        return places[places.length / 2];
    }
}
