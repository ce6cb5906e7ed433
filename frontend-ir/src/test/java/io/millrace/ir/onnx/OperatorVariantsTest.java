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
        functions();
        joints();
        transposedConvolutions();
        reductions();
        movements();
        resizing();
        normalizations();
        quantizedOperators();
        idioms();
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
            OnnxRuntimeTest.compare(what, graphs.get(i), cases.get(i).inputs(), outcomes.get(i), tolerance(what));
            i++;
        }
        assertEquals(models.size(), outcomes.size());
    }

    /** Of the results' magnitude; a rounding may fall the other way where sums are added in another order. */
    private static double tolerance(String what) {
        return what.startsWith("QLinear") ? 1 / 32.0 : 1e-5;
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

    /** Maps of odd sizes: one pixel, one channel, a prime number of channels. */
    private static final List<int[]> SHAPES =
            List.of(dims(1, 3, 7, 9), dims(1, 1, 1, 1), dims(1, 1, 5, 4), dims(1, 7, 1, 3), dims(1, 4, 6, 2));

    private static TestModel of(int opset, int[] shape) {
        return new TestModel(opset).in("x", shape).out("y");
    }

    private static String named(String what, int[] shape) {
        return what + " of " + java.util.Arrays.toString(shape);
    }

    private void functions() {
        for (int[] shape : SHAPES) {
            for (String op : List.of(
                    "Exp", "Erf", "Neg", "Softplus", "Softsign", "HardSwish", "Elu", "Selu", "Celu", "Shrink", "Abs")) {
                add(named(op, shape), of(14, shape).node(op, "x -> y"));
            }
            for (String op : List.of("Sqrt", "Log", "Reciprocal")) {
                add(
                        named(op, shape),
                        of(13, shape)
                                .weights("c")
                                .node("Abs", "x -> a")
                                .node("Add", "a c -> b")
                                .node(op, "b -> y"));
            }
            add(named("Gelu", shape), of(20, shape).node("Gelu", "x -> y"));
            add(named("Gelu by tanh", shape), of(20, shape).node("Gelu", "x -> y", "approximate", "tanh"));
            add(named("Mish", shape), of(18, shape).node("Mish", "x -> y"));
            add(named("ThresholdedRelu", shape), of(10, shape).node("ThresholdedRelu", "x -> y", "alpha", 0.3f));
            add(
                    named("PRelu a channel", shape),
                    of(9, shape).weights("s", shape[1], 1, 1).node("PRelu", "x s -> y"));
            add(
                    named("PRelu an element", shape),
                    of(16, shape).weights("s", shape[2], shape[3]).node("PRelu", "x s -> y"));
            add(named("square", shape), of(13, shape).node("Mul", "x x -> y"));
        }
        for (float alpha : new float[] {0.3f, 2, -1}) {
            add("Elu " + alpha, map(7).node("Elu", "x -> y", "alpha", alpha));
            add("Celu " + alpha, map(12).node("Celu", "x -> y", "alpha", alpha));
        }
        add("Selu", map(7).node("Selu", "x -> y", "alpha", 1.2f, "gamma", 0.7f));
        add("hard Shrink", map(9).node("Shrink", "x -> y", "lambd", 0.4f));
        add("soft Shrink", map(9).node("Shrink", "x -> y", "lambd", 0.4f, "bias", 0.4f));
        for (float exponent : new float[] {2, 3, 1}) {
            add("Pow " + exponent, map(13).floats("e", dims(), exponent).node("Pow", "x e -> y"));
        }
        add("Pow of a 64-bit integer", map(13).list("e", 2).node("Pow", "x e -> y"));
    }

    private void joints() {
        for (int[] shape : SHAPES) {
            for (String op : List.of("Add", "Sub", "Mul", "Max", "Min")) {
                for (int[] other : List.of(
                        shape,
                        dims(1, shape[1], 1, 1),
                        dims(shape[2], shape[3]),
                        dims(shape[3]),
                        dims(1, 1, shape[2], 1),
                        dims())) {
                    add(
                            named(op, shape) + named(" and constant", other),
                            of(13, shape).weights("c", other).node(op, "x c -> y"));
                }
                add(
                        named(op + " of two inputs", shape),
                        of(13, shape).in("z", 1, shape[1], 1, 1).node(op, "x z -> y"));
                add(
                        named(op + " in space", shape),
                        of(13, shape).in("z", 1, 1, shape[2], shape[3]).node(op, "z x -> y"));
            }
            add(
                    named("Div", shape),
                    of(13, shape)
                            .in("z", 1, shape[1], 1, 1)
                            .node("Exp", "z -> e")
                            .node("Div", "x e -> y"));
            add(
                    named("constant by map", shape),
                    of(13, shape)
                            .weights("c", shape[1], 1, 1)
                            .node("Exp", "x -> e")
                            .node("Div", "c e -> y"));
            add(named("Mean", shape), of(8, shape).in("z", shape).node("Mean", "x z x -> y"));
            add(
                    named("Sum", shape),
                    of(8, shape).in("z", 1, 1, 1, 1).weights("c", 1).node("Sum", "x z c -> y"));
            add(
                    named("Max of three", shape),
                    of(8, shape).in("z", shape).weights("c", 1).node("Max", "x z c -> y"));
            add(
                    named("gate", shape),
                    of(13, shape)
                            .node("GlobalAveragePool", "x -> p")
                            .node("Sigmoid", "p -> s")
                            .node("Mul", "x s -> y"));
        }
        add(
                "widening constant",
                new TestModel(13)
                        .in("x", 1, 3, 1, 1)
                        .out("y")
                        .weights("c", 3, 4, 4)
                        .node("Add", "x c -> y"));
    }

    private void transposedConvolutions() {
        for (int stride = 1; stride <= 3; stride++) {
            for (int group = 1; group <= 2; group++) {
                var model = new TestModel(11)
                        .in("x", 1, 4, 5, 3)
                        .out("y")
                        .weights("w", 4, 3, 3, 2)
                        .weights("b", 3 * group)
                        .node(
                                "ConvTranspose",
                                "x w b -> y",
                                "strides",
                                ints(stride, stride),
                                "group",
                                group,
                                "pads",
                                ints(1, 0, 0, 1));
                add("ConvTranspose, stride " + stride + ", groups " + group, model);
            }
            for (String pad : List.of("SAME_UPPER", "SAME_LOWER", "VALID")) {
                add(
                        "ConvTranspose " + pad + ", stride " + stride,
                        map(11).weights("w", 3, 2, 4, 3)
                                .node("ConvTranspose", "x w -> y", "auto_pad", pad, "strides", ints(stride, stride)));
            }
        }
        add(
                "ConvTranspose with output padding and dilation",
                map(11).weights("w", 3, 2, 2, 3)
                        .node(
                                "ConvTranspose",
                                "x w -> y",
                                "strides",
                                ints(2, 3),
                                "dilations",
                                ints(2, 1),
                                "output_padding",
                                ints(1, 2)));
        add(
                "ConvTranspose with output shape",
                map(11).weights("w", 3, 2, 3, 3)
                        .node("ConvTranspose", "x w -> y", "strides", ints(2, 2), "output_shape", ints(14, 17)));
        add(
                "ConvTranspose of one axis",
                new TestModel(11)
                        .in("x", 1, 2, 9)
                        .out("y")
                        .weights("w", 2, 3, 4)
                        .node("ConvTranspose", "x w -> y"));
        add(
                "ConvTranspose of three axes and its affine",
                new TestModel(11)
                        .in("x", 1, 2, 3, 4, 2)
                        .out("y")
                        .weights("w", 2, 3, 2, 1, 3)
                        .weights("g", 3, 1, 1, 1)
                        .node("ConvTranspose", "x w -> c", "strides", ints(2, 1, 2))
                        .node("Mul", "c g -> m")
                        .node("Add", "m g -> y"));
        for (int p = 1; p <= 3; p++) {
            add(
                    "LpPool " + p,
                    map(11).node("LpPool", "x -> y", "p", p, "kernel_shape", ints(3, 2), "strides", ints(2, 1)));
            add("GlobalLpPool " + p, map(11).node("GlobalLpPool", "x -> y", "p", p));
        }
        add(
                "Conv of three axes",
                new TestModel(11)
                        .in("x", 1, 2, 4, 5, 6)
                        .out("y")
                        .weights("w", 3, 2, 2, 3, 1)
                        .node("Conv", "x w -> y", "strides", ints(1, 2, 1), "pads", ints(1, 0, 0, 0, 1, 0)));
        add(
                "depthwise Conv with multiplier",
                map(11).weights("w", 6, 1, 3, 3).node("Conv", "x w -> y", "group", 3, "pads", ints(1, 1, 1, 1)));
        for (int axes = 1; axes <= 4; axes++) {
            int[] shape = java.util.Arrays.copyOf(dims(1, 5, 4, 6), axes);
            if (axes > 1) {
                int inner = shape[axes - 1];
                add(
                        "MatMul of " + axes + " axes",
                        new TestModel(13)
                                .in("x", shape)
                                .out("y")
                                .weights("w", inner, 3)
                                .node("MatMul", "x w -> y"));
                add(
                        "MatMul by a vector, " + axes + " axes",
                        new TestModel(13)
                                .in("x", shape)
                                .out("y")
                                .weights("w", inner)
                                .node("MatMul", "x w -> y"));
            }
        }
        add(
                "constant MatMul",
                new TestModel(13).in("x", 1, 4, 3).out("y").weights("w", 5, 4).node("MatMul", "w x -> y"));
        add(
                "MatMul a part",
                new TestModel(13)
                        .in("x", 1, 3, 4, 2)
                        .out("y")
                        .weights("w", 1, 3, 2, 5)
                        .node("MatMul", "x w -> y"));
        add(
                "dense layers on rows",
                new TestModel(13)
                        .in("x", 1, 5, 4)
                        .out("y")
                        .weights("w", 4, 6)
                        .weights("b", 6)
                        .weights("v", 6, 2)
                        .node("MatMul", "x w -> m")
                        .node("Add", "m b -> a")
                        .node("Relu", "a -> r")
                        .node("MatMul", "r v -> y"));
        add(
                "Gemm with a map as bias",
                vector(13).in("c", 1, 4).weights("w", 6, 4).node("Gemm", "x w c -> y", "beta", 0.5f));
    }

    private void reductions() {
        for (int[] shape : SHAPES) {
            for (String op : List.of(
                    "ReduceMean",
                    "ReduceMax",
                    "ReduceMin",
                    "ReduceL1",
                    "ReduceL2",
                    "ReduceSumSquare",
                    "ReduceLogSumExp")) {
                add(named(op + " in space", shape), of(12, shape).node(op, "x -> y", "axes", ints(2, 3)));
                add(named(op + " of channels", shape), of(12, shape).node(op, "x -> y", "axes", ints(1)));
                add(named(op + " apart", shape), of(12, shape).node(op, "x -> y", "axes", ints(-3, -1), "keepdims", 0));
            }
            add(named("ReduceSum", shape), of(13, shape).list("a", 1, 2).node("ReduceSum", "x a -> y"));
            add(
                    named("ReduceSum of nothing", shape),
                    of(13, shape).node("ReduceSum", "x -> y", "noop_with_empty_axes", 1));
            for (int axis = 1; axis < 4; axis++) {
                add(named("Softmax " + axis, shape), of(13, shape).node("Softmax", "x -> y", "axis", axis));
                add(named("old Softmax " + axis, shape), of(11, shape).node("Softmax", "x -> y", "axis", axis));
                add(named("LogSoftmax " + axis, shape), of(13, shape).node("LogSoftmax", "x -> y", "axis", axis));
                for (String op : List.of("ArgMax", "ArgMin")) {
                    add(
                            named(op + axis, shape),
                            of(13, shape)
                                    .node(op, "x -> i", "axis", axis, "keepdims", axis % 2)
                                    .node("Cast", "i -> y", "to", 1));
                }
                add(
                        named("TopK " + axis, shape),
                        of(11, shape).list("k", 1).node("TopK", "x k -> y i", "axis", axis, "largest", axis % 2));
            }
        }
        add(
                "TopK values and indices",
                map(13).list("k", 4)
                        .node("TopK", "x k -> v i")
                        .node("Cast", "i -> c", "to", 1)
                        .node("Add", "v c -> y"));
        add(
                "ArgMax of the last of equals",
                map(13).node("Relu", "x -> r")
                        .node("ArgMax", "r -> i", "axis", 2, "select_last_index", 1)
                        .node("Cast", "i -> y", "to", 1));
    }

    private void movements() {
        for (int[] shape : SHAPES) {
            for (int axis = 1; axis < 4; axis++) {
                add(
                        named("Concat " + axis, shape),
                        of(13, shape).node("Abs", "x -> a").node("Concat", "x a x -> y", "axis", axis));
                add(
                        named("Concat of a constant " + axis, shape),
                        of(13, shape).weights("c", shape).node("Concat", "x c -> y", "axis", axis));
            }
            for (String mode : List.of("reflect", "edge")) {
                if (shape[2] > 1 && shape[3] > 2) {
                    add(
                            named("Pad " + mode, shape),
                            of(11, shape).list("p", 0, 0, 1, 2, 0, 0, 0, 1).node("Pad", "x p -> y", "mode", mode));
                }
            }
            add(
                    named("Pad with a value", shape),
                    of(13, shape).list("p", 0, 1, 0, 2, 0, 0, 1, 1).weights("v").node("Pad", "x p v -> y"));
            add(named("Transpose", shape), of(13, shape).node("Transpose", "x -> y", "perm", ints(0, 2, 3, 1)));
            add(
                    named("Transpose twice", shape),
                    of(13, shape)
                            .node("Transpose", "x -> t", "perm", ints(0, 2, 3, 1))
                            .node("Transpose", "t -> u", "perm", ints(0, 3, 1, 2))
                            .node("Relu", "u -> y"));
            add(
                    named("Slice back", shape),
                    of(13, shape)
                            .list("s", -1, -1)
                            .list("e", -100, -100)
                            .list("a", 1, 3)
                            .list("t", -1, -2)
                            .node("Slice", "x s e a t -> y"));
            add(named("Gather", shape), of(13, shape).list("i", -1, 0, 0).node("Gather", "x i -> y", "axis", 3));
            add(named("Tile", shape), of(13, shape).list("r", 1, 2, 1, 3).node("Tile", "x r -> y"));
        }
        add(
                "Split",
                map(11).node("Split", "x -> a b", "axis", 2, "split", ints(3, 4))
                        .node("Concat", "b a -> y", "axis", 2));
        add(
                "Split 13",
                map(13).list("s", 1, 2).node("Split", "x s -> a b", "axis", 1).node("Add", "a b -> y"));
        add("Split 18", map(18).node("Split", "x -> a y", "axis", 3, "num_outputs", 2));
        add("negative Pad", map(13).list("p", 0, 0, -1, 2, 0, 0, 1, -1).node("Pad", "x p -> y"));
        add(
                "Pad before MaxPool",
                map(13).list("p", 0, 0, 1, 1, 0, 0, 1, 1)
                        .node("Pad", "x p -> q")
                        .node("MaxPool", "q -> y", "kernel_shape", ints(2, 2)));
        add("Pad as output", map(13).list("p", 0, 0, 1, 1, 0, 0, 1, 1).node("Pad", "x p -> y"));
        add(
                "Pad before AveragePool with pads",
                map(13).list("p", 0, 0, 1, 1, 0, 0, 1, 1)
                        .node("Pad", "x p -> q")
                        .node("AveragePool", "q -> y", "kernel_shape", ints(2, 2), "pads", ints(1, 0, 0, 1)));
        for (String mode : List.of("DCR", "CRD")) {
            add(
                    "DepthToSpace " + mode,
                    new TestModel(13)
                            .in("x", 1, 12, 2, 3)
                            .out("y")
                            .node("DepthToSpace", "x -> y", "blocksize", 2, "mode", mode));
        }
        add(
                "SpaceToDepth",
                new TestModel(13).in("x", 1, 3, 4, 6).out("y").node("SpaceToDepth", "x -> y", "blocksize", 2));
        add(
                "Expand",
                new TestModel(13)
                        .in("x", 1, 3, 1, 2)
                        .out("y")
                        .list("s", 3, 4, 1)
                        .node("Expand", "x s -> y"));
        add(
                "scalar Gather",
                map(13).codes("i", 6, dims(), 2)
                        .node("Gather", "x i -> g", "axis", 2)
                        .node("Relu", "g -> y"));
    }

    private void resizing() {
        for (String coordinates : List.of("half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners")) {
            for (int[] size : List.of(dims(1, 3, 14, 18), dims(1, 3, 3, 20), dims(1, 3, 1, 1), dims(1, 3, 10, 4))) {
                String what = coordinates + " to " + size[2] + "x" + size[3];
                long[] sizes = ints(size[0], size[1], size[2], size[3]);
                add(
                        "linear Resize " + what,
                        map(13).list("s", sizes)
                                .node(
                                        "Resize",
                                        "x _ _ s -> y",
                                        "mode",
                                        "linear",
                                        "coordinate_transformation_mode",
                                        coordinates));
                add(
                        "nearest Resize " + what,
                        map(13).list("s", sizes)
                                .node(
                                        "Resize",
                                        "x _ _ s -> y",
                                        "coordinate_transformation_mode",
                                        coordinates,
                                        "nearest_mode",
                                        "floor"));
            }
        }
        for (String rounding : List.of("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")) {
            add(
                    "Resize " + rounding,
                    map(11).floats("f", dims(0))
                            .floats("s", dims(4), 1, 1, 2, 1.5f)
                            .node("Resize", "x f s -> y", "nearest_mode", rounding));
        }
        add("Resize 10", map(10).floats("s", dims(4), 1, 1, 2, 3).node("Resize", "x s -> y"));
        add("linear Resize 10", map(10).floats("s", dims(4), 1, 1, 2, 2).node("Resize", "x s -> y", "mode", "linear"));
        add("Upsample", map(9).floats("s", dims(4), 1, 1, 2, 3).node("Upsample", "x s -> y"));
        add(
                "Upsample by shape arithmetic",
                map(13).list("two", 2)
                        .list("four", 4)
                        .list("zero", 0)
                        .list("hw", 2, 2)
                        .node("Shape", "x -> s")
                        .node("Slice", "s zero two zero -> nc")
                        .node("Slice", "s two four zero -> size")
                        .node("Mul", "size hw -> twice")
                        .node("Concat", "nc twice -> t", "axis", 0)
                        .node("Resize", "x _ _ t -> y"));
    }

    private void normalizations() {
        for (int[] shape : SHAPES) {
            int c = shape[1];
            add(
                    named("InstanceNormalization", shape),
                    of(13, shape)
                            .weights("s", c)
                            .weights("b", c)
                            .node("InstanceNormalization", "x s b -> y", "epsilon", 0.01f));
            add(named("LRN", shape), of(13, shape).node("LRN", "x -> y", "size", 3, "alpha", 0.2f, "bias", 2f));
            add(named("LpNormalization 1", shape), of(13, shape).node("LpNormalization", "x -> y", "axis", 1, "p", 1));
            add(named("LpNormalization 2", shape), of(13, shape).node("LpNormalization", "x -> y", "axis", 2));
            add(
                    named("LayerNormalization", shape),
                    of(17, shape)
                            .weights("s", shape[3])
                            .weights("b", shape[3])
                            .node("LayerNormalization", "x s b -> y", "epsilon", 0.01f));
            add(
                    named("LayerNormalization of maps", shape),
                    of(17, shape)
                            .weights("s", c, shape[2], shape[3])
                            .node("LayerNormalization", "x s -> y", "axis", 1, "epsilon", 0.01f));
        }
        for (int groups : new int[] {1, 2, 6}) {
            add(
                    "GroupNormalization " + groups,
                    new TestModel(21, 10)
                            .in("x", 1, 6, 3, 4)
                            .out("y")
                            .weights("s", 6)
                            .weights("b", 6)
                            .node("GroupNormalization", "x s b -> y", "num_groups", groups));
        }
    }

    /** Quantized operators between codes, as static quantization writes them. */
    private void quantizedOperators() {
        TestModel base = coded(new TestModel(13).in("x", 1, 2, 4, 4).out("y"));
        add(
                "QLinearConv",
                base.codes("w", 3, dims(3, 2, 3, 3), codes(54))
                        .floats("ws", dims(3), 0.01f, 0.02f, 0.015f)
                        .codes("wz", 3, dims(3), 0, 0, 0)
                        .codes("b", 6, dims(3), 20, -30, 40)
                        .node("QLinearConv", "q s z w ws wz r rz b -> c", "pads", ints(1, 1, 1, 1))
                        .node("MaxPool", "c -> p", "kernel_shape", ints(2, 2))
                        .node("DequantizeLinear", "p r rz -> y"));
        add(
                "QLinearMatMul",
                coded(new TestModel(13).in("x", 1, 4).out("y"))
                        .codes("w", 3, dims(4, 3), codes(12))
                        .floats("ws", dims(), 0.01f)
                        .codes("wz", 3, dims(), 0)
                        .node("QLinearMatMul", "q s z w ws wz r rz -> c")
                        .node("DequantizeLinear", "c r rz -> y"));
    }

    private static TestModel coded(TestModel model) {
        return model.floats("s", dims(), 1 / 64f)
                .codes("z", 3, dims(), 3)
                .floats("r", dims(), 1 / 32f)
                .codes("rz", 3, dims(), -5)
                .node("QuantizeLinear", "x s z -> q");
    }

    private static int[] codes(int count) {
        return java.util.stream.IntStream.range(0, count)
                .map(i -> i * 37 % 101 - 50)
                .toArray();
    }

    private void idioms() {
        for (int[] shape : SHAPES) {
            add(named("swish", shape), of(13, shape).node("Sigmoid", "x -> s").node("Mul", "s x -> y"));
            add(
                    named("hard swish", shape),
                    of(13, shape)
                            .floats("three", dims(), 3)
                            .floats("six", dims(), 6)
                            .floats("zero", dims(), 0)
                            .node("Add", "x three -> a")
                            .node("Clip", "a zero six -> c")
                            .node("Mul", "x c -> m")
                            .node("Div", "m six -> y"));
            add(
                    named("gelu by erf", shape),
                    of(13, shape)
                            .floats("root", dims(), 1.4142135f)
                            .floats("one", dims(), 1)
                            .floats("half", dims(), 0.5f)
                            .node("Div", "x root -> d")
                            .node("Erf", "d -> e")
                            .node("Add", "e one -> a")
                            .node("Mul", "x a -> m")
                            .node("Mul", "m half -> y"));
            add(
                    named("mish", shape),
                    of(13, shape)
                            .node("Softplus", "x -> s")
                            .node("Tanh", "s -> t")
                            .node("Mul", "x t -> y"));
        }
        add("channel shuffle", shuffle());
        add(
                "pixel shuffle",
                new TestModel(13)
                        .in("x", 1, 12, 2, 3)
                        .out("y")
                        .list("a", 1, 3, 2, 2, 2, 3)
                        .list("b", 1, 3, 4, 6)
                        .node("Reshape", "x a -> r")
                        .node("Transpose", "r -> t", "perm", ints(0, 1, 4, 2, 5, 3))
                        .node("Reshape", "t b -> s")
                        .node("GlobalMaxPool", "s -> y"));
        add("operations behind a concatenation", behindConcat());
    }

    private static TestModel shuffle() {
        return shuffled().weights("w", 6, 2, 1, 1).node("Conv", "s w -> y", "group", 3);
    }

    private static TestModel shuffled() {
        return new TestModel(13)
                .in("x", 1, 6, 3, 2)
                .out("y")
                .list("a", 1, 3, 2, 3, 2)
                .list("b", 1, 6, 3, 2)
                .node("Reshape", "x a -> r")
                .node("Transpose", "r -> t", "perm", ints(0, 2, 1, 3, 4))
                .node("Reshape", "t b -> s");
    }

    private static TestModel behindConcat() {
        return map(13).weights("w", 4, 3, 1, 1)
                .weights("d", 7, 1, 3, 3)
                .weights("e", 2, 7, 1, 1)
                .weights("c", 7)
                .node("Conv", "x w -> k")
                .node("Concat", "k x -> j", "axis", 1)
                .node("BatchNormalization", "j c c c c -> n")
                .node("Relu", "n -> r")
                .node("MaxPool", "r -> p", "kernel_shape", ints(2, 2))
                .node("Conv", "p d -> q", "group", 7, "pads", ints(1, 1, 1, 1))
                .node("Conv", "q e -> y");
    }

    private static List<String> canonicalKinds(TestModel model) {
        Graph g = Passes.canonicalise(OnnxImporter.importBytes(model.bytes(), "idiom.onnx", ImportOptions.DEFAULT)
                .graph());
        return g.nodes().stream().map(n -> n.op().getClass().getSimpleName()).toList();
    }

    @Test
    void idiomsBecomeOneOperation() {
        assertEquals(
                List.of("Input", "Gather", "MaxPool"), canonicalKinds(shuffled().node("GlobalMaxPool", "s -> y")));
        assertEquals(List.of("Input", "Conv"), canonicalKinds(shuffle()));
        assertEquals(
                List.of("Input", "Activation"),
                canonicalKinds(map(13).node("Sigmoid", "x -> s").node("Mul", "s x -> y")));
        Graph g = Passes.canonicalise(
                OnnxImporter.importBytes(behindConcat().bytes(), "idiom.onnx", ImportOptions.DEFAULT)
                        .graph());
        assertEquals(
                List.of(
                        "x",
                        "conv0",
                        "batchnormalization2.1",
                        "relu3.0",
                        "relu3.1",
                        "maxpool4.0",
                        "maxpool4.1",
                        "conv5.0",
                        "conv5.1",
                        "conv5",
                        "conv6"),
                g.nodes().stream().map(Node::name).toList());
    }

    @Test
    void hardSwishIsOneFunctionHoweverItIsSpelt() {
        var spelt = map(13).floats("three", dims(), 3)
                .floats("six", dims(), 6)
                .floats("zero", dims(), 0)
                .node("Add", "x three -> a")
                .node("Clip", "a zero six -> c")
                .node("Mul", "x c -> m")
                .node("Div", "m six -> y");
        assertEquals(List.of("Input", "Activation"), canonicalKinds(spelt));
    }

    @Test
    void concatenationsThatAreOutputsStay() {
        var model = map(13).out("j")
                .node("Relu", "x -> r")
                .node("Concat", "x r -> j", "axis", 1)
                .node("Abs", "j -> y");
        assertEquals(List.of("Input", "Activation", "Concat", "Activation"), canonicalKinds(model));
    }

    @Test
    void concatenationsOfConcatenationsAreOne() {
        var model = map(13).node("Abs", "x -> a")
                .node("Concat", "x a -> j", "axis", 1)
                .node("Concat", "j x -> k", "axis", 1)
                .weights("w", 2, 9, 1, 1)
                .node("Conv", "k w -> y");
        assertEquals(List.of("Input", "Activation", "Concat", "Conv"), canonicalKinds(model));
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
