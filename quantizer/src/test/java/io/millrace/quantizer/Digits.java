package io.millrace.quantizer;

import io.millrace.ir.Graph;
import io.millrace.ir.Passes;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.data.IdxFile;
import io.millrace.ir.onnx.ImportOptions;
import io.millrace.ir.onnx.OnnxImporter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The digit nets and images of the test resources. */
final class Digits {
    private static final Path RESOURCES = Path.of("src/test/resources");

    private Digits() {}

    static Graph model(String name) {
        Path file = RESOURCES.resolve("models/" + name + ".onnx");
        return Passes.canonicalise(
                OnnxImporter.importFile(file, ImportOptions.DEFAULT).graph());
    }

    static List<List<Tensor>> calibration() {
        return frames("digits-calib200-images.idx.gz");
    }

    /** All 2,000 held-out digits. */
    static List<List<Tensor>> heldOut() {
        var all = new ArrayList<>(frames("digits-test200-images.idx"));
        all.addAll(frames("digits-test1800-images.idx.gz"));
        return all;
    }

    static int[] labels() {
        byte[] first = read("digits-test200-labels.idx").data();
        byte[] second = read("digits-test1800-labels.idx.gz").data();
        var labels = new int[first.length + second.length];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = i < first.length ? first[i] : second[i - first.length];
        }
        return labels;
    }

    private static List<List<Tensor>> frames(String file) {
        IdxFile images = read(file);
        var frames = new ArrayList<List<Tensor>>();
        for (int i = 0; i < images.count(); i++) {
            var values = new float[images.itemSize()];
            for (int p = 0; p < values.length; p++) {
                int pixel = Byte.toUnsignedInt(images.data()[i * values.length + p]);
                values[p] = (float) InputSpec.UNIT.real(pixel, 0);
            }
            frames.add(List.of(Tensor.wrap(Shape.of(1, 1, 28, 28), values)));
        }
        return frames;
    }

    private static IdxFile read(String file) {
        return IdxFile.read(RESOURCES.resolve("data/" + file));
    }
}
