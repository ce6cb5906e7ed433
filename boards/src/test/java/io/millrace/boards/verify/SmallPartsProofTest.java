package io.millrace.boards.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.boards.Boards;
import io.millrace.boards.flow.MachineChoice;
import io.millrace.boards.flow.Targets;
import io.millrace.quantizer.NumberFormat;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.RowMemory;
import io.millrace.simulator.LinkTrace;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The machines that the search puts on an iCEBreaker and an HX8K, with fixed control and what is smaller for it, against simulator and evaluator. */
class SmallPartsProofTest {
    private static final int FRAMES = 2;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({"lenet5, icebreaker, 1", "lenet1, icebreaker, 0", "lenet1, hx8k, 0"})
    void agreeBitAndCycle(String model, String board, int wholeMemories) {
        var graph = ProofNets.bundled(model, NumberFormat.INT8);
        var schedule = MachineChoice.FASTEST.schedule(graph, Targets.of(Boards.byName(board)));
        assertEquals(Machine.Control.FIXED, schedule.machine().control());
        assertEquals(
                wholeMemories,
                schedule.machine().memories().stream().filter(RowMemory::whole).count());
        var proof = new ProofCase(model, schedule, ProofNets.digits(graph, FRAMES), LinkTrace.NONE);
        var result = Proof.run(List.of(proof), folder, _ -> {});
        assertTrue(result.passed(), result::toString);
        assertEquals(0, result.mismatchedValues());
        assertEquals(0, result.cycleDifference());
        assertEquals(FRAMES, result.framesCompared());
    }
}
