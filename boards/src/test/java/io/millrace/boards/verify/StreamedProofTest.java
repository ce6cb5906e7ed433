package io.millrace.boards.verify;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.hdl.ProgramAssembler;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import io.millrace.scheduler.DramPort;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.Streams;
import io.millrace.scheduler.MachineOptions.VectorSize;
import io.millrace.scheduler.Scheduler;
import io.millrace.scheduler.SharedProgram;
import io.millrace.simulator.LinkTrace;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Machines whose weights come from DRAM, through FIFOs of a power of two of words and of others: evaluator, simulator and RTL agree on random graphs. */
class StreamedProofTest {
    private static final int PROGRAMS = 8;
    private static final int FRAMES = 3;
    private static final int[] ROWS = {1, 2, 3};

    /** Little bandwidth is left between gaps and refreshes, the first beat is long in coming, and a burst takes longer than its beats do. */
    private static final DramPort SLOW = new DramPort(4, 4, 40, 64, 12, 500, 60, 22);

    private static final DramPort FAST = new DramPort(8, 8, 3, 1024, 0, 0, 0);

    @TempDir
    Path folder;

    @Test
    void oneEngineOnSlowDram() {
        prove(slow(), programs(41_000, Precision.INT8));
    }

    private static MachineOptions slow() {
        return MachineOptions.oneEngine(3, 4, 1, 2, 1)
                .withHost(2, 2)
                .withDescriptorBits(64)
                .withStreams(new Streams(SLOW, List.of(0), 0));
    }

    @Test
    void oneEngineOnFastDram() {
        prove(
                MachineOptions.of(
                                "fast",
                                new MachineOptions.Engines.One(
                                        MatrixSize.of(5, 4, 2, 3, 1).withChain(2), VectorSize.of(3)))
                        .withHost(4, 3)
                        .withStreams(new Streams(FAST, List.of(0), 13)),
                programs(42_000, Precision.INT8));
    }

    @Test
    void int16() {
        prove(
                MachineOptions.oneEngine(2, 5, 1, 2, 1)
                        .withHost(2, 2)
                        .withDescriptorBits(32)
                        .withStreams(new Streams(SLOW, List.of(0), 21)),
                programs(43_000, Precision.INT16));
    }

    /** The smallest engine of a port: a beat is all its weights. */
    @Test
    void aTileABeat() {
        prove(
                MachineOptions.of(
                                "beat", new MachineOptions.Engines.One(MatrixSize.of(2, 4, 1, 2, 8), VectorSize.of(2)))
                        .withHost(2, 2)
                        .withStreams(new Streams(FAST, List.of(0), 0)),
                programs(46_000, Precision.INT8));
    }

    /** Four tiles a beat, of which firings leave some. */
    @Test
    void severalTilesABeat() {
        prove(small(MatrixSize.of(2, 1, 1, 1, 2), FAST), programs(47_000, Precision.INT8));
    }

    @Test
    void severalTilesOfLogicABeatOnSlowDram() {
        prove(small(MatrixSize.of(1, 1, 1, 1, 1).inLogic(), SLOW), programs(48_000, Precision.INT8));
    }

    /** Two tiles a beat, which they do not fill. */
    @Test
    void tilesThatDoNotFillABeat() {
        prove(small(MatrixSize.of(3, 1, 1, 2, 3), FAST), programs(49_000, Precision.INT8));
    }

    /** One tile a beat that does not fill it. */
    @Test
    void aTileLessThanABeatAtInt16() {
        prove(small(MatrixSize.of(3, 1, 1, 2, 3), FAST), programs(50_000, Precision.INT16));
    }

    private static MachineOptions small(MatrixSize size, DramPort dram) {
        return MachineOptions.of("small", new MachineOptions.Engines.One(size, VectorSize.of(2)))
                .withHost(2, 2)
                .withDescriptorBits(64)
                .withStreams(new Streams(dram, List.of(0), 0));
    }

    /** Three streamed engines, the smaller two with FIFOs as small as can be, and a resident one. */
    @Test
    void severalEnginesOnSlowDram() {
        var programs = programs(44_000, Precision.INT8);
        prove(severalEngines(programs, SLOW, List.of(0, 1, 3), 8), programs);
    }

    @Test
    void severalEnginesOnFastDram() {
        var programs = programs(45_000, Precision.INT16);
        prove(severalEngines(programs, FAST, List.of(1, 2, 3), 27), programs);
    }

    /** Four matrix engines: the first three layers on one each, the rest on the last. */
    private static MachineOptions severalEngines(
            List<SharedProgram> programs, DramPort dram, List<Integer> streamed, int fifoWords) {
        var matrices = List.of(
                MatrixSize.of(2, 3, 1, 1, 2),
                MatrixSize.of(3, 4, 1, 2, 4),
                MatrixSize.of(4, 2, 1, 2, 1),
                MatrixSize.of(4, 4, 1, 3, 3));
        var engineOf = new ArrayList<Integer>();
        int layer = 0;
        for (var node : programs.getFirst().graph().nodes()) {
            boolean onMatrix = node.op() instanceof QOp.Conv c && (c.groups() == 1 || c.groups() != c.outputChannels());
            engineOf.add(onMatrix ? Math.min(layer++, matrices.size() - 1) : 0);
        }
        return MachineOptions.of(
                        "several", new MachineOptions.Engines.Assigned(matrices, List.of(VectorSize.of(2)), engineOf))
                .withHost(2, 2)
                .withDescriptorBits(64)
                .withStreams(new Streams(dram, streamed, fifoWords));
    }

    /** One too many in any field of the fetcher's list, and a wrong weight in DRAM, show in cycles or codes. */
    @Test
    void faultsInTheStreamShow() {
        var schedule = Scheduler.scheduleTogether(programs(41_000, Precision.INT8), ProofNets.TARGET, slow())
                .get(2);
        var image = ProgramAssembler.assemble(schedule);
        var core = Proof.Cores.GENERATED.of(schedule, folder);
        var frames = ProofNets.randomFrames(schedule.graph(), FRAMES, 1);
        var planted = ProgramFaults.of(schedule, image).stream()
                .filter(f -> f.name().contains("stream") || f.name().contains("weights"))
                .filter(f -> f.shown().isEmpty())
                .toList();
        assertTrue(planted.size() >= 4, planted::toString);
        for (var fault : planted) {
            var report = Verifier.verify(schedule, fault.image(), core, frames, LinkTrace.NONE);
            assertFalse(report.passed(), fault::name);
        }
    }

    private static List<SharedProgram> programs(long seed, Precision precision) {
        return IntStream.range(0, PROGRAMS)
                .mapToObj(i -> new SharedProgram(
                        RandomQuantizedGraphs.mixed(seed + i, 8, precision), List.of(ROWS[i % ROWS.length])))
                .toList();
    }

    private void prove(MachineOptions options, List<SharedProgram> programs) {
        ProofNets.prove(options, programs, FRAMES, folder);
    }
}
