package io.millrace.hdl.internal;

import static io.millrace.hdl.internal.TestFrames.ETHERNET_HEADER;
import static io.millrace.hdl.internal.TestFrames.arp;
import static io.millrace.hdl.internal.TestFrames.checked;
import static io.millrace.hdl.internal.TestFrames.damaged;
import static io.millrace.hdl.internal.TestFrames.datagram;
import static io.millrace.hdl.internal.TestFrames.join;
import static io.millrace.hdl.internal.TestFrames.with;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.hdl.EthernetOptions;
import io.millrace.hdl.EthernetOptions.Wires;
import io.millrace.hdl.bridge.Verilated;
import io.millrace.hdl.internal.TestFrames.Station;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The link on Ethernet in front of something that echoes: frames at the PHY's pins, bit by bit, right and wrong ones. */
@Timeout(180)
class EthernetLinkTest {
    private static final String NOBODY = "00:00:00:00:00:00";
    private static final String EVERYBODY = "ff:ff:ff:ff:ff:ff";
    private static final Station HOST = new Station("02:00:00:00:00:17", "192.168.1.20", 40_000);
    private static final Station OTHER = new Station("02:00:00:00:00:18", "10.255.254.253", 65_535);
    private static final int GAP = 12;

    @TempDir
    private static Path folder;

    private static final Map<Wires, Verilated> LINKS = new EnumMap<>(Wires.class);

    @BeforeAll
    static void compile() throws Exception {
        boolean found = Stream.of(System.getenv("PATH").split(":"))
                .anyMatch(bin -> Files.isExecutable(Path.of(bin, "verilator")));
        if ("true".equals(System.getenv("CI"))) {
            assertTrue(found, "verilator is not installed");
        }
        assumeTrue(found, "verilator is not installed");
        var builder = new Verilated.Builder(folder);
        for (Wires wires : Wires.values()) {
            LINKS.put(wires, builder.compile(() -> new EchoLink(EthernetOptions.defaults(wires)), "-Wno-UNUSEDSIGNAL"));
        }
    }

    private static Station board(Wires wires) {
        var options = EthernetOptions.defaults(wires);
        return new Station(options.colonMac(), options.dottedAddress(), options.port());
    }

    /** Time on the line: three clocks without a common multiple, what is sent, and what comes back. */
    private static final class Line {
        private static final int CORE_HALF = 3;
        private static final int RX_HALF = 4;
        /** Some hundred ppm from the other. */
        private static final int[] TX_HALVES = {4, 4, 4, 4, 4, 4, 4, 4, 4, 5};

        private final Wires wires;
        private final Verilated link;
        private final List<Map<String, Long>> steps = new ArrayList<>();
        private final Map<String, Long> inputs = new LinkedHashMap<>();
        private final List<Integer> sampled = new ArrayList<>();
        private final ArrayList<long[]> pending = new ArrayList<>();
        private long time;
        private long nextCore = CORE_HALF;
        private long nextRx = RX_HALF;
        private long nextTx = 5;
        private int txEdges;
        private int resets;
        private boolean rxRuns = true;

        Line(Wires wires) {
            this.wires = wires;
            this.link = java.util.Objects.requireNonNull(LINKS.get(wires)).fresh();
            reset(4);
            idle(2000);
        }

        Line reset(int clocks) {
            resets++;
            inputs.put("reset", 1L);
            idle(clocks);
            inputs.put("reset", 0L);
            return this;
        }

        Line set(String input, long value) {
            inputs.put(input, value);
            return this;
        }

        Line rxClock(boolean runs) {
            rxRuns = runs;
            return this;
        }

        /** So many clocks of the line without anything. */
        Line idle(int clocks) {
            for (int i = 0; i < clocks; i++) {
                clock(0, 0, 0);
            }
            return this;
        }

        Line send(byte[]... frames) {
            for (byte[] frame : frames) {
                raw(checked(frame), -1);
            }
            return this;
        }

        /** Preamble, these bytes, and the shortest gap; {@code wrong}: the byte at which the PHY says that something is wrong. */
        Line raw(byte[] bytes, int wrong) {
            byte[] all = join(HexFormat.of().parseHex("55555555555555d5"), bytes);
            for (int i = 0; i < all.length; i++) {
                long error = i == wrong + 8 ? 1 : 0;
                if (wires == Wires.GMII) {
                    clock(1, all[i] & 0xff, error);
                } else {
                    clock(1, all[i] & 0xf, error);
                    clock(1, all[i] >> 4 & 0xf, error);
                }
            }
            return idle(wires == Wires.GMII ? GAP : 2 * GAP);
        }

        private void clock(long valid, long data, long error) {
            pending.add(new long[] {valid, data, error});
            while (!pending.isEmpty()) {
                edge();
            }
        }

        /** The next edge of any clock. Data change at falling edges, so that they are steady where the link looks. */
        private void edge() {
            time = Math.min(nextCore, Math.min(nextRx, nextTx));
            boolean samples = false;
            if (nextCore == time) {
                nextCore += CORE_HALF;
                toggle("clk");
            }
            if (nextTx == time) {
                nextTx += TX_HALVES[txEdges++ % TX_HALVES.length];
                toggle("eth_tx_clk");
                samples = inputs.getOrDefault("eth_tx_clk", 0L) == 0;
            }
            if (nextRx == time) {
                nextRx += RX_HALF;
                boolean falls = inputs.getOrDefault("rx_phase", 0L) == 1;
                phase(falls ? 0 : 1);
                if (rxRuns) {
                    inputs.put("eth_rx_clk", falls ? 0L : 1L);
                }
                if (falls) {
                    long[] now = pending.removeFirst();
                    inputs.put("eth_rx_dv", now[0]);
                    inputs.put("eth_rxd", now[1]);
                    inputs.put("eth_rx_er", now[2]);
                }
            }
            var step = new LinkedHashMap<>(inputs);
            step.remove("rx_phase");
            if (samples) {
                sampled.add(steps.size());
            }
            steps.add(step);
        }

        private void phase(long value) {
            inputs.put("rx_phase", value);
        }

        private void toggle(String clock) {
            inputs.put(clock, 1 - inputs.getOrDefault(clock, 0L));
        }

        /** Runs it all; the frames that came back, their check sequence and preamble looked at and taken off. */
        List<byte[]> run() throws Exception {
            idle(wires == Wires.GMII ? 6000 : 12_000);
            steps.forEach(link::step);
            var outputs = link.run();
            damagedMessages = outputs.getLast().getOrDefault("damaged", 0L);
            return frames(sampled.stream().map(outputs::get).toList());
        }

        long damagedMessages;

        private List<byte[]> frames(List<Map<String, Long>> clocks) {
            var frames = new ArrayList<byte[]>();
            var pieces = new ArrayList<Integer>();
            int quiet = 1000;
            for (var clock : clocks) {
                if (clock.getOrDefault("eth_tx_en", 0L) == 1) {
                    if (pieces.isEmpty()) {
                        assertTrue(quiet >= (wires == Wires.GMII ? GAP : 2 * GAP), "a gap of " + quiet + " clocks");
                    }
                    pieces.add(Math.toIntExact(clock.getOrDefault("eth_txd", 0L)));
                    quiet = 0;
                } else {
                    quiet++;
                    if (!pieces.isEmpty()) {
                        if (!cut(pieces)) {
                            frames.add(opened(pieces));
                        }
                        pieces.clear();
                    }
                }
            }
            assertTrue(pieces.isEmpty(), "the last frame has ended");
            return frames;
        }

        private byte[] bytes(List<Integer> pieces) {
            int each = wires == Wires.GMII ? 1 : 2;
            var bytes = new byte[pieces.size() / each];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) (int) (each == 1 ? pieces.get(i) : pieces.get(2 * i) | pieces.get(2 * i + 1) << 4);
            }
            return bytes;
        }

        /** Whether a frame is one that a reset has cut, which its check sequence shows. */
        private boolean cut(List<Integer> pieces) {
            byte[] bytes = bytes(pieces);
            return resets > 1
                    && !hex(checked(Arrays.copyOfRange(bytes, 8, Math.max(8, bytes.length - 4))))
                            .equals(hex(Arrays.copyOfRange(bytes, 8, Math.max(12, bytes.length))));
        }

        private byte[] opened(List<Integer> pieces) {
            byte[] bytes = bytes(pieces);
            assertEquals(0, pieces.size() % (wires == Wires.GMII ? 1 : 2));
            assertEquals("55555555555555d5", HexFormat.of().formatHex(bytes, 0, 8));
            byte[] frame = Arrays.copyOfRange(bytes, 8, bytes.length - 4);
            assertTrue(frame.length >= 60 && frame.length <= 1514, frame.length + " bytes");
            assertEquals(hex(checked(frame)), hex(Arrays.copyOfRange(bytes, 8, bytes.length)));
            return frame;
        }
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] message(int bytes, int seed) {
        var data = new byte[bytes];
        new Random(seed).nextBytes(data);
        data[0] = 'm';
        return data;
    }

    /** What the link is to send: the datagram by our own reckoning, but for the identification that nobody reads. */
    private static String answer(Wires wires, Station to, byte[] data) {
        return hex(with(damaged(datagram(board(wires), to, data), ETHERNET_HEADER + 4, 0), ETHERNET_HEADER + 5, 0));
    }

    private static void assertFrames(List<String> expected, List<byte[]> frames) {
        assertEquals(
                String.join("\n", expected),
                String.join("\n", frames.stream().map(EthernetLinkTest::hex).toList()));
    }

    @ParameterizedTest
    @EnumSource
    void datagramsOfEverySizeComeBack(Wires wires) throws Exception {
        var line = new Line(wires);
        var expected = new ArrayList<String>();
        byte[] hello = text("Hello");
        line.send(datagram(HOST, board(wires), hello)).idle(100);
        expected.add(answer(wires, HOST, hello));
        // 18 bytes of data fill the smallest frame; 1,060 are the largest packet.
        for (int bytes : new int[] {1, 2, 17, 18, 19, 64, 1059, 1060}) {
            byte[] data = message(bytes, bytes);
            line.send(datagram(OTHER, board(wires), data)).idle(2600);
            expected.add(answer(wires, HOST, data));
        }
        assertFrames(expected, line.run());
    }

    @ParameterizedTest
    @EnumSource
    void asksForTheAddressAreAnswered(Wires wires) throws Exception {
        var board = board(wires);
        byte[] all = new Station(EVERYBODY, "0.0.0.0", 0).macBytes();
        byte[] nobody = new Station(NOBODY, "0.0.0.0", 0).macBytes();
        var line = new Line(wires);
        line.send(
                        arp(1, all, HOST, nobody, board.address()),
                        arp(1, all, HOST, nobody, "192.168.1.129"),
                        arp(2, all, HOST, nobody, board.address()))
                .idle(200);
        byte[] broken = checked(arp(1, all, HOST, nobody, board.address()));
        broken[30] ^= 1;
        line.raw(broken, -1).idle(200);
        line.send(damaged(arp(1, all, HOST, nobody, board.address()), 15, 6)).idle(200);
        line.send(arp(1, OTHER.macBytes(), HOST, nobody, board.address())).idle(200);
        line.send(arp(1, board.macBytes(), OTHER, nobody, board.address()));
        assertFrames(
                List.of(
                        hex(arp(2, HOST.macBytes(), board, HOST.macBytes(), HOST.address())),
                        hex(arp(2, OTHER.macBytes(), board, OTHER.macBytes(), OTHER.address()))),
                line.run());
    }

    /** Each is as good as the one before it but for one thing. */
    private static Map<String, byte[]> wrongFrames(Station board) {
        byte[] good = datagram(HOST, board, text("Must not come through"));
        int ip = ETHERNET_HEADER;
        int udp = ip + TestFrames.IP_HEADER;
        var wrong = new LinkedHashMap<String, byte[]>();
        wrong.put("another station's MAC address", damaged(good, 5, 0x77));
        wrong.put(
                "a broadcast",
                join(new Station(EVERYBODY, "", 0).macBytes(), Arrays.copyOfRange(good, 6, good.length)));
        wrong.put("from a group", damaged(good, 6, 0x03));
        wrong.put("another type", damaged(good, 13, 0x06));
        wrong.put("IPv6", damaged(damaged(good, 12, 0x86), 13, 0xDD));
        wrong.put("version 5", with(good, ip, 0x55));
        wrong.put("a header with options", with(good, ip, 0x46));
        wrong.put("the first of several fragments", with(good, ip + 6, 0x20));
        wrong.put("a later fragment", with(good, ip + 7, 1));
        wrong.put("a far fragment", with(good, ip + 6, 0x10));
        wrong.put("TCP", with(good, ip + 9, 6));
        wrong.put("another address", with(good, ip + 19, 129));
        wrong.put("another net", with(good, ip + 16, 10));
        wrong.put("a wrong header checksum", damaged(good, ip + 10, good[ip + 10] ^ 0x40));
        wrong.put("a header that was changed", damaged(good, ip + 8, 63));
        wrong.put("another port", damaged(good, udp + 3, good[udp + 3] ^ 1));
        wrong.put("another port's high byte", damaged(good, udp + 2, good[udp + 2] ^ 0x80));
        wrong.put("more data than the header says", damaged(good, udp + 5, good[udp + 5] + 1));
        wrong.put("less data than the header says", damaged(good, udp + 5, good[udp + 5] - 1));
        wrong.put("no data", datagram(HOST, board, new byte[0]));
        wrong.put("a length below its header's", damaged(damaged(good, udp + 5, 7), udp + 4, 0));
        byte[] cut = datagram(HOST, board, message(300, 1));
        wrong.put("a frame that ends early", Arrays.copyOf(cut, cut.length - 1));
        wrong.put("a frame that ends in its header", Arrays.copyOf(cut, 60));
        return wrong;
    }

    @ParameterizedTest
    @EnumSource
    void wrongFramesAreDroppedAndHarmNothing(Wires wires) throws Exception {
        var board = board(wires);
        var expected = new ArrayList<String>();
        var line = new Line(wires);
        int n = 0;
        for (var wrong : wrongFrames(board).entrySet()) {
            byte[] after = text("Hello after " + wrong.getKey());
            line.send(wrong.getValue(), datagram(n % 2 == 0 ? HOST : OTHER, board, after))
                    .idle(300);
            expected.add(answer(wires, n++ % 2 == 0 ? HOST : OTHER, after));
        }
        assertFrames(expected, line.run());
    }

    @ParameterizedTest
    @EnumSource
    void framesDamagedOnTheLineAreDropped(Wires wires) throws Exception {
        var board = board(wires);
        byte[] good = checked(datagram(HOST, board, text("Must not come through, or only as damaged")));
        byte[] flipped = good.clone();
        flipped[60] ^= 4;
        byte[] headerFlipped = good.clone();
        headerFlipped[8] ^= 4;
        // Runts with a right check sequence; the last would hold a whole datagram.
        byte[] small = datagram(HOST, board, text("x"));
        var line = new Line(wires);
        line.raw(flipped, -1).raw(headerFlipped, -1).raw(good, 50).raw(good, 0);
        line.raw(checked(Arrays.copyOf(small, 20)), -1);
        line.raw(checked(Arrays.copyOf(small, 59)), -1);
        line.raw(new byte[] {1, 2, 3}, -1).raw(new byte[0], -1);
        // Too long, though the datagram within is not; then the longest that is allowed.
        byte[] longest = datagram(OTHER, board, message(40, 3));
        line.raw(checked(Arrays.copyOf(longest, 1515)), -1);
        line.idle(20);
        byte[] hello = text("Hello");
        line.send(datagram(HOST, board, hello)).idle(300);
        line.raw(checked(Arrays.copyOf(longest, 1514)), -1);
        assertFrames(List.of(answer(wires, HOST, hello), answer(wires, HOST, message(40, 3))), line.run());
        assertEquals(6, line.damagedMessages, "those whose headers were right are told of");
    }

    /** Preambles that are none, or shorter: PHYs may swallow part of them. */
    @Test
    void preamblesMayBeShortButMustBeThere() throws Exception {
        var board = board(Wires.GMII);
        var line = new Line(Wires.GMII);
        byte[] hello = text("Hello");
        byte[] bytes = checked(datagram(HOST, board, hello));
        for (String start : List.of("55d5", "d5", "5555aa55d5", "00d5", "5555d4")) {
            for (byte b : join(HexFormat.of().parseHex(start), bytes)) {
                line.clock(1, b & 0xff, 0);
            }
            line.idle(300);
        }
        assertFrames(List.of(answer(Wires.GMII, HOST, hello), answer(Wires.GMII, HOST, hello)), line.run());
    }

    @ParameterizedTest
    @EnumSource
    void backToBackFramesAllComeThrough(Wires wires) throws Exception {
        var line = new Line(wires);
        var expected = new ArrayList<String>();
        byte[] hello = text("Hello");
        line.send(datagram(HOST, board(wires), hello));
        expected.add(answer(wires, HOST, hello));
        for (int i = 0; i < 12; i++) {
            byte[] data = message(1 + 37 * i % 200, i);
            line.send(datagram(HOST, board(wires), data));
            expected.add(answer(wires, HOST, data));
        }
        assertFrames(expected, line.run());
    }

    /** What does not fit the queue is lost as a whole; nothing of it is glued to what comes later. */
    @ParameterizedTest
    @EnumSource
    void aQueueThatOverflowsLosesWholeFrames(Wires wires) throws Exception {
        var board = board(wires);
        var line = new Line(wires);
        byte[] hello = text("Hello");
        line.send(datagram(HOST, board, hello)).idle(200).set("stalls", 1);
        line.send(datagram(HOST, board, message(900, 1)));
        line.send(datagram(HOST, board, message(800, 2)));
        line.send(datagram(HOST, board, message(700, 3)));
        line.send(datagram(HOST, board, message(600, 4)), datagram(HOST, board, message(20, 5)));
        line.set("stalls", 0).idle(8000);
        line.send(datagram(HOST, board, message(500, 6)));
        assertFrames(
                List.of(
                        answer(wires, HOST, hello),
                        answer(wires, HOST, message(900, 1)),
                        answer(wires, HOST, message(800, 2)),
                        answer(wires, HOST, message(500, 6))),
                line.run());
        assertEquals(1, line.damagedMessages, "the frame that was cut says so");
    }

    @ParameterizedTest
    @EnumSource
    void straysAreAnsweredThemselves(Wires wires) throws Exception {
        var board = board(wires);
        var line = new Line(wires);
        var expected = new ArrayList<String>();
        for (var told : List.of(
                Map.entry(HOST, "Hello"),
                Map.entry(OTHER, "Stray"),
                Map.entry(OTHER, "data"),
                Map.entry(OTHER, "Hello"),
                Map.entry(HOST, "Stray"),
                Map.entry(HOST, "data"))) {
            line.send(datagram(told.getKey(), board, text(told.getValue()))).idle(300);
        }
        expected.add(answer(wires, HOST, text("Hello")));
        expected.add(answer(wires, OTHER, text("Stray")));
        expected.add(answer(wires, HOST, text("data")));
        expected.add(answer(wires, OTHER, text("Hello")));
        expected.add(answer(wires, HOST, text("Stray")));
        expected.add(answer(wires, OTHER, text("data")));
        assertFrames(expected, line.run());
    }

    /** A reset in the middle of a frame each way, and with the PHY's clock away: afterwards the link works. */
    @ParameterizedTest
    @EnumSource
    void comesBackAfterResets(Wires wires) throws Exception {
        var board = board(wires);
        var line = new Line(wires);
        byte[] hello = text("Hello");
        line.send(datagram(HOST, board, message(700, 1)));
        byte[] cut = checked(datagram(HOST, board, message(900, 2)));
        line.raw(Arrays.copyOf(cut, 300), -1);
        // The echo of the first is in the queue, or on the line.
        line.reset(3).raw(Arrays.copyOfRange(cut, 300, 900), -1).idle(2500);
        line.send(datagram(HOST, board, hello)).idle(300);
        line.rxClock(false).reset(3).idle(3000).rxClock(true).idle(2500);
        line.send(datagram(OTHER, board, hello)).idle(300);
        var frames = line.run();
        assertEquals(
                List.of(answer(wires, HOST, hello), answer(wires, OTHER, hello)),
                frames.subList(frames.size() - 2, frames.size()).stream()
                        .map(EthernetLinkTest::hex)
                        .toList());
    }
}
