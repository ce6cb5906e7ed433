package io.millrace.boards.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.quantizer.NumberFormat;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.DramPort;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.Engines;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.Streams;
import io.millrace.scheduler.MachineOptions.VectorSize;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Scheduler;
import io.millrace.simulator.LinkTrace;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fully-connected layers whose firings compute several frames: every code and every cycle as simulated. */
class BatchProofTest {
    private static final DramPort DRAM = new DramPort(8, 8, 20, 1024, 8, 1560, 52);
    private static final QuantizedGraph LENET = ProofNets.bundled("lenet5", NumberFormat.INT8);

    @TempDir
    Path folder;

    @Test
    void allLayersOnOneEngine() {
        var resident = MachineOptions.oneEngine(10, 8, 1, 2, 8).withHost(4, 1).withBatch(3);
        prove(Scheduler.schedule(LENET, ProofNets.TARGET, resident), 6);
    }

    /** Seven frames: the second batch has frames that nobody asked for. */
    @Test
    void fullyConnectedLayersOnAnEngineWithStreamedWeights() {
        var ofNode = new ArrayList<Integer>();
        LENET.nodes().forEach(n -> ofNode.add(n.type().rows() * n.type().columns() == 1 ? 1 : 0));
        var engines = new Engines.Assigned(
                List.of(MatrixSize.of(8, 10, 1, 2, 8), MatrixSize.of(8, 8, 1, 2, 8)),
                List.of(VectorSize.of(2)),
                ofNode);
        var options = MachineOptions.of("batched", engines)
                .withHost(4, 1)
                .withStreams(new Streams(DRAM, List.of(1), 0))
                .withBatch(4);
        prove(Scheduler.schedule(LENET, ProofNets.TARGET, options), 7);
    }

    private void prove(Schedule schedule, int frames) {
        assertTrue(schedule.batch() > 1);
        var digits = ProofNets.digits(LENET, frames);
        var cases = List.of(
                new ProofCase("free link", schedule, digits, LinkTrace.NONE),
                new ProofCase("stalled link", schedule, digits, LinkTrace.seeded(1, 2000, 40, 30)));
        var result = Proof.run(cases, folder, _ -> {});
        assertTrue(result.passed(), result::toString);
        assertEquals(2 * frames, result.framesCompared());
    }
}
