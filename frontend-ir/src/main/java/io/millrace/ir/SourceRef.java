package io.millrace.ir;

import java.util.List;

/**
 * Where a value came from in the user's file.
 *
 * @param file file name without folders, as shown to the user
 * @param layers names of the model's layers this value stands for; a fused node lists all of them, in model order
 */
public record SourceRef(String file, List<String> layers) {
    public SourceRef {
        layers = List.copyOf(layers);
    }

    /** A reference to one named layer. */
    public static SourceRef layer(String file, String layer) {
        return new SourceRef(file, List.of(layer));
    }

    /** A reference to a whole file. */
    public static SourceRef file(String file) {
        return new SourceRef(file, List.of());
    }

    /** This reference extended by the layers of another, each named once. */
    public SourceRef plus(SourceRef other) {
        var all = new java.util.LinkedHashSet<>(layers);
        all.addAll(other.layers);
        return new SourceRef(file, List.copyOf(all));
    }

    /** {@code file: layer 'a' + 'b'}. */
    @Override
    public String toString() {
        if (layers.isEmpty()) {
            return file;
        }
        return file + ": layer "
                + String.join(" + ", layers.stream().map(l -> "'" + l + "'").toList());
    }
}
