package io.millrace.ir;

import io.millrace.ir.data.IdxFile;
import io.millrace.ir.onnx.ImportOptions;
import io.millrace.ir.onnx.OnnxImporter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The models and images the tests run on. */
public final class Samples {
    public static final List<String> MODELS = List.of(
            "lenet5",
            "lenet5_dynview",
            "lenet5_qdq",
            "lenet1",
            "lenet1_plain",
            "lenet1_fcn_320x240",
            "fashion_resdw",
            "fashion_resdw_bn",
            "colour_mobile",
            "colour_mobile_bn",
            "peers/lenet5",
            "peers/cifar3",
            "peers/resnet8",
            "peers/r20v2");

    private Samples() {}

    public static Path model(String name) {
        return Path.of("src/test/resources/models", name + ".onnx");
    }

    public static Graph graph(String name) {
        return OnnxImporter.importFile(model(name), ImportOptions.DEFAULT).graph();
    }

    public static IdxFile idx(String name) {
        return IdxFile.read(Path.of("src/test/resources/data", name));
    }

    /** Image {@code index}, scaled to 0..1, under the shape. */
    public static Tensor image(IdxFile images, int index, Shape shape) {
        float[] out = new float[images.itemSize()];
        for (int i = 0; i < out.length; i++) {
            out[i] = (images.data()[index * out.length + i] & 0xff) / 255f;
        }
        return Tensor.wrap(shape, out);
    }

    public static float[] floats(String name) {
        try {
            var bytes = ByteBuffer.wrap(Files.readAllBytes(Path.of("src/test/resources/data", name)))
                    .order(ByteOrder.LITTLE_ENDIAN);
            float[] out = new float[bytes.remaining() / 4];
            bytes.asFloatBuffer().get(out);
            return out;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
