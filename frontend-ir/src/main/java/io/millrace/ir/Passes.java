package io.millrace.ir;

import io.millrace.ir.internal.AffineFolding;
import io.millrace.ir.internal.BlockSplits;
import io.millrace.ir.internal.Broadcasts;
import io.millrace.ir.internal.ChannelGathers;
import io.millrace.ir.internal.ConcatPushing;
import io.millrace.ir.internal.ConnectedBlocks;
import io.millrace.ir.internal.Constants;
import io.millrace.ir.internal.Divisions;
import io.millrace.ir.internal.FeatureMaps;
import io.millrace.ir.internal.InputLayouts;
import io.millrace.ir.internal.Interpolations;
import io.millrace.ir.internal.Layouts;
import io.millrace.ir.internal.LocalConvolutions;
import io.millrace.ir.internal.LocalResponses;
import io.millrace.ir.internal.Lookups;
import io.millrace.ir.internal.PointwiseFolding;
import io.millrace.ir.internal.Pools;
import io.millrace.ir.internal.Rearrangements;
import io.millrace.ir.internal.Shuffles;
import io.millrace.ir.internal.Simplification;
import io.millrace.ir.internal.Softmaxes;
import io.millrace.ir.internal.Statistics;
import io.millrace.ir.internal.Unpools;
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
                    "lay-inputs-as-read",
                    "inputs in another shape, or with their channels last, are in the order of codes already; after transposes there and back are gone",
                    InputLayouts::asRead),
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
                    "gather-in-weights",
                    "no engine puts channels in another order, but a convolution reads them in any; after affines, which lie between",
                    ChannelGathers::intoWeights),
            new Step(
                    "simplify",
                    "operations without effect would only cost rounding; runs late, because folding uncovers some",
                    Simplification::dropOperationsWithoutEffect),
            new Step(
                    "drop-unread-nodes",
                    "folding and simplifying leave unread nodes behind",
                    Simplification::dropDeadNodes));

    /**
     * For canonical graphs: operations that no engine has become several that engines have, by the definitions of docs/numbers.md,
     * section 13. They come before calibration, so that every value between them gets a range of its own. What has no such form
     * stays, and so does a graph that needs none.
     */
    public static final List<Step> COMPOSING = List.of(
            new Step(
                    "merge-reshapes",
                    "a reduction over one channel leaves a change of shape and its inverse",
                    Simplification::mergeReshapes),
            new Step(
                    "carry-layouts",
                    "exporters transpose and reshape maps around what works along any axis as they lie; before pools and softmax are composed",
                    Layouts::carry),
            new Step(
                    "fold-affines-uncovered",
                    "a bias behind a transpose now follows its convolution",
                    AffineFolding::foldIntoConvolutions),
            new Step("compose-locally-connected", "a convolution for each part of a row", LocalConvolutions::compose),
            new Step(
                    "group-connected-blocks",
                    "connection tables that are blocks need no weights between them",
                    ConnectedBlocks::compose),
            new Step("compose-unpools", "products with a mask of the largest taps", Unpools::compose),
            new Step("compose-lookups", "tables are weights of one channel for each row", Lookups::compose),
            new Step("compose-constants", "biases in channels, made positions", Constants::compose),
            new Step(
                    "merge-rearrangements",
                    "exporters go by way of shapes that are no maps, and so do lookups",
                    Rearrangements::merge),
            new Step("compose-local-responses", "squares, their sums and a power", LocalResponses::compose),
            new Step("compose-interpolations", "triangles of weights", Interpolations::compose),
            new Step(
                    "compose-block-splits",
                    "slices that a convolution reads one after the other",
                    BlockSplits::compose),
            new Step("compose-pools", "powers, averages and roots", Pools::compose),
            new Step("compose-statistics", "means, norms and variances are sums and tables", Statistics::compose),
            new Step("compose-softmax", "exponentials and a logarithm", Softmaxes::compose),
            new Step("compose-divisions", "products with a reciprocal", Divisions::compose),
            new Step(
                    "compose-broadcasts",
                    "engines repeat one position, but no channels; after all steps that make products and sums",
                    Broadcasts::compose),
            new Step(
                    "push-below-new-concats",
                    "concatenations made here have readers that work on each part",
                    ConcatPushing::pushBelowConcats),
            new Step("drop-unread-parts", "a reshape that a reduction no longer reads", Simplification::dropDeadNodes));

    /** Applies {@link #STANDARD} in order. */
    public static Graph canonicalise(Graph graph) {
        return apply(STANDARD, graph);
    }

    /** Applies {@link #COMPOSING} in order to a canonical graph. */
    public static Graph compose(Graph canonical) {
        return apply(COMPOSING, canonical);
    }

    /** What is quantized and compiled of a graph: canonical, and composed of what engines have. */
    public static Graph prepare(Graph graph) {
        return compose(canonicalise(graph));
    }

    private static Graph apply(List<Step> steps, Graph graph) {
        Graph g = graph;
        for (Step step : steps) {
            g = step.pass().apply(g);
        }
        return g;
    }
}
