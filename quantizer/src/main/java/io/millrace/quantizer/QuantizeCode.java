package io.millrace.quantizer;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;

/** Every refusal of this module: its code, the exit code it leads to and what {@code millrace explain} says about it. */
public enum QuantizeCode {
    OPERATION("0201", 4, "The operation has no integer definition yet (docs/numbers.md lists what has one)."),
    AVERAGE_PADDING(
            "0202",
            4,
            "An average that leaves padding out of its count has another divisor at the border; the machine has one a layer."),
    ARRANGEMENT(
            "0203",
            4,
            "A transpose or a reshape moves codes in memory, where they lie in row, column, channel order. Engines do it by tables with an entry for each"
                    + " run of codes that stay together, of which they hold 65,536: maps of one frame of that size can be rearranged freely, larger ones"
                    + " where longer runs stay together. Dense layers, softmax, reductions and outputs with their channels last need none."),
    GAIN(
            "0204",
            4,
            "A pooling gain is so small beside its bias that both do not fit a 25-bit accumulator with 16-bit codes."),
    ACCUMULATOR("0205", 4, "An accumulator could need more than 48 bits, the width of a DSP48's."),
    SCALE_RATIO(
            "0206", 4, "A layer's output scale is so much finer than its accumulator's that no multiplier spans them."),
    LEVELS("0207", 4, "A model that brings its own quantization has more codes a tensor than the precision asked for."),
    NO_FRAMES("0301", 2, "Ranges of activations come from sample frames; at least one is needed."),
    NOT_FINITE("0302", 3, "A weight, or an activation on a calibration frame, is not a finite number."),
    INPUT_SPEC(
            "0303", 2, "The input's scale and mean must be finite, the scale over 0, the means one or one a channel."),
    GRAPH_UNSOUND("0101", 3, "A quantized graph breaks one of its rules: shapes, code ranges, scales or widths."),
    TEXT("0102", 3, "The text does not follow the grammar of quantized graphs.");

    private final String code;
    private final int exitCode;
    private final String explanation;

    QuantizeCode(String digits, int exitCode, String explanation) {
        this.code = "QNT-" + digits;
        this.exitCode = exitCode;
        this.explanation = explanation;
    }

    /** Such as {@code QNT-0201}. */
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
}
