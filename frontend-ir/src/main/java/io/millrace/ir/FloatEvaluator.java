package io.millrace.ir;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
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
        @Nullable Tensor[] values = evaluate(graph, inputs, false, (_, _) -> {});
        return graph.outputs().stream().map(id -> value(values, id)).toList();
    }

    /** As {@link #run}, but every node's value, by node id. */
    public static List<Tensor> runAll(Graph graph, List<Tensor> inputs) {
        @Nullable Tensor[] values = evaluate(graph, inputs, true, (_, _) -> {});
        var all = new ArrayList<Tensor>();
        for (int i = 0; i < values.length; i++) {
            all.add(value(values, i));
        }
        return List.copyOf(all);
    }

    /** As {@link #run}, and every node's value is shown as soon as it is there; it is kept no longer than others read it. */
    public static void visit(Graph graph, List<Tensor> inputs, BiConsumer<Node, Tensor> visitor) {
        evaluate(graph, inputs, false, visitor);
    }

    /** Whether {@link #runAll} may hold the maps of a graph. */
    public static boolean holdsAll(Graph graph) {
        return graph.nodes().stream().mapToLong(n -> 4L * n.shape().volume()).sum() <= MAX_MAP_BYTES;
    }

    private static @Nullable Tensor[] evaluate(
            Graph graph, List<Tensor> inputs, boolean keepAll, BiConsumer<Node, Tensor> visitor) {
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
            visitor.accept(n, value(values, n.id()));
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
        if (n.op() instanceof Op.Constant(Tensor value)) {
            return value;
        }
        Tensor x = operands.getFirst();
        return switch (n.op()) {
            case Op.Input _, Op.Constant _ -> throw new IllegalStateException("an input is not computed");
            case Op.Conv conv -> frames(x, n.shape(), (f, s) -> ConvolutionKernel.apply(conv, f, s));
            case Op.ConvTranspose conv -> frames(x, n.shape(), (f, s) -> TransposedConvolution.apply(conv, f, s));
            case Op.LocalConv conv -> frames(x, n.shape(), (f, s) -> LocalConvolution.apply(conv, f, s));
            case Op.MaxPool(Window window) -> frames(x, n.shape(), (f, s) -> PoolKernel.max(window, f, s));
            case Op.MaxPoolIndices indices -> PoolKernel.indices(indices, x, n.shape());
            case Op.MaxUnpool unpool -> PoolKernel.unpool(unpool, x, operands.get(1), n.shape());
            case Op.AveragePool(Window window, boolean countPad) ->
                frames(x, n.shape(), (f, s) -> PoolKernel.average(window, countPad, f, s));
            case Op.LpPool(Window window, int p) -> frames(x, n.shape(), (f, s) -> PoolKernel.norm(window, p, f, s));
            case Op.Dense(Tensor weights, Tensor bias) -> ConvolutionKernel.dense(weights, bias, x, n.shape());
            case Op.ChannelAffine(Tensor gain, Tensor bias) ->
                Elementwise.channelAffine(gain.values(), bias.values(), x);
            case Op.PRelu(Tensor slope) -> Elementwise.parametricRelu(slope.values(), x);
            case Op.Activation(Pointwise function) -> Elementwise.activation(function, x);
            case Op.Binary(BinaryFunction function) -> Elementwise.binary(function, x, operands.get(1), n.shape());
            case Op.Concat(int axis) -> Arrangement.concat(operands, axis, n.shape());
            case Op.Slice slice -> Arrangement.slice(slice, x, n.shape());
            case Op.Pad pad -> Arrangement.pad(pad, x, n.shape());
            case Op.Transpose(var order) -> Arrangement.transpose(order, x);
            case Op.Gather(int axis, var indices) -> Arrangement.gather(axis, indices, x, n.shape());
            case Op.Resize(var axes) -> Arrangement.resize(axes, x);
            case Op.DepthToSpace(int block) -> Arrangement.depthToSpace(block, x, n.shape());
            case Op.SpaceToDepth(int block) -> Arrangement.spaceToDepth(block, x, n.shape());
            case Op.Rearrange(var shape, var sources) -> Arrangement.rearrange(x, shape, sources);
            case Op.OneHot(int depth) -> Arrangement.oneHot(depth, x, n.shape());
            case Op.Lookup(Tensor table) -> Arrangement.lookup(table, x, n.shape());
            case Op.Reshape _ -> x.reshape(n.shape());
            case Op.Normalize(Normalization kind) -> NormalizationKernel.apply(kind, x);
            case Op.Softmax(boolean log) -> NormalizationKernel.softmax(x, log);
            case Op.TopK(int k, boolean indices) -> NormalizationKernel.topK(k, indices, x, n.shape());
            case Op.FakeQuantize q -> Elementwise.fakeQuantize(q, x);
        };
    }

    private interface FrameFunction {
        Tensor apply(Tensor frame, Shape shape);
    }

    /** Applies to each of the leading axis's entries by itself what is defined for one. */
    private static Tensor frames(Tensor x, Shape result, FrameFunction function) {
        int count = result.dim(0);
        if (count == 1) {
            return function.apply(x, result);
        }
        Shape frame = first(x.shape());
        Shape one = first(result);
        float[] out = new float[result.volume()];
        for (int i = 0; i < count; i++) {
            float[] in = Arrays.copyOfRange(x.values(), i * frame.volume(), (i + 1) * frame.volume());
            float[] part = function.apply(Tensor.wrap(frame, in), one).values();
            System.arraycopy(part, 0, out, i * part.length, part.length);
        }
        return Tensor.wrap(result, out);
    }

    private static Shape first(Shape shape) {
        var dims = new ArrayList<>(shape.dims());
        dims.set(0, 1);
        return new Shape(dims);
    }
}
