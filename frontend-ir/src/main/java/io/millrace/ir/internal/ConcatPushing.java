package io.millrace.ir.internal;

import io.millrace.ir.Graph;
import io.millrace.ir.GraphBuilder;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Sampling;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Moves operations on single channels from behind a concatenation of channels to its parts. */
public final class ConcatPushing {
    private final Rewriter rewriter;
    private final GraphBuilder builder;
    private final Set<Integer> fixed = new HashSet<>();

    private ConcatPushing(Graph graph) {
        rewriter = new Rewriter(graph);
        builder = rewriter.builder();
    }

    /**
     * An operation that treats channels one by one and reads a concatenation along axis 1 becomes a concatenation of that operation on
     * each part, named {@code name.0}, {@code name.1} and so on. Concatenations of concatenations become one. A concatenation that is
     * an output of the graph stays, and so do its readers.
     */
    public static Graph pushBelowConcats(Graph graph) {
        var pass = new ConcatPushing(graph);
        for (Node n : graph.nodes()) {
            pass.rewrite(n);
            if (graph.outputs().contains(n.id())) {
                pass.fixed.add(pass.rewriter.newId(n.id()));
            }
        }
        return Simplification.dropDeadNodes(pass.rewriter.build());
    }

    private void rewrite(Node n) {
        if (n.op() instanceof Op.Concat(int axis) && axis == 1) {
            rewriter.map(n, builder.add(n.name(), n.op(), n.source(), flattened(n)));
            return;
        }
        if (n.inputs().size() == 1) {
            Node concat = builder.node(rewriter.newId(n.inputs().getFirst()));
            if (concat.op() instanceof Op.Concat(int axis) && axis == 1 && !fixed.contains(concat.id())) {
                Optional<List<Op>> parts = parts(n.op(), concat);
                if (parts.isPresent()) {
                    push(n, concat, parts.get());
                    return;
                }
            }
        }
        rewriter.copy(n);
    }

    private List<Integer> flattened(Node concat) {
        var parts = new ArrayList<Integer>();
        for (int id : rewriter.newInputs(concat)) {
            Node part = builder.node(id);
            if (part.op() instanceof Op.Concat(int axis) && axis == 1 && !fixed.contains(id)) {
                parts.addAll(part.inputs());
            } else {
                parts.add(id);
            }
        }
        return parts;
    }

    private void push(Node n, Node concat, List<Op> operations) {
        var parts = new ArrayList<Integer>();
        for (int i = 0; i < operations.size(); i++) {
            parts.add(builder.add(
                    n.name() + "." + i,
                    operations.get(i),
                    n.source(),
                    concat.inputs().get(i)));
        }
        rewriter.map(n, builder.add(n.name(), concat.op(), n.source(), parts));
    }

    /** The operation for each part; empty if it mixes channels. */
    private Optional<List<Op>> parts(Op op, Node concat) {
        var operations = new ArrayList<Op>();
        int from = 0;
        for (int id : concat.inputs()) {
            int to = from + builder.shape(id).dim(1);
            Optional<Op> part = part(op, from, to, concat.shape().dim(1));
            if (part.isEmpty()) {
                return Optional.empty();
            }
            operations.add(part.get());
            from = to;
        }
        return Optional.of(operations);
    }

    /** The operation on the channels [from, to) of so many. */
    private static Optional<Op> part(Op op, int from, int to, int channels) {
        return switch (op) {
            case Op.MaxPool _, Op.AveragePool _, Op.LpPool _, Op.Activation _, Op.FakeQuantize _ -> Optional.of(op);
            case Op.ChannelAffine(Tensor gain, Tensor bias) ->
                Optional.of(new Op.ChannelAffine(rows(gain, from, to), rows(bias, from, to)));
            case Op.PRelu(Tensor slope) -> Optional.of(new Op.PRelu(rows(slope, from, to)));
            case Op.Conv conv
            when conv.groups() == channels -> {
                int multiplier = conv.weights().shape().dim(0) / channels;
                yield Optional.of(new Op.Conv(
                        rows(conv.weights(), from * multiplier, to * multiplier),
                        rows(conv.bias(), from * multiplier, to * multiplier),
                        conv.window(),
                        to - from));
            }
            case Op.Pad pad when pad.begin().get(1) == 0 && pad.end().get(1) == 0 -> Optional.of(op);
            case Op.Resize(var axes)
            when axes.get(1).isIdentity(channels) -> {
                var ofPart = new ArrayList<>(axes);
                ofPart.set(1, Sampling.identity(to - from));
                yield Optional.of(new Op.Resize(ofPart));
            }
            case Op.Slice slice
            when slice.begin().get(1) == 0
                    && slice.step().get(1) == 1
                    && slice.size().get(1) == channels -> {
                var size = new ArrayList<>(slice.size());
                size.set(1, to - from);
                yield Optional.of(new Op.Slice(slice.begin(), slice.step(), size));
            }
            case Op _ -> Optional.empty();
        };
    }

    /** Entries [from, to) of the outermost axis. */
    private static Tensor rows(Tensor t, int from, int to) {
        var dims = new ArrayList<>(t.shape().dims());
        int row = t.size() / Math.max(1, dims.getFirst());
        dims.set(0, to - from);
        return Tensor.wrap(new Shape(dims), Arrays.copyOfRange(t.toArray(), from * row, to * row));
    }
}
