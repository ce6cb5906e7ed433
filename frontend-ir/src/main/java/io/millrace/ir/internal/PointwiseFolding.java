package io.millrace.ir.internal;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.Graph;
import io.millrace.ir.GraphBuilder;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Pointwise;
import io.millrace.ir.PointwiseFunctions;
import io.millrace.ir.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Makes one function of what several operations compute from each element of one value. */
public final class PointwiseFolding {
    /** Largest function made, in records; bounds the work of evaluating it. */
    private static final int MAX_TERMS = 48;

    private final int[] uses;
    private final Rewriter rewriter;

    private PointwiseFolding(Graph graph) {
        uses = Rewriter.useCounts(graph);
        rewriter = new Rewriter(graph);
    }

    /**
     * A two-operand operation whose operands are both functions of the elements of one value becomes an activation on that value. What
     * follows such an activation element by element, and alone reads it, becomes part of it.
     */
    public static Graph foldPointwiseExpressions(Graph graph) {
        var pass = new PointwiseFolding(graph);
        for (Node n : graph.nodes()) {
            if (!pass.folded(n)) {
                pass.rewriter.copy(n);
            }
        }
        return Simplification.dropDeadNodes(pass.rewriter.build());
    }

    private boolean folded(Node n) {
        return n.op() instanceof Op.Binary(BinaryFunction function) ? combined(n, function) : appended(n);
    }

    /** A value as a function of the elements of an earlier one. */
    private record Step(int origin, Pointwise function) {}

    private boolean combined(Node n, BinaryFunction function) {
        GraphBuilder builder = rewriter.builder();
        int left = rewriter.newId(n.inputs().getFirst());
        int right = rewriter.newId(n.inputs().getLast());
        if (!builder.shape(left).equals(builder.shape(right))) {
            return false;
        }
        List<Step> steps = stepsBack(left);
        for (Step r : stepsBack(right)) {
            for (Step l : steps) {
                if (l.origin == r.origin) {
                    Pointwise f = simplest(function, l.function, r.function);
                    if (f.terms() > MAX_TERMS) {
                        return false;
                    }
                    rewriter.map(n, builder.add(n.name(), new Op.Activation(f), n.source(), l.origin));
                    return true;
                }
            }
        }
        return false;
    }

    private static Pointwise simplest(BinaryFunction function, Pointwise left, Pointwise right) {
        boolean plain = left.equals(PointwiseFunctions.IDENTITY) && right.equals(PointwiseFunctions.IDENTITY);
        if (plain && function == BinaryFunction.MUL) {
            return new Pointwise.Power(2);
        }
        return plain && function == BinaryFunction.ADD
                ? new Pointwise.Affine(2, 0)
                : new Pointwise.Combine(function, left, right);
    }

    /** The value itself first, then what it is computed from element by element. */
    private List<Step> stepsBack(int id) {
        var steps = new ArrayList<Step>();
        int at = id;
        Pointwise function = PointwiseFunctions.IDENTITY;
        steps.add(new Step(at, function));
        Optional<Pointwise> step = functionOf(rewriter.builder().node(at).op());
        while (step.isPresent() && function.terms() <= MAX_TERMS) {
            function = step.get().then(function);
            at = rewriter.builder().node(at).inputs().getFirst();
            steps.add(new Step(at, function));
            step = functionOf(rewriter.builder().node(at).op());
        }
        return steps;
    }

    private boolean appended(Node n) {
        Optional<Pointwise> next = functionOf(n.op());
        if (next.isEmpty() || uses[n.inputs().getFirst()] != 1) {
            return false;
        }
        Node before = rewriter.builder().node(rewriter.newId(n.inputs().getFirst()));
        if (!(before.op() instanceof Op.Activation(Pointwise function)) || !isCombined(function)) {
            return false;
        }
        Pointwise all = function.then(next.get());
        if (all.terms() > MAX_TERMS) {
            return false;
        }
        rewriter.map(
                n,
                rewriter.builder()
                        .add(n.name(), new Op.Activation(all), before.source().plus(n.source()), before.inputs()));
        return true;
    }

    private static boolean isCombined(Pointwise function) {
        return function instanceof Pointwise.Combine
                || function instanceof Pointwise.Chain(var functions)
                        && functions.stream().anyMatch(PointwiseFolding::isCombined);
    }

    /** The operation as a function of each element, the same for all of them. */
    private static Optional<Pointwise> functionOf(Op op) {
        if (op instanceof Op.Activation(Pointwise function)) {
            return Optional.of(function);
        }
        return op instanceof Op.ChannelAffine(Tensor gain, Tensor bias) && isUniform(gain) && isUniform(bias)
                ? Optional.of(new Pointwise.Affine(gain.get(0), bias.get(0)))
                : Optional.empty();
    }

    private static boolean isUniform(Tensor t) {
        for (int i = 1; i < t.size(); i++) {
            if (t.get(i) != t.get(0)) {
                return false;
            }
        }
        return t.size() > 0;
    }
}
