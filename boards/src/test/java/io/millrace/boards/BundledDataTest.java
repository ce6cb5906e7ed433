package io.millrace.boards;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.CompileException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class BundledDataTest {
    private static final byte[] GREY = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 9, 8, 7, 6};

    @TempDir
    private Path folder;

    @Test
    void heldOutDigitsAreTwoThousandOfAllClasses() {
        var digits = BundledDigits.heldOut();
        assertEquals(2000, digits.images().count());
        assertEquals(
                List.of(1, 28, 28),
                List.of(
                        digits.images().channels(),
                        digits.images().height(),
                        digits.images().width()));
        var first = digits.labels().subList(0, 200);
        IntStream.range(0, 10).forEach(c -> assertEquals(20, Collections.frequency(first, c), "of class " + c));
        IntStream.range(0, 10)
                .forEach(c -> assertTrue(Collections.frequency(digits.labels(), c) > 150, "of class " + c));
    }

    @Test
    void calibrationDigitsAreNotHeldOut() {
        var calibration = BundledDigits.calibration();
        assertEquals(200, calibration.count());
        var held = BundledDigits.heldOut().images();
        for (int i = 0; i < calibration.count(); i++) {
            var image = calibration.image(i);
            assertTrue(
                    IntStream.range(0, held.count()).noneMatch(j -> Arrays.equals(image, held.image(j))), "image " + i);
        }
    }

    @Test
    void imagesAreNotBlankNorTransposed() {
        // Summed over all digits, the ink lies in the middle and the border is blank.
        var images = BundledDigits.heldOut().images();
        var sums = new long[28 * 28];
        for (int i = 0; i < images.count(); i++) {
            var image = images.image(i);
            for (int p = 0; p < sums.length; p++) {
                sums[p] += Byte.toUnsignedInt(image[p]);
            }
        }
        assertTrue(sums[14 * 28 + 14] > 2000L * 80, "middle " + sums[14 * 28 + 14]);
        assertEquals(0, sums[0] + sums[27] + sums[27 * 28] + sums[28 * 28 - 1]);
    }

    @Test
    void bundledModelsAreOnnxFiles() {
        assertEquals(
                List.of("lenet5", "lenet5_dynview", "lenet1", "lenet1_plain"),
                BundledModels.all().stream().map(BundledModel::name).toList());
        for (var model : BundledModels.all()) {
            assertEquals(8, model.bytes()[0], model.name() + " begins with field 1, the IR version");
            assertTrue(model.bytes().length > 10_000, model.name());
        }
        assertEquals("lenet1.onnx", BundledModels.find("lenet1").orElseThrow().fileName());
        assertTrue(BundledModels.find("lenet6").isEmpty());
    }

    @Test
    void plainAndZippedFilesReadAlike() throws IOException {
        var plain = ImageSet.read(Files.write(folder.resolve("a.idx"), GREY));
        var zipped = ImageSet.read(Files.write(folder.resolve("a.idx.gz"), zip(GREY)));
        for (var images : List.of(plain, zipped)) {
            assertEquals(2, images.count());
            assertEquals("[7, 6]", Arrays.toString(images.image(1)));
        }
    }

    @Test
    void colourImagesKeepTheirPlanes() throws IOException {
        byte[] file = {0, 0, 8, 4, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 1, 1, 2, 3};
        var images = ImageSet.read(Files.write(folder.resolve("c.idx"), file));
        assertEquals(3, images.channels());
        assertEquals("[1, 2, 3]", Arrays.toString(images.image(0)));
    }

    @Test
    void labelsMustMatchImages() throws IOException {
        var images = Files.write(folder.resolve("i.idx"), GREY);
        var labels = Files.write(folder.resolve("l.idx"), new byte[] {0, 0, 8, 1, 0, 0, 0, 1, 5});
        var refusal = assertThrows(CompileException.class, () -> LabelledImages.read(images, labels));
        assertEquals("CFG-0022", refusal.diagnostics().getFirst().code());
        var two = Files.write(folder.resolve("m.idx"), new byte[] {0, 0, 8, 1, 0, 0, 0, 2, 5, -1});
        assertEquals(List.of(5, 255), LabelledImages.read(images, two).labels());
    }

    @Test
    void filesOfOtherRanksAreNoImages() throws IOException {
        var labels = Files.write(folder.resolve("l.idx"), new byte[] {0, 0, 8, 1, 0, 0, 0, 1, 5});
        var images = Files.write(folder.resolve("i.idx"), GREY);
        var empty = Files.write(folder.resolve("e.idx"), new byte[] {0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2});
        for (Executable reading : List.<Executable>of(
                () -> ImageSet.read(labels), () -> ImageSet.read(empty), () -> LabelledImages.read(images, images))) {
            var refusal = assertThrows(CompileException.class, reading);
            assertEquals("IMP-0501", refusal.diagnostics().getFirst().code());
        }
    }

    private static byte[] zip(byte[] bytes) throws IOException {
        var zipped = new ByteArrayOutputStream();
        try (var out = new GZIPOutputStream(zipped)) {
            out.write(bytes);
        }
        return zipped.toByteArray();
    }
}
