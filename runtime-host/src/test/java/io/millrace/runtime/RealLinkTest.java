package io.millrace.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.CompileException;
import io.millrace.runtime.board.ProtocolBoard;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real streams on this machine: F17, a child process, and how each end is reported. */
@Timeout(60)
class RealLinkTest {
    private static final Duration DEADLINE = Duration.ofSeconds(20);

    private interface Serving {
        void serve(Socket socket) throws IOException;
    }

    private static int listen(Serving serving) throws IOException {
        var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon().start(() -> {
            try (server;
                    Socket socket = server.accept()) {
                socket.setTcpNoDelay(true);
                serving.serve(socket);
            } catch (IOException e) {
                // the host went away, as some tests do
            }
        });
        return server.getLocalPort();
    }

    private static Link connect(LinkAddress address) {
        return Links.open(
                address,
                _ -> {
                    throw new AssertionError("no simulated board is asked for");
                },
                DEADLINE);
    }

    private static Session open(Bench bench, Link link) {
        return Session.open(link, bench.manifest, Optional.of(bench.image), SessionOptions.DEFAULT, DEADLINE);
    }

    private static List<Frame> stream(Bench bench, Link link, int frames) {
        var results = new ArrayList<Frame>();
        try (Session session = open(bench, link)) {
            session.stream(
                    IntStream.range(0, frames).mapToObj(bench::frame).iterator(),
                    r -> {
                        assertEquals(results.size(), r.number());
                        results.add(r.frame());
                    },
                    DEADLINE);
            assertEquals(0, session.statistics().packetsDamaged());
            assertEquals(results.size(), session.counters(DEADLINE).frames());
        }
        return results;
    }

    private static List<Frame> expected(Bench bench, int frames) {
        return IntStream.range(0, frames)
                .mapToObj(i -> bench.function(bench.frame(i)))
                .toList();
    }

    @Test
    void streamsOverTcpInShortPieces() throws IOException {
        for (long seed = 0; seed < 8; seed++) {
            long s = seed;
            int port = listen(socket ->
                    new BoardServer(s).serve(socket.getInputStream(), socket.getOutputStream(), Integer.MAX_VALUE));
            var bench = new Bench(seed, Link.Kind.RELIABLE_BYTES);
            assertEquals(expected(bench, 40), stream(bench, connect(new LinkAddress.Tcp("localhost", port)), 40));
        }
    }

    private static LinkAddress child(long seed, int packets) {
        return new LinkAddress.Pipe(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                BoardServer.class.getName(),
                Long.toString(seed),
                Integer.toString(packets)));
    }

    @Test
    void streamsThroughAChildProcess() {
        var bench = new Bench(11, Link.Kind.RELIABLE_BYTES);
        assertEquals(expected(bench, 100), stream(bench, connect(child(11, Integer.MAX_VALUE)), 100));
    }

    @Test
    void reportsAChildThatEnds() {
        var bench = new Bench(12, Link.Kind.RELIABLE_BYTES);
        var results = new ArrayList<Frame>();
        var e = assertThrows(CompileException.class, () -> {
            try (Session session = open(bench, connect(child(12, 60)))) {
                session.stream(
                        IntStream.range(0, 10_000).mapToObj(bench::frame).iterator(),
                        r -> results.add(r.frame()),
                        DEADLINE);
            }
        });
        assertEquals(8, e.exitCode());
        assertTrue(e.toString().contains("LNK-0111") && e.toString().contains("ended with code 0"), e.toString());
        assertEquals(expected(bench, results.size()), results);
    }

    @Test
    void streamsToABoardInThisProcess() {
        var bench = new Bench(13, Link.Kind.PACKETS);
        var link =
                Links.open(LinkAddress.parse("sim:"), _ -> ProtocolBoard.of(bench.manifest, bench::function), DEADLINE);
        assertEquals(expected(bench, 300), stream(bench, link, 300));
    }

    @Test
    void reportsATcpBoardThatGoesAway() throws IOException {
        int port = listen(socket -> {
            new BoardServer(3).serve(socket.getInputStream(), socket.getOutputStream(), 30);
            socket.setSoLinger(true, 0);
        });
        var bench = new Bench(3, Link.Kind.RELIABLE_BYTES);
        var e = assertThrows(
                CompileException.class, () -> stream(bench, connect(new LinkAddress.Tcp("localhost", port)), 10_000));
        assertTrue(e.toString().contains("LNK-0111"), e.toString());
    }

    /** Half open: the connection stays, nothing is read and nothing comes; the host neither hangs nor grows. */
    @Test
    void reportsATcpBoardThatFallsSilent() throws IOException {
        var done = new Object();
        int port = listen(socket -> {
            new BoardServer(3).serve(socket.getInputStream(), socket.getOutputStream(), 30);
            synchronized (done) {
                try {
                    done.wait(30_000);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        });
        var bench = new Bench(3, Link.Kind.RELIABLE_BYTES);
        long start = System.nanoTime();
        var e = assertThrows(
                CompileException.class, () -> stream(bench, connect(new LinkAddress.Tcp("localhost", port)), 10_000));
        assertTrue(e.toString().contains("LNK-0102"), e.toString());
        assertTrue(System.nanoTime() - start < 12_000_000_000L, "reported within the limits");
        synchronized (done) {
            done.notifyAll();
        }
    }

    @Test
    void saysThatNothingListens() throws IOException {
        int port;
        try (var unused = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = unused.getLocalPort();
        }
        var e = assertThrows(CompileException.class, () -> connect(new LinkAddress.Tcp("localhost", port)));
        assertTrue(e.toString().contains("LNK-0111") && e.toString().contains("emulate"), e.toString());
        var program = assertThrows(
                CompileException.class, () -> connect(new LinkAddress.Pipe(List.of("/nonexistent/board"))));
        assertTrue(program.toString().contains("does not start"), program.toString());
    }

    /** A board behind a real socket, a packet a datagram; it answers whoever spoke last, until its socket is closed. */
    private static DatagramSocket udpBoard(Bench bench) throws IOException {
        var socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon().start(() -> {
            var packet = new DatagramPacket(new byte[2048], 2048);
            try {
                while (true) {
                    packet.setLength(2048);
                    socket.receive(packet);
                    bench.board.accept(Arrays.copyOf(packet.getData(), packet.getLength()));
                    for (var bytes = bench.board.poll(); bytes.isPresent(); bytes = bench.board.poll()) {
                        socket.send(new DatagramPacket(bytes.get(), bytes.get().length, packet.getSocketAddress()));
                    }
                }
            } catch (IOException e) {
                // closed
            }
        });
        return socket;
    }

    @Test
    void streamsOverUdp() throws IOException {
        var bench = new Bench(14, Link.Kind.PACKETS);
        try (var board = udpBoard(bench)) {
            var link = connect(new LinkAddress.Udp("127.0.0.1", board.getLocalPort()));
            assertEquals(Link.Kind.PACKETS, link.kind());
            assertEquals(expected(bench, 300), stream(bench, link, 300));
            link.close();
            assertThrows(CompileException.class, () -> link.send(new byte[1]));
        }
    }

    /** Nobody at the port: the operating system says so at once, the host goes on asking until its own limit. */
    @Test
    void reportsAUdpBoardThatIsNotThere() throws IOException {
        int port;
        try (var unused = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            port = unused.getLocalPort();
        }
        var bench = new Bench(14, Link.Kind.PACKETS);
        var e = assertThrows(
                CompileException.class, () -> stream(bench, connect(new LinkAddress.Udp("127.0.0.1", port)), 3));
        assertTrue(e.toString().contains("LNK-0102"), e.toString());
        var unknown =
                assertThrows(CompileException.class, () -> connect(new LinkAddress.Udp("no-such-host.invalid", 1)));
        assertTrue(unknown.toString().contains("LNK-0111"), unknown.toString());
    }

    /** A program that never reads nor ends: closing takes seconds at most. The program must not outlive a failed test. */
    @Test
    void closesOnAStuckChild() {
        var link = connect(new LinkAddress.Pipe(List.of("sleep", "1000")));
        try {
            assertTimeoutPreemptively(Duration.ofSeconds(10), () -> {
                for (int i = 0; i < 2000; i++) {
                    link.send(new byte[1000]);
                }
                assertEquals(Optional.empty(), link.receive(1_000_000));
                link.close();
                link.close();
                assertThrows(CompileException.class, () -> link.receive(0));
            });
        } finally {
            link.close();
        }
    }
}
