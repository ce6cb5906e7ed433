package io.millrace.ir.onnx.internal;

import java.util.List;

/** What the importer knows of a named value of the model. */
sealed interface Value {
    /** Known before the machine is built. */
    record Constant(Literal literal) implements Value {}

    /** A node's result. */
    record Computed(int node) implements Value {}

    /** A node's result inside a frame of zeros, which the windowed operator that reads it will absorb; per spatial axis. */
    record Padded(int node, List<Integer> begin, List<Integer> end) implements Value {}

    /** Integer codes between QuantizeLinear and DequantizeLinear of a node's result. */
    record Codes(int node, float scale, int zeroPoint, DataType type) implements Value {}

    /** A result Millrace does not make, such as the mask of Dropout; an error only if something reads it. */
    record Unavailable(String reason) implements Value {}

    /** Its operator was refused already, so readers are passed over without a further message. */
    record Refused() implements Value {}
}
