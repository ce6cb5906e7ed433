package io.millrace.quantizer.internal;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import io.millrace.quantizer.QuantizeCode;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What has no integer form, found before any work is done. */
final class Refusals {
    private static final String CUT = "cut the graph before it with --to, and let the host compute the rest";

    private Refusals() {}

    /** One diagnostic for each group that cannot be lowered, in order. */
    static List<Diagnostic> of(Graph graph, List<Group> groups) {
        return groups.stream()
                .map(Group::head)
                .map(head -> of(graph, head))
                .flatMap(Optional::stream)
                .toList();
    }

    private static Optional<Diagnostic> of(Graph graph, Node node) {
        return switch (node.op()) {
            case Op.Input _ -> input(node);
            case Op.Conv conv -> conv(node, conv);
            case Op.AveragePool(Window window, boolean countsPad) -> averagePool(node, window, countsPad);
            case Op.Reshape _ -> reshape(graph, node);
            case Op.ChannelAffine(Tensor gain, Tensor bias) -> finite(node, gain, bias);
            case Op.MaxPool _, Op.Activation _ -> Optional.empty();
            case Op.Dense _ -> operation(node, "a dense layer on a vector", "canonicalise the graph first");
            case Op.Binary(BinaryFunction function) ->
                operation(node, function == BinaryFunction.ADD ? "a sum of two maps" : function + " of two maps", CUT);
            case Op.Constant _ -> operation(node, "a constant map", CUT);
            case Op.ConvTranspose _ -> operation(node, "a transposed convolution", CUT);
            case Op.LpPool _ -> operation(node, "an Lp pool", CUT);
            case Op.PRelu _ -> operation(node, "a PRelu with a slope for each channel", CUT);
            case Op.Slice _ -> operation(node, "a slice", CUT);
            case Op.Pad _ -> operation(node, "a pad that no layer absorbs", CUT);
            case Op.Transpose _ -> operation(node, "a transpose", CUT);
            case Op.Gather _ -> operation(node, "a gather", CUT);
            case Op.Resize _ -> operation(node, "a resize", CUT);
            case Op.DepthToSpace _ -> operation(node, "depth to space", CUT);
            case Op.SpaceToDepth _ -> operation(node, "space to depth", CUT);
            case Op.Lookup _ -> operation(node, "a lookup table", CUT);
            case Op.Normalize _ -> operation(node, "a normalization by computed statistics", CUT);
            case Op.TopK _ -> operation(node, "a choice of the largest values", CUT);
            case Op.Concat _ -> operation(node, "a concatenation", CUT);
            case Op.Softmax _ -> operation(node, "softmax", CUT);
            case Op.FakeQuantize _ ->
                operation(
                        node,
                        "a tensor that is already quantized (QuantizeLinear, DequantizeLinear)",
                        "export the float model, Millrace quantizes it itself");
        };
    }

    private static Optional<Diagnostic> input(Node node) {
        Shape shape = node.shape();
        return shape.rank() >= 2 && shape.dim(0) == 1
                ? Optional.empty()
                : operation(node, "an input of shape " + shape, "give the model one input [1, channels, ...] a frame");
    }

    private static Optional<Diagnostic> conv(Node node, Op.Conv conv) {
        if (conv.groups() != 1) {
            return operation(
                    node,
                    "a convolution in " + conv.groups() + " groups",
                    "train the layer with groups = 1, or cut the graph before it with --to");
        }
        return finite(node, conv.weights(), conv.bias());
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
        boolean padded = Stream.concat(window.padBegin().stream(), window.padEnd().stream())
                .anyMatch(p -> p > 0);
        return countsPad || !padded
                ? Optional.empty()
                : Optional.of(QuantizeCode.AVERAGE_PADDING.at(
                        node.source(),
                        "'" + node.name() + "' averages over padding " + window.padBegin() + ", " + window.padEnd()
                                + " without counting it",
                        "export it with count_include_pad = 1, or without padding"));
    }

    /** Order is kept if each channel stays what it is, or each map is a single position. */
    private static Optional<Diagnostic> reshape(Graph graph, Node node) {
        Shape from = graph.node(node.inputs().getFirst()).shape();
        Shape to = node.shape();
        boolean keeps = to.rank() >= 2 && from.rank() >= 2 && to.dim(0) == 1 && from.dim(1) == to.dim(1);
        boolean sameRows =
                keeps && from.dims().subList(2, from.rank()).equals(to.dims().subList(2, to.rank()));
        boolean single = keeps && from.volume() == from.dim(1);
        return sameRows || single
                ? Optional.empty()
                : Optional.of(QuantizeCode.ARRANGEMENT.at(
                        node.source(),
                        "'" + node.name() + "' turns " + from + " into " + to + ", which regroups channels",
                        "put a dense layer directly on the map, or cut the graph before it with --to"));
    }

    private static Optional<Diagnostic> operation(Node node, String what, String remedy) {
        return Optional.of(QuantizeCode.OPERATION.at(
                node.source(), "'" + node.name() + "' is " + what + ", which has no integer form yet", remedy));
    }
}
