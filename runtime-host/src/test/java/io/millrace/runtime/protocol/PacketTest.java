package io.millrace.runtime.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.scheduler.Identity;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PacketTest {
    private static final Info INFO = new Info(
            1,
            1,
            Identity.parse("000102030405060708090a0b0c0d0e0f"),
            Identity.parse("101112131415161718191a1b1c1d1e1f"),
            128,
            2,
            2,
            4,
            1,
            4,
            100_000);

    private static List<Packet> samples() {
        int session = 0x12345678;
        var data = new byte[] {1, 2, 3, 4, 5};
        return List.of(
                new Packet(PacketType.HELLO, 0, session, 0, new byte[] {1, 0, 0, 0}),
                new Packet(PacketType.INFO, 0, session, 0, INFO.encode()),
                new Acknowledgement(7, 0b101, 0b10, true).packet(session),
                new Packet(PacketType.STATUS, 0, session, 0, new byte[0]),
                new Packet(PacketType.DATA, 0, session, 9, new DataPrefix(3, 0, true, 784).payload(data, 0, 5)));
    }

    /** Bit by bit, as the RTL has it. */
    private static int step(int crc, int b) {
        int next = crc ^ (b & 0xff);
        for (int i = 0; i < 8; i++) {
            next = (next & 1) != 0 ? next >>> 1 ^ 0x82f63b78 : next >>> 1;
        }
        return next;
    }

    @Test
    void hasTheCheckValuesOfTheDocument() {
        byte[] digits = "123456789".getBytes(StandardCharsets.US_ASCII);
        assertEquals(0xe3069283, Packet.crc(digits, 0, 9));
        for (Packet packet : samples()) {
            int crc = -1;
            for (byte b : packet.encode()) {
                crc = step(crc, b);
            }
            assertEquals(0xb798b438, crc);
        }
    }

    /** The examples in the document are these packets. */
    @Test
    void writesTheBytesOfTheDocument() throws IOException {
        String text = Files.readString(Path.of("../docs/protocol.md"));
        for (Packet packet : samples()) {
            String hex = HexFormat.ofDelimiter(" ").formatHex(packet.encode());
            var lines = new ArrayList<String>();
            for (int i = 0; i < hex.length(); i += 48) {
                lines.add("    "
                        + hex.substring(i, Math.min(hex.length(), i + 48)).strip());
            }
            String block = String.join("\n", lines);
            assertTrue(text.contains(block), "docs/protocol.md lacks " + packet + "\n" + block);
        }
    }

    @Test
    void readsBackWhatItWrote() {
        for (Packet packet : samples()) {
            assertEquals(Optional.of(packet), Packet.decode(packet.encode()));
        }
        assertEquals(Optional.of(INFO), Info.decode(samples().get(1)));
        assertEquals(Optional.empty(), INFO.problem());
        var counters = new Counters(1, 0xffffffffL, 3, 4, 5, 6, 0xffff);
        assertEquals(
                Optional.of(counters), Counters.decode(new Packet(PacketType.COUNTERS, 0, 1, 0, counters.encode())));
        for (BoardError.Code code : BoardError.Code.values()) {
            var error = new BoardError(code, -5);
            assertEquals(Optional.of(error), BoardError.decode(new Packet(PacketType.ERROR, 0, 1, 0, error.encode())));
        }
        var prefix = new DataPrefix(-1, 65535, false, -4);
        assertEquals(
                Optional.of(prefix),
                DataPrefix.decode(new Packet(PacketType.RESULT, 0, 1, 0, prefix.payload(new byte[9], 1, 3))));
    }

    /** Half a million damaged packets: none passes as another one. */
    @Test
    void letsNoDamagePass() {
        var random = new Random(5);
        var packets = samples().stream().map(Packet::encode).toList();
        for (int i = 0; i < 500_000; i++) {
            byte[] good = packets.get(i % packets.size());
            byte[] bad = good.clone();
            for (int bits = 1 << random.nextInt(6); bits > 0; bits--) {
                bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
            }
            assertTrue(Packet.decode(bad).isEmpty() || Arrays.equals(bad, good));
        }
    }

    @Test
    void refusesEveryOtherLength() {
        for (Packet packet : samples()) {
            byte[] good = packet.encode();
            for (int length = 0; length < 1500; length++) {
                if (length != good.length) {
                    assertEquals(Optional.empty(), Packet.decode(Arrays.copyOf(good, length)));
                }
            }
        }
    }

    /** In any pieces, between any noise, every whole packet is found, in order. */
    @Test
    void findsEveryPacketBetweenNoise() {
        for (long seed = 0; seed < 400; seed++) {
            var random = new Random(seed);
            var stream = new ByteArrayOutputStream();
            var sent = new ArrayList<Packet>();
            for (int i = 0; i < 20; i++) {
                if (random.nextBoolean()) {
                    stream.writeBytes(noise(random));
                }
                var payload = new byte[random.nextInt(Packet.PAYLOAD_BYTES_MAX + 1)];
                random.nextBytes(payload);
                var packet = new Packet(PacketType.RESULT, 0, 5, i, payload);
                sent.add(packet);
                stream.writeBytes(packet.encode());
            }
            var decoder = new PacketDecoder();
            var found = new ArrayList<Packet>();
            byte[] bytes = stream.toByteArray();
            for (int at = 0; at < bytes.length; ) {
                int n = Math.min(bytes.length - at, 1 + random.nextInt(seed % 3 == 0 ? 1 : 3000));
                decoder.feed(Arrays.copyOfRange(bytes, at, at + n));
                at += n;
                for (var p = decoder.next(); p.isPresent(); p = decoder.next()) {
                    found.add(p.get());
                }
            }
            while (decoder.heldBytes() > 0) {
                decoder.giveUp();
                for (var p = decoder.next(); p.isPresent(); p = decoder.next()) {
                    found.add(p.get());
                }
            }
            assertEquals(sent, found, "seed " + seed);
        }
    }

    /** Random bytes, among them false headers, also one that promises more than there is. */
    private static byte[] noise(Random random) {
        var noise = new byte[random.nextInt(100)];
        random.nextBytes(noise);
        if (noise.length > 20 && random.nextBoolean()) {
            int length = random.nextInt(Packet.PAYLOAD_BYTES_MAX);
            noise[3] = (byte) 0xa5;
            noise[4] = 0x5a;
            noise[7] = (byte) length;
            noise[8] = (byte) (length >> 8);
            noise[9] = (byte) ~length;
            noise[10] = (byte) (~length >> 8);
        }
        return noise;
    }

    @Test
    void namesUnfitLimits() {
        assertEquals(
                Optional.of("the board speaks protocol version 2, this tool 1"),
                new Info(2, 0, Identity.NONE, Identity.NONE, 128, 2, 2, 4, 1, 4, 0).problem());
        assertEquals(
                Optional.of("packets of 60 data bytes are not 64 to 1024 in steps of 4"),
                new Info(1, 0, Identity.NONE, Identity.NONE, 60, 2, 2, 4, 1, 4, 0).problem());
        assertEquals(
                Optional.of("windows of 3 and 2 packets are not powers of 2 to 32"),
                new Info(1, 0, Identity.NONE, Identity.NONE, 64, 3, 2, 4, 1, 4, 0).problem());
        assertEquals(
                Optional.of("beats of 3 bytes do not divide packets of 64"),
                new Info(1, 0, Identity.NONE, Identity.NONE, 64, 2, 2, 3, 1, 4, 0).problem());
        assertEquals(
                Optional.of("no frame credits"),
                new Info(1, 0, Identity.NONE, Identity.NONE, 64, 2, 2, 4, 1, 0, 0).problem());
    }
}
