package io.millrace.boards.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.boards.flow.ManifestMaker;
import io.millrace.boards.verify.ProofNets;
import io.millrace.boards.verilator.BuildProfile;
import io.millrace.boards.verilator.VerilatedBoard;
import io.millrace.hdl.Design;
import io.millrace.hdl.DesignGenerator;
import io.millrace.hdl.HostPortOptions;
import io.millrace.hdl.ProgramAssembler;
import io.millrace.ir.CompileException;
import io.millrace.quantizer.InputSpec;
import io.millrace.quantizer.IntegerEvaluator;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import io.millrace.runtime.Frame;
import io.millrace.runtime.Link;
import io.millrace.runtime.LinkAddress;
import io.millrace.runtime.LinkStatistics;
import io.millrace.runtime.Links;
import io.millrace.runtime.Manifest;
import io.millrace.runtime.Session;
import io.millrace.runtime.SessionOptions;
import io.millrace.runtime.protocol.BoardError;
import io.millrace.runtime.protocol.Packet;
import io.millrace.runtime.protocol.PacketDecoder;
import io.millrace.runtime.protocol.PacketType;
import io.millrace.scheduler.Identity;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.ProgramImage;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Scheduler;
import io.millrace.scheduler.Target;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The host port in Verilated RTL against the host's session, and the simulated board: results are the integer evaluator's. */
@Timeout(120)
class LiveBoardTest {
    private static final Target TARGET =
            new Target("test", Target.Family.VIRTEX6, 200, 768, 416, 0, 0, 150_720, 301_440, 0);
    private static final Duration DEADLINE = Duration.ofSeconds(30);
    private static final long SEED = 3;
    private static final int FRAMES = 24;

    @TempDir
    static Path folder;

    private static QuantizedGraph graph;
    private static Schedule schedule;
    private static VerilatedBoard board;
    private static ProgramImage image;
    private static Manifest manifest;
    private static final List<Frame> frames = new ArrayList<>();
    private static final List<Frame> expected = new ArrayList<>();

    @BeforeAll
    static void build() {
        // Three outputs, results that need a following frame, beats of 3 and 2 bytes.
        graph = RandomQuantizedGraphs.generateTree(SEED, 4, Precision.INT8);
        schedule = Scheduler.schedule(
                graph,
                TARGET,
                MachineOptions.oneEngine(4, 5, 1, 4, 20).withRows(1).withHost(3, 2));
        Design design = DesignGenerator.board(schedule, HostPortOptions.WIDE, folder);
        board = VerilatedBoard.build(design, BuildProfile.VERIFICATION);
        image = ProgramAssembler.assemble(schedule);
        manifest = ManifestMaker.of("net", "emulated", schedule, image.programId(), InputSpec.UNIT);
        var evaluator = new IntegerEvaluator(graph);
        for (int i = 0; i < FRAMES; i++) {
            var frame = RandomQuantizedGraphs.randomFrame(graph, SEED * 1000 + i);
            frames.add(ProofNets.frame(frame));
            expected.add(ProofNets.frame(evaluator.run(frame)));
        }
        assertTrue(manifest.flushFrames() > 0 && manifest.outputs().size() > 1, "the network is worth testing");
    }

    private static Link connect(LinkAddress address) {
        return Links.open(address, _ -> SimulatedBoard.of(schedule, manifest), DEADLINE);
    }

    private static Session open(Link link) {
        return Session.open(link, manifest, Optional.of(image), SessionOptions.DEFAULT, DEADLINE);
    }

    /** Streams all frames and compares every result; {@code seen} is told of each. */
    private static LinkStatistics stream(Session session, Consumer<Integer> seen) {
        var results = new ArrayList<Frame>();
        session.stream(
                frames.iterator(),
                r -> {
                    assertEquals(results.size(), r.number());
                    results.add(r.frame());
                    seen.accept(results.size());
                },
                DEADLINE);
        assertEquals(expected, results);
        return session.statistics();
    }

    @ParameterizedTest
    @CsvSource({"pipe", "sim"})
    void streamsAndAnswersOneByOne(String kind) {
        var address = kind.equals("sim") ? new LinkAddress.Sim("") : EmulatedBoard.pipe(board);
        try (Session session =
                Session.open(connect(address), manifest, Optional.of(image), Patience.NOTHING_LOST, DEADLINE)) {
            stream(session, _ -> {});
            for (int i = 0; i < 3; i++) {
                assertEquals(FRAMES + i, session.submit(frames.get(i), DEADLINE));
                assertEquals(expected.get(i), session.take(DEADLINE).frame(), "single frame " + i);
            }
            var counters = session.counters(DEADLINE);
            assertTrue(counters.frames() >= FRAMES + 3, counters::toString);
            Patience.assertNothingLost(session, DEADLINE);
        }
    }

    @Test
    void keepsItsProgramBetweenHosts() {
        try (var emulated = EmulatedBoard.listen(board, 0)) {
            try (Session first = open(connect(emulated.address()))) {
                assertEquals(Identity.NONE, first.info().orElseThrow().program());
                stream(first, _ -> {});
            }
            try (Session second = Session.open(
                    connect(emulated.address()), manifest, Optional.empty(), SessionOptions.DEFAULT, DEADLINE)) {
                assertEquals(image.programId(), second.info().orElseThrow().program());
                stream(second, _ -> {});
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 0.0005, 0, 0", "2, 0.001, 0, 0", "3, 0, 0.1, 0", "4, 0, 0, 0.2", "5, 0.0005, 0.05, 0.05"})
    void survivesFaultsOnTheLink(long seed, double aByte, double lost, double twice) {
        var link = new FaultyLink(connect(EmulatedBoard.pipe(board)), new FaultyLink.Faults(aByte, lost, twice), seed);
        try (Session session = open(link)) {
            stream(session, _ -> {});
            assertTrue(link.injected() > 3, link.injected() + " faults");
        }
    }

    @Test
    void startsAgainAfterAReset() {
        try (var emulated = EmulatedBoard.listen(board, 0);
                Session session = open(connect(emulated.address()))) {
            var statistics = stream(session, n -> {
                if (n == 5 || n == 12) {
                    emulated.reset();
                }
            });
            assertTrue(statistics.recoveries() >= 1, statistics::toString);
        }
    }

    @Test
    void reportsABoardThatFallsSilent() {
        try (var emulated = EmulatedBoard.listen(board, 0);
                Session session = open(connect(emulated.address()))) {
            emulated.halt();
            session.submit(frames.getFirst(), DEADLINE);
            var e = assertThrows(CompileException.class, () -> session.take(DEADLINE));
            assertEquals(8, e.exitCode());
            assertEquals("LNK-0102", e.diagnostics().getFirst().code());
        }
    }

    @Test
    void hostRefusesAnotherDesign() {
        var wrong = manifest(Identity.ofContent(new byte[] {1}), manifest.flushFrames());
        var link = connect(EmulatedBoard.pipe(board));
        var e = assertThrows(
                CompileException.class,
                () -> Session.open(link, wrong, Optional.of(image), SessionOptions.DEFAULT, DEADLINE));
        assertEquals("LNK-0103", e.diagnostics().getFirst().code());
    }

    @Test
    void boardRefusesAnotherDesignsProgramAndMisplacedPackets() {
        byte[] program = ByteBuffer.allocate(36)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(Identity.ofContent(new byte[] {1}).toBytes())
                .put(image.programId().toBytes())
                .putInt(5)
                .array();
        assertEquals(new BoardError(BoardError.Code.WRONG_DESIGN, 0), refusal(PacketType.PROGRAM, program));
        assertEquals(new BoardError(BoardError.Code.NO_PROGRAM, 0), refusal(PacketType.START, new byte[8]));
        for (var type : List.of(PacketType.LOAD, PacketType.DATA, PacketType.START, PacketType.PROGRAM)) {
            assertEquals(
                    new BoardError(BoardError.Code.FORMAT, type.code()), refusal(type, new byte[20]), type.toString());
        }
    }

    /** What a fresh board says to a first packet. */
    private static BoardError refusal(PacketType type, byte[] payload) {
        int number = 0x1234;
        try (Link link = connect(EmulatedBoard.pipe(board))) {
            link.send(new Packet(PacketType.HELLO, 0, number, 0, new byte[] {1, 0, 0, 0}).encode());
            link.send(new Packet(type, 0, number, 0, payload).encode());
            var decoder = new PacketDecoder();
            long end = System.nanoTime() + DEADLINE.toNanos();
            while (System.nanoTime() < end) {
                link.receive(1_000_000_000).ifPresent(decoder::feed);
                for (var packet = decoder.next(); packet.isPresent(); packet = decoder.next()) {
                    var error =
                            packet.flatMap(p -> p.type() == PacketType.ERROR ? BoardError.decode(p) : Optional.empty());
                    if (error.isPresent()) {
                        return error.get();
                    }
                }
            }
        }
        throw new AssertionError("no ERROR came");
    }

    @Test
    void fillersAreAsManyAsTheListsNeed() {
        // Without fillers, the last result must not come: flushFrames is not larger than needed.
        var unflushed = manifest(manifest.design(), manifest.flushFrames() - 1);
        try (Session session = Session.open(
                connect(EmulatedBoard.pipe(board)), unflushed, Optional.of(image), SessionOptions.DEFAULT, DEADLINE)) {
            IntStream.range(0, 3).forEach(i -> session.submit(frames.get(i), DEADLINE));
            assertEquals(expected.getFirst(), session.take(DEADLINE).frame());
            assertEquals(expected.get(1), session.take(DEADLINE).frame());
            assertThrows(CompileException.class, () -> session.take(Duration.ofMillis(500)));
        }
    }

    /** The network's manifest with another design or another number of fillers. */
    private static Manifest manifest(Identity design, int flushFrames) {
        return new Manifest(
                manifest.model(),
                manifest.board(),
                design,
                manifest.program(),
                manifest.precision(),
                manifest.hostLanes(),
                manifest.hostOutputLanes(),
                manifest.clockMhz(),
                flushFrames,
                manifest.inputs(),
                manifest.outputs(),
                manifest.inputOrder(),
                manifest.outputOrder());
    }
}
