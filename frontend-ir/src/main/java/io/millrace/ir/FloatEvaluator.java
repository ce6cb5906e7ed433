package io.millrace.ir;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Runs a graph in single precision: the reference that quantization is measured against, and what calibration watches.
 *
 * <p>Deterministic: the order of summation does not depend on the number of threads. Thread-safe; several frames may be run at once.
 */
public final class FloatEvaluator {
    /** Most bytes of feature maps that one run holds at a time. */
    public static final long MAX_MAP_BYTES = 512L << 20;

    private FloatEvaluator() {}

    /**
     * The graph's outputs for one frame, in the order of {@link Graph#outputs()}.
     *
     * @param inputs values of {@link Graph#inputs()}, in that order, of exactly their shapes
     * @throws CompileException if the inputs do not match the graph or its maps exceed {@link #MAX_MAP_BYTES}
     */
    public static List<Tensor> run(Graph graph, List<Tensor> inputs) {
        @Nullable Tensor[] values = evaluate(graph, inputs, false);
        return graph.outputs().stream().map(id -> value(values, id)).toList();
    }

    /** As {@link #run}, but every node's value, by node id. */
    public static List<Tensor> runAll(Graph graph, List<Tensor> inputs) {
        @Nullable Tensor[] values = evaluate(graph, inputs, true);
        var all = new ArrayList<Tensor>();
        for (int i = 0; i < values.length; i++) {
            all.add(value(values, i));
        }
        return List.copyOf(all);
    }

    private static @Nullable Tensor[] evaluate(Graph graph, List<Tensor> inputs, boolean keepAll) {
        checkInputs(graph, inputs);
        int[] lastUse = keepAll ? new int[0] : lastUses(graph);
        checkMemory(graph, lastUse);
        var values = new @Nullable Tensor[graph.nodes().size()];
        var nextInput = inputs.iterator();
        for (Node n : graph.nodes()) {
            if (n.op() instanceof Op.Input) {
                values[n.id()] = nextInput.next();
            } else {
                var operands = new ArrayList<Tensor>();
                for (int i : n.inputs()) {
                    operands.add(value(values, i));
                }
                values[n.id()] = apply(n, operands);
            }
            if (!keepAll) {
                release(values, lastUse, n);
            }
        }
        return values;
    }

    private static Tensor value(@Nullable Tensor[] values, int id) {
        Tensor v = values[id];
        if (v == null) {
            throw new IllegalStateException("node " + id + " is read before it has a value");
        }
        return v;
    }

    private static void checkInputs(Graph graph, List<Tensor> inputs) {
        List<Node> expected = graph.inputs();
        if (expected.size() != inputs.size()) {
            throw ImportCode.INPUT_DATA.exception(
                    SourceRef.file(graph.name()),
                    "the graph has " + expected.size() + " inputs, " + inputs.size() + " values were given",
                    "give one tensor for each input");
        }
        for (int i = 0; i < inputs.size(); i++) {
            Node n = expected.get(i);
            if (!n.shape().equals(inputs.get(i).shape())) {
                throw ImportCode.INPUT_DATA.exception(
                        n.source(),
                        "input '" + n.name() + "' takes " + n.shape() + ", got "
                                + inputs.get(i).shape(),
                        "give a tensor of the stated shape");
            }
        }
    }

    /** The id of the last reader of each node; outputs are read by nobody's end. */
    private static int[] lastUses(Graph graph) {
        int[] lastUse = new int[graph.nodes().size()];
        for (Node n : graph.nodes()) {
            lastUse[n.id()] = n.id();
            n.inputs().forEach(i -> lastUse[i] = n.id());
        }
        graph.outputs().forEach(o -> lastUse[o] = Integer.MAX_VALUE);
        return lastUse;
    }

    private static void release(@Nullable Tensor[] values, int[] lastUse, Node n) {
        n.inputs().stream().filter(i -> lastUse[i] == n.id()).forEach(i -> values[i] = null);
        if (lastUse[n.id()] == n.id()) {
            values[n.id()] = null;
        }
    }

    private static void checkMemory(Graph graph, int[] lastUse) {
        long live = 0;
        for (Node n : graph.nodes()) {
            live += 4L * n.shape().volume();
            if (live > MAX_MAP_BYTES) {
                throw ImportCode.LIMIT.exception(
                        n.source(),
                        "evaluating the graph needs more than " + (MAX_MAP_BYTES >> 20) + " MiB of feature maps at '"
                                + n.name() + "' of shape " + n.shape(),
                        "use a smaller input size");
            }
            if (lastUse.length > 0) {
                live -= n.inputs().stream()
                        .distinct()
                        .filter(i -> lastUse[i] == n.id())
                        .mapToLong(i -> 4L * graph.node(i).shape().volume())
                        .sum();
                live -= lastUse[n.id()] == n.id() ? 4L * n.shape().volume() : 0;
            }
        }
    }

    private static Tensor apply(Node n, List<Tensor> operands) {
        Tensor x = operands.getFirst();
        return switch (n.op()) {
            case Op.Input _ -> throw new IllegalStateException("an input is not computed");
            case Op.Conv conv -> ConvolutionKernel.apply(conv, x, n.shape());
            case Op.MaxPool(Window window) -> PoolKernel.max(window, x, n.shape());
            case Op.AveragePool(Window window, boolean countPad) -> PoolKernel.average(window, countPad, x, n.shape());
            case Op.Dense(Tensor weights, Tensor bias) -> ConvolutionKernel.dense(weights, bias, x, n.shape());
            case Op.ChannelAffine(Tensor gain, Tensor bias) -> channelAffine(gain.values(), bias.values(), x);
            case Op.Activation(Pointwise function) -> activation(function, x);
            case Op.Add _ -> add(x, operands.get(1));
            case Op.Concat _ -> concat(operands, n.shape());
            case Op.Reshape _ -> x.reshape(n.shape());
            case Op.Softmax(boolean log) -> softmax(x, log);
            case Op.FakeQuantize q -> fakeQuantize(q, x);
        };
    }

    private static Tensor channelAffine(float[] gain, float[] bias, Tensor x) {
        float[] in = x.values();
        float[] out = new float[in.length];
        int perChannel = in.length / Math.max(1, gain.length);
        for (int c = 0; c < gain.length; c++) {
            float g = gain[c];
            float b = bias[c];
            for (int i = c * perChannel; i < (c + 1) * perChannel; i++) {
                out[i] = in[i] * g + b;
            }
        }
        return Tensor.wrap(x.shape(), out);
    }

    private static Tensor activation(Pointwise function, Tensor x) {
        float[] in = x.values();
        float[] out = new float[in.length];
        switch (function) {
            case Pointwise.Relu _ -> {
                for (int i = 0; i < in.length; i++) {
                    out[i] = Math.max(in[i], 0f);
                }
            }
            case Pointwise.Clip(float low, float high) -> {
                for (int i = 0; i < in.length; i++) {
                    out[i] = Math.min(Math.max(in[i], low), high);
                }
            }
            case Pointwise.LeakyRelu _,
                    Pointwise.Tanh _,
                    Pointwise.Sigmoid _,
                    Pointwise.HardSigmoid _,
                    Pointwise.Abs _ -> {
                for (int i = 0; i < in.length; i++) {
                    out[i] = (float) function.apply(in[i]);
                }
            }
        }
        return Tensor.wrap(x.shape(), out);
    }

    private static Tensor add(Tensor x, Tensor y) {
        float[] a = x.values();
        float[] b = y.values();
        float[] out = new float[a.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = a[i] + b[i];
        }
        return Tensor.wrap(x.shape(), out);
    }

    private static Tensor concat(List<Tensor> operands, Shape shape) {
        float[] out = new float[shape.volume()];
        int outer = shape.dim(0);
        int at = 0;
        for (int n = 0; n < outer; n++) {
            for (Tensor t : operands) {
                int length = t.size() / outer;
                System.arraycopy(t.values(), n * length, out, at, length);
                at += length;
            }
        }
        return Tensor.wrap(shape, out);
    }

    private static Tensor softmax(Tensor x, boolean log) {
        float[] in = x.values();
        float[] out = new float[in.length];
        int outer = x.shape().dim(0);
        int channels = x.shape().dim(1);
        int inner = in.length == 0 ? 0 : in.length / (outer * channels);
        for (int i = 0; i < outer * inner; i++) {
            int base = i / inner * channels * inner + i % inner;
            double max = Double.NEGATIVE_INFINITY;
            for (int c = 0; c < channels; c++) {
                max = Math.max(max, in[base + c * inner]);
            }
            double sum = 0;
            for (int c = 0; c < channels; c++) {
                sum += Math.exp(in[base + c * inner] - max);
            }
            for (int c = 0; c < channels; c++) {
                double shifted = in[base + c * inner] - max;
                out[base + c * inner] = (float) (log ? shifted - Math.log(sum) : Math.exp(shifted) / sum);
            }
        }
        return Tensor.wrap(x.shape(), out);
    }

    private static Tensor fakeQuantize(Op.FakeQuantize q, Tensor x) {
        float[] out = Arrays.copyOf(x.values(), x.size());
        for (int i = 0; i < out.length; i++) {
            double code = Math.rint(out[i] / q.scale()) + q.zeroPoint();
            double clamped = Math.min(Math.max(code, q.low()), q.high());
            out[i] = (float) (clamped - q.zeroPoint()) * q.scale();
        }
        return Tensor.wrap(x.shape(), out);
    }
}
