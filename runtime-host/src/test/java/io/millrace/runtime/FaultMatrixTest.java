package io.millrace.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.runtime.Link.Kind;
import io.millrace.runtime.protocol.DataPrefix;
import io.millrace.runtime.protocol.Packet;
import io.millrace.runtime.protocol.PacketType;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * The fault matrix in virtual time. Of every session: each result is the right one, comes in order and once, or the
 * session ends with a code; it never hangs.
 */
class FaultMatrixTest {
    private static final int FRAMES = 12;
    private static final long SECOND = 1_000_000_000L;
    private static final List<Kind> LOSSY = List.of(Kind.PACKETS, Kind.NOISY_BYTES);

    private static void requireAll(Faults faults, int seeds) {
        for (Kind kind : LOSSY) {
            for (long seed = 0; seed < seeds; seed++) {
                var bench = new Bench(seed, kind);
                bench.faults = faults;
                bench.run(FRAMES).requireAll(FRAMES, seed);
            }
        }
    }

    @Test
    void deliversEveryFrameOnceWithoutFaults() {
        for (Kind kind : Kind.values()) {
            for (long seed = 0; seed < 200; seed++) {
                var outcome = new Bench(seed, kind).run(FRAMES);
                outcome.requireAll(FRAMES, seed);
                assertEquals(0, outcome.statistics().packetsResent(), kind + " seed " + seed);
                assertEquals(0, outcome.statistics().timeouts(), kind + " seed " + seed);
            }
        }
    }

    /** F1. */
    @Test
    void repairsLostPackets() {
        for (double p : new double[] {1e-4, 1e-3, 0.01, 0.05}) {
            requireAll(Faults.loss(p), 150);
        }
    }

    /** F1, 30 %. */
    @Test
    void repairsOrReportsHeavyLoss() {
        int complete = 0;
        for (Kind kind : LOSSY) {
            for (long seed = 0; seed < 150; seed++) {
                var bench = new Bench(seed, kind);
                bench.faults = Faults.loss(0.3);
                complete += bench.run(FRAMES).failure().isEmpty() ? 1 : 0;
            }
        }
        assertTrue(complete > 250, complete + " of 300 complete");
    }

    /** F1: at 1 % loss at least 80 % of the rate, with windows of four packets or more. */
    @Test
    void keepsItsRateAtOnePercentLoss() {
        for (Kind kind : LOSSY) {
            long clean = 0;
            long lossy = 0;
            for (long seed = 0; seed < 60; seed++) {
                var info = new Bench(seed, kind).info;
                if (info.receiveSlots() < 4 || info.sendSlots() < 4) {
                    continue;
                }
                clean += timed(seed, kind, Faults.NONE);
                lossy += timed(seed, kind, Faults.loss(0.01));
            }
            assertTrue(
                    lossy * 0.8 < clean, kind + ": " + clean / 1000 + " us without, " + lossy / 1000 + " us with loss");
        }
    }

    private static long timed(long seed, Kind kind, Faults faults) {
        var bench = new Bench(seed, kind);
        bench.faults = faults;
        bench.nanosPerByte = kind == Kind.PACKETS ? 1000 : 10_000;
        bench.delayNanos = 100_000;
        var outcome = bench.run(400);
        outcome.requireAll(400, seed);
        return outcome.nanos();
    }

    /** F2. */
    @Test
    void repairsBursts() {
        requireAll(Faults.bursts(0.01, 2), 150);
        requireAll(Faults.bursts(0.005, 16), 150);
        requireAll(Faults.bursts(0.01, 256), 50);
    }

    /** F3. */
    @Test
    void putsReorderedPacketsInOrder() {
        for (long nanos : new long[] {50_000, 500_000, 5_000_000, 200_000_000}) {
            requireAll(Faults.reorders(0.3, nanos), 100);
        }
    }

    /**
     * F3: packets overtaken by fewer than 8 others are not sent again. Data and its acknowledgement are each overtaken
     * by 3, of 28 bytes, at most.
     */
    @Test
    void takesSlightReorderingForWhatItIs() {
        // The last ones once had a packet sent again, when only 200 us and a quarter of the round trip were waited.
        var named = LongStream.of(2180, 2948, 9977, 16561, 16677);
        for (long seed : LongStream.concat(LongStream.range(0, 2000), named).toArray()) {
            var bench = new Bench(seed, Kind.PACKETS);
            bench.nanosPerByte = 1000;
            bench.faults = Faults.reorders(0.3, 4 * 28 * bench.nanosPerByte - 1);
            var outcome = bench.run(FRAMES);
            outcome.requireAll(FRAMES, seed);
            assertEquals(0, outcome.statistics().packetsResent(), "seed " + seed);
            assertEquals(0, outcome.statistics().timeouts(), "seed " + seed);
        }
    }

    /** F4. */
    @Test
    void deliversRepeatedPacketsOnce() {
        requireAll(Faults.duplicates(0.01), 100);
        requireAll(Faults.duplicates(0.5), 100);
        requireAll(Faults.duplicates(1), 50);
        var late = new Faults(0, 0, 0, 1, 0.3, 50 * VirtualLink.MILLI, 0, 0, 0, 0, Long.MAX_VALUE);
        requireAll(late, 100);
    }

    /** F5. */
    @Test
    void dropsDamagedPackets() {
        requireAll(Faults.flips(0.01), 150);
        requireAll(Faults.flips(0.1), 150);
    }

    /** F6. */
    @Test
    void dropsCutAndGarbagePackets() {
        requireAll(Faults.cuts(0.05), 200);
        requireAll(Faults.garbage(0.05), 200);
    }

    /** F16, as far as it goes without a real line. */
    @Test
    void findsPacketsAgainOnANoisyByteStream() {
        for (double p : new double[] {1e-5, 1e-4, 1e-3}) {
            for (long seed = 0; seed < 150; seed++) {
                var bench = new Bench(seed, Kind.NOISY_BYTES);
                bench.faults = Faults.bytes(p);
                bench.run(FRAMES).requireAll(FRAMES, seed);
            }
        }
    }

    /** F7: a constant delay, and delays of up to 10 s that come and go. */
    @Test
    void waitsOnSlowLinks() {
        for (Kind kind : LOSSY) {
            for (long seed = 0; seed < 60; seed++) {
                var bench = new Bench(seed, kind);
                bench.delayNanos = seed % 2 == 0 ? SECOND / 1000 : SECOND / 10;
                bench.run(FRAMES).requireAll(FRAMES, seed);
            }
        }
        requireAll(Faults.reorders(0.01, 10 * SECOND).until(20 * SECOND), 60);
    }

    /** F7: answers that come later than is usual on a link are waited for by a host that was told so. */
    @Test
    void sendsNothingTwiceWithinTheLeastTimeOut() {
        long resent = 0;
        for (Kind kind : Kind.values()) {
            for (long seed = 0; seed < 20; seed++) {
                var hasty = new Bench(seed, kind);
                hasty.delayNanos = 2 * SECOND / 5;
                resent += hasty.run(FRAMES).statistics().packetsResent();
                var patient = new Bench(seed, kind);
                patient.delayNanos = hasty.delayNanos;
                var options = SessionOptions.DEFAULT.withResendMin(SessionOptions.DEFAULT.resendMax());
                var outcome = patient.run(FRAMES, patient.link(), options);
                outcome.requireAll(FRAMES, seed);
                assertEquals(0, outcome.statistics().packetsResent(), kind + " seed " + seed);
                assertEquals(0, outcome.statistics().packetsRepeated(), kind + " seed " + seed);
            }
        }
        assertTrue(resent > 0, "the delay is worth testing");
    }

    /** F10: resets at random moments, with and without loss of the program. */
    @Test
    void startsUnfinishedFramesAgainAfterAReset() {
        long recoveries = 0;
        for (Kind kind : LOSSY) {
            for (long seed = 0; seed < 300; seed++) {
                var bench = new Bench(seed, kind);
                bench.faults = seed % 3 == 0 ? Faults.loss(0.02) : Faults.NONE;
                var link = bench.link();
                var random = new Random(seed);
                for (int i = 0; i < 3; i++) {
                    boolean keeps = random.nextBoolean();
                    link.at((long) (random.nextDouble() * 0.1 * SECOND), () -> bench.board.powerUp(keeps));
                }
                var outcome = bench.run(FRAMES, link, SessionOptions.DEFAULT);
                outcome.requireAll(FRAMES, seed);
                recoveries += outcome.statistics().recoveries();
            }
        }
        assertTrue(recoveries > 200, recoveries + " recoveries");
    }

    /** F10: a reset in every frame ends in words. */
    @Test
    void givesUpABoardThatKeepsResetting() {
        var bench = new Bench(3, Kind.PACKETS);
        var link = bench.link();
        bench.core.hangs = true;
        for (int i = 1; i < 1000; i++) {
            link.at(i * 5 * VirtualLink.MILLI, () -> bench.board.powerUp(true));
        }
        var outcome = bench.run(FRAMES, link, SessionOptions.DEFAULT);
        assertEquals("LNK-0110", code(outcome));
    }

    /** F12: a board that dies after some time is reported within the limits. */
    @Test
    void reportsADeadBoard() {
        for (Kind kind : Kind.values()) {
            for (long seed = 0; seed < 60; seed++) {
                var bench = new Bench(seed, kind);
                var link = bench.link();
                long dies = seed * SECOND / 1000;
                link.at(dies, link::kill);
                var outcome = bench.run(10_000, link, SessionOptions.DEFAULT);
                assertEquals("LNK-0102", code(outcome));
                if (outcome.delivered() > 0) {
                    assertTrue(link.elapsed() - dies < 7 * SECOND, kind + ": " + (link.elapsed() - dies) / 1e9 + " s");
                }
            }
        }
    }

    /** F12: the port answers, the core does not; the board's counters are in the message. */
    @Test
    void reportsACoreThatHangs() {
        for (long seed = 0; seed < 30; seed++) {
            var bench = new Bench(seed, Kind.PACKETS);
            var link = bench.link();
            link.at(20 * VirtualLink.MILLI, () -> bench.core.hangs = true);
            var outcome = bench.run(10_000, link, SessionOptions.DEFAULT);
            assertEquals("LNK-0106", code(outcome));
            String words = outcome.failure().orElseThrow().toString();
            // The board counts a frame when its output 0 is finished, perhaps not yet the others.
            assertTrue(
                    words.contains("the board answers and counts " + outcome.delivered() + " frames")
                            || words.contains("counts " + (outcome.delivered() + 1) + " frames"),
                    words);
        }
    }

    /** F13: ten and a thousand times slower than the link; what is in flight stays within the credits. */
    @Test
    void waitsForASlowBoard() {
        for (long seed = 0; seed < 60; seed++) {
            var bench = new Bench(seed, Kind.PACKETS);
            var link = bench.link();
            long period = seed % 2 == 0 ? 10 * VirtualLink.MILLI : 3 * SECOND;
            bench.core.hangs = true;
            for (int i = 1; i < 100; i++) {
                link.at(i * period, () -> bench.core.hangs = false);
                link.at(i * period + 5 * VirtualLink.MILLI, () -> bench.core.hangs = true);
            }
            bench.run(FRAMES, link, SessionOptions.DEFAULT).requireAll(FRAMES, seed);
        }
    }

    private static UnaryOperator<byte[]> changingResults(int nth, UnaryOperator<Packet> change) {
        var count = new int[1];
        return bytes -> {
            var packet = Packet.decode(bytes).orElseThrow();
            boolean hit = packet.type() == PacketType.RESULT && count[0]++ == nth;
            return hit ? change.apply(packet).encode() : bytes;
        };
    }

    /** F14: results of frames that nobody waits for. */
    @Test
    void dropsResultsOfUnknownFrames() {
        for (long seed = 0; seed < 100; seed++) {
            long wrong = new long[] {-1, 1, 1L << 40, Long.MIN_VALUE}[(int) (seed % 4)];
            var bench = new Bench(seed, Kind.PACKETS);
            var link = bench.link();
            link.boardSays(changingResults(2, p -> {
                var prefix = DataPrefix.decode(p).orElseThrow();
                return rewritten(
                        p,
                        new DataPrefix(prefix.frame() + wrong, prefix.tensor(), prefix.last(), prefix.offset()),
                        p.payloadLength() - Packet.PREFIX_BYTES);
            }));
            var outcome = bench.run(FRAMES, link, SessionOptions.DEFAULT);
            assertTrue(List.of("LNK-0106", "LNK-0108").contains(code(outcome)), code(outcome));
            assertTrue(
                    outcome.statistics().resultsUnknown() > 0 || code(outcome).equals("LNK-0108"));
        }
    }

    /** F15: results that are longer, shorter, elsewhere, or of another tensor than the manifest says. */
    @Test
    void refusesResultsOfTheWrongSize() {
        for (long seed = 0; seed < 200; seed++) {
            int how = (int) (seed % 5);
            var bench = new Bench(seed, Kind.PACKETS);
            var link = bench.link();
            link.boardSays(changingResults(1, p -> {
                var prefix = DataPrefix.decode(p).orElseThrow();
                int length = p.payloadLength() - Packet.PREFIX_BYTES;
                var changed = switch (how) {
                    case 0 -> new DataPrefix(prefix.frame(), prefix.tensor() + 1, prefix.last(), prefix.offset());
                    case 1 -> new DataPrefix(prefix.frame(), prefix.tensor(), !prefix.last(), prefix.offset());
                    case 2 -> new DataPrefix(prefix.frame(), prefix.tensor(), prefix.last(), prefix.offset() + 1);
                    default -> prefix;
                };
                return rewritten(p, changed, how == 3 ? length + 1 : how == 4 ? length - 1 : length);
            }));
            assertEquals("LNK-0108", code(bench.run(FRAMES, link, SessionOptions.DEFAULT)), "seed " + seed);
        }
    }

    private static Packet rewritten(Packet p, DataPrefix prefix, int length) {
        var data = java.util.Arrays.copyOfRange(
                p.payload(), Packet.PREFIX_BYTES, Packet.PREFIX_BYTES + Math.max(length, 0));
        byte[] payload = prefix.payload(data, 0, data.length);
        if (payload.length > Packet.PAYLOAD_BYTES_MAX) {
            payload = java.util.Arrays.copyOf(payload, Packet.PAYLOAD_BYTES_MAX - 4);
        }
        return new Packet(p.type(), p.flags(), p.session(), p.sequence(), payload);
    }

    /** All faults at once, then none: as long as they last nothing wrong is delivered, and then everything is. */
    @Test
    void survivesMixedFaults() {
        int frames = 0;
        long damaged = 0;
        for (Kind kind : LOSSY) {
            for (long seed = 0; seed < 1500; seed++) {
                var bench = new Bench(seed, kind);
                var random = new Random(seed ^ 0x5eed);
                bench.faults = new Faults(
                        random.nextInt(3) * 0.03,
                        random.nextInt(2) * 0.002,
                        1 + random.nextInt(30),
                        random.nextInt(3) * 0.1,
                        random.nextInt(3) * 0.2,
                        random.nextInt(20) * VirtualLink.MILLI,
                        random.nextInt(3) * 0.03,
                        random.nextInt(3) * 0.02,
                        random.nextInt(3) * 0.02,
                        random.nextInt(3) * 2e-4,
                        2 * SECOND);
                var link = bench.link();
                if (random.nextInt(3) == 0) {
                    link.at(random.nextInt(300) * VirtualLink.MILLI, () -> bench.board.powerUp(random.nextBoolean()));
                }
                var outcome = bench.run(FRAMES, link, SessionOptions.DEFAULT);
                outcome.requireAll(FRAMES, seed);
                frames += outcome.delivered();
                damaged += link.damagedOnTheWay;
            }
        }
        assertEquals(2 * 1500 * FRAMES, frames);
        assertTrue(damaged > 10_000, damaged + " packets damaged");
    }

    private static String code(Bench.Outcome outcome) {
        return outcome.failure()
                .orElseThrow(() -> new AssertionError("no failure"))
                .diagnostics()
                .getFirst()
                .code();
    }
}
