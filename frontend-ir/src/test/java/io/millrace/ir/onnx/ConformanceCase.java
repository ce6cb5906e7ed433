package io.millrace.ir.onnx;

import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.onnx.proto.GraphProto;
import io.millrace.ir.onnx.proto.ModelProto;
import io.millrace.ir.onnx.proto.NodeProto;
import io.millrace.ir.onnx.proto.TensorProto;
import io.millrace.ir.onnx.proto.ValueInfoProto;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * One case of ONNX's own conformance data: a model, its inputs and the outputs due. Most cases feed weights as graph inputs; here all
 * inputs but the data become stored tensors. Quantized operators get a QuantizeLinear before and a DequantizeLinear behind them, because
 * Millrace takes and gives floats.
 *
 * @param step what a result may differ by: one code of a quantized operator, otherwise 0
 */
record ConformanceCase(byte[] model, List<Tensor> inputs, List<Tensor> outputs, double step) {
    /** Operators of two values and more, whose operands may all be data. */
    private static final Set<String> ALL_DATA =
            Set.of("Add", "Sub", "Mul", "Div", "Max", "Min", "Sum", "Mean", "Concat");

    /** The cases of a folder, in order of their names. */
    static List<Path> folders(Path set) throws IOException {
        try (var list = Files.list(set)) {
            return list.filter(Files::isDirectory).sorted().toList();
        }
    }

    static ConformanceCase read(Path folder) throws IOException {
        ModelProto model = ModelProto.parseFrom(Files.readAllBytes(folder.resolve("model.onnx")));
        Path data = folder.resolve("test_data_set_0");
        Map<String, TensorProto> given = new TreeMap<>();
        GraphProto.Builder graph = model.getGraph().toBuilder();
        var stored =
                graph.getInitializerList().stream().map(TensorProto::getName).collect(Collectors.toSet());
        var order = graph.getInputList().stream()
                .map(ValueInfoProto::getName)
                .filter(n -> !stored.contains(n))
                .toList();
        for (int i = 0; i < order.size(); i++) {
            Path file = data.resolve("input_" + i + ".pb");
            if (Files.exists(file)) {
                given.put(order.get(i), TensorProto.parseFrom(Files.readAllBytes(file)));
            }
        }
        boolean allData = graph.getNodeList().stream().map(NodeProto::getOpType).allMatch(ALL_DATA::contains);
        var kept = new HashSet<>(allData ? order : order.subList(0, Math.min(1, order.size())));
        List<ValueInfoProto> inputs = new ArrayList<>(graph.getInputList());
        graph.clearInput();
        for (ValueInfoProto input : inputs) {
            TensorProto value = given.get(input.getName());
            if (value != null && !kept.contains(input.getName())) {
                graph.addInitializer(value.toBuilder().setName(input.getName()));
            } else {
                graph.addInput(input);
            }
        }
        var values = new ArrayList<Tensor>();
        for (String input : order) {
            if (kept.contains(input) && given.containsKey(input)) {
                values.add(tensor(given.get(input)));
            }
        }
        var outputs = new ArrayList<Tensor>();
        for (int i = 0; i < graph.getOutputCount(); i++) {
            outputs.add(tensor(TensorProto.parseFrom(Files.readAllBytes(data.resolve("output_" + i + ".pb")))));
        }
        if (graph.getNodeCount() == 1 && graph.getNode(0).getOpType().startsWith("QLinear")) {
            return quantized(model, graph, given, outputs.getFirst());
        }
        return new ConformanceCase(bytes(model, graph), values, outputs, 0);
    }

    private static byte[] bytes(ModelProto model, GraphProto.Builder graph) {
        return model.toBuilder().setGraph(graph).build().toByteArray();
    }

    private static ConformanceCase quantized(
            ModelProto model, GraphProto.Builder graph, Map<String, TensorProto> given, Tensor due) {
        NodeProto operator = graph.getNode(0);
        String in = operator.getInput(0);
        Tensor codes = tensor(stored(given, in));
        float scale = tensor(stored(given, operator.getInput(1))).get(0);
        float zero = tensor(stored(given, operator.getInput(2))).get(0);
        float resultScale = tensor(stored(given, operator.getInput(6))).get(0);
        float resultZero = tensor(stored(given, operator.getInput(7))).get(0);
        graph.clearNode().clearInput().clearOutput();
        graph.addInput(TestModel.info(
                "data", 1, codes.shape().dims().stream().mapToInt(i -> i).toArray()));
        graph.addNode(node("QuantizeLinear", in, "data", operator.getInput(1), operator.getInput(2)));
        graph.addNode(operator);
        String out = operator.getOutput(0);
        graph.addNode(node("DequantizeLinear", "result", out, operator.getInput(6), operator.getInput(7)));
        graph.addOutput(TestModel.info(
                "result", 1, due.shape().dims().stream().mapToInt(i -> i).toArray()));
        return new ConformanceCase(
                bytes(model, graph),
                List.of(real(codes, scale, zero)),
                List.of(real(due, resultScale, resultZero)),
                resultScale);
    }

    private static TensorProto stored(Map<String, TensorProto> given, String name) {
        TensorProto value = given.get(name);
        if (value == null) {
            throw new IllegalArgumentException("no data for '" + name + "'");
        }
        return value;
    }

    private static NodeProto node(String type, String output, String... inputs) {
        return NodeProto.newBuilder()
                .setOpType(type)
                .addAllInput(List.of(inputs))
                .addOutput(output)
                .build();
    }

    private static Tensor real(Tensor codes, float scale, float zero) {
        float[] out = codes.toArray();
        for (int i = 0; i < out.length; i++) {
            out[i] = (out[i] - zero) * scale;
        }
        return Tensor.wrap(codes.shape(), out);
    }

    /** The values as floats; other types than float and integers are read as zeros, and their cases are refused on import. */
    private static Tensor tensor(TensorProto proto) {
        Shape shape =
                new Shape(proto.getDimsList().stream().map(Math::toIntExact).toList());
        float[] out = new float[shape.volume()];
        var raw = proto.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        int typed = proto.getFloatDataCount() + proto.getInt32DataCount() + proto.getInt64DataCount();
        boolean read = List.of(1, 2, 3, 6, 7).contains(proto.getDataType());
        if (read && !proto.hasRawData() && typed != out.length) {
            throw new IllegalArgumentException("not a tensor");
        }
        for (int i = 0; i < out.length; i++) {
            out[i] = switch (proto.getDataType()) {
                case 1 -> proto.hasRawData() ? raw.getFloat() : proto.getFloatData(i);
                case 2 -> proto.hasRawData() ? raw.get() & 0xff : proto.getInt32Data(i);
                case 3 -> proto.hasRawData() ? raw.get() : proto.getInt32Data(i);
                case 6 -> proto.hasRawData() ? raw.getInt() : proto.getInt32Data(i);
                case 7 -> proto.hasRawData() ? raw.getLong() : proto.getInt64Data(i);
                default -> 0;
            };
        }
        return Tensor.wrap(shape, out);
    }
}
