package io.millrace.ir.onnx.internal;

import io.millrace.ir.SourceRef;
import java.util.List;

/** What the importer knows of a named value of the model. */
sealed interface Value {
    /** Known before the machine is built. */
    record Constant(Literal literal) implements Value {}

    /** A node's result. */
    record Computed(int node) implements Value {}

    /**
     * A node's result inside a frame of zeros, which a windowed operator that reads it absorbs; per spatial axis.
     *
     * @param name of the Pad operator
     */
    record Padded(int node, List<Integer> begin, List<Integer> end, String name, SourceRef source) implements Value {}

    /** Integer codes between QuantizeLinear and DequantizeLinear of a node's result. */
    record Codes(int node, float scale, int zeroPoint, DataType type) implements Value {}

    /** A node's result that the model holds as integers, such as indices; the node holds them as floats. */
    record Indices(int node) implements Value {}

    /** Whether a node's result is above a threshold, element by element; a Where that chooses by it is a function of the result. */
    record Above(int node, float threshold) implements Value {}

    /** A result Millrace does not make, such as the mask of Dropout; an error only if something reads it. */
    record Unavailable(String reason) implements Value {}

    /** Its operator was refused already, so readers are passed over without a further message. */
    record Refused() implements Value {}
}
