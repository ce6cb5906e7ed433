package io.millrace.ir.onnx;

import static io.millrace.ir.onnx.TestModel.dims;
import static io.millrace.ir.onnx.TestModel.ints;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.millrace.ir.CompileException;
import io.millrace.ir.ImportCode;
import io.millrace.ir.Samples;
import io.millrace.ir.Shape;
import io.millrace.ir.onnx.proto.AttributeProto;
import io.millrace.ir.onnx.proto.GraphProto;
import io.millrace.ir.onnx.proto.ModelProto;
import io.millrace.ir.onnx.proto.NodeProto;
import io.millrace.ir.onnx.proto.TensorProto;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The exact words of refusals. Expected texts are in {@code rejections.txt}; {@code -Dgolden.update=true} rewrites it. */
class RejectionTest {
    private static final Path GOLDEN = Path.of("src/test/resources/rejections.txt");
    private final StringBuilder seen = new StringBuilder();
    private int count;

    private static TestModel map(int opset) {
        return new TestModel(opset).in("x", 1, 3, 8, 8).out("y");
    }

    private void refuse(String what, TestModel model) {
        refuse(what, model.bytes());
    }

    private void refuse(String what, byte[] bytes) {
        var e = assertThrows(
                CompileException.class, () -> OnnxImporter.importBytes(bytes, "m.onnx", ImportOptions.DEFAULT), what);
        seen.append("# ").append(what).append(" (exit ").append(e.exitCode()).append(")\n");
        seen.append(e.getMessage()).append("\n\n");
        count++;
    }

    @Test
    void everyRefusalSaysWhereWhatAndWhatToDo() throws IOException {
        operators();
        shapes();
        constants();
        structure();
        files();
        if (Boolean.getBoolean("golden.update")) {
            Files.writeString(GOLDEN, seen);
        }
        assertEquals(Files.readString(GOLDEN), seen.toString());
        assertTrue(count > 50, count + " refusals");
    }

    private void operators() {
        refuse(
                "unknown operators, all named at once",
                map(13).node("Einsum", "x -> a")
                        .node("Relu", "a -> b")
                        .node("Det", "x -> c")
                        .node("Add", "b c -> y"));
        var domain = map(13).node("Gelu", "x -> y");
        domain.graph.getNodeBuilder(0).setDomain("com.microsoft");
        refuse("foreign domain", domain);
        refuse("opset too new", new TestModel(99).in("x", 1, 2).out("y").node("Relu", "x -> y"));
        refuse("opset too old", new TestModel(5).in("x", 1, 2).out("y").node("Relu", "x -> y"));
        refuse(
                "read indices",
                map(13).node("MaxPool", "x -> p i", "kernel_shape", ints(2, 2)).node("Relu", "i -> y"));
        refuse(
                "codes into a layer",
                map(13).floats("s", dims(), 0.1f)
                        .node("QuantizeLinear", "x s -> q")
                        .node("Relu", "q -> y"));
        refuse(
                "two scales",
                map(13).floats("s", dims(), 0.1f)
                        .floats("t", dims(), 0.2f)
                        .node("QuantizeLinear", "x s -> q")
                        .node("DequantizeLinear", "q t -> y"));
        refuse(
                "SAME with dilation",
                map(13).weights("w", 1, 3, 2, 2)
                        .node("Conv", "x w -> y", "auto_pad", "SAME_UPPER", "dilations", ints(2, 2)));
        refuse("training", map(14).weights("c", 3).node("BatchNormalization", "x c c c c -> y", "training_mode", 1));
        refuse("attention", map(13).node("Relu", "x -> r").node("MatMul", "x r -> y"));
        for (String type : List.of("LSTM", "If", "Loop", "Scan", "NonMaxSuppression", "StringNormalizer")) {
            refuse(type, map(13).node(type, "x -> y"));
        }
        refuse("several exponents", map(13).floats("e", dims(3, 1, 1), 1, 2, 3).node("Pow", "x e -> y"));
        refuse("comparison of maps", map(13).node("Relu", "x -> r").node("Greater", "x r -> y"));
        refuse("cubic resize", map(13).floats("s", dims(4), 1, 1, 2, 2).node("Resize", "x _ s -> y", "mode", "cubic"));
        refuse(
                "cropping resize",
                map(13).floats("r", dims(8), 0, 0, 0, 0, 1, 1, 1, 1)
                        .floats("s", dims(4), 1, 1, 2, 2)
                        .node("Resize", "x r s -> y", "coordinate_transformation_mode", "tf_crop_and_resize"));
        refuse("empty part", map(13).list("s", 3).list("e", 3).list("a", 2).node("Slice", "x s e a -> y"));
        refuse(
                "indices into a layer",
                map(13).node("ArgMax", "x -> i", "axis", 1).node("Relu", "i -> y"));
        refuse(
                "batch within",
                map(13).list("s", 3, 1, 8, 8).node("Reshape", "x s -> r").node("GlobalAveragePool", "r -> y"));
        refuse("constant output", map(13).floats("c", dims(1), 1).node("Identity", "c -> y"));
    }

    private void shapes() {
        refuse("free height", new TestModel(13).in("x", 1, 3, -1, 8).out("y").node("Relu", "x -> y"));
        refuse("batch of 8", new TestModel(13).in("x", 8, 3, 8, 8).out("y").node("Relu", "x -> y"));
        refuse(
                "double input",
                new TestModel(13).inOfType("x", 11, 1, 3).out("y").node("Relu", "x -> y"));
        refuse("byte input", new TestModel(13).inOfType("x", 2, 1, 3).out("y").node("Cast", "x -> y", "to", 1));
        refuse("layers that do not fit", map(13).weights("w", 4, 5, 3, 3).node("Conv", "x w -> y"));
        refuse("kernel larger than the map", map(13).weights("w", 4, 3, 9, 3).node("Conv", "x w -> y"));
        refuse(
                "maps that do not broadcast",
                map(13).node("MaxPool", "x -> m", "kernel_shape", ints(7, 7)).node("Add", "x m -> y"));
        refuse("widening slope", map(13).weights("s", 2, 3, 8, 8).node("PRelu", "x s -> y"));
        refuse("impossible reshape", map(13).list("s", 1, 5, -1).node("Reshape", "x s -> y"));
        refuse(
                "declared output shape",
                new TestModel(13).in("x", 1, 3).out("y", 1, 4).node("Relu", "x -> y"));
        refuse(
                "pool of padding only",
                map(13).node("MaxPool", "x -> y", "kernel_shape", ints(2, 2), "pads", ints(2, 0, 0, 0)));
    }

    private void constants() {
        refuse("computed weights", map(13).node("Relu", "x -> w").node("Conv", "x w -> y"));
        refuse("computed shape", map(13).node("Cast", "x -> s", "to", 1).node("Reshape", "x s -> y"));
        refuse(
                "weights that are not numbers",
                map(13).floats("w", dims(1, 3, 1, 1), 1, Float.NaN, 2).node("Conv", "x w -> y"));
        refuse("zero divisor", map(13).floats("c", dims(), 0).node("Div", "x c -> y"));
        refuse(
                "negative variance",
                map(13).floats("c", dims(3), 1, 1, -1).node("BatchNormalization", "x c c c c -> y"));
        refuse(
                "negative scale",
                map(13).floats("s", dims(), -0.1f)
                        .node("QuantizeLinear", "x s -> q")
                        .node("DequantizeLinear", "q s -> y"));
        refuse("too few values", map(13).floats("w", dims(1, 3, 1, 1), 1, 2).node("Conv", "x w -> y"));
        refuse(
                "huge fill",
                map(13).list("n", 1 << 20, 1 << 10)
                        .node("ConstantOfShape", "n -> c")
                        .node("Mul", "x c -> y"));
        refuse(
                "integer overflow",
                map(13).list("a", Long.MAX_VALUE).node("Add", "a a -> s").node("Reshape", "x s -> y"));
        var half = map(13).node("Mul", "x h -> y");
        half.graph.addInitializer(
                TensorProto.newBuilder().setName("h").setDataType(10).addInt32Data(0));
        refuse("half precision", half);
        var negative = map(13).node("Mul", "x h -> y");
        negative.graph.addInitializer(
                TensorProto.newBuilder().setName("h").setDataType(1).addDims(-3));
        refuse("negative dimension", negative);
        var huge = map(13).node("Mul", "x h -> y");
        huge.graph.addInitializer(TensorProto.newBuilder()
                .setName("h")
                .setDataType(1)
                .addDims(1L << 40)
                .addDims(1L << 40));
        refuse("huge dimensions", huge);
    }

    private void structure() {
        refuse("undefined value", map(13).node("Relu", "z -> y"));
        refuse("wrong order", map(13).node("Relu", "r -> y").node("Relu", "x -> r"));
        refuse("value made twice", map(13).node("Relu", "x -> y").node("Tanh", "x -> y"));
        refuse("missing output", map(13).node("Relu", "x -> z"));
        refuse("unknown attribute", map(13).node("Relu", "x -> y", "alpha", 1f));
        refuse("attribute of the wrong type", map(13).node("MaxPool", "x -> y", "kernel_shape", 2));
        refuse("missing attribute", map(13).node("MaxPool", "x -> y"));
        refuse(
                "attribute of a later opset",
                map(8).node("MaxPool", "x -> y", "kernel_shape", ints(2, 2), "ceil_mode", 0));
        refuse("too many operands", map(13).node("Relu", "x x -> y"));
        refuse("too few operands", map(13).node("Add", "x -> y"));
        var twins = map(13).node("Relu", "x -> z").node("Relu", "z -> y");
        twins.graph.getNodeBuilder(1).setName("relu0");
        refuse("two operators of one name", twins);
        refuse("no output", new TestModel(13).in("x", 1, 2).node("Relu", "x -> y"));
        refuse("no input", new TestModel(13).out("y").weights("x", 1, 2).node("Relu", "x -> y"));
        refuse(
                "no operator set",
                map(13).node("Relu", "x -> y")
                        .proto()
                        .clearOpsetImport()
                        .build()
                        .toByteArray());
        refuse("no graph", ModelProto.newBuilder().setIrVersion(7).build().toByteArray());
        var sparse = map(13).node("Relu", "x -> y");
        sparse.graph.addSparseInitializer(ByteString.EMPTY);
        refuse("sparse weights", sparse);
        var name = map(13).node("Relu", "x -> y");
        name.graph.getNodeBuilder(0).setName("\u001b[31m\"'\\\n<script>").setOpType("\u0007Relu");
        refuse("names that play tricks", name);
    }

    private void files() throws IOException {
        byte[] good = Files.readAllBytes(Samples.model("lenet1"));
        refuse("file cut short", Arrays.copyOf(good, good.length / 2));
        refuse("empty file", new byte[0]);
        refuse("text", "hello, world".getBytes(StandardCharsets.UTF_8));
        refuse("pickle", new byte[] {(byte) 0x80, 2, 'c'});
        refuse("zip", "PK\u0003\u0004data".getBytes(StandardCharsets.ISO_8859_1));
        refuse("LFS pointer", "version https://git-lfs.github.com/spec/v1\n".getBytes(StandardCharsets.US_ASCII));
        var nested = GraphProto.newBuilder();
        for (int i = 0; i < 40; i++) {
            nested = GraphProto.newBuilder()
                    .addNode(NodeProto.newBuilder()
                            .addAttribute(AttributeProto.newBuilder().setG(nested)));
        }
        refuse("deep nesting", ModelProto.newBuilder().setGraph(nested).build().toByteArray());
        byte[] bomb = new byte[2 + 5 + (8 << 20)];
        System.arraycopy(new byte[] {0x3a, (byte) 0x80, (byte) 0x80, (byte) 0x80, 4}, 0, bomb, 0, 5);
        for (int i = 5; i + 1 < bomb.length; i += 2) {
            bomb[i] = 0x6a; // an empty value_info: two bytes that become an object
        }
        refuse("four million empty messages", Arrays.copyOf(bomb, 5 + (8 << 20)));
        var many = map(13);
        for (int i = 0; i <= 100_000; i++) {
            many.graph.addNode(NodeProto.getDefaultInstance());
        }
        refuse("too many operators", many);
    }

    @Test
    void inputShapesFillFreeDimensions() {
        byte[] model = new TestModel(13)
                .in("x", -1, 3, -1, -1)
                .out("y")
                .node("Relu", "x -> y")
                .bytes();
        var options = ImportOptions.DEFAULT.withInputShapes(Map.of("x", Shape.of(1, 3, 5, 7)));
        var imported = OnnxImporter.importBytes(model, "m.onnx", options);
        assertEquals(Shape.of(1, 3, 5, 7), imported.graph().node(0).shape());
        var wrong = ImportOptions.DEFAULT.withInputShapes(Map.of("x", Shape.of(1, 4, 5, 7)));
        assertEquals(
                "input 'x' has 3 on axis 1, the shape given is 1x4x5x7",
                assertThrows(CompileException.class, () -> OnnxImporter.importBytes(model, "m.onnx", wrong))
                        .diagnostics()
                        .getFirst()
                        .problem());
    }

    @Test
    void freeBatchIsFixedWithANote() {
        var imported = OnnxImporter.importFile(Samples.model("lenet5_dynview"), ImportOptions.DEFAULT);
        assertEquals(List.of("input 'image': free batch dimension fixed to 1"), imported.notes());
        assertEquals(
                List.of(),
                OnnxImporter.importFile(Samples.model("lenet5"), ImportOptions.DEFAULT)
                        .notes());
    }

    @Test
    void codesAreUniqueAndExplained() {
        var codes = new HashSet<String>();
        for (ImportCode c : ImportCode.values()) {
            assertTrue(codes.add(c.code()), c.code());
            assertTrue(List.of(2, 3, 4, 9).contains(c.exitCode()));
            assertEquals(c, ImportCode.of(c.code()));
        }
    }

    @Test
    void importIsDeterministic() {
        var first = new HashMap<String, Object>();
        for (String model : Samples.MODELS) {
            first.put(model, Samples.graph(model));
        }
        for (String model : new ArrayList<>(Samples.MODELS)) {
            assertEquals(first.get(model), Samples.graph(model));
        }
    }
}
