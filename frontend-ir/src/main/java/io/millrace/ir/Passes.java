package io.millrace.ir;

import io.millrace.ir.internal.AffineFolding;
import io.millrace.ir.internal.FeatureMaps;
import io.millrace.ir.internal.Simplification;
import java.util.List;
import java.util.function.Function;

/** The canonicalising passes, in order. */
public final class Passes {
    private Passes() {}

    /**
     * One pure function on graphs.
     *
     * @param reason why it stands where it does
     */
    public record Step(String name, String reason, Function<Graph, Graph> pass) {}

    /**
     * After these steps every feature map is {@code [1, C, spatial...]} (a vector of K values is {@code [1, K, 1, 1]}), there is no
     * {@link Op.Dense} and no {@link Op.ChannelAffine} that a convolution before it could absorb, no operation without effect and no
     * node that no output needs. A {@link Op.Reshape} remains only where it regroups channels for an operation that is not
     * element-wise. Inputs and outputs keep their order, their names and the row-major order of their elements.
     */
    public static final List<Step> STANDARD = List.of(
            new Step(
                    "drop-dead-nodes",
                    "work that no output needs must not cost time or refusals",
                    Simplification::dropDeadNodes),
            new Step(
                    "make-feature-maps",
                    "engines know feature maps only: vectors become maps and dense layers convolutions over the whole map",
                    FeatureMaps::makeFeatureMaps),
            new Step(
                    "merge-channel-affines",
                    "a gain and a bias written as two operators are one, and one is what a convolution absorbs",
                    AffineFolding::mergeChannelAffines),
            new Step(
                    "fold-channel-affines",
                    "calibration must see the weights the hardware will use",
                    AffineFolding::foldIntoConvolutions),
            new Step(
                    "simplify",
                    "operations without effect would only cost rounding; runs late, because folding uncovers some",
                    Simplification::dropOperationsWithoutEffect),
            new Step(
                    "drop-unread-nodes",
                    "folding and simplifying leave unread nodes behind",
                    Simplification::dropDeadNodes));

    /** Applies {@link #STANDARD} in order. */
    public static Graph canonicalise(Graph graph) {
        Graph g = graph;
        for (Step step : STANDARD) {
            g = step.pass().apply(g);
        }
        return g;
    }
}
