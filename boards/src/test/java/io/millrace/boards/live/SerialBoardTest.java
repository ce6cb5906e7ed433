package io.millrace.boards.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.boards.flow.ManifestMaker;
import io.millrace.boards.verify.ProofNets;
import io.millrace.boards.verilator.BuildProfile;
import io.millrace.boards.verilator.VerilatedBoard;
import io.millrace.hdl.Design;
import io.millrace.hdl.DesignGenerator;
import io.millrace.hdl.HostPortOptions;
import io.millrace.hdl.ProgramAssembler;
import io.millrace.quantizer.InputSpec;
import io.millrace.quantizer.IntegerEvaluator;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import io.millrace.runtime.Frame;
import io.millrace.runtime.Link;
import io.millrace.runtime.Links;
import io.millrace.runtime.Manifest;
import io.millrace.runtime.Session;
import io.millrace.runtime.SessionOptions;
import io.millrace.scheduler.Identity;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.ProgramImage;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Scheduler;
import io.millrace.scheduler.Target;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Boards on a serial line, bit by bit, against the host's session: results are the integer evaluator's. */
@Timeout(300)
class SerialBoardTest {
    private static final Target TARGET =
            new Target("test", Target.Family.VIRTEX6, 24, 768, 416, 0, 0, 150_720, 301_440, 0);
    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final long SEED = 5;
    private static final int FRAMES = 12;

    @TempDir
    Path folder;

    private final QuantizedGraph graph = RandomQuantizedGraphs.generate(SEED, 4, Precision.INT8);
    private final Schedule schedule = Scheduler.schedule(
            graph,
            TARGET,
            MachineOptions.oneEngine(2, 4, 1, 1, 8).withRows(1).withHost(1, 1).withControl(Machine.Control.FIXED));
    private final ProgramImage image = ProgramAssembler.assemble(schedule);
    private final Manifest manifest = ManifestMaker.of("net", "emulated", schedule, image.programId(), InputSpec.UNIT);
    private final List<Frame> frames = new ArrayList<>();
    private final List<Frame> expected = new ArrayList<>();

    private VerilatedBoard build(HostPortOptions port, int clocksPerBit) {
        assertTrue(DesignGenerator.servesLean(schedule.machine()));
        Design design = DesignGenerator.uartBoard(schedule, port, clocksPerBit, folder);
        var evaluator = new IntegerEvaluator(graph);
        for (int i = 0; i < FRAMES; i++) {
            var frame = RandomQuantizedGraphs.randomFrame(graph, SEED * 1000 + i);
            frames.add(ProofNets.frame(frame));
            expected.add(ProofNets.frame(evaluator.run(frame)));
        }
        return VerilatedBoard.buildSerial(design, clocksPerBit, BuildProfile.VERIFICATION);
    }

    private void stream(Session session) {
        var results = new ArrayList<Frame>();
        session.stream(frames.iterator(), r -> results.add(r.frame()), DEADLINE);
        assertEquals(expected, results);
    }

    private Session open(Link link, Optional<ProgramImage> program) {
        return Session.open(link, manifest, program, SessionOptions.DEFAULT, DEADLINE);
    }

    private static Link connect(EmulatedBoard board) {
        return Links.open(
                board.address(),
                _ -> {
                    throw new IllegalStateException("no simulated board");
                },
                DEADLINE);
    }

    @ParameterizedTest
    @CsvSource({"lean, 8", "lean, 7", "lean, 24", "small, 8", "small, 4"})
    void streamsAndKeepsItsProgram(String kind, int clocksPerBit) {
        var port = kind.equals("lean") ? HostPortOptions.LEAN : HostPortOptions.SMALL;
        boolean takesAll = clocksPerBit >= port.clocksPerBitMin();
        var options = takesAll ? Patience.NOTHING_LOST : SessionOptions.DEFAULT;
        try (var emulated = EmulatedBoard.listen(build(port, clocksPerBit), 0)) {
            try (Session session = Session.open(connect(emulated), manifest, Optional.of(image), options, DEADLINE)) {
                assertEquals(Identity.NONE, session.info().orElseThrow().program());
                stream(session);
                if (takesAll) {
                    Patience.assertNothingLost(session, DEADLINE);
                }
                assertTrue(session.counters(DEADLINE).frames() >= FRAMES);
            }
            // Another host, without the program.
            try (Session session = open(connect(emulated), Optional.empty())) {
                assertEquals(image.programId(), session.info().orElseThrow().program());
                stream(session);
            }
        }
    }

    /** What a user with a board on the desk does: a device of the operating system, and the line's own bit timing. */
    @Test
    void streamsThroughATerminal() {
        try (var emulated = EmulatedBoard.onTerminal(build(HostPortOptions.LEAN, 8));
                Session session = Session.open(
                        connect(emulated), manifest, Optional.of(image), Patience.NOTHING_LOST, DEADLINE)) {
            stream(session);
            Patience.assertNothingLost(session, DEADLINE);
        }
    }

    @ParameterizedTest
    @CsvSource({"lean, 1, 0.001, 0, 0", "lean, 2, 0, 0.05, 0.05", "small, 3, 0.001, 0.02, 0.02"})
    void survivesFaultsOnTheLine(String kind, long seed, double aByte, double lost, double twice) {
        var port = kind.equals("lean") ? HostPortOptions.LEAN : HostPortOptions.SMALL;
        try (var emulated = EmulatedBoard.listen(build(port, 8), 0)) {
            var link = new FaultyLink(connect(emulated), new FaultyLink.Faults(aByte, lost, twice), seed);
            try (Session session = open(link, Optional.of(image))) {
                stream(session);
                assertTrue(link.injected() > 3, link.injected() + " faults");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"lean", "small"})
    void startsAgainAfterAReset(String kind) {
        var port = kind.equals("lean") ? HostPortOptions.LEAN : HostPortOptions.SMALL;
        try (var emulated = EmulatedBoard.listen(build(port, 8), 0);
                Session session = open(connect(emulated), Optional.of(image))) {
            var results = new ArrayList<Frame>();
            session.stream(
                    frames.iterator(),
                    r -> {
                        results.add(r.frame());
                        if (results.size() == 4) {
                            emulated.reset();
                        }
                    },
                    DEADLINE);
            assertEquals(expected, results);
            assertTrue(session.statistics().recoveries() >= 1);
        }
    }
}
