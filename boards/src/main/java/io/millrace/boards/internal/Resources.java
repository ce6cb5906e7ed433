package io.millrace.boards.internal;

import java.io.IOException;
import java.io.UncheckedIOException;

/** Reads files packed into this module. */
public final class Resources {
    private Resources() {}

    /**
     * The whole file.
     *
     * @param path absolute within the class path, such as {@code /boards/ml605.json}
     */
    public static byte[] bytes(String path) {
        try (var in = Resources.class.getResourceAsStream(path)) {
            if (in == null) {
                throw new IllegalStateException("the program is packed without its resource " + path);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("reading the packed resource " + path, e);
        }
    }
}
