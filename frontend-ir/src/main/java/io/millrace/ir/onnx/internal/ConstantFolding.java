package io.millrace.ir.onnx.internal;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.ImportCode;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Operators on constants, with a budget on what they may produce in all. */
final class ConstantFolding {
    private final long maxElements;
    private long elements;

    ConstantFolding(long maxElements) {
        this.maxElements = maxElements;
    }

    /** Arithmetic with the broadcasting of NumPy. */
    Literal arithmetic(BinaryFunction op, Literal a, Literal b) {
        if (a.type() != b.type()) {
            throw Rejection.operands("operands of types " + a.type() + " and " + b.type() + " do not mix");
        }
        Shape shape = spend(broadcast(a.shape(), b.shape()));
        int[] fromA = offsets(a.shape(), shape);
        int[] fromB = offsets(b.shape(), shape);
        if (a instanceof Literal.Floats(Tensor x) && b instanceof Literal.Floats(Tensor y)) {
            float[] out = new float[shape.volume()];
            for (int i = 0; i < out.length; i++) {
                out[i] = op.apply(x.get(fromA[i]), y.get(fromB[i]));
            }
            return new Literal.Floats(Tensor.wrap(shape, out));
        }
        if (a instanceof Literal.Ints x && b instanceof Literal.Ints y && isWide(a.type())) {
            long[] out = new long[shape.volume()];
            for (int i = 0; i < out.length; i++) {
                out[i] = arithmetic(op, x.values()[fromA[i]], y.values()[fromB[i]], a.type());
            }
            return new Literal.Ints(a.type(), shape, out);
        }
        throw Rejection.unsupported(
                "arithmetic on constants of type " + a.type(), "export the model with constant folding");
    }

    static boolean isWide(DataType type) {
        return type == DataType.INT64 || type == DataType.INT32;
    }

    private static long arithmetic(BinaryFunction op, long p, long q, DataType type) {
        try {
            long r = switch (op) {
                case ADD -> Math.addExact(p, q);
                case SUB -> Math.subtractExact(p, q);
                case MUL -> Math.multiplyExact(p, q);
                case DIV -> Math.divideExact(p, q);
                case MAX -> Math.max(p, q);
                case MIN -> Math.min(p, q);
            };
            if (r >= type.low() && r <= type.high()) {
                return r;
            }
        } catch (ArithmeticException _) {
            // refused below
        }
        throw Rejection.operands("integer arithmetic on constants overflows: " + p + " " + op + " " + q);
    }

    static Shape broadcast(Shape a, Shape b) {
        int rank = Math.max(a.rank(), b.rank());
        var dims = new ArrayList<Long>();
        for (int i = 0; i < rank; i++) {
            int p = i < rank - a.rank() ? 1 : a.dim(i - rank + a.rank());
            int q = i < rank - b.rank() ? 1 : b.dim(i - rank + b.rank());
            if (p != q && p != 1 && q != 1) {
                throw Rejection.operands("shapes " + a + " and " + b + " do not broadcast");
            }
            dims.add((long) (p == 1 ? q : p));
        }
        return Tensors.shape(dims, "the result");
    }

    /** For each element of the result, the element of the operand it comes from. */
    static int[] offsets(Shape operand, Shape result) {
        int[] out = new int[result.volume()];
        int shift = result.rank() - operand.rank();
        for (int i = 0; i < out.length; i++) {
            int rest = i;
            int offset = 0;
            int scale = 1;
            for (int a = result.rank() - 1; a >= shift; a--) {
                int at = rest % result.dim(a);
                rest /= result.dim(a);
                int size = operand.dim(a - shift);
                offset += size == 1 ? 0 : at * scale;
                scale *= size;
            }
            out[i] = offset;
        }
        return out;
    }

    /** The elements at these positions, in this order. */
    static Literal pick(Literal from, Shape shape, int[] positions) {
        return switch (from) {
            case Literal.Floats(Tensor t) -> {
                float[] out = new float[positions.length];
                for (int i = 0; i < out.length; i++) {
                    out[i] = t.get(positions[i]);
                }
                yield new Literal.Floats(Tensor.wrap(shape, out));
            }
            case Literal.Ints(DataType type, var _, long[] values) -> {
                long[] out = new long[positions.length];
                for (int i = 0; i < out.length; i++) {
                    out[i] = values[positions[i]];
                }
                yield new Literal.Ints(type, shape, out);
            }
        };
    }

    Literal gather(Literal data, Literal indices, int axis) {
        if (!(indices instanceof Literal.Ints ints) || !isWide(ints.type())) {
            throw Rejection.operands("indices are of type " + indices.type() + ", must be integers");
        }
        var dims = new ArrayList<Integer>(data.shape().dims().subList(0, axis));
        dims.addAll(indices.shape().dims());
        dims.addAll(data.shape().dims().subList(axis + 1, data.shape().rank()));
        Shape shape = spend(Tensors.shape(dims.stream().map(Integer::longValue).toList(), "the result of Gather"));
        int size = data.shape().dim(axis);
        int inner = product(data.shape(), axis + 1, data.shape().rank());
        int outer = product(data.shape(), 0, axis);
        int[] positions = new int[shape.volume()];
        int at = 0;
        for (int o = 0; o < outer; o++) {
            for (long index : ints.values()) {
                if (index < -size || index >= size) {
                    throw Rejection.operands("index " + index + " is outside an axis of " + size);
                }
                int i = (int) (index < 0 ? index + size : index);
                for (int n = 0; n < inner; n++) {
                    positions[at++] = (o * size + i) * inner + n;
                }
            }
        }
        return pick(data, shape, positions);
    }

    Literal concat(List<Literal> parts, int axis) {
        Literal first = parts.getFirst();
        long along = 0;
        for (Literal p : parts) {
            boolean fits = p.type() == first.type()
                    && p.shape().rank() == first.shape().rank();
            for (int a = 0; fits && a < p.shape().rank(); a++) {
                fits = a == axis || p.shape().dim(a) == first.shape().dim(a);
            }
            if (!fits) {
                throw Rejection.operands("constants of " + first.type() + " " + first.shape() + " and " + p.type() + " "
                        + p.shape() + " do not concatenate on axis " + axis);
            }
            along += p.shape().dim(axis);
        }
        var dims = new ArrayList<>(
                first.shape().dims().stream().map(Integer::longValue).toList());
        dims.set(axis, along);
        Shape shape = spend(Tensors.shape(dims, "the result of Concat"));
        int outer = product(first.shape(), 0, axis);
        float[] floats = first instanceof Literal.Floats ? new float[shape.volume()] : new float[0];
        long[] ints = first instanceof Literal.Ints ? new long[shape.volume()] : new long[0];
        int at = 0;
        for (int o = 0; o < outer; o++) {
            for (Literal p : parts) {
                int length = p.shape().volume() / outer;
                for (int i = o * length; i < (o + 1) * length; i++) {
                    switch (p) {
                        case Literal.Floats(Tensor t) -> floats[at++] = t.get(i);
                        case Literal.Ints n -> ints[at++] = n.values()[i];
                    }
                }
            }
        }
        return first instanceof Literal.Floats
                ? new Literal.Floats(Tensor.wrap(shape, floats))
                : new Literal.Ints(first.type(), shape, ints);
    }

    /** A half-open range of one axis with a step, already clamped as ONNX says. */
    record Range(int start, int step, int count) {}

    /** @param ranges one for each axis */
    Literal slice(Literal data, List<Range> ranges) {
        var dims = ranges.stream().map(r -> (long) r.count()).toList();
        Shape shape = spend(Tensors.shape(dims, "the result of Slice"));
        int[] positions = new int[shape.volume()];
        for (int i = 0; i < positions.length; i++) {
            int rest = i;
            int scale = 1;
            for (int a = shape.rank() - 1; a >= 0; a--) {
                Range r = ranges.get(a);
                positions[i] += (r.start() + rest % r.count() * r.step()) * scale;
                rest /= r.count();
                scale *= data.shape().dim(a);
            }
        }
        return pick(data, shape, positions);
    }

    Literal transpose(Literal data, List<Integer> order) {
        Shape from = data.shape();
        Shape shape = spend(new Shape(order.stream().map(from::dim).toList()));
        var scales = new ArrayList<>(Collections.nCopies(from.rank(), 1));
        for (int a = from.rank() - 2; a >= 0; a--) {
            scales.set(a, scales.get(a + 1) * from.dim(a + 1));
        }
        int[] positions = new int[shape.volume()];
        for (int i = 0; i < positions.length; i++) {
            int rest = i;
            for (int a = shape.rank() - 1; a >= 0; a--) {
                positions[i] += rest % shape.dim(a) * scales.get(order.get(a));
                rest /= shape.dim(a);
            }
        }
        return pick(data, shape, positions);
    }

    Literal cast(Literal data, DataType to) {
        spend(data.shape());
        return switch (data) {
            case Literal.Floats f when to == DataType.FLOAT -> f;
            case Literal.Floats(Tensor t) -> {
                long[] out = new long[t.size()];
                for (int i = 0; i < out.length; i++) {
                    float v = t.get(i);
                    out[i] = to == DataType.BOOL ? (v != 0 ? 1 : 0) : (long) v;
                    if (Float.isNaN(v) || out[i] < to.low() || out[i] > to.high() || Math.abs(v) >= 0x1p63f) {
                        throw Rejection.operands("the constant " + v + " does not fit " + to);
                    }
                }
                yield new Literal.Ints(to, t.shape(), out);
            }
            case Literal.Ints n
            when to == DataType.FLOAT -> {
                float[] out = new float[n.values().length];
                for (int i = 0; i < out.length; i++) {
                    out[i] = n.values()[i];
                }
                yield new Literal.Floats(Tensor.wrap(n.shape(), out));
            }
            case Literal.Ints n -> {
                long[] out = new long[n.values().length];
                for (int i = 0; i < out.length; i++) {
                    out[i] = to == DataType.BOOL ? Math.abs(Long.signum(n.values()[i])) : n.values()[i];
                    if (out[i] < to.low() || out[i] > to.high()) {
                        throw Rejection.operands("the constant " + out[i] + " does not fit " + to);
                    }
                }
                yield new Literal.Ints(to, n.shape(), out);
            }
        };
    }

    Literal filled(Literal one, Shape shape) {
        return pick(one, spend(shape), new int[shape.volume()]);
    }

    /** Takes the elements of a result off the budget. */
    Shape spend(Shape shape) {
        elements += shape.volume();
        if (elements > maxElements) {
            throw new Rejection(
                    ImportCode.LIMIT,
                    "folding constants would make more than " + maxElements + " elements",
                    "export the model with constant folding, or raise the limit in ImportOptions");
        }
        return shape;
    }

    static int product(Shape shape, int from, int to) {
        int p = 1;
        for (int a = from; a < to; a++) {
            p *= shape.dim(a);
        }
        return p;
    }
}
