package io.millrace.quantizer.internal;

import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Pointwise;
import io.millrace.ir.SourceRef;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Cuts a canonical float graph into the groups that become one integer node each: an operation, for a pool its gain and bias,
 * and the pointwise functions that follow, as long as nobody else reads what lies between.
 */
final class Grouping {
    private final Graph graph;
    private final List<List<Node>> readers;
    private final Set<Integer> absorbed = new HashSet<>();
    private final List<Group> groups = new ArrayList<>();

    private Grouping(Graph graph) {
        this.graph = graph;
        this.readers = new ArrayList<>();
        graph.nodes().forEach(_ -> readers.add(new ArrayList<>()));
        for (Node n : graph.nodes()) {
            n.inputs().stream().distinct().forEach(i -> readers.get(i).add(n));
        }
    }

    /** The groups, in the order of their heads. Every node is in exactly one. */
    static List<Group> of(Graph graph) {
        var grouping = new Grouping(graph);
        for (Node n : graph.nodes()) {
            if (!grouping.absorbed.contains(n.id())) {
                grouping.groups.add(grouping.groupAt(n));
            }
        }
        return List.copyOf(grouping.groups);
    }

    private Group groupAt(Node head) {
        return switch (head.op()) {
            case Op.Conv _ -> withFunctions(head, Optional.empty(), head, head.source());
            case Op.AveragePool _ -> withAffine(head);
            case Op.ChannelAffine affine -> withFunctions(head, Optional.of(affine), head, head.source());
            case Op.MaxPool _ -> maxPool(head);
            case Op.Activation(Pointwise function) -> standalone(head, function);
            case Op.Input _, Op.Constant _, Op.Dense _, Op.Binary _, Op.Concat _, Op.Reshape _ -> alone(head);
            case Op.ConvTranspose _, Op.LpPool _, Op.PRelu _, Op.Softmax _, Op.FakeQuantize _ -> alone(head);
            case Op.Slice _, Op.Pad _, Op.Transpose _, Op.Gather _, Op.Resize _, Op.DepthToSpace _ -> alone(head);
            case Op.SpaceToDepth _, Op.Lookup _, Op.Normalize _, Op.TopK _ -> alone(head);
        };
    }

    private Group alone(Node head) {
        return group(head, Optional.empty(), List.of(), head, new Chain(head, head.source()));
    }

    private Group withAffine(Node head) {
        Optional<Node> next = onlyReader(head);
        if (next.isPresent() && next.get().op() instanceof Op.ChannelAffine affine) {
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
        var functions = new ArrayList<Pointwise>();
        Chain chain = follow(argument, source, functions);
        return functions.isEmpty()
                ? beforeMaxPool(head, affine, argument, source)
                : group(head, affine, functions, argument, chain);
    }

    /**
     * A saturation behind a max pool moves before it, where it costs nothing: both keep the order of numbers. Any other function
     * stays the pool's table, and the operand's codes are spent where that function needs them.
     */
    private Group beforeMaxPool(Node head, Optional<Op.ChannelAffine> affine, Node result, SourceRef source) {
        Optional<Node> pool = onlyReader(result).filter(n -> n.op() instanceof Op.MaxPool);
        var functions = new ArrayList<Pointwise>();
        var itself = new Chain(result, source);
        if (pool.isPresent()) {
            Chain behind = walk(pool.get(), source, functions);
            if (!functions.isEmpty() && Clamp.of(functions).isPresent()) {
                return new Group(
                        head, affine, functions, result, behind.last, List.of(), Optional.empty(), behind.source);
            }
            if (!functions.isEmpty()) {
                return new Group(head, affine, List.of(), result, pool.get(), functions, Optional.of(result), source);
            }
        }
        return group(head, affine, List.of(), result, itself);
    }

    private static Group group(
            Node head, Optional<Op.ChannelAffine> affine, List<Pointwise> functions, Node argument, Chain chain) {
        return new Group(
                head, affine, functions, argument, chain.last, List.of(), Optional.of(chain.last), chain.source);
    }

    private Group maxPool(Node head) {
        var functions = new ArrayList<Pointwise>();
        Chain chain = follow(head, head.source(), functions);
        boolean moved =
                groups.stream().anyMatch(g -> g.last().isEmpty() && g.ranged().equals(chain.last));
        return group(head, Optional.empty(), moved ? List.of() : functions, head, chain);
    }

    private Group standalone(Node head, Pointwise function) {
        var functions = new ArrayList<>(List.of(function));
        Node argument = graph.node(head.inputs().getFirst());
        Chain chain = follow(head, head.source(), functions);
        return group(head, Optional.empty(), functions, argument, chain);
    }

    private record Chain(Node last, SourceRef source) {}

    /** Absorbs the activations that follow. */
    private Chain follow(Node from, SourceRef source, List<Pointwise> functions) {
        int before = functions.size();
        Chain chain = walk(from, source, functions);
        Node n = from;
        for (int i = before; i < functions.size(); i++) {
            n = onlyReader(n).orElseThrow();
            absorbed.add(n.id());
        }
        return chain;
    }

    /** Collects the activations that follow, without absorbing them. */
    private Chain walk(Node from, SourceRef source, List<Pointwise> functions) {
        Node last = from;
        SourceRef all = source;
        Optional<Node> next = onlyReader(last);
        while (next.isPresent() && next.get().op() instanceof Op.Activation(Pointwise function)) {
            functions.add(function);
            last = next.get();
            all = all.plus(last.source());
            next = onlyReader(last);
        }
        return new Chain(last, all);
    }

    /** The one node that reads this one, if nobody else and no output does. */
    private Optional<Node> onlyReader(Node node) {
        List<Node> all = readers.get(node.id());
        boolean one = all.size() == 1 && !graph.outputs().contains(node.id());
        return one ? Optional.of(all.getFirst()) : Optional.empty();
    }
}
