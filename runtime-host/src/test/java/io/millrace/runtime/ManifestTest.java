package io.millrace.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.CompileException;
import io.millrace.quantizer.Precision;
import io.millrace.scheduler.Identity;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ManifestTest {
    private static TensorInfo tensor(String name, int id, int channels, int rows, int columns) {
        return new TensorInfo(name, id, channels, rows, columns, 0.5, -3, List.of(128.0), List.of(1 / 64.0));
    }

    private static Manifest sample(List<Manifest.RowRun> inputOrder) {
        return new Manifest(
                "twin",
                "ml605",
                Identity.ofContent(new byte[] {1}),
                Identity.ofContent(new byte[] {2}),
                Precision.INT16,
                4,
                2,
                200,
                0,
                List.of(tensor("left", 0, 1, 4, 3), tensor("right", 1, 2, 2, 5)),
                List.of(tensor("label", 0, 10, 1, 1)),
                inputOrder,
                List.of());
    }

    @Test
    void readsBackItsJson() {
        for (var order : List.of(
                List.<Manifest.RowRun>of(),
                List.of(
                        new Manifest.RowRun(0, 0, 2),
                        new Manifest.RowRun(1, 0, 1),
                        new Manifest.RowRun(0, 2, 2),
                        new Manifest.RowRun(1, 1, 1)))) {
            assertEquals(sample(order), Manifest.fromJson(sample(order).toJson(), "manifest.json"));
        }
    }

    @Test
    void refusesEveryFieldThatIsMissingOrWild() {
        String good = sample(List.of()).toJson();
        int cases = 0;
        for (String line : good.lines().toList()) {
            if (line.contains("\" : ") && line.strip().endsWith(",")) {
                String missing = good.replace(line + "\n", "");
                if (!line.contains("[ {")) {
                    assertRefused(missing);
                    cases++;
                }
            }
        }
        assertTrue(cases > 15, cases + " fields");
        assertRefused(good.replace("\"model\"", "\"modell\""));
        assertRefused(good.replace("\"hostLanes\" : 4", "\"hostLanes\" : 0"));
        assertRefused(good.replace("\"scale\" : 0.5", "\"scale\" : -1"));
        assertRefused(good.replace("\"id\" : 1", "\"id\" : 2"));
        assertRefused(good.replace("INT16", "INT12"));
        assertRefused(good + "{}");
        assertRefused("");
        assertRefused("[]");
    }

    private static void assertRefused(String json) {
        var e = assertThrows(CompileException.class, () -> Manifest.fromJson(json, "manifest.json"), json);
        assertEquals(3, e.exitCode());
        assertEquals("LNK-0112", e.diagnostics().getFirst().code());
    }

    @Test
    void saysWhatIsWrongInTheFile() {
        String bad = sample(List.of()).toJson().replace("\"hostLanes\" : 4", "\"hostLanes\" : 0");
        var e = assertThrows(CompileException.class, () -> Manifest.fromJson(bad, "manifest.json"));
        assertTrue(e.toString().contains("hostLanes 0 is not 1 to 256"), e.toString());
    }

    @Test
    void packsRowsIntoWholeBeats() {
        var layout = new FrameLayout(4, 1, List.of(new FrameLayout.Run(0, 0, 2, 5)));
        var frame = Frame.of(new int[] {1, 2, 3, 4, 5, -1, -2, -3, -4, -128});
        byte[] bytes = layout.pack(frame);
        assertArrayEquals(new byte[] {1, 2, 3, 4, 5, 0, 0, 0, -1, -2, -3, -4, -128, 0, 0, 0}, bytes);
        assertEquals(frame, layout.unpack(bytes));
        var wide = new FrameLayout(4, 2, List.of(new FrameLayout.Run(0, 0, 1, 3)));
        assertArrayEquals(new byte[] {1, 2, -2, -1, 0, -128, 0, 0}, wide.pack(Frame.of(new int[] {0x201, -2, -32768})));
    }

    @Test
    void unpacksWhatItPacked() {
        var random = new Random(3);
        var order = List.of(
                new Manifest.RowRun(1, 0, 1),
                new Manifest.RowRun(0, 0, 3),
                new Manifest.RowRun(1, 1, 1),
                new Manifest.RowRun(0, 3, 1));
        var layout = sample(order).inputLayout();
        for (int i = 0; i < 100; i++) {
            var frame = Frame.of(
                    random.ints(12, -32768, 32768).toArray(),
                    random.ints(20, -32768, 32768).toArray());
            assertEquals(frame, layout.unpack(layout.pack(frame)));
        }
        assertEquals(2 * 24 + 4 * 8, layout.frameBytes());
    }

    @Test
    void refusesFramesAndOrdersThatDoNotFit() {
        var layout = sample(List.of()).inputLayout();
        assertThrows(IllegalArgumentException.class, () -> layout.pack(Frame.of(new int[12])));
        assertThrows(IllegalArgumentException.class, () -> layout.pack(Frame.of(new int[12], new int[19])));
        var tooBig = new int[12];
        tooBig[7] = 40_000;
        var e = assertThrows(IllegalArgumentException.class, () -> layout.pack(Frame.of(tooBig, new int[20])));
        assertEquals("code 40000 at 7 of tensor 0 does not fit 16 bits", e.getMessage());
        assertThrows(IllegalArgumentException.class, () -> layout.unpack(new byte[3]));
        for (var order : List.of(
                List.of(new Manifest.RowRun(0, 0, 4)),
                List.of(new Manifest.RowRun(0, 0, 4), new Manifest.RowRun(1, 0, 1)),
                List.of(new Manifest.RowRun(0, 1, 3), new Manifest.RowRun(0, 0, 1), new Manifest.RowRun(1, 0, 2)),
                List.of(new Manifest.RowRun(0, 0, 4), new Manifest.RowRun(2, 0, 2)))) {
            assertThrows(IllegalArgumentException.class, () -> sample(order), order.toString());
        }
    }

    @Test
    void turnsPixelsIntoCodesAndBack() {
        var info = tensor("in", 0, 1, 1, 5);
        assertArrayEquals(
                new int[] {-7, -3, 1, -128, 127}, info.codesOfPixels(new double[] {0, 128, 255, -1e9, 1e9}, 8));
        assertArrayEquals(new double[] {-2, 0, 2, 0.5, -0.5}, info.valuesOf(new int[] {-7, -3, 1, -2, -4}));
        var perChannel = new TensorInfo("rgb", 0, 2, 1, 2, 1, 0, List.of(1.0, 2.0), List.of(10.0, 100.0));
        assertArrayEquals(new int[] {0, 100, 20, -200}, perChannel.codesOfPixels(new double[] {1, 3, 3, 0}, 16));
        assertThrows(IllegalArgumentException.class, () -> info.codesOfPixels(new double[4], 8));
    }

    @Test
    void picksTheFirstLargestCode() {
        var frame = Frame.of(new int[] {-5, 7, 7, 0, 1, 2});
        assertEquals(1, ArgMax.of(frame, 0));
        assertArrayEquals(new int[] {1, 0, 1}, ArgMax.perPixel(frame, 0, 2));
        assertThrows(IllegalArgumentException.class, () -> ArgMax.perPixel(frame, 0, 4));
    }
}
