package io.millrace.ir.onnx;

import static io.millrace.ir.onnx.TestModel.dims;
import static io.millrace.ir.onnx.TestModel.ints;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.ir.Gen;
import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Passes;
import io.millrace.ir.onnx.internal.ModelImporter;
import io.millrace.ir.onnx.proto.TensorProto;
import io.millrace.ir.oracle.Batch;
import io.millrace.ir.oracle.OnnxRuntimeChild;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every form of every operator, old and new opsets, against ONNX Runtime. */
class OperatorVariantsTest {
    @TempDir
    private Path folder = Path.of("");

    private final Map<String, byte[]> models = new LinkedHashMap<>();

    private void add(String what, TestModel model) {
        models.put(what, model.bytes());
    }

    private static TestModel map(int opset) {
        return new TestModel(opset).in("x", 1, 3, 7, 9).out("y");
    }

    private static TestModel vector(int opset) {
        return new TestModel(opset).in("x", 1, 6).out("y");
    }

    @Test
    void everyFormAgrees() {
        opsets();
        windows();
        arithmetic();
        activations();
        dense();
        shapes();
        padding();
        quantization();
        var cases = new ArrayList<Batch.Case>();
        var graphs = new ArrayList<Graph>();
        models.forEach((what, bytes) -> {
            try {
                Graph g = OnnxImporter.importBytes(bytes, what, ImportOptions.DEFAULT)
                        .graph();
                graphs.add(g);
                cases.add(new Batch.Case(bytes, Gen.inputs(g, 3)));
            } catch (io.millrace.ir.CompileException e) {
                throw new AssertionError(what, e);
            }
        });
        var outcomes = OnnxRuntimeChild.run(cases, folder);
        int i = 0;
        for (String what : models.keySet()) {
            OnnxRuntimeTest.compare(what, graphs.get(i), cases.get(i).inputs(), outcomes.get(i), 1e-5);
            i++;
        }
        assertEquals(models.size(), outcomes.size());
    }

    private void opsets() {
        for (int opset = ModelImporter.MIN_OPSET; opset <= ModelImporter.MAX_OPSET; opset++) {
            add(
                    "opset " + opset,
                    map(opset)
                            .weights("w", 4, 3, 3, 3)
                            .weights("b", 4)
                            .node("Conv", "x w b -> c", "pads", ints(1, 1, 1, 1))
                            .node("Relu", "c -> r")
                            .node("MaxPool", "r -> p", "kernel_shape", ints(2, 2), "strides", ints(2, 2))
                            .node("Flatten", "p -> f")
                            .node("Softmax", "f -> y", "axis", 1));
        }
    }

    private void windows() {
        for (String pad : List.of("SAME_UPPER", "SAME_LOWER", "VALID")) {
            add(
                    "Conv " + pad,
                    map(11).weights("w", 4, 3, 4, 3).node("Conv", "x w -> y", "auto_pad", pad, "strides", ints(2, 3)));
            add(
                    "MaxPool " + pad,
                    map(12).node(
                                    "MaxPool",
                                    "x -> y",
                                    "auto_pad",
                                    pad,
                                    "kernel_shape",
                                    ints(3, 2),
                                    "strides",
                                    ints(2, 2)));
            add(
                    "AveragePool " + pad,
                    map(11).node(
                                    "AveragePool",
                                    "x -> y",
                                    "auto_pad",
                                    pad,
                                    "kernel_shape",
                                    ints(3, 2),
                                    "strides",
                                    ints(2, 2)));
        }
        add(
                "dilated Conv VALID",
                map(11).weights("w", 4, 3, 2, 3)
                        .node("Conv", "x w -> y", "auto_pad", "VALID", "dilations", ints(2, 2)));
        for (int stride = 1; stride <= 3; stride++) {
            for (int kernel = 2; kernel <= 3; kernel++) {
                for (long pad = 0; pad < 2; pad++) {
                    Object[] attributes = {
                        "kernel_shape", ints(kernel, kernel),
                        "strides", ints(stride, stride),
                        "pads", ints(pad, 0, 0, pad),
                        "ceil_mode", 1
                    };
                    String what = " ceil, stride " + stride + ", kernel " + kernel + ", pad " + pad;
                    add("MaxPool" + what, map(12).node("MaxPool", "x -> y", attributes));
                    add("AveragePool" + what, map(11).node("AveragePool", "x -> y", attributes));
                    add("new AveragePool" + what, map(22).node("AveragePool", "x -> y", attributes));
                }
            }
        }
        add(
                "AveragePool counting pads",
                map(7).node(
                                "AveragePool",
                                "x -> y",
                                "kernel_shape",
                                ints(3, 3),
                                "pads",
                                ints(0, 1, 2, 1),
                                "count_include_pad",
                                1));
        add(
                "dilated MaxPool with storage order",
                map(10).node(
                                "MaxPool",
                                "x -> y",
                                "kernel_shape",
                                ints(2, 3),
                                "dilations",
                                ints(3, 2),
                                "storage_order",
                                1));
        add("MaxPool with unread indices", map(8).node("MaxPool", "x -> y i", "kernel_shape", ints(2, 2)));
        add(
                "grouped Conv with kernel_shape",
                new TestModel(13)
                        .in("x", 1, 4, 5, 5)
                        .out("y")
                        .weights("w", 6, 2, 3, 1)
                        .node("Conv", "x w -> y", "group", 2, "kernel_shape", ints(3, 1)));
        add("GlobalAveragePool", map(7).node("GlobalAveragePool", "x -> y"));
        add("GlobalMaxPool", map(13).node("GlobalMaxPool", "x -> y"));
        add("ReduceMean", map(13).node("ReduceMean", "x -> y", "axes", ints(3, -2)));
        add("ReduceMean without axes kept", map(11).node("ReduceMean", "x -> y", "axes", ints(2, 3), "keepdims", 0));
        add("ReduceMean by operand", map(18).list("a", 2, 3).node("ReduceMean", "x a -> y", "keepdims", 0));
    }

    private void arithmetic() {
        for (String op : List.of("Add", "Sub", "Mul", "Div")) {
            add(op + " scalar", map(7).weights("c").node(op, "x c -> y"));
            add(op + " one", map(13).weights("c", 1).node(op, "x c -> y"));
            add(op + " channels", map(13).weights("c", 3, 1, 1).node(op, "x c -> y"));
            add(op + " channels of a map", map(13).weights("c", 1, 3, 1, 1).node(op, "x c -> y"));
            add(op + " vector", vector(13).weights("c", 6).node(op, "x c -> y"));
            if (!op.equals("Div")) {
                add(op + " constant first", map(13).weights("c", 1, 3, 1, 1).node(op, "c x -> y"));
            }
        }
        add(
                "constant equal within channels",
                new TestModel(13)
                        .in("x", 1, 2, 1, 3)
                        .out("y")
                        .floats("c", dims(2, 1, 3), 2, 2, 2, -3, -3, -3)
                        .node("Mul", "x c -> y"));
        add("Add of two maps", map(13).node("Relu", "x -> r").node("Add", "x r -> y"));
        add("Add of a map to itself", map(13).node("Add", "x x -> y"));
        add("Sum", map(8).node("Relu", "x -> r").node("Sum", "x r x -> y"));
        add("Sum of one", map(13).node("Sum", "x -> y"));
        add("Concat from the end", map(13).node("Relu", "x -> r").node("Concat", "x r x -> y", "axis", -3));
        for (int opset : new int[] {7, 9, 14, 15}) {
            add(
                    "BatchNormalization " + opset,
                    map(opset)
                            .weights("s", 3)
                            .weights("b", 3)
                            .weights("m", 3)
                            .weights("v", 3)
                            .node("BatchNormalization", "x s b m v -> y", "epsilon", 1e-3f));
        }
        add(
                "BatchNormalization of a vector",
                vector(13)
                        .weights("s", 6)
                        .weights("b", 6)
                        .weights("m", 6)
                        .weights("v", 6)
                        .node("BatchNormalization", "x s b m v -> y"));
    }

    private void activations() {
        for (String op : List.of("Relu", "Tanh", "Sigmoid", "Abs", "LeakyRelu", "HardSigmoid", "Clip")) {
            add(op, map(11).node(op, "x -> y"));
        }
        add("Clip by attributes", map(7).node("Clip", "x -> y", "min", -0.2f, "max", 0.4f));
        add("Clip below only", map(13).floats("lo", dims(), 0.1f).node("Clip", "x lo -> y"));
        add("Clip above only", map(13).floats("hi", dims(), 0.1f).node("Clip", "x _ hi -> y"));
        add(
                "Clip by a Constant operator",
                map(13).node("Constant", "-> hi", "value_float", 0.3f).node("Clip", "x _ hi -> y"));
        add(
                "PRelu with one slope",
                map(9).floats("s", dims(3, 1, 1), 0.2f, 0.2f, 0.2f).node("PRelu", "x s -> y"));
        add("Softmax 11 flattens", map(11).node("Softmax", "x -> y"));
        add("Softmax 13 channels", map(13).node("Softmax", "x -> y", "axis", 1));
        add("LogSoftmax 13 last of a vector", vector(13).node("LogSoftmax", "x -> y"));
        add(
                "Softmax 13 last, all else 1",
                new TestModel(13).in("x", 1, 1, 1, 5).out("y").node("Softmax", "x -> y"));
    }

    private void dense() {
        add("Gemm", vector(7).weights("w", 6, 4).weights("b", 4).node("Gemm", "x w b -> y"));
        add(
                "Gemm scaled",
                vector(9)
                        .weights("w", 4, 6)
                        .weights("b", 1, 4)
                        .node("Gemm", "x w b -> y", "alpha", 0.5f, "beta", 2f, "transB", 1));
        add("Gemm without bias", vector(11).weights("w", 6, 4).node("Gemm", "x w -> y"));
        add("Gemm with one bias", vector(13).weights("w", 6, 4).weights("b").node("Gemm", "x w b -> y"));
        add(
                "MatMul and Add",
                vector(13)
                        .weights("w", 6, 4)
                        .weights("b", 4)
                        .node("MatMul", "x w -> m")
                        .node("Add", "b m -> y"));
        add(
                "weights by Transpose",
                vector(13).weights("w", 4, 6).node("Transpose", "w -> t").node("MatMul", "x t -> y"));
        add(
                "dense on a map, twice",
                new TestModel(13)
                        .in("x", 1, 2, 3, 4)
                        .out("y")
                        .weights("w", 5, 24)
                        .weights("v", 4, 5)
                        .node("Flatten", "x -> f")
                        .node("Gemm", "f w -> g", "transB", 1)
                        .node("Tanh", "g -> t")
                        .node("Gemm", "t v -> y", "transB", 1));
    }

    private void shapes() {
        for (int axis = -3; axis <= 4; axis++) {
            add("Flatten " + axis, map(11).node("Flatten", "x -> y", "axis", axis));
        }
        add("Reshape", map(7).list("s", 0, -1, 3).node("Reshape", "x s -> y"));
        add("Reshape 14", map(14).list("s", 1, 189, 1, 1).node("Reshape", "x s -> y", "allowzero", 1));
        add(
                "Reshape between convolutions",
                new TestModel(13)
                        .in("x", 1, 4, 2, 2)
                        .out("y")
                        .list("s", 1, 2, 4, 2)
                        .weights("w", 3, 2, 2, 2)
                        .node("Relu", "x -> r")
                        .node("Reshape", "r s -> q")
                        .node("Abs", "q -> a")
                        .node("Conv", "a w -> y"));
        add("Squeeze 11", new TestModel(11).in("x", 1, 3, 1, 1).out("y").node("Squeeze", "x -> y", "axes", ints(2, 3)));
        add(
                "Squeeze 13",
                new TestModel(13).in("x", 1, 3, 1, 1).out("y").list("a", -1, 2).node("Squeeze", "x a -> y"));
        add("Unsqueeze 11", vector(11).node("Unsqueeze", "x -> y", "axes", ints(2, 3)));
        add("Unsqueeze 13", vector(13).list("a", -1, -2).node("Unsqueeze", "x a -> y"));
        add(
                "Transpose of ones",
                new TestModel(13).in("x", 1, 1, 1, 5).out("y").node("Transpose", "x -> y", "perm", ints(0, 3, 2, 1)));
        add("Identity", map(13).node("Identity", "x -> i").node("Relu", "i -> y"));
        add("Cast", map(13).node("Cast", "x -> c", "to", 1).node("Relu", "c -> y"));
        add("Dropout 7", map(7).node("Dropout", "x -> d m", "ratio", 0.3f).node("Relu", "d -> y"));
        add("Dropout 10", map(10).node("Dropout", "x -> d", "ratio", 0.3f).node("Relu", "d -> y"));
        add(
                "Dropout 13",
                map(13).floats("r", dims(), 0.3f).node("Dropout", "x r -> d m").node("Relu", "d -> y"));
        add(
                "whole Slice",
                map(9).node("Slice", "x -> s", "starts", ints(0, 0), "ends", ints(3, 99), "axes", ints(1, 3))
                        .node("Relu", "s -> y"));
        add(
                "shape arithmetic",
                map(13).list("two", 2)
                        .list("minus", -1)
                        .list("zero", 0)
                        .list("one", 1)
                        .list("last", 1 << 20)
                        .list("first", -(1 << 20))
                        .node("Shape", "x -> s")
                        .node("Slice", "s two last -> hw")
                        .node("Gather", "hw zero -> h", "axis", 0)
                        .node("Slice", "s last first zero minus -> back")
                        .node("Gather", "back minus -> c", "axis", 0)
                        .node("Mul", "h c -> hc")
                        .node("Div", "hc one -> d")
                        .node("Sub", "d zero -> e")
                        .node("Concat", "one e minus -> target", "axis", 0)
                        .node("Reshape", "x target -> y"));
        add(
                "casts of shapes",
                map(13).node("Shape", "x -> s")
                        .node("Cast", "s -> f", "to", 1)
                        .node("Cast", "f -> i", "to", 6)
                        .node("Cast", "i -> l", "to", 7)
                        .node("Reshape", "x l -> r")
                        .node("Relu", "r -> y"));
        add(
                "part of a shape",
                map(15).node("Shape", "x -> s", "start", -2)
                        .list("one", 1, 3)
                        .node("Concat", "one s -> t", "axis", 0)
                        .node("Reshape", "x t -> y"));
        add(
                "ConstantOfShape",
                map(13).list("n", 3)
                        .node(
                                "ConstantOfShape",
                                "n -> c",
                                "value",
                                TensorProto.newBuilder()
                                        .setDataType(1)
                                        .addDims(1)
                                        .addFloatData(2)
                                        .build())
                        .list("a", 1, 2)
                        .node("Unsqueeze", "c a -> u")
                        .node("Mul", "x u -> y"));
        add(
                "folded float arithmetic",
                map(13).weights("p", 3, 1, 1)
                        .weights("q", 1)
                        .node("Add", "p q -> s")
                        .node("Mul", "s p -> t")
                        .node("Sub", "t q -> u")
                        .node("Div", "u p -> c")
                        .node("Mul", "x c -> y"));
        add(
                "size of a value",
                map(13).node("Size", "x -> n")
                        .list("a", 0)
                        .list("one", 1)
                        .node("Unsqueeze", "n a -> u")
                        .node("Concat", "one u -> s", "axis", 0)
                        .node("Reshape", "x s -> y"));
        var listed = map(13).weights("w", 4, 3, 1, 1).node("Conv", "x w -> y");
        listed.graph.addInput(TestModel.info("w", 1, 4, 3, 1, 1));
        add("stored tensor listed as input", listed);
        add(
                "free batch",
                new TestModel(13).in("x", -1, 3, 4, 4).out("y", -1, 3, 4, 4).node("Relu", "x -> y"));
    }

    private void padding() {
        add(
                "zero Pad 7",
                map(7).node("Pad", "x -> p", "pads", ints(0, 0, 0, 0, 0, 0, 0, 0))
                        .node("MaxPool", "p -> y", "kernel_shape", ints(2, 2)));
        add(
                "Pad before Conv",
                map(10).weights("w", 2, 3, 3, 3)
                        .node("Pad", "x -> p", "pads", ints(0, 0, 1, 2, 0, 0, 0, 3))
                        .node("Conv", "p w -> y", "pads", ints(1, 0, 0, 1)));
        add(
                "Pad before SAME Conv",
                map(13).weights("w", 2, 3, 3, 3)
                        .list("q", 0, 0, 1, 2, 0, 0, 0, 3)
                        .node("Pad", "x q -> p")
                        .node("Conv", "p w -> y", "auto_pad", "SAME_UPPER", "strides", ints(2, 2)));
        add(
                "Pad before AveragePool",
                map(13).list("q", 0, 0, 1, 0, 0, 0, 1, 1)
                        .node("Pad", "x q -> p")
                        .node("AveragePool", "p -> y", "kernel_shape", ints(2, 2)));
        add(
                "Pad with axes before MaxPool of positive values",
                map(18).list("q", 1, 0, 0, 1)
                        .list("a", 2, -1)
                        .node("Relu", "x -> r")
                        .node("Pad", "r q _ a -> p")
                        .node("MaxPool", "p -> y", "kernel_shape", ints(2, 2), "strides", ints(2, 2)));
    }

    private void quantization() {
        add(
                "uint8 by default",
                map(10).floats("s", dims(), 0.02f)
                        .node("QuantizeLinear", "x s -> q")
                        .node("DequantizeLinear", "q s -> y"));
        add(
                "int8 with zero point",
                map(13).floats("s", dims(), 0.01f)
                        .codes("z", 3, dims(), -7)
                        .node("QuantizeLinear", "x s z -> q")
                        .node("DequantizeLinear", "q s z -> y"));
        add(
                "scale of one element",
                map(13).floats("s", dims(1), 0.01f)
                        .codes("z", 2, dims(1), 100)
                        .node("QuantizeLinear", "x s z -> q")
                        .node("DequantizeLinear", "q s z -> y"));
        add(
                "int16",
                map(21).floats("s", dims(), 0.001f)
                        .codes("z", 5, dims(), 11)
                        .node("QuantizeLinear", "x s z -> q")
                        .node("DequantizeLinear", "q s z -> y"));
        add(
                "weights a channel, bias int32",
                new TestModel(13)
                        .in("x", 1, 1, 3, 3)
                        .out("y")
                        .codes("w", 3, dims(2, 1, 2, 2), 1, -2, 3, -128, 127, 6, 7, 8)
                        .floats("ws", dims(2), 0.5f, 0.25f)
                        .codes("b", 6, dims(2), 100_000, -3)
                        .floats("bs", dims(2), 0.001f, 0.1f)
                        .node("DequantizeLinear", "w ws -> wf", "axis", 0)
                        .node("DequantizeLinear", "b bs -> bf", "axis", 0)
                        .node("Conv", "x wf bf -> y"));
        add(
                "quantized constant",
                vector(13)
                        .weights("w", 6, 4)
                        .floats("s", dims(4), 0.1f, 0.2f, 0.01f, 0.002f)
                        .codes("z", 3, dims(4), 0, 1, -2, 3)
                        .node("QuantizeLinear", "w s z -> q")
                        .node("DequantizeLinear", "q s z -> f")
                        .node("MatMul", "x f -> y"));
    }

    @Test
    void foldedIdiomsLeaveNothingBehind() {
        Graph g = Passes.canonicalise(OnnxImporter.importBytes(
                        new TestModel(13)
                                .in("x", 1, 3, 6, 6)
                                .out("y")
                                .weights("w", 4, 3, 3, 3)
                                .weights("s", 4)
                                .weights("v", 4)
                                .weights("g", 4, 1, 1)
                                .list("z", 0, 0, 0, 0, 0, 0, 0, 0)
                                .node("Conv", "x w -> c")
                                .node("BatchNormalization", "c s s s v -> n")
                                .node("Mul", "n g -> m")
                                .node("Add", "m g -> a")
                                .node("Clip", "a -> k")
                                .node("Dropout", "k -> d")
                                .node("Relu", "d -> r")
                                .node("Relu", "r -> r2")
                                .node("Pad", "r2 z -> p")
                                .node("AveragePool", "p -> q", "kernel_shape", ints(2, 2), "strides", ints(2, 2))
                                .node("Mul", "q g -> t")
                                .node("Identity", "t -> y")
                                .bytes(),
                        "idioms.onnx",
                        ImportOptions.DEFAULT)
                .graph());
        var kinds =
                g.nodes().stream().map(n -> n.op().getClass().getSimpleName()).toList();
        assertEquals(List.of("Input", "Conv", "Activation", "AveragePool", "ChannelAffine"), kinds);
        Node conv = g.node(1);
        assertEquals(
                List.of("conv0", "batchnormalization1", "mul2", "add3"),
                conv.source().layers());
        assertEquals("conv0", conv.name());
        assertEquals(
                0, g.nodes().stream().filter(n -> n.op() instanceof Op.Reshape).count());
    }
}
