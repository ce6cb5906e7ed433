package io.millrace.quantizer;

import io.millrace.ir.Graph;
import io.millrace.ir.Passes;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.data.IdxFile;
import io.millrace.ir.onnx.ImportOptions;
import io.millrace.ir.onnx.OnnxImporter;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Nets and images of the test resources, of this module or, so that none is stored twice, of the front end. */
final class Images {
    private static final List<Path> RESOURCES =
            List.of(Path.of("src/test/resources"), Path.of("../frontend-ir/src/test/resources"));

    private Images() {}

    private static Path find(String file) {
        return RESOURCES.stream()
                .map(r -> r.resolve(file))
                .filter(Files::exists)
                .findFirst()
                .orElseThrow(() -> new AssertionError("no test resource " + file));
    }

    /** A net after the canonicalising passes. */
    static Graph model(String name) {
        return Passes.prepare(OnnxImporter.importFile(find("models/" + name + ".onnx"), ImportOptions.DEFAULT)
                .graph());
    }

    /** Images of some files as frames: pixels over 255, {@code [1, channels, height, width]}. */
    static List<List<Tensor>> frames(Shape shape, String... files) {
        var frames = new ArrayList<List<Tensor>>();
        for (String file : files) {
            IdxFile images = read(file);
            for (int i = 0; i < images.count(); i++) {
                var values = new float[images.itemSize()];
                for (int p = 0; p < values.length; p++) {
                    int pixel = Byte.toUnsignedInt(images.data()[i * values.length + p]);
                    values[p] = (float) InputSpec.UNIT.real(pixel, 0);
                }
                frames.add(List.of(Tensor.wrap(shape, values)));
            }
        }
        return frames;
    }

    /** Labels of some files, one after the other. */
    static int[] labels(String... files) {
        var all = new ByteArrayOutputStream();
        for (String file : files) {
            all.writeBytes(read(file).data());
        }
        byte[] bytes = all.toByteArray();
        var labels = new int[bytes.length];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = bytes[i];
        }
        return labels;
    }

    private static IdxFile read(String file) {
        return IdxFile.read(find("data/" + file));
    }
}
