package io.millrace.quantizer.internal;

import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Pointwise;
import io.millrace.ir.SourceRef;
import io.millrace.quantizer.Precision;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Cuts a canonical float graph into the groups that become one integer node each: an operation, for a pool its gain and bias,
 * the pointwise functions that follow and the rounding to a grid of the model's own, as long as nobody else reads what lies
 * between. A sum takes in the sums that only it reads.
 */
final class Grouping {
    private final Graph graph;
    private final Precision precision;
    private final Readers readers;
    private final Sums sums;
    private final Set<Integer> absorbed = new HashSet<>();
    private final List<Group> groups = new ArrayList<>();

    private Grouping(Graph graph, Precision precision) {
        this.graph = graph;
        this.precision = precision;
        this.readers = new Readers(graph);
        this.sums = new Sums(graph, readers);
    }

    /** The groups, in the order of their heads. Every node is in exactly one, but for those that a sum takes in. */
    static List<Group> of(Graph graph, Precision precision) {
        var grouping = new Grouping(graph, precision);
        for (Node n : graph.nodes()) {
            if (!grouping.absorbed.contains(n.id()) && !grouping.sums.isTakenIn(n)) {
                grouping.groups.add(grouping.groupAt(n));
            }
        }
        return List.copyOf(grouping.groups);
    }

    private Group groupAt(Node head) {
        return switch (head.op()) {
            case Op.Conv _, Op.ConvTranspose _, Op.Binary _ ->
                withFunctions(head, Optional.empty(), head, head.source());
            case Op.AveragePool _ -> withAffine(head);
            case Op.ChannelAffine affine -> withFunctions(head, Optional.of(affine), head, head.source());
            case Op.MaxPool _ -> maxPool(head);
            case Op.Activation(Pointwise function) -> standalone(head, function);
            case Op.Input _ -> input(head);
            case Op.Concat _ -> {
                var itself = new Chain(head, head.source(), new ArrayList<>());
                yield group(head, Optional.empty(), List.of(), head, rounded(itself));
            }
            case Op.Slice _, Op.Pad _, Op.Gather _, Op.Resize _, Op.DepthToSpace _, Op.SpaceToDepth _ -> alone(head);
            case Op.Constant _, Op.Dense _, Op.Reshape _, Op.Softmax _, Op.LpPool _, Op.PRelu _ -> alone(head);
            case Op.Transpose _, Op.Rearrange _, Op.Lookup _, Op.OneHot _, Op.Normalize _, Op.TopK _ -> alone(head);
            case Op.LocalConv _, Op.MaxPoolIndices _, Op.MaxUnpool _ -> alone(head);
            case Op.FakeQuantize rounding -> {
                Chain itself = new Chain(head, head.source(), List.of());
                yield group(head, Optional.empty(), List.of(), head, itself.with(rounding, List.of(head)));
            }
        };
    }

    private static Group alone(Node head) {
        return group(head, Optional.empty(), List.of(), head, new Chain(head, head.source(), List.of()));
    }

    /** The host rounds to the model's own grid, where that has all codes. */
    private Group input(Node head) {
        var itself = new Chain(head, head.source(), List.of());
        boolean all = roundingAfter(head)
                .flatMap(r -> AuthorGrid.of(r, precision))
                .filter(grid -> grid.low() == precision.low() && grid.high() == precision.high())
                .isPresent();
        return group(head, Optional.empty(), List.of(), head, all ? rounded(itself) : itself);
    }

    private Group withAffine(Node head) {
        Optional<Node> next = readers.only(head);
        if (next.isPresent() && next.get().op() instanceof Op.ChannelAffine affine && !sums.isTakenIn(next.get())) {
            absorbed.add(next.get().id());
            return withFunctions(
                    head,
                    Optional.of(affine),
                    next.get(),
                    head.source().plus(next.get().source()));
        }
        return withFunctions(head, Optional.empty(), head, head.source());
    }

    private Group withFunctions(Node head, Optional<Op.ChannelAffine> affine, Node argument, SourceRef source) {
        Chain chain = absorb(walk(argument, source));
        return chain.isEmpty()
                ? beforeMaxPool(head, affine, argument, source)
                : group(head, affine, chain.functions, argument, chain);
    }

    /**
     * A saturation behind a max pool, or a rounding to a grid, moves before it, where it costs nothing: both keep the order of
     * numbers. Any other function stays the pool's table, and the operand's codes are spent where that function needs them.
     */
    private Group beforeMaxPool(Node head, Optional<Op.ChannelAffine> affine, Node result, SourceRef source) {
        Optional<Node> pool = readers.only(result).filter(n -> n.op() instanceof Op.MaxPool);
        var itself = new Chain(result, source, List.of());
        if (pool.isPresent()) {
            Chain behind = walk(pool.get(), source);
            if (!behind.isEmpty() && Clamp.of(behind.functions).isPresent()) {
                return new Group(
                        head,
                        affine,
                        behind.functions,
                        result,
                        behind.last,
                        List.of(),
                        behind.rounding,
                        Optional.empty(),
                        List.of(result),
                        behind.source);
            }
            if (!behind.isEmpty()) {
                return new Group(
                        head,
                        affine,
                        List.of(),
                        result,
                        pool.get(),
                        behind.functions,
                        Optional.empty(),
                        Optional.of(result),
                        List.of(result),
                        source);
            }
        }
        return group(head, affine, List.of(), result, itself);
    }

    private static Group group(
            Node head, Optional<Op.ChannelAffine> affine, List<Pointwise> functions, Node argument, Chain chain) {
        return new Group(
                head,
                affine,
                functions,
                argument,
                chain.last,
                List.of(),
                chain.rounding,
                Optional.of(chain.last),
                chain.held,
                chain.source);
    }

    private Group maxPool(Node head) {
        Chain chain = absorb(walk(head, head.source()));
        boolean moved =
                groups.stream().anyMatch(g -> g.last().isEmpty() && g.ranged().equals(chain.last));
        return group(head, Optional.empty(), moved ? List.of() : chain.functions, head, chain);
    }

    private Group standalone(Node head, Pointwise function) {
        Node argument = graph.node(head.inputs().getFirst());
        Chain chain = absorb(walk(head, head.source()));
        var functions = new ArrayList<>(List.of(function));
        functions.addAll(chain.functions);
        return group(head, Optional.empty(), functions, argument, chain);
    }

    /**
     * What follows an operation.
     *
     * @param functions from the first to the last
     * @param held nodes that have the value at the end
     * @param between nodes passed on the way, the last one among them
     */
    private record Chain(
            Node last,
            SourceRef source,
            List<Pointwise> functions,
            Optional<Op.FakeQuantize> rounding,
            List<Node> held,
            List<Node> between) {
        Chain(Node last, SourceRef source, List<Pointwise> functions) {
            this(last, source, functions, Optional.empty(), List.of(last), List.of());
        }

        boolean isEmpty() {
            return functions.isEmpty() && rounding.isEmpty();
        }

        Chain then(Pointwise function, Node node) {
            var all = new ArrayList<>(functions);
            all.add(function);
            return new Chain(node, source.plus(node.source()), all, rounding, List.of(node), plus(List.of(node)));
        }

        Chain with(Op.FakeQuantize rounding, List<Node> nodes) {
            SourceRef all = source;
            for (Node n : nodes) {
                all = all.plus(n.source());
            }
            return new Chain(nodes.getFirst(), all, functions, Optional.of(rounding), nodes, plus(nodes));
        }

        private List<Node> plus(List<Node> nodes) {
            var all = new ArrayList<>(between);
            all.addAll(nodes);
            return all;
        }
    }

    /** The activations that follow, and a rounding at their end; none is absorbed yet. */
    private Chain walk(Node from, SourceRef source) {
        var chain = new Chain(from, source, List.of());
        Optional<Node> next = readers.only(from);
        while (next.isPresent() && next.get().op() instanceof Op.Activation(Pointwise function)) {
            chain = chain.then(function, next.get());
            next = readers.only(chain.last);
        }
        Optional<Op.FakeQuantize> rounding = roundingAfter(chain.last);
        return rounding.isPresent() ? chain.with(rounding.get(), readers.of(chain.last)) : chain;
    }

    private Chain absorb(Chain chain) {
        chain.between.forEach(n -> absorbed.add(n.id()));
        return chain;
    }

    private Chain rounded(Chain chain) {
        Optional<Op.FakeQuantize> rounding = roundingAfter(chain.last);
        return rounding.isPresent() ? absorb(chain.with(rounding.get(), readers.of(chain.last))) : chain;
    }

    /** The rounding that all readers of a node are. */
    private Optional<Op.FakeQuantize> roundingAfter(Node node) {
        List<Node> all = readers.of(node);
        boolean same = !all.isEmpty()
                && !graph.outputs().contains(node.id())
                && all.stream().allMatch(n -> n.op().equals(all.getFirst().op()));
        return same && all.getFirst().op() instanceof Op.FakeQuantize rounding
                ? Optional.of(rounding)
                : Optional.empty();
    }
}
