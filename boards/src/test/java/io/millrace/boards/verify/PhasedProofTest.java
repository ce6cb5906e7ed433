package io.millrace.boards.verify;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.quantizer.Precision;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import io.millrace.scheduler.DramPort;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.Order;
import io.millrace.scheduler.MachineOptions.Pacing;
import io.millrace.scheduler.MachineOptions.Streams;
import io.millrace.scheduler.Scheduler;
import io.millrace.scheduler.SharedProgram;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Networks in phases, whose buffers take the same memory: evaluator, simulator and RTL agree on random graphs. */
class PhasedProofTest {
    private static final int PROGRAMS = 8;
    private static final int FRAMES = 3;
    private static final int[] ROWS = {1, 2, 3};

    @TempDir
    Path folder;

    @Test
    void twoPhases() {
        prove(
                MachineOptions.oneEngine(3, 4, 1, 2, 1).withHost(2, 2).withDescriptorBits(64),
                new Pacing(Order.SPREAD, 0, 0).withPhases(List.of(4)),
                programs(81_000, Precision.INT8));
    }

    @Test
    void deeperBuffersInt16() {
        prove(
                MachineOptions.oneEngine(2, 5, 1, 2, 1).withHost(2, 2).withDescriptorBits(32),
                new Pacing(Order.SPREAD, 0, 1).withPhases(List.of(4)),
                programs(81_000, Precision.INT16));
    }

    /** The units of a phase run ahead into the next as far as the buffers they share allow. */
    @Test
    void withStreamedWeights() {
        prove(
                MachineOptions.oneEngine(3, 4, 1, 2, 1)
                        .withHost(2, 2)
                        .withStreams(new Streams(new DramPort(4, 4, 40, 64, 12, 500, 60), List.of(0), 0)),
                new Pacing(Order.SPREAD, 50, 0).withPhases(List.of(3, 6)),
                programs(83_000, Precision.INT8));
    }

    private void prove(MachineOptions options, Pacing pacing, List<SharedProgram> programs) {
        var phased = options.withPacing(pacing);
        long sharing = Scheduler.scheduleTogether(programs, ProofNets.TARGET, phased).stream()
                .filter(s -> s.actors().stream().anyMatch(a -> !s.sharing(a).isEmpty()))
                .count();
        assertTrue(sharing >= 3, sharing + " programs have buffers that overlap");
        ProofNets.prove(phased, programs, FRAMES, folder);
    }

    private static List<SharedProgram> programs(long seed, Precision precision) {
        return IntStream.range(0, PROGRAMS)
                .mapToObj(i -> new SharedProgram(
                        i % 2 == 0
                                ? RandomQuantizedGraphs.mixed(seed + i, 8, precision)
                                : RandomQuantizedGraphs.wide(seed + i, 8, precision),
                        List.of(ROWS[i % ROWS.length]),
                        List.of()))
                .toList();
    }
}
