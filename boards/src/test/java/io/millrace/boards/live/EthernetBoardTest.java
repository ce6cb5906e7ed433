package io.millrace.boards.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import io.millrace.ir.CompileException;
import io.millrace.quantizer.InputSpec;
import io.millrace.quantizer.IntegerEvaluator;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import io.millrace.runtime.Frame;
import io.millrace.runtime.Link;
import io.millrace.runtime.LinkAddress;
import io.millrace.runtime.Links;
import io.millrace.runtime.Manifest;
import io.millrace.runtime.Session;
import io.millrace.runtime.protocol.BoardError;
import io.millrace.runtime.protocol.Packet;
import io.millrace.runtime.protocol.PacketType;
import io.millrace.scheduler.Identity;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.ProgramImage;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Scheduler;
import io.millrace.scheduler.Target;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Boards on Ethernet, up to the PHY's pins, against the host's session over a real socket: results are the integer evaluator's. */
@Timeout(240)
class EthernetBoardTest {
    private static final Target TARGET =
            new Target("test", Target.Family.VIRTEX6, 150, 768, 416, 0, 0, 150_720, 301_440, 0);
    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final long SEED = 3;
    private static final int FRAMES = 24;
    private static final int CORE_KHZ = 150_000;

    @TempDir
    static Path folder;

    private static final Map<Wires, VerilatedBoard> BOARDS = new EnumMap<>(Wires.class);
    private static Schedule schedule;
    private static ProgramImage image;
    private static Manifest manifest;
    private static final List<Frame> frames = new ArrayList<>();
    private static final List<Frame> expected = new ArrayList<>();

    @BeforeAll
    static void build() {
        // Three outputs, results that need a following frame, beats of 3 and 2 bytes.
        QuantizedGraph graph = RandomQuantizedGraphs.generateTree(SEED, 4, Precision.INT8);
        schedule = Scheduler.schedule(
                graph,
                TARGET,
                MachineOptions.oneEngine(4, 5, 1, 4, 20).withRows(1).withHost(3, 2));
        for (Wires wires : Wires.values()) {
            var ethernet = EthernetOptions.defaults(wires);
            var design = DesignGenerator.ethernetBoard(
                    schedule, HostPortOptions.ETHERNET, ethernet, folder.resolve(wires.toString()));
            BOARDS.put(wires, VerilatedBoard.buildEthernet(design, ethernet, CORE_KHZ, BuildProfile.VERIFICATION));
        }
        image = ProgramAssembler.assemble(schedule);
        manifest = ManifestMaker.of("net", "emulated", schedule, image.programId(), InputSpec.UNIT);
        var evaluator = new IntegerEvaluator(graph);
        for (int i = 0; i < FRAMES; i++) {
            var frame = RandomQuantizedGraphs.randomFrame(graph, SEED * 1000 + i);
            frames.add(ProofNets.frame(frame));
            expected.add(ProofNets.frame(evaluator.run(frame)));
        }
    }

    private static EmulatedBoard start(Wires wires, LineFaults faults) {
        return EmulatedBoard.onEthernet(Objects.requireNonNull(BOARDS.get(wires)), 0, faults);
    }

    private static Link connect(EmulatedBoard board) {
        return Links.open(
                board.address(),
                _ -> {
                    throw new IllegalStateException("no simulated board");
                },
                DEADLINE);
    }

    private static Session open(EmulatedBoard board, Optional<ProgramImage> program) {
        return Session.open(connect(board), manifest, program, Patience.OPTIONS, DEADLINE);
    }

    private static void stream(Session session, Consumer<Integer> seen) {
        var results = new ArrayList<Frame>();
        session.stream(
                frames.iterator(),
                r -> {
                    results.add(r.frame());
                    seen.accept(results.size());
                },
                DEADLINE);
        assertEquals(expected, results);
    }

    @Test
    void hostAndBoardAgreeOnThePort() {
        assertEquals(LinkAddress.Udp.PORT, EthernetOptions.defaults(Wires.GMII).port());
    }

    @ParameterizedTest
    @EnumSource
    void streamsAndKeepsItsProgram(Wires wires) {
        try (var board = start(wires, LineFaults.NONE)) {
            try (Session session = open(board, Optional.of(image))) {
                assertEquals(Identity.NONE, session.info().orElseThrow().program());
                stream(session, _ -> {});
                var counters = session.counters(DEADLINE);
                assertEquals(0, counters.damaged(), counters::toString);
            }
            // Another host, from another port, without the program.
            try (Session session = open(board, Optional.empty())) {
                assertEquals(image.programId(), session.info().orElseThrow().program());
                stream(session, _ -> {});
            }
            var counts = board.lineCounts();
            assertEquals(0, counts.lost() + counts.twice() + counts.moved(), counts::toString);
        }
    }

    @ParameterizedTest
    @CsvSource({"GMII, 1, 0.1, 0, 0", "GMII, 2, 0, 0.2, 0", "GMII, 3, 0, 0, 8", "MII, 4, 0.05, 0.05, 8"})
    void survivesFaultsOfTheNetwork(Wires wires, int seed, double lost, double twice, int window) {
        try (var board = start(wires, new LineFaults(seed, lost, twice, window));
                Session session = open(board, Optional.of(image))) {
            stream(session, _ -> {});
            var counts = board.lineCounts();
            assertTrue(lost == 0 || counts.lost() > 3, counts::toString);
            assertTrue(twice == 0 || counts.twice() > 3, counts::toString);
            assertTrue(window == 0 || counts.moved() > 3, counts::toString);
        }
    }

    /** The board has forgotten its host, and says so to whoever speaks to it. */
    @Test
    void startsAgainAfterAReset() {
        try (var board = start(Wires.GMII, LineFaults.NONE);
                Session session = open(board, Optional.of(image))) {
            stream(session, n -> {
                if (n == 5 || n == 12) {
                    board.reset();
                }
            });
            assertTrue(session.statistics().recoveries() >= 1, session.statistics()::toString);
        }
    }

    /** A host whose board was taken by another one is told so, at its own address. */
    @Test
    void aHostThatLostItsBoardStops() {
        try (var board = start(Wires.GMII, LineFaults.NONE);
                Session first = open(board, Optional.of(image));
                Session second = open(board, Optional.of(image))) {
            first.submit(frames.getFirst(), DEADLINE);
            var e = assertThrows(CompileException.class, () -> first.take(DEADLINE));
            assertEquals("LNK-0107", e.diagnostics().getFirst().code());
            stream(second, _ -> {});
        }
    }

    private static byte[] hello(int session) {
        return new Packet(PacketType.HELLO, 0, session, 0, new byte[] {1, 0, 0, 0}).encode();
    }

    private static Packet answer(Link link, PacketType wanted) {
        long end = System.nanoTime() + DEADLINE.toNanos();
        while (System.nanoTime() < end) {
            var packet = link.receive(100_000_000).flatMap(Packet::decode);
            if (packet.isPresent() && packet.get().type() == wanted) {
                return packet.get();
            }
        }
        throw new AssertionError("no " + wanted + " came");
    }

    /** A packet is a message: what is cut, glued or led in by something is dropped, as a whole and counted once. */
    @ParameterizedTest
    @EnumSource
    void messagesThatAreNoPacketsAreDropped(Wires wires) {
        byte[] other = hello(0x777);
        var wrong = new ArrayList<byte[]>();
        wrong.add(glued(other, new byte[] {0}));
        wrong.add(glued(new byte[] {0}, other));
        wrong.add(glued(new byte[] {(byte) 0xA5}, other));
        wrong.add(glued(other, other));
        wrong.add(Arrays.copyOf(other, other.length - 1));
        wrong.add(Arrays.copyOf(other, 16));
        wrong.add(Arrays.copyOf(other, 2));
        wrong.add(Arrays.copyOf(other, 1));
        wrong.add(new byte[] {0x5A});
        byte[] flipped = other.clone();
        flipped[17] ^= 1;
        wrong.add(flipped);
        byte[] length = other.clone();
        length[4] ^= 8;
        wrong.add(length);
        wrong.add(new byte[1472]);
        try (var board = start(wires, LineFaults.NONE);
                Link link = connect(board)) {
            link.send(hello(0x123));
            answer(link, PacketType.INFO);
            wrong.forEach(link::send);
            link.send(new Packet(PacketType.STATUS, 0, 0x123, 0, new byte[0]).encode());
            var counters = io.millrace.runtime.protocol.Counters.decode(answer(link, PacketType.COUNTERS));
            assertEquals(wrong.size(), counters.orElseThrow().damaged());
            // The session is still the first one.
            link.send(new Packet(PacketType.STATUS, 0, 0x777, 0, new byte[0]).encode());
            var error = BoardError.decode(answer(link, PacketType.ERROR)).orElseThrow();
            assertEquals(new BoardError(BoardError.Code.NO_SESSION, 0x123), error);
        }
    }

    private static byte[] glued(byte[] a, byte[] b) {
        var out = new ByteArrayOutputStream();
        out.writeBytes(a);
        out.writeBytes(b);
        return out.toByteArray();
    }

    @Test
    void aPortThatIsTakenIsRefused() {
        try (var board = start(Wires.GMII, LineFaults.NONE)) {
            int taken = ((LinkAddress.Udp) board.address()).port();
            var e = assertThrows(
                    CompileException.class,
                    () -> EmulatedBoard.onEthernet(
                            Objects.requireNonNull(BOARDS.get(Wires.GMII)), taken, LineFaults.NONE));
            assertEquals("LNK-0114", e.diagnostics().getFirst().code());
        }
    }
}
