package io.millrace.quantizer.internal;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.ChannelOrder;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.PadMode;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QuantizeCode;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What has no integer form, found before any work is done. */
final class Refusals {
    private static final String CUT = "cut the graph before it with --to, and let the host compute the rest";

    /** Beyond it, a pad is meant for infinity. */
    static final float PAD_MAX = 1e30f;

    /** Channels that numbers tell apart: a word of parameters each. */
    private static final int NUMBERS_MAX = 4096;

    private Refusals() {}

    /** One diagnostic for each group, and for each rounding of the model's own, that cannot be lowered; in order. */
    static List<Diagnostic> of(Graph graph, List<Group> groups, Precision precision) {
        // By id: the hash of a node is that of its weights.
        Set<Integer> heads = groups.stream().map(g -> g.head().id()).collect(Collectors.toSet());
        return graph.nodes().stream()
                .filter(n -> heads.contains(n.id()) || n.op() instanceof Op.FakeQuantize)
                .map(n -> of(graph, n, precision))
                .flatMap(Optional::stream)
                .toList();
    }

    /** Why a group, its head or the rounding at its end, cannot be lowered. */
    static Optional<Diagnostic> of(Graph graph, Group group, Precision precision) {
        Optional<Diagnostic> head = of(graph, group.head(), precision);
        return head.isPresent()
                ? head
                : group.rounding().flatMap(rounding -> rounding(group.held().getFirst(), rounding, precision));
    }

    private static Optional<Diagnostic> of(Graph graph, Node node, Precision precision) {
        return switch (node.op()) {
            case Op.Input _ -> input(graph, node, precision);
            case Op.Conv conv -> finite(node, conv.weights(), conv.bias());
            case Op.AveragePool(Window window, boolean countsPad) -> averagePool(node, window, countsPad);
            case Op.Reshape _, Op.Transpose _, Op.Rearrange _ -> rearrangement(graph, node);
            case Op.LocalConv _ -> composed(graph, node, "a locally connected layer");
            case Op.OneHot(int depth) -> oneHot(node, depth, precision);
            case Op.MaxPoolIndices indices -> places(graph, node, indices, precision);
            case Op.MaxUnpool _ ->
                operation(
                        node,
                        "a max unpooling " + unpooling(graph, node),
                        "slice or pad the map before the pool to what the windows cover, or " + CUT);
            case Op.ChannelAffine(Tensor gain, Tensor bias) -> finite(node, gain, bias);
            case Op.MaxPool _, Op.Activation _ -> Optional.empty();
            case Op.Slice _, Op.Pad _, Op.Gather _, Op.Resize _ -> move(graph, node);
            case Op.DepthToSpace _ -> Optional.empty();
            case Op.SpaceToDepth _ -> composed(graph, node, "space to depth");
            case Op.ConvTranspose conv -> finite(node, conv.weights(), conv.bias());
            case Op.Binary(BinaryFunction function) -> binary(graph, node, function);
            case Op.Concat(int axis) ->
                axis >= 1 && node.shape().rank() <= 5
                        ? Optional.empty()
                        : operation(node, "a concatenation along axis " + axis, CUT);
            case Op.Constant(Tensor value) ->
                operation(
                        node,
                        "a constant of shape " + value.shape(),
                        "use a gain or a bias for each channel instead, or " + CUT);
            case Op.LpPool _ -> composed(graph, node, "an Lp pool");
            case Op.PRelu _ -> composed(graph, node, "a PRelu with a slope for each channel");
            case Op.Lookup(Tensor table) ->
                operation(
                        node,
                        "a lookup table of " + table.shape().dim(0) + " rows, engines take " + NUMBERS_MAX,
                        "let the host look up: cut the graph behind it with --from");
            case Op.Normalize _ -> composed(graph, node, "a normalization by computed statistics");
            case Op.TopK(int k, boolean indices) -> largest(graph, node, k, indices, precision);
            case Op.Dense _ -> operation(node, "a dense layer on a vector", "canonicalise the graph first");
            case Op.Softmax _ ->
                ChannelOrder.isAllThatCounts(graph, node) ? Optional.empty() : composed(graph, node, "softmax");
            case Op.FakeQuantize rounding -> rounding(node, rounding, precision);
        };
    }

    private static Optional<Diagnostic> input(Graph graph, Node node, Precision precision) {
        Shape shape = node.shape();
        if (shape.rank() < 2 || shape.dim(0) != 1) {
            return operation(node, "an input of shape " + shape, "give the model one input [1, channels, ...] a frame");
        }
        var readers = new Readers(graph);
        int count = readers.numbers(node).orElse(0);
        return count - 1 <= precision.high() || !readers.namesFromTheEnd(node)
                ? Optional.empty()
                : operation(
                        node,
                        "an input of numbers from " + -count + " to " + (count - 1) + ", of which " + precision.bits()
                                + "-bit codes tell " + (precision.high() - precision.low() + 1) + " apart",
                        (precision == Precision.INT8 ? "quantize to int16, or " : "")
                                + "let the host look up: cut the graph behind it with --from");
    }

    private static Optional<Diagnostic> binary(Graph graph, Node node, BinaryFunction function) {
        boolean ranks = node.inputs().stream()
                .allMatch(i -> graph.node(i).shape().rank() == node.shape().rank());
        return switch (function) {
            case ADD, SUB, MUL, MAX, MIN ->
                ranks ? Optional.empty() : operation(node, function + " of maps of different ranks", CUT);
            case DIV -> composed(graph, node, "a quotient of two maps");
        };
    }

    /** What {@link io.millrace.ir.Passes#compose} writes as other operations, where its operands are computed maps of one frame. */
    private static Optional<Diagnostic> composed(Graph graph, Node node, String what) {
        for (int i : node.inputs()) {
            Node operand = graph.node(i);
            if (operand.op() instanceof Op.Constant) {
                return operation(node, what + ", one of them a constant " + operand.shape(), CUT);
            }
            if (operand.shape().rank() < 3 || operand.shape().dim(0) != 1) {
                return operation(node, what + " of " + operand.shape() + ", along another axis than the channels", CUT);
            }
        }
        return operation(node, what, "compose the graph first");
    }

    private static Optional<Diagnostic> oneHot(Node node, int depth, Precision precision) {
        int most = precision == Precision.INT8 ? precision.high() - precision.low() + 1 : NUMBERS_MAX;
        return depth <= most
                ? Optional.empty()
                : operation(
                        node,
                        "one of " + depth + " rows or channels by its number, of which " + precision.bits()
                                + "-bit codes tell " + most + " apart",
                        (precision == Precision.INT8 && depth <= NUMBERS_MAX ? "quantize to int16, or " : "")
                                + "let the host look up: cut the graph behind it with --from");
    }

    private static Optional<Diagnostic> places(Graph graph, Node node, Op.MaxPoolIndices indices, Precision precision) {
        Shape map = graph.node(node.inputs().getFirst()).shape();
        if (indices.window().taps() > precision.high() || indices.window().rank() > 2) {
            return operation(
                    node, "the places of maxima among " + indices.window().taps() + " taps", CUT);
        }
        return map.volume() - 1 <= precision.high()
                ? Optional.empty()
                : operation(
                        node,
                        "the places of maxima among " + map.volume() + " elements, of which " + precision.bits()
                                + "-bit codes number " + (precision.high() + 1),
                        (precision == Precision.INT8 && map.volume() <= 1 << 15 ? "quantize to int16, or " : "") + CUT);
    }

    private static String unpooling(Graph graph, Node node) {
        Node indices = graph.node(node.inputs().getLast());
        if (!(node.op() instanceof Op.MaxUnpool(Window window, var _))
                || !(indices.op() instanceof Op.MaxPoolIndices places)) {
            return "by indices that no max pool gives";
        }
        if (!places.window().equals(window) || places.columnMajor()) {
            return "by the indices of a max pool of another window";
        }
        Shape pooled = graph.node(indices.inputs().getFirst()).shape();
        return "by the places in a map of " + pooled + ", of which its windows "
                + (window.rank() > 2
                        ? "have more than two axes"
                        : "cover another size, so that places mean others there");
    }

    private static Optional<Diagnostic> largest(Graph graph, Node node, int k, boolean indices, Precision precision) {
        int channels = graph.node(node.inputs().getFirst()).shape().dim(1);
        if (k > 1 && channels > NUMBERS_MAX) {
            return operation(node, "a choice of the " + k + " largest of " + channels + " values", CUT);
        }
        boolean numbered = indices || k > 1;
        return !numbered || channels - 1 <= precision.high()
                ? Optional.empty()
                : Optional.of(QuantizeCode.OPERATION.at(
                        node.source(),
                        "'" + node.name() + "' is the largest of " + channels + " channels, " + precision.bits()
                                + "-bit codes number " + (precision.high() + 1),
                        precision == Precision.INT8 ? "quantize to int16, or " + CUT : CUT));
    }

    private static Optional<Diagnostic> move(Graph graph, Node node) {
        if (node.op() instanceof Op.Pad pad && Math.abs(pad.value()) > PAD_MAX && !isNeverLargest(graph, node)) {
            return operation(
                    node,
                    "a pad with " + pad.value()
                            + ", which no code stands for where more than the largest value is asked for",
                    CUT);
        }
        Shape from = graph.node(node.inputs().getFirst()).shape();
        return Moves.isPossible(node.op(), from)
                ? Optional.empty()
                : operation(node, name(node.op()) + " of " + from + " to " + node.shape(), CUT);
    }

    /** Whether a node is a pad with what is below every value, and nothing is asked of its result but the largest values. */
    static boolean isNeverLargest(Graph graph, Node node) {
        return node.op() instanceof Op.Pad pad
                && pad.mode() == PadMode.CONSTANT
                && pad.value() < -PAD_MAX
                && asksForLargest(graph, node, new Readers(graph));
    }

    private static boolean asksForLargest(Graph graph, Node node, Readers readers) {
        return !graph.outputs().contains(node.id())
                && readers.of(node).stream().allMatch(reader -> switch (reader.op()) {
                    case Op.MaxPool _, Op.MaxPoolIndices _ -> true;
                    case Op.TopK(int k, var _) -> k == 1;
                    case Op.Reshape _, Op.Transpose _, Op.Rearrange _, Op.Slice _, Op.Gather _ ->
                        asksForLargest(graph, reader, readers);
                    case Op _ -> false;
                });
    }

    private static String name(Op move) {
        return move instanceof Op.Resize
                ? "an interpolation by other factors than p/q with p up to 32, or of the channels,"
                : "a " + move.getClass().getSimpleName();
    }

    private static Optional<Diagnostic> rounding(Node node, Op.FakeQuantize rounding, Precision precision) {
        return AuthorGrid.of(rounding, precision).isPresent()
                ? Optional.empty()
                : Optional.of(QuantizeCode.LEVELS.at(
                        node.source(),
                        "'" + node.name() + "' rounds to codes from " + rounding.low() + " to " + rounding.high() + ", "
                                + precision.bits() + "-bit codes go from " + precision.low() + " to "
                                + precision.high(),
                        "quantize with more bits, or export the float model"));
    }

    private static Optional<Diagnostic> finite(Node node, Tensor... tensors) {
        boolean finite = Stream.of(tensors).allMatch(Refusals::isFinite);
        return finite
                ? Optional.empty()
                : Optional.of(QuantizeCode.NOT_FINITE.at(
                        node.source(),
                        "'" + node.name() + "' has a weight that is not finite",
                        "train the model again"));
    }

    private static boolean isFinite(Tensor tensor) {
        for (int i = 0; i < tensor.size(); i++) {
            if (!Float.isFinite(tensor.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static Optional<Diagnostic> averagePool(Node node, Window window, boolean countsPad) {
        return countsPad || !isPadded(window)
                ? Optional.empty()
                : Optional.of(QuantizeCode.AVERAGE_PADDING.at(
                        node.source(),
                        "'" + node.name() + "' averages over padding " + window.padBegin() + ", " + window.padEnd()
                                + " without counting it",
                        "compose the graph first"));
    }

    private static Optional<Diagnostic> rearrangement(Graph graph, Node node) {
        Shape from = graph.node(node.inputs().getFirst()).shape();
        if (keepsPlaces(node, from)) {
            return Optional.empty();
        }
        if (!Rearrangement.isOfMaps(from, node.shape())) {
            return arrangement(node, from, "which are not both maps of one frame");
        }
        return Rearrangement.of(node.op(), from, node.shape()).plan().isPresent()
                ? Optional.empty()
                : arrangement(
                        node,
                        from,
                        "for which engines would need more than " + Rearrangement.ENTRIES_MAX
                                + " table entries, one for each run of values that stay side by side");
    }

    private static boolean isPadded(Window window) {
        return Stream.concat(window.padBegin().stream(), window.padEnd().stream())
                .anyMatch(p -> p > 0);
    }

    private static Optional<Diagnostic> arrangement(Node node, Shape from, String why) {
        return Optional.of(
                QuantizeCode.ARRANGEMENT.at(
                        node.source(),
                        "'" + node.name() + "' turns " + from + " into " + node.shape() + ", " + why,
                        "put a dense layer directly on the map, or let the host do it: cut the graph before it with --to, or behind it with --from"));
    }

    /** Whether each code stays in its row, column and channel: each channel stays what it is, or each map is a single position. */
    static boolean keepsPlaces(Node node, Shape from) {
        Shape to = node.shape();
        boolean keeps = to.rank() >= 2 && from.rank() >= 2 && to.dim(0) == 1 && from.dim(1) == to.dim(1);
        boolean sameRows =
                keeps && from.dims().subList(2, from.rank()).equals(to.dims().subList(2, to.rank()));
        boolean single = keeps && from.volume() == from.dim(1);
        return node.op() instanceof Op.Reshape && (sameRows || single);
    }

    private static Optional<Diagnostic> operation(Node node, String what, String remedy) {
        return Optional.of(QuantizeCode.OPERATION.at(
                node.source(), "'" + node.name() + "' is " + what + ", which has no integer form yet", remedy));
    }
}
