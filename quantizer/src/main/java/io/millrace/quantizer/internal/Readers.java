package io.millrace.quantizer.internal;

import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

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

    /** How many numbers a value names, if all that reads it, moved or not, tells channels apart by them. */
    OptionalInt numbers(Node node) {
        List<Node> all = of(node);
        if (all.isEmpty() || graph.outputs().contains(node.id())) {
            return OptionalInt.empty();
        }
        int most = 0;
        for (Node reader : all) {
            OptionalInt count = switch (reader.op()) {
                case Op.OneHot(int depth) -> OptionalInt.of(depth);
                case Op.Reshape _, Op.Transpose _, Op.Rearrange _, Op.Slice _, Op.Gather _ -> numbers(reader);
                case Op _ -> OptionalInt.empty();
            };
            if (count.isEmpty()) {
                return count;
            }
            most = Math.max(most, count.getAsInt());
        }
        return OptionalInt.of(most);
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
