package io.millrace.ir.onnx;

import io.millrace.ir.Graph;
import java.util.List;

/**
 * A model that was read.
 *
 * @param graph as the file says, before the canonicalising passes; legal under {@link io.millrace.ir.GraphVerifier}
 * @param notes what the importer decided on the user's behalf, one sentence each, in model order
 */
public record Imported(Graph graph, List<String> notes) {
    public Imported {
        notes = List.copyOf(notes);
    }
}
