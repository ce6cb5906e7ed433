package io.millrace.boards.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;

/** Results of external tools, kept in folders below {@code $XDG_CACHE_HOME/millrace} or {@code ~/.cache/millrace}. */
public final class ToolCache {
    private ToolCache() {}

    /** The folder of one kind of results. It need not exist. */
    public static Path folder(String kind) {
        String xdg = System.getenv("XDG_CACHE_HOME");
        Path base = xdg == null || xdg.isBlank() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(xdg);
        return base.resolve("millrace").resolve(kind);
    }

    /** A name for what comes of these texts, and files by name and content: 32 hexadecimal digits. */
    public static String key(List<Path> files, List<String> texts) throws IOException {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            for (String text : texts) {
                digest.update(text.getBytes(StandardCharsets.UTF_8));
            }
            for (Path file : files) {
                digest.update(String.valueOf(file.getFileName()).getBytes(StandardCharsets.UTF_8));
                digest.update(Files.readAllBytes(file));
            }
            return HexFormat.of().formatHex(digest.digest()).substring(0, 32);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** Makes one file in a folder to work in. */
    public interface Maker {
        /** Returns the file that is to be kept. */
        Path make(Path work) throws IOException;
    }

    /** The text of a kept file, which is made first if it is not there; no file appears that is not complete. */
    public static String text(Path kept, Maker maker) throws IOException {
        if (!Files.exists(kept)) {
            Path folder = kept.toAbsolutePath().resolveSibling("").normalize();
            Files.createDirectories(folder);
            Path work = Files.createTempDirectory("millrace-tool-");
            try {
                Path made = maker.make(work);
                Path whole = Files.createTempFile(folder, "kept-", ".tmp");
                Files.copy(made, whole, StandardCopyOption.REPLACE_EXISTING);
                Files.move(whole, kept, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                delete(work);
            }
        }
        return Files.readString(kept);
    }

    /** Deletes a folder with all in it, if it is there. */
    public static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (var paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
