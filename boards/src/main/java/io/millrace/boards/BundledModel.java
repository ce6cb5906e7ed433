package io.millrace.boards;

import io.millrace.boards.internal.Resources;

/**
 * A trained network packed into Millrace, usable wherever a model file is.
 *
 * @param name what the user types in place of a path
 * @param fileName its file's name, as diagnostics show it
 * @param description one line: the layers, and the float accuracy on the bundled held-out digits
 */
public record BundledModel(String name, String fileName, String description) {

    /** The model file. */
    public byte[] bytes() {
        return Resources.bytes("/models/" + fileName);
    }
}
