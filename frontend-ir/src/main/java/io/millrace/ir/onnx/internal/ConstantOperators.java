package io.millrace.ir.onnx.internal;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.Op;
import io.millrace.ir.Pointwise;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Operators that exporters write around shapes and that are taken on constants only. */
final class ConstantOperators {
    private ConstantOperators() {}

    private static final String REMEDY = "keep it to shapes and constants, or cut the graph before it";

    /** The result of such an operator; empty if it is none. */
    static Optional<Value> importNode(NodeContext n) {
        boolean integers = n.inputCount() > 0
                && IntStream.range(0, n.inputCount())
                        .allMatch(i -> n.optional(i).orElse(null) instanceof Value.Constant(Literal.Ints _));
        if (integers && List.of("Neg", "Abs", "Max", "Min").contains(n.type)) {
            return Optional.of(ofIntegers(n));
        }
        Optional<Value> threshold = threshold(n);
        if (threshold.isPresent()) {
            return threshold;
        }
        return switch (n.type) {
            case "Range" -> Optional.of(range(n));
            case "Where" -> Optional.of(where(n));
            case "Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual", "And", "Or", "Mod" ->
                Optional.of(comparison(n));
            case "Not", "Floor", "Ceil", "Round", "Sign" -> Optional.of(unary(n));
            case "ReduceProd" -> Optional.of(product(n));
            case "NonZero" -> Optional.of(nonZero(n));
            default -> Optional.empty();
        };
    }

    /** A comparison of a computed value with one number, and the choice between the same value and a number by it: how exporters write thresholds. */
    private static Optional<Value> threshold(NodeContext n) {
        if (n.type.equals("Greater") && n.inputCount() == 2 && n.input(0) instanceof Value.Computed(int x)) {
            return number(n, 1).map(t -> new Value.Above(x, t));
        }
        boolean chooses = n.type.equals("Where")
                && n.inputCount() == 3
                && n.input(0) instanceof Value.Above(int compared, var _)
                && n.input(1) instanceof Value.Computed(int chosen)
                && compared == chosen;
        if (!chooses || !(n.input(0) instanceof Value.Above(int x, float threshold))) {
            return Optional.empty();
        }
        return number(n, 2)
                .map(otherwise -> new Value.Computed(
                        n.emit(new Op.Activation(new Pointwise.Threshold(threshold, otherwise)), x)));
    }

    /** A constant of one element. */
    private static Optional<Float> number(NodeContext n, int index) {
        return n.input(index) instanceof Value.Constant(Literal.Floats(Tensor t)) && t.size() == 1
                ? Optional.of(t.get(0))
                : Optional.empty();
    }

    private static Literal known(NodeContext n, int index) {
        if (n.input(index) instanceof Value.Constant(Literal literal)) {
            return literal;
        }
        throw Rejection.unsupported("operand " + (index + 1) + " is computed by the model", REMEDY);
    }

    private static double at(Literal literal, int i) {
        return switch (literal) {
            case Literal.Floats(Tensor t) -> t.get(i);
            case Literal.Ints(var _, var _, long[] values) -> values[i];
        };
    }

    private static Value range(NodeContext n) {
        n.requireInputs(3, 3);
        Literal start = known(n, 0);
        Literal limit = known(n, 1);
        Literal step = known(n, 2);
        for (Literal l : List.of(start, limit, step)) {
            if (l.shape().volume() != 1 || l.type() != start.type()) {
                throw Rejection.operands("Range of " + start.shape() + ", " + limit.shape() + ", " + step.shape());
            }
        }
        double count = Math.ceil((at(limit, 0) - at(start, 0)) / at(step, 0));
        if (at(step, 0) == 0 || Double.isNaN(count)) {
            throw Rejection.operands("a Range of step " + at(step, 0));
        }
        Shape shape = n.folding.spend(Tensors.shape(
                List.of((long) Math.clamp(count, 0, (double) Integer.MAX_VALUE)), "the result"));
        if (start instanceof Literal.Ints(DataType type, var _, long[] first)
                && step instanceof Literal.Ints(var _, var _, long[] by)) {
            long[] out = new long[shape.volume()];
            Arrays.setAll(out, i -> first[0] + i * by[0]);
            return new Value.Constant(new Literal.Ints(type, shape, out));
        }
        float[] out = new float[shape.volume()];
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) (at(start, 0) + i * at(step, 0));
        }
        return new Value.Constant(new Literal.Floats(Tensor.wrap(shape, out)));
    }

    private static Value ofIntegers(NodeContext n) {
        Literal result = known(n, 0);
        if (n.type.equals("Neg") || n.type.equals("Abs")) {
            n.requireInputs(1, 1);
            Literal zero = new Literal.Ints(result.type(), Shape.of(), new long[1]);
            Literal negative = n.folding.arithmetic(BinaryFunction.SUB, zero, result);
            return new Value.Constant(
                    n.type.equals("Neg") ? negative : n.folding.arithmetic(BinaryFunction.MAX, result, negative));
        }
        for (int i = 1; i < n.inputCount(); i++) {
            var function = n.type.equals("Max") ? BinaryFunction.MAX : BinaryFunction.MIN;
            result = n.folding.arithmetic(function, result, known(n, i));
        }
        return new Value.Constant(result);
    }

    private static Value where(NodeContext n) {
        n.requireInputs(3, 3);
        Literal condition = known(n, 0);
        Literal yes = known(n, 1);
        Literal no = known(n, 2);
        if (yes.type() != no.type()) {
            throw Rejection.operands("chooses between " + yes.type() + " and " + no.type());
        }
        Shape shape = n.folding.spend(
                ConstantFolding.broadcast(ConstantFolding.broadcast(condition.shape(), yes.shape()), no.shape()));
        int[] c = ConstantFolding.offsets(condition.shape(), shape);
        int[] y = ConstantFolding.offsets(yes.shape(), shape);
        int[] o = ConstantFolding.offsets(no.shape(), shape);
        if (yes instanceof Literal.Ints(DataType type, var _, long[] first)
                && no instanceof Literal.Ints(var _, var _, long[] second)) {
            long[] out = new long[shape.volume()];
            Arrays.setAll(out, i -> at(condition, c[i]) != 0 ? first[y[i]] : second[o[i]]);
            return new Value.Constant(new Literal.Ints(type, shape, out));
        }
        float[] out = new float[shape.volume()];
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) (at(condition, c[i]) != 0 ? at(yes, y[i]) : at(no, o[i]));
        }
        return new Value.Constant(new Literal.Floats(Tensor.wrap(shape, out)));
    }

    private static Value comparison(NodeContext n) {
        n.requireInputs(2, 2);
        boolean fraction = n.type.equals("Mod") && n.attributes.flag("fmod", false);
        Literal a = known(n, 0);
        Literal b = known(n, 1);
        if (a.type() != b.type() || n.type.equals("Mod") && (!ConstantFolding.isWide(a.type()) || fraction)) {
            throw Rejection.unsupported(n.type + " of " + a.type() + " and " + b.type(), REMEDY);
        }
        Shape shape = n.folding.spend(ConstantFolding.broadcast(a.shape(), b.shape()));
        int[] p = ConstantFolding.offsets(a.shape(), shape);
        int[] q = ConstantFolding.offsets(b.shape(), shape);
        long[] out = new long[shape.volume()];
        for (int i = 0; i < out.length; i++) {
            out[i] = n.type.equals("Mod") ? remainder(a, p[i], b, q[i]) : holds(n.type, a, p[i], b, q[i]) ? 1 : 0;
        }
        return new Value.Constant(new Literal.Ints(n.type.equals("Mod") ? a.type() : DataType.BOOL, shape, out));
    }

    private static long remainder(Literal a, int i, Literal b, int j) {
        if (a instanceof Literal.Ints(var _, var _, long[] x)
                && b instanceof Literal.Ints(var _, var _, long[] y)
                && y[j] != 0) {
            return Math.floorMod(x[i], y[j]);
        }
        throw Rejection.operands("divides by zero");
    }

    private static boolean holds(String type, Literal a, int i, Literal b, int j) {
        int order =
                a instanceof Literal.Ints(var _, var _, long[] x) && b instanceof Literal.Ints(var _, var _, long[] y)
                        ? Long.compare(x[i], y[j])
                        : Double.compare(at(a, i), at(b, j));
        return switch (type) {
            case "Equal" -> order == 0;
            case "Greater" -> order > 0;
            case "Less" -> order < 0;
            case "GreaterOrEqual" -> order >= 0;
            case "LessOrEqual" -> order <= 0;
            case "And" -> at(a, i) != 0 && at(b, j) != 0;
            default -> at(a, i) != 0 || at(b, j) != 0;
        };
    }

    private static Value unary(NodeContext n) {
        n.requireInputs(1, 1);
        Literal x = known(n, 0);
        n.folding.spend(x.shape());
        if (x instanceof Literal.Ints(DataType type, Shape shape, long[] values)) {
            long[] out = values.clone();
            for (int i = 0; i < out.length; i++) {
                out[i] = n.type.equals("Not") ? 1 - out[i] : n.type.equals("Sign") ? Long.signum(out[i]) : out[i];
            }
            return new Value.Constant(new Literal.Ints(type, shape, out));
        }
        float[] out = new float[x.shape().volume()];
        for (int i = 0; i < out.length; i++) {
            double v = at(x, i);
            out[i] = (float)
                    switch (n.type) {
                        case "Floor" -> Math.floor(v);
                        case "Ceil" -> Math.ceil(v);
                        case "Round" -> Math.rint(v);
                        default -> Math.signum(v);
                    };
        }
        return new Value.Constant(new Literal.Floats(Tensor.wrap(x.shape(), out)));
    }

    private static Value product(NodeContext n) {
        n.requireInputs(1, n.opset >= 18 ? 2 : 1);
        Literal x = known(n, 0);
        boolean keep = n.attributes.flag("keepdims", true);
        List<Long> axes = n.opset >= 18
                ? n.optionalIntegers(1, "axes").map(MoveOperators::boxed).orElse(List.of())
                : n.attributes.integers("axes").orElse(List.of());
        if (n.opset >= 18) {
            n.attributes.flag("noop_with_empty_axes", false);
        }
        if (!(x instanceof Literal.Ints(DataType type, Shape shape, long[] values))
                || shape.rank() != 1
                || axes.size() > 1) {
            throw Rejection.unsupported("a product over axes " + axes + " of " + x.shape(), REMEDY);
        }
        try {
            long product = Arrays.stream(values).reduce(1, Math::multiplyExact);
            return new Value.Constant(new Literal.Ints(type, keep ? Shape.of(1) : Shape.of(), new long[] {product}));
        } catch (ArithmeticException _) {
            throw Rejection.operands("the product of " + Arrays.toString(values) + " overflows");
        }
    }

    private static Value nonZero(NodeContext n) {
        n.requireInputs(1, 1);
        Literal x = known(n, 0);
        var found = IntStream.range(0, x.shape().volume())
                .filter(i -> at(x, i) != 0)
                .toArray();
        int rank = x.shape().rank();
        var dims = new ArrayList<>(List.of((long) rank, (long) found.length));
        Shape shape = n.folding.spend(Tensors.shape(dims, "the result"));
        long[] out = new long[shape.volume()];
        for (int i = 0; i < found.length; i++) {
            int rest = found[i];
            for (int a = rank - 1; a >= 0; a--) {
                out[a * found.length + i] = rest % x.shape().dim(a);
                rest /= x.shape().dim(a);
            }
        }
        return new Value.Constant(new Literal.Ints(DataType.INT64, shape, out));
    }
}
