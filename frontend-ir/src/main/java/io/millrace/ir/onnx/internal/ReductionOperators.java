package io.millrace.ir.onnx.internal;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.Op;
import io.millrace.ir.Pointwise;
import io.millrace.ir.Shape;
import io.millrace.ir.Window;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Reductions as pools, and what looks along one axis: softmax, arg-max, top-k. */
final class ReductionOperators {
    private ReductionOperators() {}

    static Value reduce(NodeContext n) {
        boolean byOperand = n.opset >= (n.type.equals("ReduceSum") ? 13 : 18);
        n.requireInputs(1, byOperand ? 2 : 1);
        boolean keep = n.attributes.flag("keepdims", true);
        boolean nothingIfEmpty = byOperand && n.attributes.flag("noop_with_empty_axes", false);
        List<Long> given = byOperand
                ? n.optionalIntegers(1, "axes")
                        .map(a -> Arrays.stream(a).boxed().toList())
                        .orElse(List.of())
                : n.attributes.integers("axes").orElse(List.of());
        int x = n.computed(0);
        Shape shape = n.shape(x);
        var axes = given.stream()
                .map(a -> NodeContext.axis(a, shape.rank()))
                .distinct()
                .sorted()
                .toList();
        if (axes.isEmpty()) {
            axes = nothingIfEmpty
                    ? List.of()
                    : IntStream.range(0, shape.rank()).boxed().toList();
        }
        int reduced = reduced(n, n.type, x, axes);
        return new Value.Computed(keep ? reduced : n.emitReshape(reduced, without(shape, axes)));
    }

    private static Shape without(Shape shape, List<Integer> axes) {
        return new Shape(IntStream.range(0, shape.rank())
                .filter(a -> !axes.contains(a))
                .mapToObj(shape::dim)
                .toList());
    }

    /** The reduction with its axes kept at one element. */
    private static int reduced(NodeContext n, String type, int x, List<Integer> axes) {
        return switch (type) {
            case "ReduceMean" -> pooled(n, x, axes, Kind.MEAN);
            case "ReduceSum" -> sum(n, x, axes);
            case "ReduceMax" -> pooled(n, x, axes, Kind.MAX);
            case "ReduceMin" ->
                ActivationOperators.negated(n, pooled(n, ActivationOperators.negated(n, x), axes, Kind.MAX));
            case "ReduceL1" -> pooled(n, x, axes, Kind.L1);
            case "ReduceL2" -> pooled(n, x, axes, Kind.L2);
            case "ReduceSumSquare" -> sum(n, n.emit(new Op.Activation(new Pointwise.Power(2)), x), axes);
            case "ReduceLogSum" -> n.emit(new Op.Activation(new Pointwise.Log()), sum(n, x, axes));
            case "ReduceLogSumExp" -> {
                int max = pooled(n, x, axes, Kind.MAX);
                int shifted = n.emit(new Op.Binary(BinaryFunction.SUB), x, max);
                int exp = n.emit(new Op.Activation(new Pointwise.Exp()), shifted);
                int log = n.emit(new Op.Activation(new Pointwise.Log()), sum(n, exp, axes));
                yield n.emit(new Op.Binary(BinaryFunction.ADD), log, max);
            }
            default -> throw new IllegalStateException(type + " is no reduction");
        };
    }

    private enum Kind {
        MEAN,
        MAX,
        L1,
        L2
    }

    static int mean(NodeContext n, int x, List<Integer> axes) {
        return pooled(n, x, axes, Kind.MEAN);
    }

    private static int sum(NodeContext n, int x, List<Integer> axes) {
        long count = axes.stream().mapToLong(n.shape(x)::dim).reduce(1, (a, b) -> a * b);
        int mean = pooled(n, x, axes, Kind.MEAN);
        return count == 1 ? mean : ActivationOperators.scaled(n, mean, count, 0);
    }

    /** A pool over the whole of these axes: directly if they are the spatial ones, else each run of neighbours as one axis. */
    private static int pooled(NodeContext n, int x, List<Integer> axes, Kind kind) {
        Shape shape = n.shape(x);
        if (shape.volume() == 0) {
            throw Rejection.operands("reduces the empty tensor " + shape);
        }
        var spatial = IntStream.range(2, shape.rank()).boxed().toList();
        if (shape.rank() >= 3 && axes.equals(spatial) && shape.dim(0) == 1) {
            return n.emit(pool(kind, shape.dims().subList(2, shape.rank())), x);
        }
        if (axes.isEmpty()) {
            return kind == Kind.L1 || kind == Kind.L2 ? n.emit(new Op.Activation(new Pointwise.Abs()), x) : x;
        }
        int y = x;
        var dims = new ArrayList<>(shape.dims());
        int last = shape.rank();
        while (last > 0) {
            int end = last;
            while (end > 0 && !axes.contains(end - 1)) {
                end--;
            }
            int begin = end;
            while (begin > 0 && axes.contains(begin - 1)) {
                begin--;
            }
            if (end > begin) {
                Shape now = new Shape(dims);
                int outer = ConstantFolding.product(now, 0, begin);
                int run = ConstantFolding.product(now, begin, end);
                int inner = ConstantFolding.product(now, end, dims.size());
                int flat = n.emitReshape(y, Shape.of(1, outer, run, inner));
                for (int a = begin; a < end; a++) {
                    dims.set(a, 1);
                }
                y = n.emitReshape(n.emit(pool(kind, List.of(run, 1)), flat), new Shape(dims));
            }
            last = begin;
        }
        return y;
    }

    private static Op pool(Kind kind, List<Integer> kernel) {
        var window = Window.of(kernel.stream().mapToInt(i -> i).toArray());
        return switch (kind) {
            case MEAN -> new Op.AveragePool(window, false);
            case MAX -> new Op.MaxPool(window);
            case L1 -> new Op.LpPool(window, 1);
            case L2 -> new Op.LpPool(window, 2);
        };
    }

    /** A value seen as {@code [outer, axis, inner]}, so that the axis is axis 1. */
    private static int alongAxis(NodeContext n, int x, int axis) {
        Shape shape = n.shape(x);
        if (axis == 1 && shape.rank() >= 2) {
            return x;
        }
        var others = new ArrayList<>(shape.dims());
        others.remove(axis);
        if (others.stream().allMatch(d -> d == 1)) {
            return n.emitReshape(x, Shape.of(1, shape.volume()));
        }
        return n.emitReshape(
                x,
                Shape.of(
                        ConstantFolding.product(shape, 0, axis),
                        shape.dim(axis),
                        ConstantFolding.product(shape, axis + 1, shape.rank())));
    }

    /** Before opset 13 an axis stands for all axes from there on, flattened. */
    static Value softmax(NodeContext n, boolean log) {
        n.requireInputs(1, 1);
        int x = n.computed(0);
        Shape shape = n.shape(x);
        int axis = NodeContext.axis(n.attributes.integer("axis", n.opset < 13 ? 1 : -1), shape.rank());
        int flat = n.opset >= 13
                ? alongAxis(n, x, axis)
                : n.emitReshape(
                        x,
                        Shape.of(
                                ConstantFolding.product(shape, 0, axis),
                                ConstantFolding.product(shape, axis, shape.rank())));
        return new Value.Computed(n.emitReshape(n.emit(new Op.Softmax(log), flat), shape));
    }

    /** 1 for the largest value, the first of equals, and 0 for all others; axes as for {@link #softmax}. */
    static Value hardmax(NodeContext n) {
        n.requireInputs(1, 1);
        int x = n.computed(0);
        Shape shape = n.shape(x);
        int axis = NodeContext.axis(n.attributes.integer("axis", n.opset < 13 ? 1 : -1), shape.rank());
        int end = n.opset >= 13 ? axis + 1 : shape.rank();
        int outer = ConstantFolding.product(shape, 0, axis);
        int size = ConstantFolding.product(shape, axis, end);
        int inner = ConstantFolding.product(shape, end, shape.rank());
        int along = n.opset >= 13 ? alongAxis(n, x, axis) : n.emitReshape(x, Shape.of(outer, size));
        int largest = n.emit(new Op.TopK(1, true), along);
        return new Value.Computed(n.emitReshape(oneHot(n, largest, outer, size, inner), shape));
    }

    /** Whole numbers {@code [outer, inner]} as {@code [outer, depth, inner]}. */
    static int oneHot(NodeContext n, int numbers, int outer, int depth, int inner) {
        if (outer == 1) {
            int map = n.op(numbers) instanceof Op.TopK && n.shape(numbers).rank() >= 2
                    ? numbers
                    : n.emitReshape(numbers, Shape.of(1, 1, inner));
            return n.emit(new Op.OneHot(depth), map);
        }
        int flat = n.emitReshape(numbers, Shape.of(1, 1, outer * inner));
        int hot = n.emitReshape(n.emit(new Op.OneHot(depth), flat), Shape.of(depth, outer, inner));
        return n.emitTranspose(hot, List.of(1, 0, 2));
    }

    static Value lpNormalization(NodeContext n) {
        n.requireInputs(1, 1);
        int x = n.computed(0);
        Shape shape = n.shape(x);
        long p = n.attributes.integer("p", 2);
        int axis = NodeContext.axis(n.attributes.integer("axis", -1), shape.rank());
        if (p != 1 && p != 2) {
            throw Rejection.attribute("attribute 'p' is " + p);
        }
        int normal = n.emit(new Op.Normalize(new io.millrace.ir.Normalization.Lp((int) p)), alongAxis(n, x, axis));
        return new Value.Computed(n.emitReshape(normal, shape));
    }

    /** The index of the largest or smallest value: a top-k of one. */
    static Value argMax(NodeContext n, boolean smallest) {
        n.requireInputs(1, 1);
        int x = n.computed(0);
        Shape shape = n.shape(x);
        int axis = NodeContext.axis(n.attributes.integer("axis", 0), shape.rank());
        boolean keep = n.attributes.flag("keepdims", true);
        boolean last = n.opset >= 12 && n.attributes.flag("select_last_index", false);
        int size = shape.dim(axis);
        int y = alongAxis(n, smallest ? ActivationOperators.negated(n, x) : x, axis);
        if (last) {
            y = n.emit(
                    new Op.Gather(
                            1,
                            IntStream.range(0, size)
                                    .map(i -> size - 1 - i)
                                    .boxed()
                                    .toList()),
                    y);
        }
        y = n.emit(new Op.TopK(1, true), y);
        if (last) {
            y = ActivationOperators.scaled(n, y, -1, size - 1);
        }
        var dims = new ArrayList<>(shape.dims());
        if (keep) {
            dims.set(axis, 1);
        } else {
            dims.remove(axis);
        }
        return new Value.Indices(n.emitReshape(y, new Shape(dims)));
    }

    /** Values and indices of the largest or smallest. */
    static List<Value> topK(NodeContext n) {
        int k;
        boolean largest = true;
        if (n.opset < 10) {
            n.requireInputs(1, 1);
            k = (int) Math.clamp(n.attributes.integer("k", 0), 0, Integer.MAX_VALUE);
        } else {
            n.requireInputs(2, 2);
            long[] given = n.integers(1, "k");
            k = given.length == 1 ? (int) Math.clamp(given[0], 0, Integer.MAX_VALUE) : 0;
        }
        int x = n.computed(0);
        Shape shape = n.shape(x);
        int axis = NodeContext.axis(n.attributes.integer("axis", -1), shape.rank());
        if (n.opset >= 11) {
            largest = n.attributes.flag("largest", true);
            n.attributes.flag("sorted", true);
        }
        if (k < 1 || k > shape.dim(axis)) {
            throw Rejection.operands("takes the " + k + " largest of " + shape.dim(axis) + " values");
        }
        int y = alongAxis(n, largest ? x : ActivationOperators.negated(n, x), axis);
        var dims = new ArrayList<>(shape.dims());
        dims.set(axis, k);
        Shape result = new Shape(dims);
        int values = n.emit(new Op.TopK(k, false), y);
        values = n.emitReshape(largest ? values : ActivationOperators.negated(n, values), result);
        int indices = n.emitReshape(n.emit(new Op.TopK(k, true), y), result);
        return List.of(new Value.Computed(values), new Value.Indices(indices));
    }
}
