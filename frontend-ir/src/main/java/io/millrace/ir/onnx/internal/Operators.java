package io.millrace.ir.onnx.internal;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.FloatEvaluator;
import io.millrace.ir.GraphBuilder;
import io.millrace.ir.ImportCode;
import io.millrace.ir.Op;
import io.millrace.ir.Pointwise;
import io.millrace.ir.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Every operator the importer takes. */
final class Operators {
    /** Operators that take a constant where others compute; they fold it themselves or refuse it. */
    private static final Set<String> CONSTANT_FIRST = Set.of(
            "Add",
            "Sub",
            "Mul",
            "Div",
            "Concat",
            "Split",
            "Slice",
            "Gather",
            "Cast",
            "Identity",
            "Reshape",
            "Flatten",
            "Squeeze",
            "Unsqueeze",
            "Transpose",
            "Expand",
            "Tile",
            "Shape",
            "Size",
            "ConstantOfShape",
            "QuantizeLinear",
            "DequantizeLinear",
            "MatMul",
            "Gemm",
            "Conv",
            "ConvTranspose",
            "MaxPool",
            "AveragePool",
            "LpPool",
            "GlobalMaxPool",
            "GlobalAveragePool",
            "GlobalLpPool",
            "Dropout");

    /** Operators that move or choose elements and so do the same to codes as to the values they stand for. */
    private static final Set<String> ON_CODES = Set.of(
            "MaxPool",
            "GlobalMaxPool",
            "Reshape",
            "Flatten",
            "Squeeze",
            "Unsqueeze",
            "Transpose",
            "Slice",
            "Split",
            "Gather",
            "Identity",
            "SpaceToDepth",
            "DepthToSpace",
            "Resize",
            "Upsample",
            "Tile",
            "Dropout");

    /** Operators that do the same to integers as to floats; reshapes and casts look after themselves. */
    private static final Set<String> ON_INDICES = Set.of(
            "Transpose",
            "Slice",
            "Split",
            "Gather",
            "Concat",
            "Pad",
            "SpaceToDepth",
            "DepthToSpace",
            "Tile",
            "Max",
            "Min",
            "Relu",
            "Abs",
            "Neg");

    private Operators() {}

    /**
     * The results of an operator, those that are made.
     *
     * @throws Rejection if the operator, or this use of it, is not supported or is malformed
     */
    static List<Value> importNode(NodeContext n) {
        Optional<Value> constants = ConstantOperators.importNode(n);
        if (constants.isPresent()) {
            return List.of(constants.get());
        }
        if (n.optional(0).orElse(null) instanceof Value.Constant(Literal.Floats(Tensor t))
                && !CONSTANT_FIRST.contains(n.type)
                && !isQuantized(n.type)
                && n.allConstant()) {
            return evaluated(n, t);
        }
        if (n.optional(0).orElse(null) instanceof Value.Indices(int node) && ON_INDICES.contains(n.type)) {
            return results(n.with(new Value.Computed(node), n.builder())).stream()
                    .map(v -> v instanceof Value.Computed(int made) ? new Value.Indices(made) : v)
                    .toList();
        }
        if (n.optional(0).orElse(null) instanceof Value.Codes(int node, float scale, int zero, DataType type)
                && ON_CODES.contains(n.type)) {
            return results(n.with(new Value.Computed(node), n.builder())).stream()
                    .map(v -> v instanceof Value.Computed(int made) ? new Value.Codes(made, scale, zero, type) : v)
                    .toList();
        }
        return results(n);
    }

    /** What the operator makes of a constant, computed now. */
    private static List<Value> evaluated(NodeContext n, Tensor operand) {
        var builder = new GraphBuilder();
        int constant = builder.add("constant", new Op.Constant(operand), n.source());
        var values = results(n.with(new Value.Computed(constant), builder));
        for (int i = 1; i < builder.size(); i++) {
            n.folding.spend(builder.shape(i));
        }
        var made = new ArrayList<Value>();
        for (Value v : values) {
            made.add(
                    switch (v) {
                        case Value.Computed(int node) -> new Value.Constant(new Literal.Floats(value(builder, node)));
                        case Value.Padded padded ->
                            new Value.Constant(new Literal.Floats(value(builder, NodeContext.padded(builder, padded))));
                        case Value.Indices(int node) ->
                            new Value.Constant(
                                    n.folding.cast(new Literal.Floats(value(builder, node)), DataType.INT64));
                        case Value other -> other;
                    });
        }
        return made;
    }

    private static Tensor value(GraphBuilder builder, int node) {
        return FloatEvaluator.run(builder.build("constant", List.of(node), List.of("value")), List.of())
                .getFirst();
    }

    private static List<Value> results(NodeContext n) {
        return switch (n.type) {
            case "Split" -> MoveOperators.split(n);
            case "TopK" -> ReductionOperators.topK(n);
            case "MaxPool" -> LayerOperators.maxPool(n);
            case "LayerNormalization" -> NormalizationOperators.layer(n);
            default -> List.of(result(n));
        };
    }

    private static Value result(NodeContext n) {
        Optional<Pointwise> function = ActivationOperators.function(n);
        return function.isPresent() ? ActivationOperators.apply(n, function.get()) : layer(n);
    }

    private static Value layer(NodeContext n) {
        return switch (n.type) {
            case "Conv" -> LayerOperators.conv(n);
            case "ConvTranspose" -> LayerOperators.convTranspose(n);
            case "MaxUnpool" -> LayerOperators.maxUnpool(n);
            case "AveragePool" -> LayerOperators.averagePool(n);
            case "LpPool" -> LayerOperators.lpPool(n);
            case "GlobalMaxPool" -> LayerOperators.globalPool(n, true);
            case "GlobalAveragePool" -> LayerOperators.globalPool(n, false);
            case "GlobalLpPool" -> LayerOperators.globalLpPool(n);
            case "ReduceMean",
                    "ReduceSum",
                    "ReduceMax",
                    "ReduceMin",
                    "ReduceL1",
                    "ReduceL2",
                    "ReduceSumSquare",
                    "ReduceLogSum",
                    "ReduceLogSumExp" -> ReductionOperators.reduce(n);
            case "Gemm" -> DenseOperators.gemm(n);
            case "MatMul" -> DenseOperators.matMul(n);
            case "BatchNormalization" -> NormalizationOperators.batchNormalization(n);
            case "InstanceNormalization" -> NormalizationOperators.instance(n);
            case "GroupNormalization" -> NormalizationOperators.group(n);
            case "MeanVarianceNormalization" -> NormalizationOperators.meanVariance(n);
            case "LRN" -> NormalizationOperators.localResponse(n);
            case "LpNormalization" -> ReductionOperators.lpNormalization(n);
            case "Softmax" -> ReductionOperators.softmax(n, false);
            case "LogSoftmax" -> ReductionOperators.softmax(n, true);
            case "ArgMax" -> ReductionOperators.argMax(n, false);
            case "ArgMin" -> ReductionOperators.argMax(n, true);
            case "Hardmax" -> ReductionOperators.hardmax(n);
            case "OneHot" -> MoveOperators.oneHot(n);
            case "Neg" -> ActivationOperators.negative(n);
            case "Clip" -> ActivationOperators.clip(n);
            case "Pow" -> ActivationOperators.pow(n);
            case "PRelu" -> ElementwiseOperators.pRelu(n);
            case "Add" -> ElementwiseOperators.arithmetic(n, BinaryFunction.ADD);
            case "Sub" -> ElementwiseOperators.arithmetic(n, BinaryFunction.SUB);
            case "Mul" -> ElementwiseOperators.arithmetic(n, BinaryFunction.MUL);
            case "Div" -> ElementwiseOperators.arithmetic(n, BinaryFunction.DIV);
            case "Max" -> ElementwiseOperators.ofMany(n, BinaryFunction.MAX, false);
            case "Min" -> ElementwiseOperators.ofMany(n, BinaryFunction.MIN, false);
            case "Sum" -> ElementwiseOperators.ofMany(n, BinaryFunction.ADD, false);
            case "Mean" -> ElementwiseOperators.ofMany(n, BinaryFunction.ADD, true);
            default -> arrangement(n);
        };
    }

    private static Value arrangement(NodeContext n) {
        return switch (n.type) {
            case "Concat" -> MoveOperators.concat(n);
            case "Slice" -> MoveOperators.slice(n);
            case "Gather" -> MoveOperators.gather(n);
            case "Transpose" -> MoveOperators.transpose(n);
            case "Pad" -> MoveOperators.pad(n);
            case "DepthToSpace" -> MoveOperators.depthToSpace(n);
            case "SpaceToDepth" -> MoveOperators.spaceToDepth(n);
            case "Expand" -> MoveOperators.expand(n);
            case "Tile" -> MoveOperators.tile(n);
            case "Resize" -> ResizeOperators.resize(n);
            case "Upsample" -> ResizeOperators.upsample(n);
            case "Constant" -> ShapeOperators.constant(n);
            case "ConstantOfShape" -> ShapeOperators.constantOfShape(n);
            case "Shape" -> ShapeOperators.shape(n);
            case "Size" -> ShapeOperators.size(n);
            case "Cast" -> ShapeOperators.cast(n);
            case "Identity" -> ShapeOperators.identity(n);
            case "Dropout" -> ShapeOperators.dropout(n);
            case "Reshape" -> ShapeOperators.reshape(n);
            case "Flatten" -> ShapeOperators.flatten(n);
            case "Squeeze" -> ShapeOperators.squeeze(n);
            case "Unsqueeze" -> ShapeOperators.unsqueeze(n);
            case "QuantizeLinear" -> QuantizationOperators.quantize(n);
            case "DequantizeLinear" -> QuantizationOperators.dequantize(n);
            default -> QuantizedOperators.importNode(n);
        };
    }

    /** Whether this is one of the operators on codes that ONNX Runtime adds to the standard. */
    static boolean isQuantized(String type) {
        return type.startsWith("QLinear") || type.equals("QGemm");
    }

    /** Whether the operator is taken in some form; the list of {@code millrace explain IMP-0301}. */
    static boolean isSupported(String type) {
        return List.of(ImportCode.OPERATOR.explanation().split("[ ,;:.]+")).contains(type);
    }

    /** What to do about an operator that is not taken. */
    static String remedy(String type) {
        return switch (type) {
            case "If", "Loop", "Scan", "SequenceMap" ->
                "export the model for one fixed input, so that branches and loops are unrolled, or cut the graph before it";
            case "LSTM", "GRU", "RNN" ->
                "unroll the layer over a fixed number of steps, or cut the graph before it and keep the state on the host";
            case "Attention", "MultiHeadAttention", "Einsum", "RotaryEmbedding" ->
                "Millrace compiles ConvNets; cut the graph before it and let the host compute the attention";
            case "NonMaxSuppression", "RoiAlign", "MaxRoiPool", "NonZero", "Unique" ->
                "let the model end before it, and the host compute the rest";
            case "StringNormalizer", "TfIdfVectorizer", "StringConcat", "StringSplit", "RegexFullMatch" ->
                "compute it on the host: Millrace takes float tensors";
            default ->
                "replace the layer, or cut the graph before it; `millrace explain IMP-0301` lists what is supported";
        };
    }

    /** Most results an operator has at this opset. */
    static int maxOutputs(String type, int opset) {
        return switch (type) {
            case "MaxPool", "Dropout" -> opset >= 8 || type.equals("Dropout") ? 2 : 1;
            case "BatchNormalization" -> opset >= 14 ? 3 : 5;
            case "Split" -> Integer.MAX_VALUE;
            case "TopK" -> 2;
            case "LayerNormalization" -> 3;
            default -> isSupported(type) ? 1 : Integer.MAX_VALUE;
        };
    }
}
