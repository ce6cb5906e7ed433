package io.millrace.ir.onnx;

import io.millrace.ir.Graph;
import java.util.List;
import java.util.Map;

/**
 * A model that was read.
 *
 * @param graph as the file says, before the canonicalising passes; legal under {@link io.millrace.ir.GraphVerifier}
 * @param notes what the importer decided on the user's behalf, one sentence each, in model order
 * @param results the node of {@code graph} that holds a value of the model, by the names of the tensor and of the operator whose first
 *     result it is; values that no node holds, such as constants, are left out
 */
public record Imported(Graph graph, List<String> notes, Map<String, Integer> results) {
    public Imported {
        notes = List.copyOf(notes);
        results = Map.copyOf(results);
    }
}
