package io.millrace.boards.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.boards.flow.MachineChoice;
import io.millrace.boards.flow.ManifestMaker;
import io.millrace.boards.verify.ProofNets;
import io.millrace.boards.verilator.BuildProfile;
import io.millrace.boards.verilator.LineFaults;
import io.millrace.boards.verilator.VerilatedBoard;
import io.millrace.hdl.DesignGenerator;
import io.millrace.hdl.EthernetOptions;
import io.millrace.hdl.EthernetOptions.Wires;
import io.millrace.hdl.HostPortOptions;
import io.millrace.hdl.ProgramAssembler;
import io.millrace.quantizer.InputSpec;
import io.millrace.quantizer.IntegerEvaluator;
import io.millrace.quantizer.NumberFormat;
import io.millrace.runtime.ArgMax;
import io.millrace.runtime.Frame;
import io.millrace.runtime.Links;
import io.millrace.runtime.Session;
import io.millrace.scheduler.Target;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Digits over gigabit Ethernet, between a real socket and the PHY's pins of a Verilated board, on a network that loses 1 % of all frames each way, repeats 1 %, and
 * lets each fall back by up to 8 places: every result is the integer evaluator's, and none is lost.
 */
class DigitsOverEthernetTest {
    private static final Target TARGET =
            new Target("test", Target.Family.VIRTEX6, 150, 96, 416, 0, 0, 150_720, 301_440, 0);
    private static final Duration DEADLINE = Duration.ofMinutes(3);
    private static final LineFaults FAULTS = new LineFaults(2605, 0.01, 0.01, 8);
    private static final int KHZ = 150_000;
    private static final int DIGITS = 2000;

    @TempDir
    Path folder;

    @Test
    @Timeout(600)
    void hundredsOfDigitsGetTheirLabels() {
        stream(300, 300, BuildProfile.VERIFICATION);
    }

    @Tag("slow")
    @Test
    @Timeout(3600)
    void tenThousandDigitsGetTheirLabels() {
        stream(10_000, DIGITS, BuildProfile.SPEED);
    }

    private void stream(int frames, int different, BuildProfile profile) {
        var graph = ProofNets.bundled("lenet1", NumberFormat.INT8);
        var schedule = MachineChoice.FASTEST.schedule(graph, TARGET);
        var image = ProgramAssembler.assemble(schedule);
        var manifest = ManifestMaker.of("lenet1", "emulated", schedule, image.programId(), InputSpec.UNIT);
        var ethernet = EthernetOptions.defaults(Wires.GMII);
        var design =
                DesignGenerator.ethernetBoard(schedule, HostPortOptions.ETHERNET.withClockKhz(KHZ), ethernet, folder);
        var built = VerilatedBoard.buildEthernet(design, ethernet, KHZ, profile);
        var evaluator = new IntegerEvaluator(graph);
        var digits = ProofNets.digits(graph, different);
        List<Frame> golden =
                digits.stream().map(d -> ProofNets.frame(evaluator.run(d))).toList();
        var input = digits.stream().map(ProofNets::frame).toList();

        int[] labels = new int[frames];
        try (var board = EmulatedBoard.onEthernet(built, 0, FAULTS);
                var session = Session.open(
                        Links.open(
                                board.address(),
                                _ -> {
                                    throw new IllegalStateException("no simulated board");
                                },
                                DEADLINE),
                        manifest,
                        Optional.of(image),
                        Patience.OPTIONS,
                        DEADLINE)) {
            long start = System.nanoTime();
            int[] next = {0};
            session.stream(
                    IntStream.range(0, frames)
                            .mapToObj(i -> input.get(i % different))
                            .iterator(),
                    result -> {
                        int n = next[0]++;
                        assertEquals(n, result.number());
                        assertEquals(golden.get(n % different), result.frame(), "frame " + n);
                        labels[n] = ArgMax.of(result.frame(), 0);
                    },
                    DEADLINE);
            double seconds = (System.nanoTime() - start) / 1e9;
            assertEquals(frames, next[0], "none is lost");
            for (int n = 0; n < frames; n++) {
                assertEquals(ArgMax.of(golden.get(n % different), 0), labels[n], "label of frame " + n);
            }
            var counts = board.lineCounts();
            var counters = session.counters(DEADLINE);
            assertTrue(
                    counts.lost() > counts.frames() / 200 && counts.twice() > counts.frames() / 200, counts::toString);
            assertTrue(counts.moved() > counts.frames() / 4, counts::toString);
            assertEquals(0, session.statistics().recoveries(), session.statistics()::toString);
            System.out.printf(
                    Locale.ROOT,
                    "%d frames in %.1f s of this computer; %s; host: %s; board: %s; on the board %.0f frames/s at %d MHz%n",
                    frames,
                    seconds,
                    counts,
                    session.statistics(),
                    counters,
                    frames * (KHZ * 1e3) / counters.cycles(),
                    KHZ / 1000);
        }
    }
}
