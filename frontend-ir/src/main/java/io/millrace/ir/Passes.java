package io.millrace.ir;

import io.millrace.ir.internal.AffineFolding;
import io.millrace.ir.internal.ConcatPushing;
import io.millrace.ir.internal.FeatureMaps;
import io.millrace.ir.internal.PointwiseFolding;
import io.millrace.ir.internal.Shuffles;
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
     * node that no output needs. No operation that treats channels one by one reads a {@link Op.Concat} of channels, unless the
     * concatenation is an output. A {@link Op.Reshape} remains only where it regroups channels for an operation that is not
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
                    "recognise-shuffles",
                    "exporters spell channel shuffles and blocks of pixels as reshapes around a transpose, which no engine has",
                    Shuffles::recogniseShuffles),
            new Step(
                    "merge-transposes",
                    "dense layers on several rows turn them there and back; two turns in a row are one or none",
                    Simplification::mergeTransposes),
            new Step(
                    "fold-pointwise-expressions",
                    "swish, GELU and their like are one table of one value; before affines are folded away from their parts",
                    PointwiseFolding::foldPointwiseExpressions),
            new Step(
                    "merge-channel-affines",
                    "a gain and a bias written as two operators are one, and one is what a convolution absorbs",
                    AffineFolding::mergeChannelAffines),
            new Step(
                    "fold-channel-affines",
                    "calibration must see the weights the hardware will use",
                    AffineFolding::foldIntoConvolutions),
            new Step(
                    "push-below-concats",
                    "a concatenation is a list of parts and never copied, so what works on channels works on each part",
                    ConcatPushing::pushBelowConcats),
            new Step(
                    "fold-channel-affines-of-parts",
                    "an affine pushed below a concatenation may now follow a convolution",
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
