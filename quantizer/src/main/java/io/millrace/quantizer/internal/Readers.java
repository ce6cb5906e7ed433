package io.millrace.quantizer.internal;

import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Pointwise;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

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

    /**
     * How many numbers a value names, if some of what reads it, moved or not or by a function from whole numbers to whole numbers, tells
     * channels apart by them.
     */
    OptionalInt numbers(Node node) {
        int most = 0;
        for (Node reader : of(node)) {
            OptionalInt count = switch (reader.op()) {
                case Op.OneHot(int depth) -> OptionalInt.of(depth);
                case Op.Reshape _, Op.Transpose _, Op.Rearrange _, Op.Slice _, Op.Gather _ -> numbers(reader);
                case Op.Activation(Pointwise function) -> {
                    OptionalInt made = numbers(reader);
                    yield made.isPresent() && keepsWhole(function, made.getAsInt()) ? made : OptionalInt.empty();
                }
                case Op _ -> OptionalInt.empty();
            };
            most = Math.max(most, count.orElse(0));
        }
        return most == 0 ? OptionalInt.empty() : OptionalInt.of(most);
    }

    /** Whether a function makes whole numbers of whole numbers, as far as so many can be told apart. */
    private static boolean keepsWhole(Pointwise function, int count) {
        return IntStream.range(-count, count).allMatch(x -> {
            double y = function.apply(x);
            return y == Math.rint(y);
        });
    }

    /** Whether numbers below 0 name something as well, which count from the end. */
    boolean namesFromTheEnd(Node node) {
        return of(node).stream().anyMatch(reader -> switch (reader.op()) {
            case Op.Reshape _, Op.Transpose _, Op.Rearrange _, Op.Slice _, Op.Gather _ -> namesFromTheEnd(reader);
            case Op.Activation(Pointwise function) -> {
                OptionalInt count = numbers(reader);
                yield count.isPresent()
                        && IntStream.rangeClosed(1, count.getAsInt())
                                .anyMatch(x -> isWithin(function.apply(-x), count.getAsInt()));
            }
            case Op _ -> false;
        });
    }

    private static boolean isWithin(double number, int count) {
        return number >= 0 && number < count;
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
