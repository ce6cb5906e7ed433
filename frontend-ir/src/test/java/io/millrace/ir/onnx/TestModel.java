package io.millrace.ir.onnx;

import com.google.protobuf.ByteString;
import io.millrace.ir.onnx.proto.AttributeProto;
import io.millrace.ir.onnx.proto.GraphProto;
import io.millrace.ir.onnx.proto.ModelProto;
import io.millrace.ir.onnx.proto.NodeProto;
import io.millrace.ir.onnx.proto.OperatorSetIdProto;
import io.millrace.ir.onnx.proto.TensorProto;
import io.millrace.ir.onnx.proto.TensorShapeProto;
import io.millrace.ir.onnx.proto.TypeProto;
import io.millrace.ir.onnx.proto.ValueInfoProto;
import java.util.List;
import java.util.Random;

/** Writes small models by hand: {@code in("x", 1, 2, 4, 4).node("Relu", "x -> y").out("y")}. */
final class TestModel {
    final GraphProto.Builder graph = GraphProto.newBuilder().setName("test");
    private final int opset;
    private final int ir;
    private final Random random = new Random(5);

    TestModel(int opset) {
        this(opset, opset < 9 ? 3 : 7);
    }

    TestModel(int opset, int ir) {
        this.opset = opset;
        this.ir = ir;
    }

    /** A negative size is a free dimension. */
    TestModel in(String name, int... dims) {
        graph.addInput(info(name, 1, dims));
        return this;
    }

    TestModel inOfType(String name, int type, int... dims) {
        graph.addInput(info(name, type, dims));
        return this;
    }

    TestModel out(String name, int... dims) {
        var info = info(name, 1, dims).toBuilder();
        if (dims.length == 0) {
            info.getTypeBuilder().getTensorTypeBuilder().clearShape();
        }
        graph.addOutput(info);
        return this;
    }

    static ValueInfoProto info(String name, int type, int... dims) {
        var shape = TensorShapeProto.newBuilder();
        for (int d : dims) {
            if (d < 0) {
                shape.addDimBuilder().setDimParam("free");
            } else {
                shape.addDimBuilder().setDimValue(d);
            }
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(
                                TypeProto.Tensor.newBuilder().setElemType(type).setShape(shape)))
                .build();
    }

    /** A stored tensor of random floats between 0.1 and 1. */
    TestModel weights(String name, int... dims) {
        int volume = 1;
        for (int d : dims) {
            volume *= d;
        }
        float[] values = new float[volume];
        for (int i = 0; i < volume; i++) {
            values[i] = 0.1f + 0.9f * random.nextFloat();
        }
        return floats(name, dims, values);
    }

    TestModel floats(String name, int[] dims, float... values) {
        var t = TensorProto.newBuilder().setName(name).setDataType(1);
        for (int d : dims) {
            t.addDims(d);
        }
        for (float v : values) {
            t.addFloatData(v);
        }
        graph.addInitializer(t);
        return this;
    }

    /** A stored list of 64-bit integers. */
    TestModel list(String name, long... values) {
        var t = TensorProto.newBuilder().setName(name).setDataType(7).addDims(values.length);
        for (long v : values) {
            t.addInt64Data(v);
        }
        graph.addInitializer(t);
        return this;
    }

    /** Stored integers of any type that uses int32 data. */
    TestModel codes(String name, int type, int[] dims, int... values) {
        var t = TensorProto.newBuilder().setName(name).setDataType(type);
        for (int d : dims) {
            t.addDims(d);
        }
        for (int v : values) {
            t.addInt32Data(v);
        }
        graph.addInitializer(t);
        return this;
    }

    /**
     * An operator.
     *
     * @param wiring operands, an arrow, results, separated by spaces; {@code _} is an operand left out
     * @param attributes names and values in turn; a value is an int, float, String, long[] or TensorProto
     */
    TestModel node(String type, String wiring, Object... attributes) {
        var n = NodeProto.newBuilder()
                .setOpType(type)
                .setName(type.toLowerCase(java.util.Locale.ROOT) + graph.getNodeCount());
        String[] sides = wiring.split("->");
        for (String s : sides[0].trim().split(" +")) {
            if (!s.isEmpty()) {
                n.addInput(s.equals("_") ? "" : s);
            }
        }
        n.addAllOutput(List.of(sides[1].trim().split(" +")));
        for (int i = 0; i < attributes.length; i += 2) {
            n.addAttribute(attribute((String) attributes[i], attributes[i + 1]));
        }
        graph.addNode(n);
        return this;
    }

    private static AttributeProto attribute(String name, Object value) {
        var a = AttributeProto.newBuilder().setName(name);
        switch (value) {
            case Integer i -> a.setI(i).setType(AttributeProto.AttributeType.INT);
            case Float f -> a.setF(f).setType(AttributeProto.AttributeType.FLOAT);
            case String s -> a.setS(ByteString.copyFromUtf8(s)).setType(AttributeProto.AttributeType.STRING);
            case TensorProto t -> a.setT(t).setType(AttributeProto.AttributeType.TENSOR);
            case long[] list -> {
                for (long v : list) {
                    a.addInts(v);
                }
                a.setType(AttributeProto.AttributeType.INTS);
            }
            default -> throw new IllegalArgumentException("attribute of " + value.getClass());
        }
        return a.build();
    }

    ModelProto.Builder proto() {
        return ModelProto.newBuilder()
                .setIrVersion(ir)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset))
                .setGraph(graph);
    }

    byte[] bytes() {
        return proto().build().toByteArray();
    }

    static long[] ints(long... values) {
        return values;
    }

    static int[] dims(int... values) {
        return values;
    }
}
