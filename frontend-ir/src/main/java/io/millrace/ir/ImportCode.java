package io.millrace.ir;

/**
 * Every refusal of this module: its code, the exit code it leads to and what {@code millrace explain} says about it.
 */
public enum ImportCode {
    FILE_UNREADABLE("0101", 3, "The file is missing, is not a regular file or may not be read."),
    NOT_ONNX(
            "0102",
            3,
            "The bytes are not an ONNX model. An ONNX file is a protobuf message ModelProto; a download that was cut short, or"
                    + " a Git LFS pointer in its place, is the usual cause."),
    OTHER_FORMAT(
            "0103",
            4,
            "The file is of another kind, told by its first bytes. Python pickles are never opened, because opening one can"
                    + " run code: export the model to ONNX instead."),
    MODEL_HEADER("0201", 3, "The model lacks its IR version, its operator set or its graph, or states them twice."),
    NAME("0202", 3, "A value is read that nothing earlier makes, is made twice, or its name is not valid UTF-8."),
    TENSOR_DATA(
            "0203",
            3,
            "A tensor's bytes do not agree with its type and dimensions, or a weight is not a finite number."),
    ATTRIBUTE(
            "0204",
            3,
            "An attribute is missing, unknown to the operator at this opset, of the wrong type or out of range."),
    OPERANDS("0205", 3, "An operator has the wrong number, type or shape of operands."),
    GRAPH_INTERFACE("0206", 3, "A graph input or output lacks a type or shape, or there is none."),
    OPERATOR(
            "0301",
            4,
            "The operator, or this use of it, is not one Millrace compiles. Supported: Abs, Add, ArgMax, ArgMin, AveragePool, BatchNormalization, Cast, Celu, Clip, Concat, Constant, ConstantOfShape, Conv, ConvTranspose, DepthToSpace, DequantizeLinear, Div, Dropout, Elu, Erf, Exp, Expand, Flatten, Gather, Gelu, Gemm, GlobalAveragePool, GlobalLpPool, GlobalMaxPool, GroupNormalization, HardSigmoid, HardSwish, Hardmax, Identity, InstanceNormalization, LRN, LayerNormalization, LeakyRelu, Log, LogSoftmax, LpNormalization, LpPool, MatMul, Max, MaxPool, MaxUnpool, Mean, MeanVarianceNormalization, Min, Mish, Mul, Neg, OneHot, PRelu, Pad, Pow, QGemm, QLinearAdd, QLinearAveragePool, QLinearConcat, QLinearConv, QLinearGlobalAveragePool, QLinearLeakyRelu, QLinearMatMul, QLinearMul, QLinearSigmoid, QuantizeLinear, Reciprocal, ReduceL1, ReduceL2, ReduceLogSum, ReduceLogSumExp, ReduceMax, ReduceMean, ReduceMin, ReduceSum, ReduceSumSquare, Relu, Reshape, Resize, Selu, Shape, Shrink, Sigmoid, Size, Slice, Softmax, Softplus, Softsign, SpaceToDepth, Split, Sqrt, Squeeze, Sub, Sum, Swish, Tanh, ThresholdedRelu, Tile, TopK, Transpose, Unsqueeze, Upsample; on constants also And, Ceil, Equal, Floor, Greater, GreaterOrEqual, Less, LessOrEqual, Mod, NonZero, Not, Or, Range, ReduceProd, Round, Sign, Where."),
    OPSET("0302", 4, "The model's operator set or IR version is outside the supported range."),
    ELEMENT_TYPE(
            "0303", 4, "Values on the data path are float32, or integers between QuantizeLinear and DequantizeLinear."),
    DYNAMIC_SHAPE(
            "0304",
            4,
            "Only the batch dimension may be free; it is fixed to 1. Other free dimensions need --input-shape."),
    NOT_CONSTANT(
            "0305", 4, "Weights, shapes and bounds have to be constants, so that they can be built into the machine."),
    EXTERNAL_DATA_OFF(
            "0401", 4, "Weights stored outside the model file are read only when that is allowed explicitly."),
    EXTERNAL_DATA(
            "0402",
            3,
            "External data must be a regular file with one link, below the model's folder, reached without symbolic links,"
                    + " long enough for offset and length."),
    IDX_FILE(
            "0501",
            3,
            "The file is not IDX: bytes 00 00, type 08 (unsigned byte), rank, big-endian sizes, then exactly the data."),
    TEXT_SYNTAX("0601", 3, "The text does not follow the grammar of graphs."),
    TEXT_VALUE("0602", 3, "The text reads, but a value in it makes no legal graph."),
    INPUT_DATA("0603", 3, "The number or shapes of the values given to a graph differ from its inputs."),
    GRAPH_INVALID(
            "0701",
            3,
            "A graph breaks a rule of the intermediate form, such as a stated shape that its operation does not give."),
    NO_SUCH_VALUE(
            "0801",
            2,
            "A name given with --from or --to is neither an operator of the model nor a tensor that one makes."),
    EMPTY_CUT("0802", 2, "Nothing is computed between what --from and --to name."),
    LIMIT("0901", 9, "A limit that keeps time and memory bounded was hit. The limits are stated in ImportOptions.");

    private final String code;
    private final int exitCode;
    private final String explanation;

    ImportCode(String digits, int exitCode, String explanation) {
        this.code = "IMP-" + digits;
        this.exitCode = exitCode;
        this.explanation = explanation;
    }

    /** Such as {@code IMP-0301}. */
    public String code() {
        return code;
    }

    /** The exit code of a command that ends with this refusal. */
    public int exitCode() {
        return exitCode;
    }

    /** One or two sentences for the user. */
    public String explanation() {
        return explanation;
    }

    public Diagnostic at(SourceRef where, String problem, String remedy) {
        return new Diagnostic(code, where, problem, remedy);
    }

    public CompileException exception(SourceRef where, String problem, String remedy) {
        return new CompileException(exitCode, at(where, problem, remedy));
    }

    /** The constant with this code. */
    public static ImportCode of(String code) {
        for (var c : values()) {
            if (c.code.equals(code)) {
                return c;
            }
        }
        throw new IllegalArgumentException("no such code: " + code);
    }
}
