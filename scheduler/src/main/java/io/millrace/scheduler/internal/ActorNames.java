package io.millrace.scheduler.internal;

import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QuantizedGraph;

/** What actors are called that are not the one of a layer, whose name is the layer's. */
final class ActorNames {
    private ActorNames() {}

    /** The sender of an output, by position in {@code QuantizedGraph.outputs()}. */
    static String send(QuantizedGraph graph, int output) {
        return "send_" + graph.outputNames().get(output);
    }

    /** What writes a layer's map to DRAM. */
    static String store(QNode node) {
        return node.name() + "_store";
    }

    /** What reads it back for a reader. */
    static String load(QNode node, QNode reader) {
        return node.name() + "_load_" + reader.name();
    }
}
