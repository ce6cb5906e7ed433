package io.millrace.ir.internal;

import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import java.util.HashMap;

/** Merges per-channel gains and biases with what comes before them. */
public final class AffineFolding {
    private AffineFolding() {}

    /** Two affines in a row, the first read by the second only, become one. */
    public static Graph mergeChannelAffines(Graph graph) {
        int[] uses = Rewriter.useCounts(graph);
        var rewriter = new Rewriter(graph);
        for (Node n : graph.nodes()) {
            if (n.op() instanceof Op.ChannelAffine(Tensor gain, Tensor bias)
                    && uses[n.inputs().getFirst()] == 1) {
                Node before = rewriter.builder().node(rewriter.newId(n.inputs().getFirst()));
                if (before.op() instanceof Op.ChannelAffine(Tensor innerGain, Tensor innerBias)) {
                    var op = new Op.ChannelAffine(product(gain, innerGain), scaledSum(gain, innerBias, bias));
                    int id =
                            rewriter.builder().add(n.name(), op, before.source().plus(n.source()), before.inputs());
                    rewriter.map(n, id);
                    continue;
                }
            }
            rewriter.copy(n);
        }
        return Simplification.dropDeadNodes(rewriter.build());
    }

    /** An affine whose operand is a convolution that nothing else reads is absorbed by its weights and bias. */
    public static Graph foldIntoConvolutions(Graph graph) {
        int[] uses = Rewriter.useCounts(graph);
        var absorbed = new HashMap<Integer, Node>();
        for (Node n : graph.nodes()) {
            if (n.op() instanceof Op.ChannelAffine
                    && uses[n.inputs().getFirst()] == 1
                    && isConvolution(graph.node(n.inputs().getFirst()).op())) {
                absorbed.put(n.inputs().getFirst(), n);
            }
        }
        var rewriter = new Rewriter(graph);
        for (Node n : graph.nodes()) {
            if (n.op() instanceof Op.ChannelAffine && absorbed.get(n.inputs().getFirst()) == n) {
                rewriter.map(n, rewriter.newId(n.inputs().getFirst()));
            } else if (isConvolution(n.op()) && absorbed.get(n.id()) instanceof Node affine) {
                var source = n.source().plus(affine.source());
                rewriter.map(n, rewriter.builder().add(n.name(), fold(n.op(), affine), source, rewriter.newInputs(n)));
            } else {
                rewriter.copy(n);
            }
        }
        return rewriter.build();
    }

    private static boolean isConvolution(Op op) {
        return op instanceof Op.Conv || op instanceof Op.ConvTranspose;
    }

    private static Op fold(Op op, Node affine) {
        if (!(affine.op() instanceof Op.ChannelAffine(Tensor gain, Tensor shift))) {
            throw new IllegalStateException("only a channel affine folds into a convolution");
        }
        if (op instanceof Op.Conv(Tensor weights, Tensor bias, Window window, int groups)) {
            return new Op.Conv(scaledRows(weights, gain), scaledSum(gain, bias, shift), window, groups);
        }
        if (op instanceof Op.ConvTranspose(Tensor weights, Tensor bias, Window window, var padding, int groups)) {
            return new Op.ConvTranspose(
                    scaledOutputs(weights, gain, groups), scaledSum(gain, bias, shift), window, padding, groups);
        }
        throw new IllegalStateException("only convolutions absorb a channel affine");
    }

    /** Weights {@code [C, M / groups, kernel...]}, each output channel's times its gain. */
    private static Tensor scaledOutputs(Tensor weights, Tensor gain, int groups) {
        float[] out = weights.toArray();
        int inputs = weights.shape().dim(0);
        int outputs = weights.shape().dim(1);
        int taps = out.length / (inputs * outputs);
        for (int i = 0; i < out.length; i++) {
            int group = i / taps / outputs / (inputs / groups);
            out[i] *= gain.get(group * outputs + i / taps % outputs);
        }
        return Tensor.wrap(weights.shape(), out);
    }

    private static Tensor product(Tensor a, Tensor b) {
        float[] out = new float[a.size()];
        for (int i = 0; i < out.length; i++) {
            out[i] = a.get(i) * b.get(i);
        }
        return Tensor.wrap(a.shape(), out);
    }

    /** {@code gain * x + bias}. */
    private static Tensor scaledSum(Tensor gain, Tensor x, Tensor bias) {
        float[] out = new float[x.size()];
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) ((double) gain.get(i) * x.get(i) + bias.get(i));
        }
        return Tensor.wrap(Shape.of(out.length), out);
    }

    /** Each output channel's weights times its gain. */
    private static Tensor scaledRows(Tensor weights, Tensor gain) {
        float[] out = weights.toArray();
        int row = out.length / Math.max(1, gain.size());
        for (int r = 0; r < gain.size(); r++) {
            float factor = gain.get(r);
            for (int i = r * row; i < (r + 1) * row; i++) {
                out[i] *= factor;
            }
        }
        return Tensor.wrap(weights.shape(), out);
    }
}
