package io.millrace.ir.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.ir.CompileException;
import io.millrace.ir.Op;
import io.millrace.ir.onnx.proto.StringStringEntryProto;
import io.millrace.ir.onnx.proto.TensorProto;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Attacks on a real folder with links: only plain files below the model's folder are ever read. */
class ExternalDataTest {
    private static final ImportOptions ALLOWED = ImportOptions.DEFAULT.withExternalData(true);

    @TempDir
    private Path folder = Path.of("");

    private Path models = Path.of("");

    @BeforeEach
    void layOut() throws IOException {
        models = folder.resolve("models");
        Files.createDirectories(models.resolve("sub"));
        byte[] data = new byte[20];
        ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN).putFloat(8, 2.5f).putFloat(12, -1f);
        Files.write(models.resolve("w.bin"), data);
        Files.write(models.resolve("sub/w.bin"), data);
        Files.write(folder.resolve("secret.bin"), data);
        Files.createSymbolicLink(models.resolve("link.bin"), models.resolve("w.bin"));
        Files.createSymbolicLink(models.resolve("out.bin"), folder.resolve("secret.bin"));
        Files.createSymbolicLink(models.resolve("up"), folder);
        Files.write(models.resolve("hard.bin"), data);
        Files.createLink(models.resolve("hard2.bin"), models.resolve("hard.bin"));
    }

    private Path model(String... entries) throws IOException {
        var tensor = TensorProto.newBuilder()
                .setName("w")
                .setDataType(1)
                .addDims(2)
                .setDataLocation(TensorProto.DataLocation.EXTERNAL);
        for (int i = 0; i < entries.length; i += 2) {
            tensor.addExternalData(
                    StringStringEntryProto.newBuilder().setKey(entries[i]).setValue(entries[i + 1]));
        }
        var model = new TestModel(13).in("x", 1, 2).out("y").node("Mul", "x w -> y");
        model.graph.addInitializer(tensor);
        return Files.write(models.resolve("m.onnx"), model.bytes());
    }

    @ParameterizedTest
    @CsvSource({"w.bin", "sub/w.bin"})
    void plainFilesAreReadWhenAllowed(String location) throws IOException {
        Path model = model("location", location, "offset", "8", "length", "8");
        var graph = OnnxImporter.importFile(model, ALLOWED).graph();
        var affine = (Op.ChannelAffine) graph.node(1).op();
        assertEquals(2.5f, affine.gain().get(0));
        assertEquals(-1f, affine.gain().get(1));
        var e = assertThrows(CompileException.class, () -> OnnxImporter.importFile(model, ImportOptions.DEFAULT));
        assertEquals(
                "error[IMP-0401] m.onnx: stored tensor 'w' is stored outside the model file\n"
                        + "  try: allow it with --allow-external-data if you trust the model",
                e.getMessage());
        assertEquals(4, e.exitCode());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "../secret.bin|8|8|'../secret.bin' is not a plain relative path",
                "sub/../../secret.bin|8|8|'sub/../../secret.bin' is not a plain relative path",
                "/etc/passwd|0|8|'/etc/passwd' is not a plain relative path",
                "C:\\w.bin|0|8|'C:\\w.bin' is not a plain relative path",
                "sub//w.bin|0|8|'sub//w.bin' is not a plain relative path",
                "./w.bin|0|8|'./w.bin' is not a plain relative path",
                "link.bin|8|8|'link.bin' goes through a symbolic link",
                "out.bin|8|8|'out.bin' goes through a symbolic link",
                "up/secret.bin|8|8|'up/secret.bin' goes through a symbolic link",
                "hard.bin|8|8|'hard.bin' has more than one name (hard links)",
                "sub|0|8|'sub' is not a regular file",
                "w.bin|16|8|needs bytes 16 to 24 of 'w.bin', which has 20",
                "w.bin|-8|8|states the offset '-8'",
                "w.bin|999999999999999999|8|needs bytes 999999999999999999 to 1000000000000000007 of 'w.bin', which has 20",
                "w.bin|9999999999999999999|8|states the offset '9999999999999999999'",
                "w.bin|0|7|states 7 bytes, its shape needs 8",
                "w.bin|0|9223372036854775807|states the length '9223372036854775807'"
            })
    void everythingElseIsRefused(String location, String offset, String length, String problem) throws IOException {
        Path model = model("location", location, "offset", offset, "length", length);
        var e = assertThrows(CompileException.class, () -> OnnxImporter.importFile(model, ALLOWED));
        assertEquals(
                "stored tensor 'w': external data " + problem,
                e.diagnostics().getFirst().problem());
        assertEquals(3, e.exitCode());
    }

    @Test
    void unknownKeysAndMissingFilesAreRefused() throws IOException {
        Path keyed = model("location", "w.bin", "basepath", "/");
        var e = assertThrows(CompileException.class, () -> OnnxImporter.importFile(keyed, ALLOWED));
        assertEquals(
                "stored tensor 'w': external data has an unknown or repeated key 'basepath'",
                e.diagnostics().getFirst().problem());
        Path missing = model("location", "none.bin");
        assertEquals(
                3,
                assertThrows(CompileException.class, () -> OnnxImporter.importFile(missing, ALLOWED))
                        .exitCode());
    }

    @Test
    void modelsInMemoryHaveNoFolder() throws IOException {
        byte[] bytes = Files.readAllBytes(model("location", "w.bin"));
        var e = assertThrows(CompileException.class, () -> OnnxImporter.importBytes(bytes, "m.onnx", ALLOWED));
        assertEquals("IMP-0401", e.diagnostics().getFirst().code());
    }
}
