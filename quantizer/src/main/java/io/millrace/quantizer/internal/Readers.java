package io.millrace.quantizer.internal;

import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Who reads what in a float graph. */
final class Readers {
    private final Graph graph;
    private final List<List<Node>> readers = new ArrayList<>();

    Readers(Graph graph) {
        this.graph = graph;
        graph.nodes().forEach(_ -> readers.add(new ArrayList<>()));
        for (Node n : graph.nodes()) {
            n.inputs().stream().distinct().forEach(i -> readers.get(i).add(n));
        }
    }

    /** The nodes that read this one, each once. */
    List<Node> of(Node node) {
        return readers.get(node.id());
    }

    /** The one node that reads this one, if nobody else and no output does. */
    Optional<Node> only(Node node) {
        List<Node> all = of(node);
        boolean one = all.size() == 1 && !graph.outputs().contains(node.id());
        return one ? Optional.of(all.getFirst()) : Optional.empty();
    }
}
