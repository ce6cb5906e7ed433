package io.millrace.ir.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.ir.CompileException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IdxFileTest {
    @TempDir
    private Path folder = Path.of("");

    private Path file(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("x.idx"), bytes);
    }

    private static byte[] zipped(byte[] bytes) throws IOException {
        var out = new ByteArrayOutputStream();
        try (var zip = new GZIPOutputStream(out)) {
            zip.write(bytes);
        }
        return out.toByteArray();
    }

    @Test
    void plainAndZippedFilesGiveTheSame() throws IOException {
        byte[] bytes = HexFormat.of().parseHex("00000802" + "00000002" + "00000003" + "0001fe02ff80");
        for (byte[] form : List.of(bytes, zipped(bytes))) {
            IdxFile read = IdxFile.read(file(form));
            assertEquals(List.of(2, 3), read.dims());
            assertEquals(2, read.count());
            assertEquals(3, read.itemSize());
            assertArrayEquals(HexFormat.of().parseHex("0001fe02ff80"), read.data());
        }
    }

    @Test
    void bundledDigitsRead() {
        IdxFile images = IdxFile.read(Path.of("src/test/resources/data/digits-calib200-images.idx.gz"));
        assertEquals(List.of(200, 28, 28), images.dims());
        assertEquals(200 * 784, images.data().length);
        IdxFile labels = IdxFile.read(Path.of("src/test/resources/data/digits-test200-labels.idx"));
        for (int c = 0; c < 10; c++) {
            int wanted = c;
            assertEquals(
                    20,
                    java.util.stream.IntStream.range(0, 200)
                            .filter(i -> labels.data()[i] == wanted)
                            .count());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "000008|IMP-0501|3|ends too early",
                "0000080100|IMP-0501|3|ends too early",
                "00000d0100000001|IMP-0501|3|starts with 00000d01, must start with 000008 and a rank of 1 to 4",
                "0000080900000001|IMP-0501|3|starts with 00000809, must start with 000008 and a rank of 1 to 4",
                "00000801ffffffff|IMP-0501|3|states the size 4294967295",
                "00000801000000020a|IMP-0501|3|'holds 1 bytes of data, its sizes [2] need 2'",
                "0000080100000001aabb|IMP-0501|3|goes on after the 1 bytes of data that its sizes [1] need",
                "00000802ffff0000ffff0000|IMP-0501|3|states the size 4294901760",
                "000008027fffffff7fffffff|IMP-0901|9|'states sizes [2147483647], more than the 268435456 bytes allowed for this file'",
                "1f8b0800|IMP-0501|3|ends too early",
                "1f8b0900000000000000|IMP-0501|3|is damaged gzip data: Unsupported compression method"
            })
    void malformedFilesAreRefused(String hex, String code, int exit, String problem) throws IOException {
        Path file = file(HexFormat.of().parseHex(hex));
        var e = assertThrows(CompileException.class, () -> IdxFile.read(file));
        assertEquals(code, e.diagnostics().getFirst().code());
        assertEquals(exit, e.exitCode());
        assertEquals(problem, e.diagnostics().getFirst().problem());
    }

    @Test
    void bombsAreRefusedBeforeTheyAreUnpacked() throws IOException {
        var bytes = new ByteArrayOutputStream();
        bytes.write(HexFormat.of().parseHex("000008010f000000"));
        bytes.write(new byte[1 << 20]);
        Path file = file(zipped(bytes.toByteArray()));
        var e = assertThrows(CompileException.class, () -> IdxFile.read(file));
        assertEquals(9, e.exitCode());
    }

    @Test
    void anyBytesGiveDataOrADiagnostic() throws IOException {
        var random = new Random(1);
        byte[] good = zipped(HexFormat.of().parseHex("00000802" + "00000002" + "00000003" + "0001fe02ff80"));
        int refused = 0;
        for (int i = 0; i < 2000; i++) {
            byte[] bytes = good.clone();
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            Path file = file(bytes);
            try {
                IdxFile.read(file);
            } catch (CompileException e) {
                refused++;
            }
        }
        assertEquals(true, refused > 1000, refused + " refused");
    }

    @Test
    void missingFilesAreNamed() {
        var e = assertThrows(CompileException.class, () -> IdxFile.read(folder.resolve("none.idx")));
        assertEquals("error[IMP-0101] none.idx: does not exist\n  try: check the path", e.getMessage());
    }
}
