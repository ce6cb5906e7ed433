package io.millrace.cli.internal;

import io.millrace.ir.Cut;
import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.Quantizer;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The end of a model that the host computes as floats: what has no integers of its own, and all behind it, after the last layer with a window. */
public final class HostTail {
    private HostTail() {}

    /**
     * Cuts the end off.
     *
     * @param canonical a graph after {@code Passes.canonicalise}, before it is composed: so a softmax at the end is left to the host too
     * @return none if everything has integers, or what has none lies before a convolution or pool
     */
    public static Optional<Cut> of(Graph canonical, Precision precision) {
        var windowsBehind = beforeWindows(canonical);
        Set<Integer> refused = Quantizer.forms(canonical, precision).stream()
                .filter(form -> form.refusal().isPresent())
                .map(form -> form.head().id())
                .filter(id -> !windowsBehind.contains(id))
                .collect(Collectors.toSet());
        return refused.isEmpty()
                ? Optional.empty()
                : Optional.of(Cut.endingBefore(canonical, n -> refused.contains(n.id())));
    }

    /** Layers of a graph, without inputs and constants. */
    public static long layers(Graph graph) {
        return graph.nodes().stream().filter(HostTail::isLayer).count();
    }

    private static boolean isLayer(Node n) {
        return !(n.op() instanceof Op.Input || n.op() instanceof Op.Constant);
    }

    /** Nodes that a convolution or pool needs. */
    private static Set<Integer> beforeWindows(Graph graph) {
        var found = new HashSet<Integer>();
        for (Node n : graph.nodes().reversed()) {
            if (found.contains(n.id()) || hasWindow(n.op())) {
                found.addAll(n.inputs());
            }
        }
        return found;
    }

    private static boolean hasWindow(Op op) {
        return op instanceof Op.Conv
                || op instanceof Op.ConvTranspose
                || op instanceof Op.MaxPool
                || op instanceof Op.AveragePool
                || op instanceof Op.LpPool;
    }
}
