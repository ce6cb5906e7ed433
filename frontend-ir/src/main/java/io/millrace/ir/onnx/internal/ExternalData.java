package io.millrace.ir.onnx.internal;

import io.millrace.ir.ImportCode;
import io.millrace.ir.onnx.ImportOptions;
import io.millrace.ir.onnx.proto.StringStringEntryProto;
import io.millrace.ir.onnx.proto.TensorProto;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The only place that opens files a model names. A file is read only if external data is allowed, its location is a plain relative
 * path, no component of it is a link, it is a regular file with one name, it lies below the model's folder, and what was opened is
 * what was checked.
 */
public final class ExternalData {
    private static final int MAX_FILES = 1024;
    private static final Set<String> KEYS = Set.of("location", "offset", "length", "checksum");
    private final @Nullable Path folder;
    private final ImportOptions options;
    private final Set<Path> files = new HashSet<>();
    private long bytesRead;

    /** @param folder the model's folder, or null if the model did not come from a file */
    public ExternalData(@Nullable Path folder, ImportOptions options) {
        this.folder = folder;
        this.options = options;
    }

    /** @throws Rejection unless exactly {@code size} bytes can be had under the rules */
    byte[] read(TensorProto tensor, long size, String what) {
        if (!options.allowExternalData() || folder == null) {
            throw new Rejection(
                    ImportCode.EXTERNAL_DATA_OFF,
                    what + " is stored outside the model file",
                    folder == null
                            ? "import the model from a file"
                            : "allow it with --allow-external-data if you trust the model");
        }
        Map<String, String> entries = entries(tensor, what);
        String location = entries.get("location");
        if (location == null) {
            throw refused(what, "states no location");
        }
        long offset = number(entries, "offset", 0, what);
        long length = number(entries, "length", size, what);
        if (length != size) {
            throw refused(what, "states " + length + " bytes, its shape needs " + size);
        }
        if (size > Integer.MAX_VALUE - 16 || (bytesRead += size) > options.maxExternalBytes()) {
            throw new Rejection(
                    ImportCode.LIMIT,
                    what + " exceeds the limit of " + options.maxExternalBytes() + " bytes of external data",
                    "raise the limit in ImportOptions");
        }
        try {
            return read(resolve(folder, location, what), offset, (int) size, what);
        } catch (IOException e) {
            throw refused(what, "'" + shown(location) + "' cannot be read: " + e.getMessage());
        }
    }

    private static Map<String, String> entries(TensorProto tensor, String what) {
        var entries = new HashMap<String, String>();
        for (StringStringEntryProto e : tensor.getExternalDataList()) {
            if (!KEYS.contains(e.getKey()) || entries.put(e.getKey(), e.getValue()) != null) {
                throw refused(what, "has an unknown or repeated key '" + shown(e.getKey()) + "'");
            }
        }
        return entries;
    }

    private static long number(Map<String, String> entries, String key, long otherwise, String what) {
        String text = entries.get(key);
        if (text == null) {
            return otherwise;
        }
        if (!text.matches("\\d{1,18}")) {
            throw refused(what, "states the " + key + " '" + shown(text) + "'");
        }
        return Long.parseLong(text);
    }

    private Path resolve(Path base, String location, String what) throws IOException {
        boolean plain = !location.isEmpty()
                && location.chars().noneMatch(c -> c == '\\' || c == ':' || c < ' ')
                && List.of(location.split("/", -1)).stream()
                        .noneMatch(p -> p.isEmpty() || p.equals(".") || p.equals(".."));
        if (!plain) {
            throw refused(what, "'" + shown(location) + "' is not a plain relative path");
        }
        Path root = base.toRealPath();
        Path at = root;
        for (String part : location.split("/", -1)) {
            at = at.resolve(part);
            if (Files.isSymbolicLink(at)) {
                throw refused(what, "'" + shown(location) + "' goes through a symbolic link");
            }
        }
        if (!at.toRealPath().startsWith(root)) {
            throw refused(what, "'" + shown(location) + "' lies outside the model's folder");
        }
        if (files.add(at) && files.size() > MAX_FILES) {
            throw new Rejection(ImportCode.LIMIT, "more than " + MAX_FILES + " external files", "merge the files");
        }
        return at;
    }

    private static byte[] read(Path path, long offset, int size, String what) throws IOException {
        var before = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!before.isRegularFile()) {
            throw refused(what, "'" + path.getFileName() + "' is not a regular file");
        }
        if (path.getFileSystem().supportedFileAttributeViews().contains("unix")
                && !Objects.equals(Files.getAttribute(path, "unix:nlink", LinkOption.NOFOLLOW_LINKS), 1)) {
            throw refused(what, "'" + path.getFileName() + "' has more than one name (hard links)");
        }
        try (var channel = FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            var after = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (!Objects.equals(before.fileKey(), after.fileKey())) {
                throw refused(what, "'" + path.getFileName() + "' was replaced while it was opened");
            }
            if (offset > channel.size() - size) {
                throw refused(
                        what,
                        "needs bytes " + offset + " to " + (offset + size) + " of '" + path.getFileName()
                                + "', which has " + channel.size());
            }
            var buffer = ByteBuffer.allocate(size);
            while (buffer.hasRemaining()) {
                if (channel.read(buffer, offset + buffer.position()) < 0) {
                    throw refused(what, "'" + path.getFileName() + "' became shorter while it was read");
                }
            }
            return buffer.array();
        }
    }

    private static String shown(String text) {
        String cut = text.length() > 80 ? text.substring(0, 80) + "..." : text;
        return cut.replaceAll("[^\\x20-\\x7e]", "?");
    }

    private static Rejection refused(String what, String problem) {
        return new Rejection(
                ImportCode.EXTERNAL_DATA,
                what + ": external data " + problem,
                "keep external data in plain files below the model's folder, or store the weights inside the model");
    }
}
