package io.millrace.boards.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.boards.verilator.BuildProfile;
import io.millrace.boards.verilator.VerilatedCore;
import io.millrace.hdl.DesignGenerator;
import io.millrace.ir.Window;
import io.millrace.quantizer.NumberFormat;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.Scheduler;
import io.millrace.scheduler.SharedProgram;
import io.millrace.scheduler.Target;
import io.millrace.simulator.LinkTrace;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Small networks that once showed a fault. */
class RegressionProofTest {
    private static final Target TARGET =
            new Target("test", Target.Family.VIRTEX6, 200, 768, 416, 0, 0, 150_720, 301_440, 0);

    @TempDir
    Path folder;

    /** A drain job that follows another at once began with the parameter base of the job before. */
    @Test
    void aDrainJobRightBehindAnotherTakesItsOwnParameters() {
        var graph = RandomQuantizedGraphs.generateTree(14, 4, Precision.INT8);
        var options = MachineOptions.oneEngine(4, 5, 1, 4, 20).withRows(1).withHost(3, 2);
        var schedule = Scheduler.schedule(graph, TARGET, options);
        var frames = new ArrayList<List<short[]>>();
        for (int f = 0; f < 4; f++) {
            frames.add(RandomQuantizedGraphs.randomFrame(graph, f));
        }
        var core = VerilatedCore.build(DesignGenerator.core(schedule, folder), BuildProfile.VERIFICATION);
        var report = Verifier.verify(schedule, core, frames, LinkTrace.NONE);
        assertEquals(Optional.empty(), report.firstDifference());
    }

    /** Masks of the edges that an engine fills had 64 bits. */
    @Test
    void anEngineFillsMoreThan64Edges() {
        var net = new SeededNet(5, 1, 2, 3, 2);
        for (int i = 0; i < 70; i++) {
            net.conv(2, Window.of(1, 1), 1);
        }
        var graph = net.quantize("chain", NumberFormat.INT8);
        var options = MachineOptions.oneEngine(2, 2, 1, 1, 2).withHost(1, 1).withDescriptorBits(32);
        ProofNets.prove(options, List.of(new SharedProgram(graph, List.of(1))), 2, folder);
    }
}
