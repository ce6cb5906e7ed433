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
    private static Shape shapeOf(NodeContext n) {
        return switch (n.input(0)) {
            case Value.Constant(Literal literal) -> literal.shape();
            case Value.Codes(int node, var _, var _, var _) -> n.shape(node);
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
        if (type != DataType.FLOAT) {
            throw new Rejection(
                    ImportCode.ELEMENT_TYPE, "casts a feature map to " + type, "keep the data path in float32");
        }
        return new Value.Computed(n.computed(0));
    }

    static Value gather(NodeContext n) {
        n.requireInputs(2, 2);
        Literal data = knownOperand(n, "gathers from a feature map");
        if (data.shape().rank() == 0) {
            throw Rejection.operands("gathers from a scalar");
        }
        int axis =
                NodeContext.axis(n.attributes.integer("axis", 0), data.shape().rank());
        return new Value.Constant(n.folding.gather(data, n.constant(1, "indices"), axis));
    }

    private static Literal knownOperand(NodeContext n, String problem) {
        if (n.input(0) instanceof Value.Constant(Literal literal)) {
            return literal;
        }
        n.computed(0);
        throw Rejection.unsupported(
                problem, n.type + " is supported on constants and shapes only; restructure the model around it");
    }

    static Value concat(NodeContext n) {
        n.requireInputs(1, Integer.MAX_VALUE);
        long axis = n.attributes.integer("axis").orElseThrow(() -> Rejection.attribute("attribute 'axis' is missing"));
        if (n.input(0) instanceof Value.Constant(Literal first)) {
            var parts = new ArrayList<Literal>();
            for (int i = 0; i < n.inputCount(); i++) {
                parts.add(n.constant(i, "part"));
            }
            return new Value.Constant(
                    n.folding.concat(parts, NodeContext.axis(axis, first.shape().rank())));
        }
        var operands = IntStream.range(0, n.inputCount()).mapToObj(n::computed).toList();
        Shape shape = n.shape(operands.getFirst());
        if (NodeContext.axis(axis, shape.rank()) != 1) {
            throw Rejection.unsupported(
                    "concatenates feature maps along axis " + axis + " of " + shape
                            + "; only the channel axis 1 is supported",
                    "concatenate along the channels");
        }
        return new Value.Computed(n.emit(new Op.Concat(), operands));
    }

    static Value slice(NodeContext n) {
        List<Long> starts;
        List<Long> ends;
        Optional<List<Long>> axes;
        Optional<List<Long>> steps = Optional.empty();
        if (n.opset < 10) {
            n.requireInputs(1, 1);
            starts = n.attributes.integers("starts").orElseThrow(() -> Rejection.attribute("no 'starts'"));
            ends = n.attributes.integers("ends").orElseThrow(() -> Rejection.attribute("no 'ends'"));
            axes = n.attributes.integers("axes");
        } else {
            n.requireInputs(3, 5);
            starts = boxed(n.integers(1, "starts"));
            ends = boxed(n.integers(2, "ends"));
            axes = n.optionalIntegers(3, "axes").map(ShapeOperators::boxed);
            steps = n.optionalIntegers(4, "steps").map(ShapeOperators::boxed);
        }
        Shape shape = shapeOf(n);
        var ranges = ranges(shape, starts, ends, axes, steps);
        if (n.input(0) instanceof Value.Constant(Literal literal)) {
            return new Value.Constant(n.folding.slice(literal, ranges));
        }
        for (int a = 0; a < shape.rank(); a++) {
            if (!ranges.get(a).equals(new ConstantFolding.Range(0, 1, shape.dim(a)))) {
                throw Rejection.unsupported(
                        "takes a part of a feature map",
                        "Slice is supported on constants and shapes only; crop on the host");
            }
        }
        return new Value.Computed(n.computed(0));
    }

    private static List<Long> boxed(long[] values) {
        return Arrays.stream(values).boxed().toList();
    }

    private static List<ConstantFolding.Range> ranges(
            Shape shape, List<Long> starts, List<Long> ends, Optional<List<Long>> axes, Optional<List<Long>> steps) {
        int count = starts.size();
        if (ends.size() != count
                || axes.isPresent() && axes.get().size() != count
                || steps.isPresent() && steps.get().size() != count
                || axes.isEmpty() && count > shape.rank()) {
            throw Rejection.operands("starts, ends, axes and steps of Slice differ in length");
        }
        var ranges = new ArrayList<ConstantFolding.Range>();
        shape.dims().forEach(d -> ranges.add(new ConstantFolding.Range(0, 1, d)));
        var seen = new boolean[shape.rank()];
        for (int i = 0; i < count; i++) {
            int axis = NodeContext.axis(axes.isPresent() ? axes.get().get(i) : i, shape.rank());
            if (seen[axis]) {
                throw Rejection.operands("Slice names axis " + axis + " twice");
            }
            seen[axis] = true;
            ranges.set(
                    axis,
                    range(
                            shape.dim(axis),
                            starts.get(i),
                            ends.get(i),
                            steps.isPresent() ? steps.get().get(i) : 1));
        }
        return ranges;
    }

    private static ConstantFolding.Range range(int size, long start, long end, long step) {
        if (step == 0) {
            throw Rejection.operands("a step of Slice is 0");
        }
        int s = (int) Math.clamp(step, -(long) Integer.MAX_VALUE, Integer.MAX_VALUE);
        boolean up = s > 0;
        long from = start < 0 && start > Long.MIN_VALUE + size ? start + size : start;
        long to = end < 0 && end > Long.MIN_VALUE + size ? end + size : end;
        long first = Math.clamp(from, 0L, up ? size : size - 1L);
        long last = Math.clamp(to, up ? 0L : -1L, (long) size);
        long count = up ? Math.ceilDiv(last - first, s) : Math.ceilDiv(first - last, -(long) s);
        return new ConstantFolding.Range((int) first, s, size == 0 ? 0 : (int) Math.max(0, count));
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
    private static Value arranged(NodeContext n, Shape shape) {
        Shape from = shapeOf(n);
        if (from.volume() != shape.volume()) {
            throw Rejection.operands("cannot reshape " + from + " to " + shape);
        }
        return n.input(0) instanceof Value.Constant(Literal literal)
                ? new Value.Constant(literal.reshape(shape))
                : new Value.Computed(n.emitReshape(n.computed(0), shape));
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
        Optional<List<Long>> axes = n.opset >= 13
                ? n.optionalIntegers(1, "axes").map(ShapeOperators::boxed)
                : n.attributes.integers("axes");
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

    static Value transpose(NodeContext n) {
        n.requireInputs(1, 1);
        Shape from = shapeOf(n);
        List<Long> reversed = IntStream.range(0, from.rank())
                .mapToObj(i -> (long) from.rank() - 1 - i)
                .toList();
        List<Long> perm = n.attributes.integers("perm").orElse(reversed);
        if (!perm.stream().sorted().toList().equals(reversed.reversed())) {
            throw Rejection.attribute("attribute 'perm' is " + perm + " for a tensor of rank " + from.rank());
        }
        var order = perm.stream().map(Math::toIntExact).toList();
        if (n.input(0) instanceof Value.Constant(Literal literal)) {
            return new Value.Constant(n.folding.transpose(literal, order));
        }
        var moved = order.stream().filter(a -> from.dim(a) != 1).toList();
        if (!moved.equals(moved.stream().sorted().toList())) {
            throw Rejection.unsupported(
                    "moves the elements of a feature map " + from + " by " + perm,
                    "export the model in channels-first layout (NCHW)");
        }
        return arranged(n, new Shape(order.stream().map(from::dim).toList()));
    }

    /** All zero: nothing. Zeros around the spatial axes: left to the windowed operator that follows. */
    static Value pad(NodeContext n) {
        String mode = n.attributes.text("mode", "constant");
        int x = n.computed(0);
        Shape shape = n.shape(x);
        List<Long> pads;
        float fill;
        if (n.opset < 11) {
            n.requireInputs(1, 1);
            pads = n.attributes.integers("pads").orElseThrow(() -> Rejection.attribute("attribute 'pads' is missing"));
            fill = n.attributes.real("value", 0);
        } else {
            n.requireInputs(2, n.opset >= 18 ? 4 : 3);
            pads = boxed(n.integers(1, "pads"));
            fill = n.optionalFloats(2, "fill value")
                    .map(t -> t.size() == 1 ? t.get(0) : Float.NaN)
                    .orElse(0f);
            if (n.opset >= 18 && n.optional(3).isPresent()) {
                pads = spread(pads, boxed(n.integers(3, "axes")), shape.rank());
            }
        }
        if (!List.of("constant", "reflect", "edge", "wrap").contains(mode)) {
            throw Rejection.attribute("attribute 'mode' is '" + mode + "'");
        }
        if (pads.size() != 2 * shape.rank()) {
            throw Rejection.operands(pads.size() + " pads for an operand " + shape);
        }
        if (pads.stream().allMatch(p -> p == 0)) {
            return new Value.Computed(x);
        }
        boolean absorbable = mode.equals("constant") && fill == 0 && shape.rank() >= 3;
        for (int a = 0; a < shape.rank() && absorbable; a++) {
            long most = a < 2 ? 0 : 1 << 20;
            absorbable = 0 <= pads.get(a)
                    && pads.get(a) <= most
                    && 0 <= pads.get(a + shape.rank())
                    && pads.get(a + shape.rank()) <= most;
        }
        if (!absorbable) {
            throw Rejection.unsupported(
                    "pads " + pads + " in mode " + mode + " with " + fill
                            + "; only zeros around the spatial axes are supported",
                    "pad on the host, or with zeros");
        }
        return new Value.Padded(
                x,
                pads.subList(2, shape.rank()).stream().map(Math::toIntExact).toList(),
                pads.subList(shape.rank() + 2, 2 * shape.rank()).stream()
                        .map(Math::toIntExact)
                        .toList());
    }

    private static List<Long> spread(List<Long> pads, List<Long> axes, int rank) {
        if (pads.size() != 2 * axes.size()) {
            throw Rejection.operands(pads.size() + " pads for " + axes.size() + " axes");
        }
        var all = new Long[2 * rank];
        Arrays.fill(all, 0L);
        for (int i = 0; i < axes.size(); i++) {
            int axis = NodeContext.axis(axes.get(i), rank);
            all[axis] = pads.get(i);
            all[axis + rank] = pads.get(i + axes.size());
        }
        return List.of(all);
    }
}
