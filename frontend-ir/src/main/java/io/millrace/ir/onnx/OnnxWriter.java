package io.millrace.ir.onnx;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.millrace.ir.Graph;
import io.millrace.ir.ImportCode;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Pointwise;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
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
import java.util.List;
import java.util.stream.IntStream;

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
     * The model's bytes, the same for equal graphs. Values are named after their nodes; outputs keep their names.
     *
     * @throws io.millrace.ir.CompileException if a rounding has a range that is none of ONNX's types
     */
    public static byte[] write(Graph graph) {
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
            case Op.Dense(Tensor weights, Tensor bias) ->
                emit(n, "Gemm", stored(n, "weights", weights), stored(n, "bias", bias))
                        .addAttribute(integer("transB", 1));
            case Op.ChannelAffine(Tensor gain, Tensor bias) -> {
                String scaled = value(n.id()) + ".scaled";
                add(n.name() + ".scale", "Mul", scaled, value(n.inputs().getFirst()), perChannel(n, "gain", gain));
                add(n.name(), "Add", value(n.id()), scaled, perChannel(n, "bias", bias));
            }
            case Op.Activation(Pointwise function) -> activation(n, function);
            case Op.Add _ -> emit(n, "Add");
            case Op.Concat _ -> emit(n, "Concat").addAttribute(integer("axis", 1));
            case Op.Reshape _ -> emit(n, "Reshape", storedShape(n));
            case Op.Softmax(boolean log) ->
                emit(n, log ? "LogSoftmax" : "Softmax").addAttribute(integer("axis", 1));
            case Op.FakeQuantize q -> fakeQuantize(n, q);
        }
    }

    private void activation(Node n, Pointwise function) {
        switch (function) {
            case Pointwise.Relu _ -> emit(n, "Relu");
            case Pointwise.LeakyRelu(float alpha) -> emit(n, "LeakyRelu").addAttribute(real("alpha", alpha));
            case Pointwise.Clip(float low, float high) ->
                emit(n, "Clip", stored(n, "low", scalar(low)), stored(n, "high", scalar(high)));
            case Pointwise.Tanh _ -> emit(n, "Tanh");
            case Pointwise.Sigmoid _ -> emit(n, "Sigmoid");
            case Pointwise.HardSigmoid(float alpha, float beta) ->
                emit(n, "HardSigmoid").addAttribute(real("alpha", alpha)).addAttribute(real("beta", beta));
            case Pointwise.Abs _ -> emit(n, "Abs");
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
        String name = value(n.id()) + "." + role;
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

    private String storedShape(Node n) {
        String name = value(n.id()) + ".shape";
        out.addInitializer(TensorProto.newBuilder()
                .setName(name)
                .setDataType(TensorProto.DataType.INT64_VALUE)
                .addDims(n.shape().rank())
                .addAllInt64Data(longs(n.shape().dims())));
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
