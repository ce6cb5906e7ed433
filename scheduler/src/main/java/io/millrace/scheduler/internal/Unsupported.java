package io.millrace.scheduler.internal;

import io.millrace.ir.Diagnostic;
import io.millrace.ir.Window;
import io.millrace.quantizer.MapType;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.Moves;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** What no machine runs, whatever its size. Looks at operations and maps only, at no weight and no scale. */
public final class Unsupported {
    private static final String CUT = "cut the model before it with --to, and let the host compute the rest";

    /** Most entries of an engine's table of taps or segments for one layer. */
    static final int ENTRIES_MAX = 1 << 20;

    private final QuantizedGraph graph;

    private Unsupported(QuantizedGraph graph) {
        this.graph = graph;
    }

    /** One diagnostic for each layer that no engine computes, and for each input and output that no host unit moves. */
    public static List<Diagnostic> in(QuantizedGraph graph) {
        return new Unsupported(graph).find();
    }

    private List<Diagnostic> find() {
        var found = new ArrayList<Diagnostic>();
        var read = new TreeSet<Integer>(graph.outputs());
        graph.nodes().forEach(n -> read.addAll(n.inputs()));
        for (var node : graph.nodes()) {
            if (node.op() instanceof QOp.Input && !read.contains(node.id())) {
                found.add(new Diagnostic(
                        "SCH-0103",
                        node.source(),
                        "nothing reads the input '" + node.name() + "'",
                        "remove it from the model"));
            }
            windowOf(node)
                    .filter(w -> w.rank() > 2)
                    .ifPresent(w -> found.add(new Diagnostic(
                            "SCH-0101",
                            node.source(),
                            "'" + node.name() + "' has a window over " + w.rank()
                                    + " axes; the machine reads at most 2",
                            "use a model with one or two spatial axes, or " + CUT)));
            long entries = entries(node);
            if (entries > ENTRIES_MAX) {
                found.add(new Diagnostic(
                        "SCH-0106",
                        node.source(),
                        "'" + node.name() + "' takes at least " + entries + " reads for a result of its map "
                                + extent(operand(node)) + "; the table of an engine has at most " + ENTRIES_MAX,
                        "make the map smaller before it, pool in two steps, or " + CUT));
            }
            obstacle(node)
                    .ifPresent(why -> found.add(new Diagnostic(
                            "SCH-0105",
                            node.source(),
                            "no engine computes the " + node.op().getClass().getSimpleName() + " '" + node.name()
                                    + "', " + why,
                            CUT)));
            boolean joins = node.inputs().stream().anyMatch(i -> graph.node(i).op() instanceof QOp.Concat);
            if (joins && Skeleton.onVector(node)) {
                found.add(new Diagnostic(
                        "SCH-0102",
                        node.source(),
                        "'" + node.name() + "' reads a concatenation; the vector engines read whole maps",
                        "apply the layer to each part, and concatenate its results"));
            }
        }
        outputs(found);
        return List.copyOf(found);
    }

    private void outputs(List<Diagnostic> found) {
        for (int i = 0; i < graph.outputs().size(); i++) {
            var node = graph.node(graph.outputs().get(i));
            if (node.op() instanceof QOp.Concat) {
                found.add(new Diagnostic(
                        "SCH-0104",
                        node.source(),
                        "the output '" + graph.outputNames().get(i)
                                + "' is a concatenation, which is never stored as one map",
                        "make its parts outputs, or follow it by a convolution"));
            }
        }
    }

    /** Entries that the tables of every engine need for the layer. */
    private static long entries(QNode node) {
        return switch (node.op()) {
            case QOp.Conv conv ->
                Skeleton.onVector(node)
                        ? taps(conv.window())
                        : conv.window().kernel().isEmpty()
                                ? 1
                                : conv.window().kernel().getFirst();
            case QOp.MaxPool pool -> taps(pool.window());
            case QOp.SumPool pool -> taps(pool.window());
            case QOp.ArgMax _, QOp.Add _, QOp.Extreme _, QOp.Mul _ ->
                node.inputs().size();
            case QOp.Gather _, QOp.DepthToSpace _ -> node.type().columns();
            case QOp.Input _, QOp.View _, QOp.Concat _ -> 0;
        };
    }

    private static long taps(Window window) {
        return window.kernel().stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
    }

    /** Why an engine cannot read the operands in the order in which the operation needs them. */
    private Optional<String> obstacle(QNode node) {
        return switch (node.op()) {
            case QOp.Gather gather -> {
                var in = operand(node);
                yield Moves.of(in, node.type(), gather).isPresent() ? Optional.empty() : Optional.of(why(in, gather));
            }
            case QOp.Mul _ ->
                node.inputs().stream().allMatch(i -> isFactor(graph.node(i).type(), node.type()))
                        ? Optional.empty()
                        : Optional.of("whose factors " + operands(node) + " are neither maps of its size "
                                + extent(node.type()) + " nor one number a channel");
            case QOp.DepthToSpace _ ->
                operand(node).spatial().size() == 2
                        ? Optional.empty()
                        : Optional.of("whose map " + extent(operand(node)) + " has not two axes");
            case QOp.Conv _, QOp.MaxPool _, QOp.SumPool _, QOp.Add _, QOp.Extreme _, QOp.ArgMax _ -> Optional.empty();
            case QOp.Input _, QOp.View _, QOp.Concat _ -> Optional.empty();
        };
    }

    private static String why(MapType in, QOp.Gather gather) {
        if (in.spatial().size() > 2) {
            return "which moves codes over " + in.spatial().size() + " axes; engines move rows and columns";
        }
        var channels = gather.indices().getLast();
        for (int c = 0; c < channels.size(); c++) {
            if (channels.getFirst() < 0 || channels.get(c) != channels.getFirst() + c) {
                return "which takes the channels of " + extent(in) + " in another order; engines take neighbours";
            }
        }
        return "which takes the rows of " + extent(in) + " at uneven distances";
    }

    private static boolean isFactor(MapType factor, MapType result) {
        return factor.channels() == result.channels()
                && (factor.spatial().equals(result.spatial()) || factor.elements() == factor.channels());
    }

    private MapType operand(QNode node) {
        return graph.node(node.inputs().getFirst()).type();
    }

    private String operands(QNode node) {
        return String.join(
                " and ",
                node.inputs().stream().map(i -> extent(graph.node(i).type())).toList());
    }

    private static String extent(MapType type) {
        return type.spatial() + " x " + type.channels();
    }

    private static Optional<Window> windowOf(QNode node) {
        return switch (node.op()) {
            case QOp.Input _,
                    QOp.Add _,
                    QOp.Extreme _,
                    QOp.ArgMax _,
                    QOp.View _,
                    QOp.Concat _,
                    QOp.Mul _,
                    QOp.Gather _ -> Optional.empty();
            case QOp.DepthToSpace _ -> Optional.empty();
            case QOp.Conv c -> Optional.of(c.window());
            case QOp.MaxPool p -> Optional.of(p.window());
            case QOp.SumPool p -> Optional.of(p.window());
        };
    }
}
