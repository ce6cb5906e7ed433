package io.millrace.ir.onnx;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.millrace.ir.BinaryFunction;
import io.millrace.ir.Graph;
import io.millrace.ir.ImportCode;
import io.millrace.ir.Node;
import io.millrace.ir.Normalization;
import io.millrace.ir.Op;
import io.millrace.ir.PadMode;
import io.millrace.ir.Pointwise;
import io.millrace.ir.Sampling;
import io.millrace.ir.Sampling.Corners;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import io.millrace.ir.internal.LocalConvolutions;
import io.millrace.ir.onnx.proto.AttributeProto;
import io.millrace.ir.onnx.proto.GraphProto;
import io.millrace.ir.onnx.proto.ModelProto;
import io.millrace.ir.onnx.proto.NodeProto;
import io.millrace.ir.onnx.proto.OperatorSetIdProto;
import io.millrace.ir.onnx.proto.TensorProto;
import io.millrace.ir.onnx.proto.TensorShapeProto;
import io.millrace.ir.onnx.proto.TypeProto;
import io.millrace.ir.onnx.proto.ValueInfoProto;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Writes graphs as ONNX models of opset 21 that any runtime of that opset takes. */
public final class OnnxWriter {
    /** The operator set written; the first with dilated average pools and 16-bit QuantizeLinear. */
    public static final int OPSET = 21;

    private static final int IR_VERSION = 10;
    private static final int FLOAT = TensorProto.DataType.FLOAT_VALUE;

    private final Graph graph;
    private final GraphProto.Builder out = GraphProto.newBuilder();

    private OnnxWriter(Graph graph) {
        this.graph = graph;
    }

    /**
     * The model's bytes, the same for equal graphs. Values are named after their nodes; outputs keep their names. Locally connected layers
     * become convolutions of parts of the map.
     *
     * @throws io.millrace.ir.CompileException if a rounding has a range that is none of ONNX's types
     */
    public static byte[] write(Graph given) {
        Graph graph = LocalConvolutions.compose(given);
        var writer = new OnnxWriter(graph);
        writer.out.setName(graph.name());
        graph.nodes().forEach(writer::node);
        for (int i = 0; i < graph.outputs().size(); i++) {
            writer.output(graph.outputs().get(i), graph.outputNames().get(i));
        }
        ModelProto model = ModelProto.newBuilder()
                .setIrVersion(IR_VERSION)
                .setProducerName("millrace")
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(OPSET))
                .setGraph(writer.out)
                .build();
        byte[] bytes = new byte[model.getSerializedSize()];
        CodedOutputStream stream = CodedOutputStream.newInstance(bytes);
        stream.useDeterministicSerialization();
        try {
            model.writeTo(stream);
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory of the right size cannot fail", e);
        }
        return bytes;
    }

    /** The name of a node's result; prefixed, so that no output name of the model can meet it. */
    private String value(int id) {
        Node n = graph.node(id);
        return n.op() instanceof Op.Input ? n.name() : "n" + id + ":" + n.name();
    }

    private void node(Node n) {
        switch (n.op()) {
            case Op.Input _ -> out.addInput(valueInfo(n.name(), n.shape()));
            case Op.Conv(Tensor weights, Tensor bias, Window window, int groups) ->
                emit(n, "Conv", stored(n, "weights", weights), stored(n, "bias", bias))
                        .addAllAttribute(window(window))
                        .addAttribute(integer("group", groups));
            case Op.MaxPool(Window window) -> emit(n, "MaxPool").addAllAttribute(window(window));
            case Op.AveragePool(Window window, boolean countIncludePad) ->
                emit(n, "AveragePool")
                        .addAllAttribute(window(window))
                        .addAttribute(integer("count_include_pad", countIncludePad ? 1 : 0));
            case Op.Constant(Tensor value) -> store(value(n.id()), value);
            case Op.ConvTranspose(Tensor weights, Tensor bias, Window window, var outputPadding, int groups) ->
                emit(n, "ConvTranspose", stored(n, "weights", weights), stored(n, "bias", bias))
                        .addAllAttribute(window(window))
                        .addAttribute(integers("output_padding", outputPadding))
                        .addAttribute(integer("group", groups));
            case Op.LpPool(Window window, int p) ->
                emit(n, "LpPool").addAllAttribute(window(window)).addAttribute(integer("p", p));
            case Op.Dense(Tensor weights, Tensor bias) -> dense(n, weights, bias);
            case Op.ChannelAffine(Tensor gain, Tensor bias) -> {
                String scaled = value(n.id()) + ".scaled";
                add(n.name() + ".scale", "Mul", scaled, value(n.inputs().getFirst()), perChannel(n, "gain", gain));
                add(n.name(), "Add", value(n.id()), scaled, perChannel(n, "bias", bias));
            }
            case Op.PRelu(Tensor slope) -> emit(n, "PRelu", perChannel(n, "slope", slope));
            case Op.Activation(Pointwise function) ->
                activation(function, n.name(), value(n.inputs().getFirst()), value(n.id()));
            case Op.Binary(BinaryFunction function) -> emit(n, operator(function));
            case Op.Concat(int axis) -> emit(n, "Concat").addAttribute(integer("axis", axis));
            case Op.Slice slice -> slice(n, slice);
            case Op.Pad(PadMode mode, float value, var begin, var end) -> {
                var pads = new ArrayList<>(begin);
                pads.addAll(end);
                emit(n, "Pad", storedList(n, "pads", longs(pads)), stored(n, "value", scalar(value)))
                        .addAttribute(text("mode", mode.name().toLowerCase(Locale.ROOT)));
            }
            case Op.Transpose(var order) -> emit(n, "Transpose").addAttribute(integers("perm", order));
            case Op.Gather(int axis, var indices) ->
                emit(n, "Gather", storedList(n, "indices", longs(indices))).addAttribute(integer("axis", axis));
            case Op.Resize(var axes) -> resize(n, axes);
            case Op.DepthToSpace(int block) -> emit(n, "DepthToSpace").addAttribute(integer("blocksize", block));
            case Op.SpaceToDepth(int block) -> emit(n, "SpaceToDepth").addAttribute(integer("blocksize", block));
            case Op.Reshape _ -> emit(n, "Reshape", storedShape(n, "shape", n.shape()));
            case Op.LocalConv _ ->
                throw new IllegalStateException("locally connected layers are written as convolutions");
            case Op.Rearrange(Shape shape, var sources) -> {
                String id = value(n.id());
                Shape flat = Shape.of(graph.node(n.inputs().getFirst()).shape().volume());
                add(
                        n.name() + ".flat",
                        "Reshape",
                        id + ".flat",
                        value(n.inputs().getFirst()),
                        storedShape(n, "flatShape", flat));
                add(
                                n.name() + ".gather",
                                "Gather",
                                id + ".gathered",
                                id + ".flat",
                                storedList(n, "order", longs(sources)))
                        .addAttribute(integer("axis", 0));
                add(n.name(), "Reshape", id, id + ".gathered", storedShape(n, "shape", shape));
            }
            case Op.OneHot(int depth) -> oneHot(n, depth);
            case Op.MaxPoolIndices(Window window, boolean columnMajor) -> {
                String codes = value(n.id()) + ".codes";
                add(
                                n.name(),
                                "MaxPool",
                                value(n.id()) + ".values",
                                value(n.inputs().getFirst()))
                        .addOutput(codes)
                        .addAllAttribute(window(window))
                        .addAttribute(integer("storage_order", columnMajor ? 1 : 0));
                add(n.name() + ".cast", "Cast", value(n.id()), codes).addAttribute(integer("to", FLOAT));
            }
            case Op.MaxUnpool(Window window, var _) -> {
                String codes = value(n.id()) + ".codes";
                add(n.name() + ".cast", "Cast", codes, value(n.inputs().getLast()))
                        .addAttribute(integer("to", TensorProto.DataType.INT64_VALUE));
                var pads = new ArrayList<>(window.padBegin());
                pads.addAll(window.padEnd());
                add(
                                n.name(),
                                "MaxUnpool",
                                value(n.id()),
                                value(n.inputs().getFirst()),
                                codes,
                                storedShape(n, "shape", n.shape()))
                        .addAttribute(integers("kernel_shape", window.kernel()))
                        .addAttribute(integers("strides", window.stride()))
                        .addAttribute(integers("pads", pads));
            }
            case Op.Lookup(Tensor table) -> {
                String rows = value(n.id()) + ".rows";
                add(n.name() + ".rows", "Cast", rows, value(n.inputs().getFirst()))
                        .addAttribute(integer("to", TensorProto.DataType.INT64_VALUE));
                add(n.name(), "Gather", value(n.id()), stored(n, "table", table), rows);
            }
            case Op.Normalize(Normalization.MeanVariance(int groups, float epsilon)) ->
                meanVariance(n, groups, epsilon);
            case Op.Normalize(Normalization.Lp(int p)) ->
                emit(n, "LpNormalization").addAttribute(integer("axis", 1)).addAttribute(integer("p", p));
            case Op.Normalize(Normalization.LocalResponse(int size, float alpha, float beta, float bias)) ->
                emit(n, "LRN")
                        .addAttribute(integer("size", size))
                        .addAttribute(real("alpha", alpha))
                        .addAttribute(real("beta", beta))
                        .addAttribute(real("bias", bias));
            case Op.Softmax(boolean log) ->
                emit(n, log ? "LogSoftmax" : "Softmax").addAttribute(integer("axis", 1));
            case Op.TopK(int k, boolean indices) -> topK(n, k, indices);
            case Op.FakeQuantize q -> fakeQuantize(n, q);
        }
    }

    private void dense(Node n, Tensor weights, Tensor bias) {
        if (n.shape().rank() == 2) {
            emit(n, "Gemm", stored(n, "weights", weights), stored(n, "bias", bias))
                    .addAttribute(integer("transB", 1));
            return;
        }
        String turned = value(n.id()) + ".turned";
        String product = value(n.id()) + ".product";
        add(n.name() + ".turn", "Transpose", turned, stored(n, "weights", weights));
        add(n.name() + ".multiply", "MatMul", product, value(n.inputs().getFirst()), turned);
        add(n.name(), "Add", value(n.id()), product, stored(n, "bias", bias));
    }

    private void slice(Node n, Op.Slice slice) {
        var ends = new ArrayList<Long>();
        for (int a = 0; a < slice.size().size(); a++) {
            int step = slice.step().get(a);
            long last = slice.begin().get(a) + (slice.size().get(a) - 1L) * step;
            ends.add(step > 0 ? last + 1 : last == 0 ? -Integer.MAX_VALUE : last - 1);
        }
        emit(
                n,
                "Slice",
                storedList(n, "starts", longs(slice.begin())),
                storedList(n, "ends", ends),
                storedList(n, "axes", LongStream.range(0, ends.size()).boxed().toList()),
                storedList(n, "steps", longs(slice.step())));
    }

    private NodeProto.Builder resize(Node n, String mode, Corners corners) {
        String coordinates = switch (corners) {
            case HALF_PIXEL -> "half_pixel";
            case ALIGNED -> "align_corners";
            case ASYMMETRIC -> "asymmetric";
        };
        var sizes = storedList(n, "sizes", longs(n.shape().dims()));
        return add(n.name(), "Resize", value(n.id()), value(n.inputs().getFirst()), "", "", sizes)
                .addAttribute(text("mode", mode))
                .addAttribute(text("coordinate_transformation_mode", coordinates));
    }

    private static boolean isLinear(Sampling sampling, int size, Corners corners) {
        return sampling.equals(Sampling.linear(size, sampling.source().size(), corners));
    }

    /** ONNX's own operator where every axis is repeated or evenly interpolated; else one Gather an axis, and where elements are mixed, two and their weighted sum. */
    private void resize(Node n, List<Sampling> axes) {
        var shape = new ArrayList<>(graph.node(n.inputs().getFirst()).shape().dims());
        if (IntStream.range(0, axes.size()).allMatch(a -> repeats(axes.get(a), shape.get(a)))) {
            resize(n, "nearest", Corners.ASYMMETRIC).addAttribute(text("nearest_mode", "floor"));
            return;
        }
        for (var corners : Corners.values()) {
            if (IntStream.range(0, axes.size()).allMatch(a -> isLinear(axes.get(a), shape.get(a), corners))) {
                resize(n, "linear", corners);
                return;
            }
        }
        String from = value(n.inputs().getFirst());
        for (int a = 0; a < axes.size(); a++) {
            Sampling sampling = axes.get(a);
            int size = shape.get(a);
            String near = value(n.id()) + ".near" + a;
            String indices = storedList(n, "near" + a + ".indices", longs(sampling.source()));
            add(n.name() + ".near" + a, "Gather", near, from, indices).addAttribute(integer("axis", a));
            shape.set(a, sampling.source().size());
            from = sampling.isNearest() ? near : mixed(n, a, sampling, size, from, near);
        }
        add(n.name(), "Identity", value(n.id()), from);
    }

    /** Whether each element of an axis appears a whole number of times, the same for all. */
    private static boolean repeats(Sampling sampling, int size) {
        int times = sampling.source().size() / Math.max(1, size);
        return sampling.isNearest()
                && sampling.source().size() == times * size
                && IntStream.range(0, sampling.source().size())
                        .allMatch(i -> sampling.source().get(i) == i / times);
    }

    private String mixed(Node n, int axis, Sampling sampling, int size, String from, String near) {
        String prefix = value(n.id()) + ".axis" + axis;
        String name = n.name() + ".axis" + axis;
        var next = sampling.source().stream()
                .map(i -> (long) Math.min(i + 1, size - 1))
                .toList();
        add(name + ".gather", "Gather", prefix + ".far", from, storedList(n, "far" + axis + ".indices", next))
                .addAttribute(integer("axis", axis));
        float[] far = sampling.fraction().toArray();
        float[] rest = new float[far.length];
        for (int i = 0; i < far.length; i++) {
            rest[i] = 1 - far[i];
        }
        var dims = new ArrayList<>(Collections.nCopies(n.shape().rank(), 1));
        dims.set(axis, far.length);
        Shape shape = new Shape(dims);
        String farWeights = stored(n, "farWeights" + axis, Tensor.wrap(shape, far));
        String nearWeights = stored(n, "nearWeights" + axis, Tensor.wrap(shape, rest));
        add(name + ".scaleFar", "Mul", prefix + ".scaledFar", prefix + ".far", farWeights);
        add(name + ".scaleNear", "Mul", prefix + ".scaledNear", near, nearWeights);
        add(name + ".sum", "Add", prefix + ".sum", prefix + ".scaledNear", prefix + ".scaledFar");
        return prefix + ".sum";
    }

    /** Instance normalization of the groups, each as one channel. */
    private void meanVariance(Node n, int groups, float epsilon) {
        String id = value(n.id());
        Shape grouped = Shape.of(
                n.shape().dim(0), groups, n.shape().volume() / n.shape().dim(0) / groups);
        float[] ones = new float[groups];
        Arrays.fill(ones, 1);
        String scale = stored(n, "ones", Tensor.wrap(Shape.of(groups), ones));
        String bias = stored(n, "zeros", Tensor.zeros(Shape.of(groups)));
        String shape = storedShape(n, "grouped", grouped);
        add(n.name() + ".group", "Reshape", id + ".inGroups", value(n.inputs().getFirst()), shape);
        add(n.name() + ".normalize", "InstanceNormalization", id + ".normalized", id + ".inGroups", scale, bias)
                .addAttribute(real("epsilon", epsilon));
        add(n.name(), "Reshape", id, id + ".normalized", storedShape(n, "shape", n.shape()));
    }

    private void oneHot(Node n, int depth) {
        String id = value(n.id());
        var squeezed = new ArrayList<>(n.shape().dims());
        squeezed.remove(1);
        String shape = storedShape(n, "squeezed", new Shape(squeezed));
        add(n.name() + ".squeeze", "Reshape", id + ".map", value(n.inputs().getFirst()), shape);
        add(n.name() + ".cast", "Cast", id + ".codes", id + ".map")
                .addAttribute(integer("to", TensorProto.DataType.INT64_VALUE));
        String values = stored(n, "values", Tensor.of(Shape.of(2), 0, 1));
        add(n.name(), "OneHot", id, id + ".codes", storedList(n, "depth", List.of((long) depth)), values)
                .addAttribute(integer("axis", 1));
    }

    private void topK(Node n, int k, boolean indices) {
        String id = value(n.id());
        String codes = id + ".indices";
        var node = add(
                n.name(),
                "TopK",
                indices ? id + ".values" : id,
                value(n.inputs().getFirst()),
                storedList(n, "k", List.of((long) k)));
        node.addOutput(codes).addAttribute(integer("axis", 1));
        if (indices) {
            add(n.name() + ".cast", "Cast", id, codes).addAttribute(integer("to", FLOAT));
        }
    }

    private static String operator(BinaryFunction function) {
        return switch (function) {
            case ADD -> "Add";
            case SUB -> "Sub";
            case MUL -> "Mul";
            case DIV -> "Div";
            case MAX -> "Max";
            case MIN -> "Min";
        };
    }

    /** Writes the function as one operator or several; all names start with the two given. */
    private void activation(Pointwise function, String name, String from, String to) {
        switch (function) {
            case Pointwise.Relu _ -> add(name, "Relu", to, from);
            case Pointwise.LeakyRelu(float alpha) ->
                add(name, "LeakyRelu", to, from).addAttribute(real("alpha", alpha));
            case Pointwise.Clip(float low, float high) ->
                add(name, "Clip", to, from, store(to + ".low", scalar(low)), store(to + ".high", scalar(high)));
            case Pointwise.Tanh _ -> add(name, "Tanh", to, from);
            case Pointwise.Sigmoid _ -> add(name, "Sigmoid", to, from);
            case Pointwise.HardSigmoid(float alpha, float beta) ->
                add(name, "HardSigmoid", to, from)
                        .addAttribute(real("alpha", alpha))
                        .addAttribute(real("beta", beta));
            case Pointwise.Abs _ -> add(name, "Abs", to, from);
            case Pointwise.Affine(float gain, float bias) -> {
                add(name + ".scale", "Mul", to + ".scaled", from, store(to + ".gain", scalar(gain)));
                add(name, "Add", to, to + ".scaled", store(to + ".bias", scalar(bias)));
            }
            case Pointwise.Power(float exponent) ->
                add(name, "Pow", to, from, store(to + ".exponent", scalar(exponent)));
            case Pointwise.Exp _ -> add(name, "Exp", to, from);
            case Pointwise.Log _ -> add(name, "Log", to, from);
            case Pointwise.Erf _ -> add(name, "Erf", to, from);
            case Pointwise.Elu(float alpha) -> add(name, "Elu", to, from).addAttribute(real("alpha", alpha));
            case Pointwise.Softplus _ -> add(name, "Softplus", to, from);
            case Pointwise.Threshold(float threshold, float otherwise)
            when otherwise == 0 -> add(name, "ThresholdedRelu", to, from).addAttribute(real("alpha", threshold));
            case Pointwise.Threshold(float threshold, float otherwise) -> {
                add(name + ".compare", "Greater", to + ".above", from, store(to + ".threshold", scalar(threshold)));
                add(name, "Where", to, to + ".above", from, store(to + ".otherwise", scalar(otherwise)));
            }
            case Pointwise.Shrink(float lambda, float bias) ->
                add(name, "Shrink", to, from)
                        .addAttribute(real("lambd", lambda))
                        .addAttribute(real("bias", bias));
            case Pointwise.Chain(var functions) -> {
                String at = from;
                for (int i = 0; i < functions.size(); i++) {
                    boolean last = i == functions.size() - 1;
                    activation(functions.get(i), last ? name : name + "." + i, at, last ? to : to + "." + i);
                    at = to + "." + i;
                }
            }
            case Pointwise.Combine(BinaryFunction combination, Pointwise left, Pointwise right) -> {
                activation(left, name + ".left", from, to + ".left");
                activation(right, name + ".right", from, to + ".right");
                add(name, operator(combination), to, to + ".left", to + ".right");
            }
        }
    }

    private static Tensor scalar(float value) {
        return Tensor.of(Shape.of(), value);
    }

    private void fakeQuantize(Node n, Op.FakeQuantize q) {
        record Range(int low, int high, int type) {}
        int type = List.of(
                        new Range(-128, 127, TensorProto.DataType.INT8_VALUE),
                        new Range(0, 255, TensorProto.DataType.UINT8_VALUE),
                        new Range(-32_768, 32_767, TensorProto.DataType.INT16_VALUE),
                        new Range(0, 65_535, TensorProto.DataType.UINT16_VALUE))
                .stream()
                .filter(r -> r.low == q.low() && r.high == q.high())
                .findFirst()
                .orElseThrow(() -> ImportCode.OPERATOR.exception(
                        n.source(),
                        "rounds to " + q.low() + ".." + q.high() + ", the range of no ONNX type",
                        "use an 8- or 16-bit range"))
                .type();
        String scale = stored(n, "scale", scalar(q.scale()));
        String zero = value(n.id()) + ".zeroPoint";
        out.addInitializer(
                TensorProto.newBuilder().setName(zero).setDataType(type).addInt32Data(q.zeroPoint()));
        String codes = value(n.id()) + ".codes";
        add(n.name() + ".quantize", "QuantizeLinear", codes, value(n.inputs().getFirst()), scale, zero);
        add(n.name(), "DequantizeLinear", value(n.id()), codes, scale, zero);
    }

    /** A node reading the operands and then these stored tensors. */
    private NodeProto.Builder emit(Node n, String type, String... stored) {
        var inputs = new ArrayList<>(n.inputs().stream().map(this::value).toList());
        inputs.addAll(List.of(stored));
        return add(n.name(), type, value(n.id()), inputs.toArray(String[]::new));
    }

    private NodeProto.Builder add(String name, String type, String output, String... inputs) {
        return out.addNodeBuilder()
                .setName(name)
                .setOpType(type)
                .addAllInput(List.of(inputs))
                .addOutput(output);
    }

    private String stored(Node n, String role, Tensor t) {
        return store(value(n.id()) + "." + role, t);
    }

    private String store(String name, Tensor t) {
        var bytes = ByteBuffer.allocate(4 * t.size()).order(ByteOrder.LITTLE_ENDIAN);
        IntStream.range(0, t.size()).forEach(i -> bytes.putFloat(t.get(i)));
        out.addInitializer(TensorProto.newBuilder()
                .setName(name)
                .setDataType(FLOAT)
                .addAllDims(longs(t.shape().dims()))
                .setRawData(ByteString.copyFrom(bytes.array())));
        return name;
    }

    private String perChannel(Node n, String role, Tensor t) {
        var dims = new ArrayList<>(n.shape().dims().stream().map(_ -> 1).toList());
        dims.set(1, t.size());
        return stored(n, role, t.reshape(new Shape(dims)));
    }

    private String storedShape(Node n, String role, Shape shape) {
        return storedList(n, role, longs(shape.dims()));
    }

    private String storedList(Node n, String role, List<Long> values) {
        String name = value(n.id()) + "." + role;
        out.addInitializer(TensorProto.newBuilder()
                .setName(name)
                .setDataType(TensorProto.DataType.INT64_VALUE)
                .addDims(values.size())
                .addAllInt64Data(values));
        return name;
    }

    /** An output of the wanted name; an Identity gives it, because two outputs may be one value. */
    private void output(int id, String name) {
        if (!value(id).equals(name)) {
            add("output:" + name, "Identity", name, value(id));
        }
        out.addOutput(valueInfo(name, graph.node(id).shape()));
    }

    private static List<AttributeProto> window(Window w) {
        var pads = new ArrayList<>(w.padBegin());
        pads.addAll(w.padEnd());
        return List.of(
                integers("kernel_shape", w.kernel()),
                integers("strides", w.stride()),
                integers("pads", pads),
                integers("dilations", w.dilation()));
    }

    private static AttributeProto integers(String name, List<Integer> values) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.INTS)
                .addAllInts(longs(values))
                .build();
    }

    private static AttributeProto integer(String name, long value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.INT)
                .setI(value)
                .build();
    }

    private static AttributeProto real(String name, float value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.FLOAT)
                .setF(value)
                .build();
    }

    private static AttributeProto text(String name, String value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.STRING)
                .setS(ByteString.copyFromUtf8(value))
                .build();
    }

    private static ValueInfoProto valueInfo(String name, Shape shape) {
        var dims = TensorShapeProto.newBuilder();
        shape.dims().forEach(d -> dims.addDimBuilder().setDimValue(d));
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(
                                TypeProto.Tensor.newBuilder().setElemType(FLOAT).setShape(dims)))
                .build();
    }

    private static List<Long> longs(List<Integer> values) {
        return values.stream().map(Integer::longValue).toList();
    }
}
