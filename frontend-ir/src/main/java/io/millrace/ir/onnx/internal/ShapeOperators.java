package io.millrace.ir.onnx.internal;

import io.millrace.ir.ImportCode;
import io.millrace.ir.Op;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.onnx.proto.TensorProto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Operators that arrange values, and the arithmetic on shapes that exporters write around them. */
final class ShapeOperators {
    private ShapeOperators() {}

    static Value constant(NodeContext n) {
        n.requireInputs(0, 0);
        var found = new ArrayList<Literal>();
        n.attributes.tensor("value").ifPresent(t -> found.add(n.tensors().read(t, "attribute 'value'")));
        if (n.opset >= 12) {
            n.attributes.real("value_float").ifPresent(v -> found.add(floats(Shape.of(), List.of(v))));
            n.attributes.reals("value_floats").ifPresent(v -> found.add(floats(Shape.of(v.size()), v)));
            n.attributes.integer("value_int").ifPresent(v -> found.add(integers(Shape.of(), v)));
            n.attributes
                    .integers("value_ints")
                    .ifPresent(v -> found.add(integers(
                            Shape.of(v.size()), v.stream().mapToLong(i -> i).toArray())));
        }
        if (found.size() != 1) {
            throw Rejection.attribute("a Constant needs one value, has " + found.size());
        }
        return new Value.Constant(found.getFirst());
    }

    private static Literal floats(Shape shape, List<Float> values) {
        float[] out = new float[values.size()];
        for (int i = 0; i < out.length; i++) {
            out[i] = values.get(i);
        }
        return new Literal.Floats(Tensor.wrap(shape, out));
    }

    static Literal integers(Shape shape, long... values) {
        return new Literal.Ints(DataType.INT64, shape, values);
    }

    static Value constantOfShape(NodeContext n) {
        n.requireInputs(1, 1);
        Optional<TensorProto> value = n.attributes.tensor("value");
        Literal one = value.map(t -> n.tensors().read(t, "attribute 'value'")).orElse(floats(Shape.of(1), List.of(0f)));
        if (one.shape().volume() != 1) {
            throw Rejection.attribute("attribute 'value' holds " + one.shape() + ", must be one value");
        }
        Shape shape =
                Tensors.shape(Arrays.stream(n.integers(0, "shape")).boxed().toList(), "the result");
        return new Value.Constant(n.folding.filled(one, shape));
    }

    /** The shape of a value, computed or constant. */
    static Shape shapeOf(NodeContext n) {
        return switch (n.input(0)) {
            case Value.Constant(Literal literal) -> literal.shape();
            case Value.Codes(int node, var _, var _, var _) -> n.shape(node);
            case Value.Indices(int node) -> n.shape(node);
            case Value.Above(int node, var _) -> n.shape(node);
            case Value.Computed _, Value.Padded _, Value.Unavailable _, Value.Refused _ -> n.shape(n.computed(0));
        };
    }

    static Value shape(NodeContext n) {
        n.requireInputs(1, 1);
        Shape s = shapeOf(n);
        int start = 0;
        int end = s.rank();
        if (n.opset >= 15) {
            start = clamp(n.attributes.integer("start", 0), s.rank());
            end = clamp(n.attributes.integer("end", s.rank()), s.rank());
        }
        long[] dims =
                IntStream.range(start, Math.max(start, end)).mapToLong(s::dim).toArray();
        return new Value.Constant(integers(Shape.of(dims.length), dims));
    }

    private static int clamp(long index, int rank) {
        return (int) Math.clamp(index < 0 ? index + rank : index, 0L, rank);
    }

    static Value size(NodeContext n) {
        n.requireInputs(1, 1);
        return new Value.Constant(integers(Shape.of(), shapeOf(n).volume()));
    }

    static Value identity(NodeContext n) {
        n.requireInputs(1, 1);
        return n.input(0);
    }

    static Value dropout(NodeContext n) {
        if (n.opset < 12) {
            n.requireInputs(1, 1);
            n.attributes.real("ratio", 0.5f);
            if (n.opset < 7 && !n.attributes.flag("is_test", false)) {
                throw Rejection.unsupported("is_test = 0", "export the model for inference (model.eval())");
            }
        } else {
            n.requireInputs(1, 3);
            n.attributes.integer("seed", 0);
            n.optionalFloats(1, "ratio");
            boolean training = n.optionalConstant(2, "training_mode")
                    .filter(l -> !(l instanceof Literal.Ints(DataType t, var _, long[] v)
                            && t == DataType.BOOL
                            && v.length == 1
                            && v[0] == 0))
                    .isPresent();
            if (training) {
                throw Rejection.unsupported("training_mode is set", "export the model for inference (model.eval())");
            }
        }
        return new Value.Computed(n.computed(0));
    }

    static Value cast(NodeContext n) {
        n.requireInputs(1, 1);
        long to = n.attributes.integer("to").orElseThrow(() -> Rejection.attribute("attribute 'to' is missing"));
        if (n.opset >= 19) {
            n.attributes.integer("saturate", 1);
        }
        if (n.opset >= 24) {
            n.attributes.text("round_mode", "up");
        }
        DataType type = DataType.of(to, "the result of Cast");
        if (n.input(0) instanceof Value.Constant(Literal literal)) {
            return new Value.Constant(n.folding.cast(literal, type));
        }
        if (n.input(0) instanceof Value.Indices(int node)) {
            boolean integers = ConstantFolding.isWide(type);
            if (!integers && type != DataType.FLOAT) {
                throw new Rejection(ImportCode.ELEMENT_TYPE, "casts integers to " + type, "cast to int64 or float");
            }
            return integers ? n.input(0) : new Value.Computed(node);
        }
        if (ConstantFolding.isWide(type) && isWhole(n, n.computed(0))) {
            return new Value.Indices(n.computed(0));
        }
        if (type != DataType.FLOAT) {
            throw new Rejection(
                    ImportCode.ELEMENT_TYPE, "casts a feature map to " + type, "keep the data path in float32");
        }
        return new Value.Computed(n.computed(0));
    }

    /** Whether a value, moved or not, is numbers of elements. */
    private static boolean isWhole(NodeContext n, int node) {
        return switch (n.op(node)) {
            case Op.TopK(int _, boolean indices) -> indices;
            case Op.MaxPoolIndices _ -> true;
            case Op.Reshape _, Op.Transpose _, Op.Slice _, Op.Gather _, Op.Rearrange _ ->
                isWhole(n, n.builder().node(node).inputs().getFirst());
            case Op _ -> false;
        };
    }

    static Value reshape(NodeContext n) {
        n.requireInputs(2, 2);
        Shape from = shapeOf(n);
        boolean zeroMeansZero = n.opset >= 14 && n.attributes.flag("allowzero", false);
        long[] wanted = n.integers(1, "shape");
        var dims = new ArrayList<Long>();
        int free = -1;
        long known = 1;
        for (int i = 0; i < wanted.length; i++) {
            long d = wanted[i];
            if (d == 0 && !zeroMeansZero) {
                if (i >= from.rank()) {
                    throw Rejection.operands("dimension " + i + " is to be copied from " + from);
                }
                d = from.dim(i);
            }
            if (d == -1 && free < 0) {
                free = i;
            } else if (d < 0) {
                throw Rejection.operands("the shape is " + Arrays.toString(wanted));
            } else {
                known = d > Integer.MAX_VALUE || known > Integer.MAX_VALUE ? Long.MAX_VALUE : known * d;
            }
            dims.add(d);
        }
        if (free >= 0) {
            if (known == 0 || from.volume() % known != 0) {
                throw Rejection.operands("cannot reshape " + from + " to " + Arrays.toString(wanted));
            }
            dims.set(free, from.volume() / known);
        }
        return arranged(n, Tensors.shape(dims, "the result"));
    }

    /** Operand 0 under another shape. */
    static Value arranged(NodeContext n, Shape shape) {
        Shape from = shapeOf(n);
        if (from.volume() != shape.volume()) {
            throw Rejection.operands("cannot reshape " + from + " to " + shape);
        }
        return switch (n.input(0)) {
            case Value.Constant(Literal literal) -> new Value.Constant(literal.reshape(shape));
            case Value.Indices(int node) -> new Value.Indices(n.emitReshape(node, shape));
            case Value other -> new Value.Computed(n.emitReshape(n.computed(0), shape));
        };
    }

    static Value flatten(NodeContext n) {
        n.requireInputs(1, 1);
        Shape from = shapeOf(n);
        long given = n.attributes.integer("axis", 1);
        int axis = given == from.rank() ? from.rank() : NodeContext.axis(given, Math.max(1, from.rank()));
        return arranged(
                n, Shape.of(ConstantFolding.product(from, 0, axis), ConstantFolding.product(from, axis, from.rank())));
    }

    private static Optional<List<Long>> axes(NodeContext n, boolean required) {
        n.requireInputs(n.opset >= 13 && required ? 2 : 1, n.opset >= 13 ? 2 : 1);
        Optional<List<Long>> axes =
                n.opset >= 13 ? n.optionalIntegers(1, "axes").map(MoveOperators::boxed) : n.attributes.integers("axes");
        if (required && axes.isEmpty()) {
            throw Rejection.attribute("attribute 'axes' is missing");
        }
        return axes;
    }

    static Value squeeze(NodeContext n) {
        var axes = axes(n, false);
        Shape from = shapeOf(n);
        var drop = new boolean[from.rank()];
        if (axes.isEmpty()) {
            for (int a = 0; a < from.rank(); a++) {
                drop[a] = from.dim(a) == 1;
            }
        } else {
            for (long a : axes.get()) {
                drop[NodeContext.axis(a, from.rank())] = true;
            }
        }
        var dims = new ArrayList<Integer>();
        for (int a = 0; a < from.rank(); a++) {
            if (!drop[a]) {
                dims.add(from.dim(a));
            } else if (from.dim(a) != 1) {
                throw Rejection.operands("axis " + a + " of " + from + " is not 1, so it cannot be squeezed");
            }
        }
        return arranged(n, new Shape(dims));
    }

    static Value unsqueeze(NodeContext n) {
        List<Long> axes = axes(n, true).orElseThrow();
        Shape from = shapeOf(n);
        int rank = from.rank() + axes.size();
        if (rank > Shape.MAX_RANK) {
            throw new Rejection(ImportCode.LIMIT, "makes a tensor of rank " + rank, "use fewer dimensions");
        }
        var added = new boolean[rank];
        for (long a : axes) {
            int axis = NodeContext.axis(a, rank);
            if (added[axis]) {
                throw Rejection.operands("axis " + a + " is named twice");
            }
            added[axis] = true;
        }
        var dims = new ArrayList<Integer>();
        int next = 0;
        for (int a = 0; a < rank; a++) {
            dims.add(added[a] ? 1 : from.dim(next++));
        }
        return arranged(n, new Shape(dims));
    }
}
