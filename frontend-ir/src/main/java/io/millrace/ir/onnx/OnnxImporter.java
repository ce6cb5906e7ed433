package io.millrace.ir.onnx;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.millrace.ir.CompileException;
import io.millrace.ir.FileTrouble;
import io.millrace.ir.ImportCode;
import io.millrace.ir.SourceRef;
import io.millrace.ir.onnx.internal.ExternalData;
import io.millrace.ir.onnx.internal.ModelImporter;
import io.millrace.ir.onnx.internal.Rejection;
import io.millrace.ir.onnx.internal.WireScan;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads ONNX models, opset 6 and later, of the operators that Millrace compiles. */
public final class OnnxImporter {
    /** Files up to this size are read whole; larger ones are mapped, so that weights are not held twice. */
    private static final long MAPPED_FROM = 64L << 20;

    private OnnxImporter() {}

    /**
     * Reads a model file.
     *
     * @throws CompileException with every reason for which the file is refused; exit code 3 if it is malformed, 4 if it is valid but
     *     unsupported, 9 if a limit was hit
     */
    public static Imported importFile(Path path, ImportOptions options) {
        return surveyFile(path, options).orElseThrow();
    }

    /**
     * Reads a model file and says what becomes of each operator, also where some are refused.
     *
     * @throws CompileException if it is no ONNX model, or is named an output it does not have
     */
    public static Survey surveyFile(Path path, ImportOptions options) {
        Path name = path.getFileName();
        String file = name == null ? path.toString() : name.toString();
        ByteString bytes;
        try {
            if (!Files.isRegularFile(path)) {
                throw ImportCode.FILE_UNREADABLE.exception(
                        SourceRef.file(file),
                        Files.exists(path) ? "is not a regular file" : "does not exist",
                        "check the path");
            }
            if (Files.size(path) > options.maxFileBytes()) {
                throw ImportCode.LIMIT.exception(
                        SourceRef.file(file),
                        "has " + Files.size(path) + " bytes, over the limit of " + options.maxFileBytes(),
                        "simplify the model, or raise the limit in ImportOptions");
            }
            bytes = Files.size(path) < MAPPED_FROM
                    ? UnsafeByteOperations.unsafeWrap(Files.readAllBytes(path))
                    : map(path);
        } catch (IOException e) {
            throw ImportCode.FILE_UNREADABLE.exception(
                    SourceRef.file(file),
                    "cannot be read: " + FileTrouble.words(e),
                    "check the file and its permissions");
        }
        return survey(bytes, file, path.toAbsolutePath().getParent(), options);
    }

    /**
     * Reads a model from memory.
     *
     * @param bytes not changed and not kept
     * @param file the name to show in messages
     * @throws CompileException as {@link #importFile}
     */
    public static Imported importBytes(byte[] bytes, String file, ImportOptions options) {
        return surveyBytes(bytes, file, options).orElseThrow();
    }

    /** As {@link #surveyFile}, from memory. */
    public static Survey surveyBytes(byte[] bytes, String file, ImportOptions options) {
        if (bytes.length > options.maxFileBytes()) {
            throw ImportCode.LIMIT.exception(
                    SourceRef.file(file),
                    "has " + bytes.length + " bytes, over the limit of " + options.maxFileBytes(),
                    "simplify the model, or raise the limit in ImportOptions");
        }
        return survey(UnsafeByteOperations.unsafeWrap(bytes), file, null, options);
    }

    private static ByteString map(Path path) throws IOException {
        try (var channel = FileChannel.open(path, StandardOpenOption.READ)) {
            return UnsafeByteOperations.unsafeWrap(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()));
        }
    }

    private static Survey survey(ByteString bytes, String file, @Nullable Path folder, ImportOptions options) {
        Optional<String> other = otherFormat(bytes);
        if (other.isPresent()) {
            throw ImportCode.OTHER_FORMAT.exception(
                    SourceRef.file(file), "is " + other.get() + ", not an ONNX model", "export the model to ONNX");
        }
        try {
            var model = WireScan.parse(bytes, options);
            return ModelImporter.survey(model, file, options, new ExternalData(folder, options));
        } catch (Rejection r) {
            throw r.code().exception(SourceRef.file(file), r.problem(), r.remedy());
        }
    }

    /** Names the format of a file that is often mistaken for a model, by its first bytes. */
    private static Optional<String> otherFormat(ByteString bytes) {
        byte[] head = bytes.substring(0, Math.min(16, bytes.size())).toByteArray();
        String text = new String(head, StandardCharsets.ISO_8859_1);
        if (text.startsWith("PK\u0003\u0004")) {
            return Optional.of("a ZIP archive (PyTorch's .pt and .pth are such)");
        }
        if (head.length > 1 && head[0] == (byte) 0x80 && head[1] >= 2 && head[1] <= 5) {
            return Optional.of("a Python pickle");
        }
        if (text.startsWith("\u0089HDF")) {
            return Optional.of("an HDF5 file (Keras)");
        }
        if (head.length > 7
                && Arrays.equals(Arrays.copyOfRange(head, 4, 8), "TFL3".getBytes(StandardCharsets.US_ASCII))) {
            return Optional.of("a TensorFlow Lite model");
        }
        if (text.startsWith("version https://")) {
            return Optional.of("a Git LFS pointer (run `git lfs pull`)");
        }
        return Optional.empty();
    }
}
