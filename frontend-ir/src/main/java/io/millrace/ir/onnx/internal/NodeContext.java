package io.millrace.ir.onnx.internal;

import io.millrace.ir.GraphBuilder;
import io.millrace.ir.ImportCode;
import io.millrace.ir.Op;
import io.millrace.ir.PadMode;
import io.millrace.ir.Shape;
import io.millrace.ir.ShapeInference;
import io.millrace.ir.SourceRef;
import io.millrace.ir.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** One operator being imported: what it reads, and where its results go. */
final class NodeContext {
    final String type;
    final int opset;
    final Attributes attributes;
    private final String name;
    private final List<Optional<Value>> inputs;
    private final GraphBuilder builder;
    private final SourceRef source;
    private final Tensors tensors;
    final ConstantFolding folding;
    /** Whether a batch may have several frames. */
    final boolean anyBatch;

    /** How many results the model asks for. */
    final int outputCount;

    NodeContext(
            String type,
            int opset,
            Attributes attributes,
            String name,
            List<Optional<Value>> inputs,
            GraphBuilder builder,
            SourceRef source,
            Tensors tensors,
            ConstantFolding folding,
            boolean anyBatch,
            int outputCount) {
        this.type = type;
        this.opset = opset;
        this.anyBatch = anyBatch;
        this.outputCount = outputCount;
        this.attributes = attributes;
        this.name = name;
        this.inputs = inputs;
        this.builder = builder;
        this.source = source;
        this.tensors = tensors;
        this.folding = folding;
    }

    Tensors tensors() {
        return tensors;
    }

    /** This operator with another operand 0, its operations appended elsewhere. */
    NodeContext with(Value first, GraphBuilder other) {
        var replaced = new ArrayList<>(inputs);
        replaced.set(0, Optional.of(first));
        return new NodeContext(
                type, opset, attributes, name, replaced, other, source, tensors, folding, anyBatch, outputCount);
    }

    /** This operator with other operands. */
    NodeContext with(List<Optional<Value>> operands) {
        return new NodeContext(
                type, opset, attributes, name, operands, builder, source, tensors, folding, anyBatch, outputCount);
    }

    GraphBuilder builder() {
        return builder;
    }

    String name() {
        return name;
    }

    SourceRef source() {
        return source;
    }

    /** Refuses a number of operands outside the range. */
    void requireInputs(int least, int most) {
        if (inputs.size() < least || inputs.size() > most) {
            throw Rejection.operands("has " + inputs.size() + " operands, must have "
                    + (least == most ? String.valueOf(least) : least + " to " + most));
        }
        for (int i = 0; i < least; i++) {
            if (inputs.get(i).isEmpty()) {
                throw Rejection.operands("operand " + (i + 1) + " is left out");
            }
        }
    }

    /** Whether no operand is computed. */
    boolean allConstant() {
        return inputs.stream().allMatch(v -> v.isEmpty() || v.get() instanceof Value.Constant);
    }

    int inputCount() {
        return inputs.size();
    }

    Optional<Value> optional(int index) {
        return index < inputs.size() ? inputs.get(index) : Optional.empty();
    }

    Value input(int index) {
        return optional(index).orElseThrow(() -> Rejection.operands("operand " + (index + 1) + " is left out"));
    }

    /** The node computing this operand. */
    int computed(int index) {
        return switch (input(index)) {
            case Value.Computed(int node) -> node;
            case Value.Constant _ ->
                throw Rejection.unsupported(
                        "operand " + (index + 1) + " is a constant where a computed value is expected",
                        "remove the operator from the model, or store its result");
            case Value.Padded padded -> padded(builder, padded);
            case Value.Indices _ ->
                throw new Rejection(
                        ImportCode.ELEMENT_TYPE,
                        "operand " + (index + 1) + " holds integers",
                        "cast it to float before this operator");
            case Value.Codes _ ->
                throw Rejection.unsupported(
                        "operand " + (index + 1) + " is an integer code from QuantizeLinear",
                        "put a DequantizeLinear before this operator (QDQ form)");
            case Value.Above _ ->
                throw Rejection.unsupported(
                        "operand " + (index + 1) + " is a comparison of computed values",
                        "choose between the compared value and a constant by it, or cut the graph before it");
            case Value.Unavailable(String reason) ->
                throw Rejection.unsupported(
                        "operand " + (index + 1) + " is " + reason, "export the model for inference");
            case Value.Refused _ -> throw new IllegalStateException("readers of refused operators are passed over");
        };
    }

    /** The node computing this operand; a constant of floats becomes a node. */
    int operand(int index) {
        if (input(index) instanceof Value.Constant(Literal literal)) {
            return emit(new Op.Constant(finite(literal, "constant operand")));
        }
        return computed(index);
    }

    /** The Pad operator's own node, for readers that cannot absorb it. */
    static int padded(GraphBuilder builder, Value.Padded padded) {
        int spatial = padded.begin().size();
        var begin =
                new ArrayList<>(Collections.nCopies(builder.shape(padded.node()).rank() - spatial, 0));
        var end = new ArrayList<>(begin);
        begin.addAll(padded.begin());
        end.addAll(padded.end());
        return builder.add(padded.name(), new Op.Pad(PadMode.CONSTANT, 0, begin, end), padded.source(), padded.node());
    }

    Literal constant(int index, String role) {
        return constant(index, role, input(index));
    }

    Optional<Literal> optionalConstant(int index, String role) {
        return optional(index).map(v -> constant(index, role, v));
    }

    private static Literal constant(int index, String role, Value v) {
        if (v instanceof Value.Constant(Literal literal)) {
            return literal;
        }
        throw new Rejection(
                ImportCode.NOT_CONSTANT,
                "the " + role + " (operand " + (index + 1) + ") is computed by the model, must be a constant",
                "export the model with constant folding, so that it is stored");
    }

    /** A constant of finite floats. */
    Tensor floats(int index, String role) {
        return finite(constant(index, role), role);
    }

    Optional<Tensor> optionalFloats(int index, String role) {
        return optionalConstant(index, role).map(l -> finite(l, role));
    }

    /** A constant of 64-bit integers of rank 0 or 1. */
    long[] integers(int index, String role) {
        return integers(constant(index, role), role);
    }

    Optional<long[]> optionalIntegers(int index, String role) {
        return optionalConstant(index, role).map(l -> integers(l, role));
    }

    private static long[] integers(Literal literal, String role) {
        if (literal instanceof Literal.Ints(DataType t, Shape shape, long[] values)
                && (t == DataType.INT64 || t == DataType.INT32)
                && shape.rank() <= 1) {
            return values;
        }
        throw Rejection.operands("the " + role + " is of type " + literal.type() + " and shape " + literal.shape()
                + ", must be a list of 64-bit integers");
    }

    static Tensor finite(Literal literal, String role) {
        if (!(literal instanceof Literal.Floats(Tensor t))) {
            throw Rejection.operands("the " + role + " is of type " + literal.type() + ", must be FLOAT");
        }
        for (int i = 0; i < t.size(); i++) {
            if (!Float.isFinite(t.get(i))) {
                throw new Rejection(
                        ImportCode.TENSOR_DATA,
                        "value " + i + " of the " + role + " is " + t.get(i),
                        "train or export the model again; its weights are damaged");
            }
        }
        return t;
    }

    Shape shape(int node) {
        return builder.shape(node);
    }

    Op op(int node) {
        return builder.node(node).op();
    }

    /** Appends an operation on computed nodes. */
    int emit(Op op, Integer... operands) {
        return builder.add(name, op, source, operands);
    }

    int emit(Op op, List<Integer> operands) {
        return builder.add(name, op, source, operands);
    }

    /** The node under another shape; itself, if it has that shape. */
    int emitReshape(int node, Shape shape) {
        if (shape(node).equals(shape)) {
            return node;
        }
        if (shape(node).volume() != shape.volume()) {
            throw new ShapeInference.Mismatch("cannot reshape " + shape(node) + " to " + shape);
        }
        return builder.reshape(name, node, shape, source);
    }

    /** The node with its axes in this order; itself, if they are; a reshape, if no element moves. */
    int emitTranspose(int node, List<Integer> order) {
        Shape from = shape(node);
        var moved = order.stream().filter(a -> from.dim(a) != 1).toList();
        return moved.equals(moved.stream().sorted().toList())
                ? emitReshape(node, new Shape(order.stream().map(from::dim).toList()))
                : emit(new Op.Transpose(order), node);
    }

    /** An axis of a tensor of this rank, counted from the end when negative. */
    static int axis(long axis, int rank) {
        if (axis < -rank || axis >= rank) {
            throw Rejection.attribute("axis " + axis + " is outside a tensor of rank " + rank);
        }
        return (int) (axis < 0 ? axis + rank : axis);
    }
}
