package io.millrace.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.CompileException;
import io.millrace.runtime.protocol.Info;
import io.millrace.runtime.protocol.Packet;
import io.millrace.runtime.protocol.PacketType;
import io.millrace.scheduler.Identity;
import io.millrace.scheduler.ProgramImage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** F11, and who may speak to a board. */
class HandshakeTest {
    private static final Identity OTHER = Identity.parse("0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e");

    private static CompileException refusal(Bench bench, UnaryOperator<Info> change, Optional<ProgramImage> image) {
        var link = bench.link();
        link.boardSays(bytes -> {
            var packet = Packet.decode(bytes).orElseThrow();
            return packet.type() == PacketType.INFO
                    ? new Packet(
                                    PacketType.INFO,
                                    0,
                                    packet.session(),
                                    0,
                                    change.apply(Info.decode(packet).orElseThrow())
                                            .encode())
                            .encode()
                    : bytes;
        });
        var e = assertThrows(
                CompileException.class,
                () -> Session.open(
                        link,
                        link,
                        bench.manifest,
                        image,
                        SessionOptions.DEFAULT,
                        new Random(1)::nextInt,
                        Bench.DEADLINE));
        assertEquals(8, e.exitCode());
        assertFalse(bench.core.loaded(), "nothing was loaded");
        return e;
    }

    private static Info with(Info i, int version, Identity design, Identity program, int beatBytes) {
        return new Info(
                version,
                i.features(),
                design,
                program,
                i.dataBytesMax(),
                i.receiveSlots(),
                i.sendSlots(),
                beatBytes,
                i.codeBytes(),
                i.frames(),
                i.clockKhz());
    }

    @Test
    void refusesABoardOfAnotherDesign() {
        var bench = new Bench(1, Link.Kind.PACKETS);
        var e = refusal(bench, i -> with(i, 1, OTHER, Identity.NONE, i.beatBytes()), Optional.of(bench.image));
        assertEquals(
                "error[LNK-0103] virtual: the board runs design " + OTHER + ", this folder is for design "
                        + Bench.DESIGN
                        + "\n  try: load this folder's bitstream, or compile a program for the board's design with `--design`",
                e.getMessage());
    }

    @Test
    void refusesAProgramForAnotherDesign() {
        var bench = new Bench(1, Link.Kind.PACKETS);
        var image = new ProgramImage(OTHER, bench.image.programId(), bench.image.sections());
        var e = refusal(bench, i -> i, Optional.of(image));
        assertEquals(
                "error[LNK-0103] virtual: the program image is for design " + OTHER + ", the board runs " + Bench.DESIGN
                        + "\n  try: compile the program again with `--design`",
                e.getMessage());
    }

    @Test
    void refusesOtherProgramsVersionsAndBeats() {
        var bench = new Bench(1, Link.Kind.PACKETS);
        var other = new ProgramImage(Bench.DESIGN, OTHER, bench.image.sections());
        assertTrue(refusal(bench, i -> i, Optional.of(other)).toString().contains("error[LNK-0104]"));
        assertTrue(refusal(bench, i -> i, Optional.empty()).toString().contains("holds no program and there is no"));
        assertTrue(refusal(bench, i -> with(i, 2, Bench.DESIGN, OTHER, i.beatBytes()), Optional.of(bench.image))
                .toString()
                .contains("protocol version 2"));
        assertTrue(refusal(bench, i -> with(i, 1, Bench.DESIGN, OTHER, 64), Optional.of(bench.image))
                .toString()
                .contains("error[LNK-0105]"));
    }

    @Test
    void loadsOnlyWhatTheBoardLacks() {
        var bench = new Bench(7, Link.Kind.PACKETS);
        bench.run(2).requireAll(2, 7);
        var link = bench.link();
        try (Session session = Session.open(
                link,
                link,
                bench.manifest,
                Optional.empty(),
                SessionOptions.DEFAULT,
                new Random(5)::nextInt,
                Bench.DEADLINE)) {
            session.submit(bench.frame(0), Bench.DEADLINE);
            assertEquals(
                    bench.function(bench.frame(0)), session.take(Bench.DEADLINE).frame());
        }
    }

    /** A host that starts again in mid-stream, with its old packets still under way, gets its own results. */
    @Test
    void servesAHostThatStartsAgain() {
        for (long seed = 0; seed < 200; seed++) {
            var bench = new Bench(seed, seed % 2 == 0 ? Link.Kind.PACKETS : Link.Kind.NOISY_BYTES);
            var link = bench.link();
            var first = Session.open(
                    link,
                    link,
                    bench.manifest,
                    Optional.of(bench.image),
                    SessionOptions.DEFAULT,
                    new Random(seed + 1)::nextInt,
                    Bench.DEADLINE);
            int old = (int) (seed % 5);
            for (int i = 0; i < old; i++) {
                first.submit(bench.frame(100 + i), Bench.DEADLINE);
            }
            bench.run(6, link, SessionOptions.DEFAULT).requireAll(6, seed);
        }
    }

    /** A host that dies while it loads leaves no half a program behind. */
    @Test
    void loadsAgainAfterAHostDiedInMidLoad() {
        for (long seed = 0; seed < 100; seed++) {
            var bench = new Bench(seed, Link.Kind.PACKETS);
            var link = bench.link();
            long dies = 500_000 + seed * 20_000;
            var numbers = new Random(seed + 1);
            try {
                Session.open(
                                link,
                                link,
                                bench.manifest,
                                Optional.of(bench.image),
                                SessionOptions.DEFAULT,
                                numbers::nextInt,
                                Duration.ofNanos(dies))
                        .close();
            } catch (CompileException e) {
                assertTrue(e.toString().contains("error[LNK-0102]"), e.toString());
            }
            bench.run(3, link, SessionOptions.DEFAULT).requireAll(3, seed);
        }
    }

    /** A load that was begun and never ended takes away the program that was there before. */
    @Test
    void forgetsAProgramThatIsPartlyOverwritten() {
        var bench = new Bench(7, Link.Kind.PACKETS);
        bench.run(2).requireAll(2, 7);
        assertEquals(bench.image.programId(), bench.board.program());
        byte[] begin = ByteBuffer.allocate(36)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(Bench.DESIGN.toBytes())
                .put(OTHER.toBytes())
                .putInt(10)
                .array();
        bench.board.accept(new Packet(PacketType.HELLO, 0, 5, 0, new byte[] {1, 0, 0, 0}).encode());
        bench.board.accept(new Packet(PacketType.PROGRAM, 0, 5, 0, begin).encode());
        assertTrue(bench.board.poll().isPresent());
        bench.run(2).requireAll(2, 7);
        assertEquals(bench.image.programId(), bench.board.program());
        assertTrue(bench.core.loaded(), "loaded again");
    }

    /** F19: the last HELLO wins; the host that lost the board says so and stops. */
    @Test
    void tellsAHostThatAnotherHasTheBoard() {
        var bench = new Bench(4, Link.Kind.PACKETS);
        var link = bench.link();
        var first = Session.open(
                link,
                link,
                bench.manifest,
                Optional.of(bench.image),
                SessionOptions.DEFAULT,
                new Random(1)::nextInt,
                Bench.DEADLINE);
        bench.board.accept(new Packet(PacketType.HELLO, 0, 0x77, 0, new byte[] {1, 0, 0, 0}).encode());
        var e = assertThrows(CompileException.class, () -> {
            first.submit(bench.frame(0), Bench.DEADLINE);
            first.take(Bench.DEADLINE);
        });
        assertEquals(
                "error[LNK-0107] virtual: another host has taken the board (its session is 77)\n"
                        + "  try: let one host at a time use a board",
                e.getMessage());
        assertEquals(SessionState.FAILED, first.state());
        first.close();
        assertEquals(SessionState.CLOSED, first.state());
    }

    @Test
    void saysThatNobodyAnswers() {
        var bench = new Bench(4, Link.Kind.NOISY_BYTES);
        var link = bench.link();
        link.kill();
        var e = assertThrows(
                CompileException.class,
                () -> Session.open(
                        link,
                        link,
                        bench.manifest,
                        Optional.of(bench.image),
                        SessionOptions.DEFAULT,
                        new Random(1)::nextInt,
                        Duration.ofSeconds(3)));
        assertEquals(
                "error[LNK-0102] virtual: no board answered within 3000 ms\n"
                        + "  try: check that the board runs and is connected, or allow more time",
                e.getMessage());
        assertEquals(3_000_000_000L, link.elapsed());
    }

    @Test
    void belongsToOneThread() throws InterruptedException {
        var bench = new Bench(4, Link.Kind.PACKETS);
        var link = bench.link();
        var session = bench.open(link, SessionOptions.DEFAULT);
        var seen = new java.util.ArrayList<Throwable>();
        var other = Thread.ofPlatform().unstarted(() -> session.submit(bench.frame(0), Bench.DEADLINE));
        other.setUncaughtExceptionHandler((_, e) -> seen.add(e));
        other.start();
        other.join();
        assertEquals(
                List.of(IllegalStateException.class),
                seen.stream().map(Object::getClass).toList());
        session.close();
        session.close();
    }
}
