package io.millrace.boards.project;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** Texts of a project by their paths in its folder, written in the order of their names. */
final class ProjectFiles {
    private final Map<String, String> texts = new TreeMap<>();

    /** Adds a file; text that ends without a line's end gets one. */
    ProjectFiles put(String path, String text) {
        if (texts.put(path, text.endsWith("\n") ? text : text + "\n") != null) {
            throw new IllegalStateException("two files of one project are called " + path);
        }
        return this;
    }

    void writeTo(Path folder) throws IOException {
        for (var file : texts.entrySet()) {
            Path path = folder.resolve(file.getKey());
            Files.createDirectories(path.resolveSibling("").normalize());
            Files.writeString(path, file.getValue(), StandardCharsets.UTF_8);
        }
    }
}
