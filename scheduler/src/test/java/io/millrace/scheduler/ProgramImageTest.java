package io.millrace.scheduler;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.CompileException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class ProgramImageTest {
    private static final Identity DESIGN = Identity.parse("000102030405060708090a0b0c0d0e0f");

    private static ProgramImage sample() {
        return ProgramImage.of(
                DESIGN,
                List.of(
                        new ProgramImage.Section(3, 16, 40, new int[] {0x11223344, 0x55, -1, 0xff}),
                        new ProgramImage.Section(65535, 0, 8, new int[0]),
                        new ProgramImage.Section(1, 7, 32, new int[] {-2})));
    }

    @Test
    void writesTheDocumentedBytes() {
        byte[] bytes = sample().encode();
        var in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        assertArrayEquals(new byte[] {'M', 'R', 'P', 'I', 1, 0, 0, 0, 0, 1, 2}, java.util.Arrays.copyOf(bytes, 11));
        assertEquals(3, in.getInt(40));
        assertEquals(3, in.getInt(44));
        assertEquals(16, in.getInt(48));
        assertEquals(40, in.getInt(52));
        assertEquals(2, in.getInt(56));
        assertEquals(0x11223344, in.getInt(60));
        assertEquals(44 + 3 * 16 + 5 * 4 + 4, bytes.length);
        var crc = new CRC32C();
        crc.update(bytes, 0, bytes.length - 4);
        assertEquals((int) crc.getValue(), in.getInt(bytes.length - 4));
    }

    @Test
    void readsBackTheSameValue() {
        assertEquals(sample(), ProgramImage.decode(sample().encode(), "a.mrpi"));
        assertEquals(0xff, sample().sections().getFirst().chunk(1, 1));
        assertEquals(DESIGN, Identity.parse(DESIGN.toString()));
    }

    @Test
    void namesTheContentByItsIdentity() {
        var other = ProgramImage.of(DESIGN, List.of(new ProgramImage.Section(1, 7, 32, new int[] {-3})));
        assertNotEquals(sample().programId(), other.programId());
        assertEquals(sample().programId(), sample().programId());
    }

    @Test
    void refusesEveryDamagedByteAndLength() {
        byte[] good = sample().encode();
        var random = new Random(1);
        for (int i = 0; i < good.length; i++) {
            byte[] bad = good.clone();
            bad[i] ^= (byte) (1 << random.nextInt(8));
            var e = assertThrows(CompileException.class, () -> ProgramImage.decode(bad, "a.mrpi"));
            assertEquals(3, e.exitCode());
            byte[] cut = java.util.Arrays.copyOf(good, i);
            assertThrows(CompileException.class, () -> ProgramImage.decode(cut, "a.mrpi"));
        }
    }

    /** A checksum that fits does not make wild fields harmless. */
    @Test
    void refusesWildFieldsUnderAGoodChecksum() {
        var random = new Random(2);
        int refused = 0;
        for (int i = 0; i < 2000; i++) {
            byte[] bad = sample().encode();
            var out = ByteBuffer.wrap(bad).order(ByteOrder.LITTLE_ENDIAN);
            int at = 40 + 4 * random.nextInt((bad.length - 44) / 4);
            out.putInt(at, random.nextInt());
            var crc = new CRC32C();
            crc.update(bad, 0, bad.length - 4);
            out.putInt(bad.length - 4, (int) crc.getValue());
            try {
                assertArrayEquals(bad, ProgramImage.decode(bad, "a.mrpi").encode());
            } catch (CompileException e) {
                refused++;
                assertEquals("SCH-0404", e.diagnostics().getFirst().code());
            }
        }
        assertTrue(refused > 500, refused + " refused");
    }

    @Test
    void saysWhichSectionIsTooLong() {
        byte[] bad = sample().encode();
        var out = ByteBuffer.wrap(bad).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(56, 100);
        var crc = new CRC32C();
        crc.update(bad, 0, bad.length - 4);
        out.putInt(bad.length - 4, (int) crc.getValue());
        var e = assertThrows(CompileException.class, () -> ProgramImage.decode(bad, "a.mrpi"));
        assertEquals(
                "error[SCH-0404] a.mrpi: section 0 at byte 44 names 100 words of 40 bits, more than the file holds\n"
                        + "  try: write it again with `millrace compile`, and copy it as a binary file",
                e.getMessage());
    }

    @Test
    void refusesBitsAboveTheWord() {
        var e = assertThrows(
                IllegalArgumentException.class, () -> new ProgramImage.Section(0, 0, 33, new int[] {0, 2}));
        assertEquals("word 0 has bits set above its 33", e.getMessage());
    }
}
