package io.millrace.boards.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.quantizer.NumberFormat;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Evaluator, simulator and RTL agree on the bundled networks: 20 digits, R = 1 and the scheduler's own, free and stalled link. */
class BundledNetsProofTest {
    private static final int FRAMES = 20;

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"lenet5, INT8, 0", "lenet1, INT8, 0"})
    void agreeOnOneMachine(String model, NumberFormat format, int machine) {
        prove(model, format, machine);
    }

    @Tag("slow")
    @ParameterizedTest
    @CsvSource({
        "lenet5, INT8, 0", "lenet5, INT8, 1",
        "lenet1, INT8, 0", "lenet1, INT8, 1",
        "lenet1_plain, INT8, 0", "lenet1_plain, INT8, 1",
        "lenet5_dynview, INT8, 0", "lenet5_dynview, INT8, 1",
        "lenet5, INT16_FREE_Q, 0", "lenet5, INT16_FREE_Q, 1",
        "lenet1, INT16_FREE_Q, 0", "lenet1, INT16_FREE_Q, 1",
    })
    void agreeOnBothMachines(String model, NumberFormat format, int machine) {
        prove(model, format, machine);
    }

    private void prove(String model, NumberFormat format, int machine) {
        var graph = ProofNets.bundled(model, format);
        var machines = Proof.machines().subList(machine, machine + 1);
        var cases = Proof.casesOf(graph, ProofNets.TARGET, machines, ProofNets.digits(graph, FRAMES), 7);
        var result = Proof.run(cases, folder, _ -> {});
        assertTrue(result.passed(), result::toString);
        assertEquals(0, result.mismatchedValues());
        assertEquals(0, result.cycleDifference());
        assertEquals(4 * FRAMES, result.framesCompared());
        for (var c : result.cases()) {
            assertTrue(c.rowsCompared() > 0 && c.cyclesCompared() > 0, c::toString);
        }
    }
}
