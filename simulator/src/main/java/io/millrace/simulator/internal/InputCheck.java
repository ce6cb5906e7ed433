package io.millrace.simulator.internal;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import io.millrace.quantizer.QuantizedGraph;
import java.util.List;

/** Whether frames of codes fit a graph's inputs. */
final class InputCheck {
    private InputCheck() {}

    /** @throws CompileException {@code SIM-0004} at the first tensor or code that does not */
    static void requireFit(QuantizedGraph graph, List<List<short[]>> frames) {
        for (int f = 0; f < frames.size(); f++) {
            int inputs = graph.inputs().size();
            if (frames.get(f).size() != inputs) {
                throw refuse(
                        graph, "frame " + f + " has " + frames.get(f).size() + " tensors for " + inputs + " inputs");
            }
            for (int k = 0; k < inputs; k++) {
                requireFit(graph, f, k, frames.get(f).get(k));
            }
        }
    }

    private static void requireFit(QuantizedGraph graph, int frame, int tensor, short[] codes) {
        String where = "tensor " + tensor + " of frame " + frame;
        var input = graph.inputs().get(tensor);
        if (codes.length != input.type().elements()) {
            throw refuse(
                    graph,
                    where + " has " + codes.length + " codes; input '" + input.name() + "' takes "
                            + input.type().elements());
        }
        for (short code : codes) {
            if (code < graph.precision().low() || code > graph.precision().high()) {
                throw refuse(graph, where + " has the code " + code + ", outside " + graph.precision());
            }
        }
    }

    private static CompileException refuse(QuantizedGraph graph, String problem) {
        return new CompileException(
                3,
                new Diagnostic(
                        "SIM-0004",
                        SourceRef.file(graph.name()),
                        problem,
                        "quantize the frames with the input scales of this model"));
    }
}
