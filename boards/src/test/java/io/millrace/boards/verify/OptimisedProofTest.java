package io.millrace.boards.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.quantizer.NumberFormat;
import io.millrace.scheduler.Actor;
import io.millrace.scheduler.Objective;
import io.millrace.scheduler.Optimizer;
import io.millrace.scheduler.Work;
import io.millrace.simulator.LinkTrace;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the search finds, on RTL. */
class OptimisedProofTest {
    private static final int FRAMES = 4;

    @TempDir
    Path folder;

    /** Engines by turns: the first has layers before and behind those of the second. */
    @Test
    void enginesWhoseLayersAreNotNeighbours() {
        var graph = ProofNets.bundled("lenet5", NumberFormat.INT8);
        var schedule = Optimizer.optimize(graph, ProofNets.TARGET, Objective.FASTEST.withMultipliersMax(25));
        var engines = schedule.actors().stream()
                .filter(a -> a.work() instanceof Work.Multiply)
                .map(Actor::unit)
                .toList();
        int first = engines.getFirst();
        assertTrue(
                engines.subList(0, engines.lastIndexOf(first)).stream().anyMatch(e -> e != first), engines::toString);
        var digits = ProofNets.digits(graph, FRAMES);
        var cases = List.of(
                new ProofCase("free link", schedule, digits, LinkTrace.NONE),
                new ProofCase("stalled link", schedule, digits, LinkTrace.seeded(1, 2000, 40, 30)));
        var result = Proof.run(cases, folder, _ -> {});
        assertTrue(result.passed(), result::toString);
        assertEquals(2 * FRAMES, result.framesCompared());
    }
}
