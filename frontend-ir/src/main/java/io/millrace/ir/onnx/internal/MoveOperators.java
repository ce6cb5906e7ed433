package io.millrace.ir.onnx.internal;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.ImportCode;
import io.millrace.ir.Op;
import io.millrace.ir.PadMode;
import io.millrace.ir.Pointwise;
import io.millrace.ir.PointwiseFunctions;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;

/** Operators that move elements: parts, joints, pads, orders. */
final class MoveOperators {
    private MoveOperators() {}

    /** Rows of a constant table by computed indices, or elements of a computed value by constant ones. */
    static Value gather(NodeContext n) {
        n.requireInputs(2, 2);
        Shape data = ShapeOperators.shapeOf(n);
        if (data.rank() == 0) {
            throw Rejection.operands("gathers from a scalar");
        }
        int axis = NodeContext.axis(n.attributes.integer("axis", 0), data.rank());
        if (n.input(0) instanceof Value.Constant(Literal table)) {
            if (n.input(1) instanceof Value.Indices(int rows) && axis == 0) {
                return lookup(n, NodeContext.finite(table, "table"), rows);
            }
            return new Value.Constant(n.folding.gather(table, n.constant(1, "indices"), axis));
        }
        int x = n.computed(0);
        Literal given = n.constant(1, "indices");
        if (!(given instanceof Literal.Ints indices) || !ConstantFolding.isWide(indices.type())) {
            throw Rejection.operands("indices are of type " + given.type() + ", must be integers");
        }
        int size = data.dim(axis);
        var positive = new ArrayList<Integer>();
        for (long i : indices.values()) {
            if (i < -size || i >= size) {
                throw Rejection.operands("index " + i + " is outside an axis of " + size);
            }
            positive.add((int) (i < 0 ? i + size : i));
        }
        if (positive.isEmpty()) {
            throw Rejection.operands("gathers nothing");
        }
        var dims = new ArrayList<>(data.dims().subList(0, axis));
        dims.addAll(indices.shape().dims());
        dims.addAll(data.dims().subList(axis + 1, data.rank()));
        Shape result = Tensors.shape(dims.stream().map(Integer::longValue).toList(), "the result");
        return new Value.Computed(n.emitReshape(n.emit(new Op.Gather(axis, positive), x), result));
    }

    /** Rows of a unit matrix by computed indices. */
    static Value oneHot(NodeContext n) {
        n.requireInputs(3, 3);
        int numbers = n.input(0) instanceof Value.Indices(int node) ? node : n.computed(0);
        Literal given = n.constant(1, "depth");
        double depth = switch (given) {
            case Literal.Ints(var _, var _, long[] values) -> values.length == 1 ? values[0] : 0;
            case Literal.Floats(Tensor t) -> t.size() == 1 ? t.get(0) : 0;
        };
        if (depth < 1 || depth > 1 << 20 || depth != Math.rint(depth)) {
            throw Rejection.operands("the depth is " + depth);
        }
        Literal pair = n.constant(2, "pair of values");
        boolean whole = pair instanceof Literal.Ints;
        Tensor values = NodeContext.finite(whole ? n.folding.cast(pair, DataType.FLOAT) : pair, "pair of values");
        if (values.size() != 2) {
            throw Rejection.operands(values.size() + " values, off and on are needed");
        }
        Shape shape = n.shape(numbers);
        int axis = NodeContext.axis(n.attributes.integer("axis", -1), shape.rank() + 1);
        int inner = ConstantFolding.product(shape, axis, shape.rank());
        var dims = new ArrayList<>(shape.dims());
        dims.add(axis, (int) depth);
        boolean counted = n.op(numbers) instanceof Op.TopK;
        int index = counted ? numbers : n.emit(new Op.Activation(fromTheEnd((int) depth)), numbers);
        int hot = ReductionOperators.oneHot(n, index, ConstantFolding.product(shape, 0, axis), (int) depth, inner);
        float off = values.get(0);
        float on = values.get(1);
        int made = n.emitReshape(ActivationOperators.scaled(n, hot, on - off, off), new Shape(dims));
        return whole ? new Value.Indices(made) : new Value.Computed(made);
    }

    /** Whole numbers below 0 count from the end: {@code x + depth * min(max(-x, 0), 1)}. */
    private static Pointwise fromTheEnd(int depth) {
        var below = new Pointwise.Affine(-1, 0).then(new Pointwise.Clip(0, 1)).then(new Pointwise.Affine(depth, 0));
        return new Pointwise.Combine(BinaryFunction.ADD, PointwiseFunctions.IDENTITY, below);
    }

    private static Value lookup(NodeContext n, Tensor table, int rows) {
        Shape s = table.shape();
        if (table.size() == 0) {
            throw Rejection.operands("the table " + s + " is empty");
        }
        int found = n.emit(new Op.Lookup(table.reshape(Shape.of(s.dim(0), s.volume() / s.dim(0)))), rows);
        var dims = new ArrayList<>(n.shape(rows).dims());
        dims.addAll(s.dims().subList(1, s.rank()));
        return new Value.Computed(n.emitReshape(found, new Shape(dims)));
    }

    static Value concat(NodeContext n) {
        n.requireInputs(1, Integer.MAX_VALUE);
        long axis = n.attributes.integer("axis").orElseThrow(() -> Rejection.attribute("attribute 'axis' is missing"));
        boolean known = IntStream.range(0, n.inputCount()).allMatch(i -> n.input(i) instanceof Value.Constant);
        if (known) {
            var parts = new ArrayList<Literal>();
            for (int i = 0; i < n.inputCount(); i++) {
                parts.add(n.constant(i, "part"));
            }
            return new Value.Constant(n.folding.concat(
                    parts, NodeContext.axis(axis, parts.getFirst().shape().rank())));
        }
        if (IntStream.range(0, n.inputCount()).anyMatch(i -> n.input(i) instanceof Value.Constant(Literal.Ints _))) {
            throw new Rejection(
                    ImportCode.NOT_CONSTANT,
                    "a part of a list of integers is computed by the model",
                    "export the model with constant folding, so that it is stored");
        }
        var operands = IntStream.range(0, n.inputCount()).mapToObj(n::operand).toList();
        int rank = n.shape(operands.getFirst()).rank();
        return new Value.Computed(n.emit(new Op.Concat(NodeContext.axis(axis, rank)), operands));
    }

    static List<Value> split(NodeContext n) {
        boolean byOperand = n.opset >= 13;
        n.requireInputs(1, byOperand ? 2 : 1);
        Shape shape = ShapeOperators.shapeOf(n);
        int axis = NodeContext.axis(n.attributes.integer("axis", 0), shape.rank());
        int size = shape.dim(axis);
        Optional<List<Long>> given =
                byOperand ? n.optionalIntegers(1, "sizes").map(MoveOperators::boxed) : n.attributes.integers("split");
        long parts = n.opset >= 18 ? n.attributes.integer("num_outputs", n.outputCount) : n.outputCount;
        if (parts != n.outputCount) {
            throw Rejection.attribute("attribute 'num_outputs' is " + parts + " for " + n.outputCount + " results");
        }
        long each = Math.ceilDiv(size, parts);
        var sizes = given.orElseGet(() -> IntStream.range(0, n.outputCount)
                .mapToObj(i -> Math.clamp(size - i * each, 0, each))
                .toList());
        if (sizes.size() != n.outputCount
                || sizes.stream().anyMatch(s -> s < 0 || s > size)
                || sizes.stream().mapToLong(s -> s).sum() != size) {
            throw Rejection.operands("splits an axis of " + size + " into " + sizes);
        }
        var results = new ArrayList<Value>();
        int begin = 0;
        for (long s : sizes) {
            var ranges = whole(shape);
            ranges.set(axis, new ConstantFolding.Range(begin, 1, (int) s));
            results.add(sliced(n, ranges));
            begin += (int) s;
        }
        return results;
    }

    private static List<ConstantFolding.Range> whole(Shape shape) {
        var ranges = new ArrayList<ConstantFolding.Range>();
        shape.dims().forEach(d -> ranges.add(new ConstantFolding.Range(0, 1, d)));
        return ranges;
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
            axes = n.optionalIntegers(3, "axes").map(MoveOperators::boxed);
            steps = n.optionalIntegers(4, "steps").map(MoveOperators::boxed);
        }
        return sliced(n, ranges(ShapeOperators.shapeOf(n), starts, ends, axes, steps));
    }

    private static Value sliced(NodeContext n, List<ConstantFolding.Range> ranges) {
        if (n.input(0) instanceof Value.Constant(Literal literal)) {
            return new Value.Constant(n.folding.slice(literal, ranges));
        }
        return new Value.Computed(part(n, n.computed(0), ranges));
    }

    private static int part(NodeContext n, int x, List<ConstantFolding.Range> ranges) {
        if (ranges.equals(whole(n.shape(x)))) {
            return x;
        }
        if (ranges.stream().anyMatch(r -> r.count() == 0)) {
            throw Rejection.unsupported("makes an empty tensor", "remove the operator from the model");
        }
        return n.emit(
                new Op.Slice(
                        ranges.stream().map(ConstantFolding.Range::start).toList(),
                        ranges.stream().map(r -> r.count() == 1 ? 1 : r.step()).toList(),
                        ranges.stream().map(ConstantFolding.Range::count).toList()),
                x);
    }

    static List<Long> boxed(long[] values) {
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

    static Value transpose(NodeContext n) {
        n.requireInputs(1, 1);
        Shape from = ShapeOperators.shapeOf(n);
        List<Long> reversed = IntStream.range(0, from.rank())
                .mapToObj(i -> (long) from.rank() - 1 - i)
                .toList();
        List<Long> perm = n.attributes.integers("perm").orElse(reversed);
        if (!perm.stream().sorted().toList().equals(reversed.reversed())) {
            throw Rejection.attribute("attribute 'perm' is " + perm + " for a tensor of rank " + from.rank());
        }
        var order = perm.stream().map(Math::toIntExact).toList();
        return n.input(0) instanceof Value.Constant(Literal literal)
                ? new Value.Constant(n.folding.transpose(literal, order))
                : new Value.Computed(n.emitTranspose(n.computed(0), order));
    }

    /** All zero: nothing. Zeros around the spatial axes: left to a windowed operator that follows. */
    static Value pad(NodeContext n) {
        String name = n.attributes.text("mode", "constant");
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
        if (!List.of("constant", "reflect", "edge", "wrap").contains(name)) {
            throw Rejection.attribute("attribute 'mode' is '" + name + "'");
        }
        if (pads.size() != 2 * shape.rank()) {
            throw Rejection.operands(pads.size() + " pads for an operand " + shape);
        }
        if (fill == Float.NEGATIVE_INFINITY) {
            // What is below every value is never the largest, whichever of both it is.
            fill = -Float.MAX_VALUE;
        }
        if (!Float.isFinite(fill)) {
            throw Rejection.operands("pads with " + fill);
        }
        return padded(n, cropped(n, x, pads), PadMode.valueOf(name.toUpperCase(Locale.ROOT)), fill, pads);
    }

    /** What negative pads leave of the operand. */
    private static int cropped(NodeContext n, int x, List<Long> pads) {
        Shape shape = n.shape(x);
        var ranges = whole(shape);
        for (int a = 0; a < shape.rank(); a++) {
            long begin = Math.max(0, -pads.get(a));
            long end = Math.max(0, -pads.get(a + shape.rank()));
            if (begin + end >= shape.dim(a) || begin < 0 || end < 0) {
                throw Rejection.operands("pads " + pads + " leave nothing of " + shape);
            }
            ranges.set(a, new ConstantFolding.Range((int) begin, 1, (int) (shape.dim(a) - begin - end)));
        }
        return part(n, x, ranges);
    }

    private static Value padded(NodeContext n, int x, PadMode mode, float fill, List<Long> pads) {
        Shape shape = n.shape(x);
        int rank = shape.rank();
        if (pads.stream().anyMatch(p -> p > 1 << 20)) {
            throw new Rejection(ImportCode.LIMIT, "pads " + pads + " are over 2^20", "use smaller pads");
        }
        var begin =
                pads.subList(0, rank).stream().map(p -> (int) Math.max(0, p)).toList();
        var end = pads.subList(rank, 2 * rank).stream()
                .map(p -> (int) Math.max(0, p))
                .toList();
        if (begin.stream().allMatch(p -> p == 0) && end.stream().allMatch(p -> p == 0)) {
            return new Value.Computed(x);
        }
        boolean spatial = rank >= 3 && IntStream.range(0, 2).allMatch(a -> begin.get(a) == 0 && end.get(a) == 0);
        if (mode == PadMode.CONSTANT && fill == 0 && spatial) {
            return new Value.Padded(x, begin.subList(2, rank), end.subList(2, rank), n.name(), n.source());
        }
        return new Value.Computed(n.emit(new Op.Pad(mode, mode == PadMode.CONSTANT ? fill : 0, begin, end), x));
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

    /** In mode CRD the channels are first put into the order of mode DCR. */
    static Value depthToSpace(NodeContext n) {
        n.requireInputs(1, 1);
        int x = n.computed(0);
        int block = blockSize(n);
        String mode = n.opset >= 11 ? n.attributes.text("mode", "DCR") : "DCR";
        if (!List.of("DCR", "CRD").contains(mode)) {
            throw Rejection.attribute("attribute 'mode' is '" + mode + "'");
        }
        Shape shape = n.shape(x);
        int taps = block * block;
        if (mode.equals("CRD") && shape.rank() == 4 && shape.dim(1) % taps == 0) {
            int channels = shape.dim(1) / taps;
            var order = IntStream.range(0, shape.dim(1))
                    .map(i -> i % channels * taps + i / channels)
                    .boxed()
                    .toList();
            x = n.emit(new Op.Gather(1, order), x);
        }
        return new Value.Computed(n.emit(new Op.DepthToSpace(block), x));
    }

    static Value spaceToDepth(NodeContext n) {
        n.requireInputs(1, 1);
        return new Value.Computed(n.emit(new Op.SpaceToDepth(blockSize(n)), n.computed(0)));
    }

    private static int blockSize(NodeContext n) {
        long block = n.attributes
                .integer("blocksize")
                .orElseThrow(() -> Rejection.attribute("attribute 'blocksize' is missing"));
        if (block < 1 || block > 1 << 12) {
            throw Rejection.attribute("attribute 'blocksize' is " + block);
        }
        return (int) block;
    }

    /** A computed value is repeated by adding it to zeros. */
    static Value expand(NodeContext n) {
        n.requireInputs(2, 2);
        Shape wanted = Tensors.shape(boxed(n.integers(1, "shape")), "the result");
        Shape from = ShapeOperators.shapeOf(n);
        Shape result = ConstantFolding.broadcast(from, wanted);
        if (n.input(0) instanceof Value.Constant(Literal literal)) {
            n.folding.spend(result);
            return new Value.Constant(ConstantFolding.pick(literal, result, ConstantFolding.offsets(from, result)));
        }
        int x = n.computed(0);
        if (result.equals(from)) {
            return new Value.Computed(x);
        }
        n.folding.spend(wanted);
        int zeros = n.emit(new Op.Constant(Tensor.zeros(wanted)));
        return new Value.Computed(n.emit(new Op.Binary(io.millrace.ir.BinaryFunction.ADD), x, zeros));
    }

    static Value tile(NodeContext n) {
        n.requireInputs(2, 2);
        Shape from = ShapeOperators.shapeOf(n);
        long[] repeats = n.integers(1, "repeats");
        if (repeats.length != from.rank() || Arrays.stream(repeats).anyMatch(r -> r < 1 || r > 1 << 20)) {
            throw Rejection.operands("repeats " + from + " by " + Arrays.toString(repeats));
        }
        Value value = n.input(0);
        for (int a = 0; a < repeats.length; a++) {
            int size = from.dim(a);
            Shape indices = n.folding.spend(Tensors.shape(List.of(size * repeats[a]), "the repeated axis"));
            var order = IntStream.range(0, indices.volume())
                    .map(i -> i % size)
                    .boxed()
                    .toList();
            if (repeats[a] != 1) {
                value = value instanceof Value.Constant(Literal literal)
                        ? new Value.Constant(n.folding.gather(
                                literal,
                                ShapeOperators.integers(
                                        indices,
                                        order.stream().mapToLong(i -> i).toArray()),
                                a))
                        : new Value.Computed(n.emit(
                                new Op.Gather(a, order), value instanceof Value.Computed(int x) ? x : n.computed(0)));
            }
        }
        return value;
    }
}
