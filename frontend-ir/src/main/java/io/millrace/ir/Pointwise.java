package io.millrace.ir;

import io.millrace.ir.internal.ErrorFunction;
import java.util.List;

/**
 * A function of one value, applied to every element. The records are those that others cannot express; swish, GELU, Mish and so on
 * are {@linkplain Chain chains} and {@linkplain Combine combinations} of them, made by {@link PointwiseFunctions}.
 */
public sealed interface Pointwise {
    /** {@code max(x, 0)}. */
    record Relu() implements Pointwise {}

    /** {@code x >= 0 ? x : alpha * x}. */
    record LeakyRelu(float alpha) implements Pointwise {}

    /** {@code min(max(x, low), high)}. */
    record Clip(float low, float high) implements Pointwise {}

    record Tanh() implements Pointwise {}

    /** {@code 1 / (1 + exp(-x))}. */
    record Sigmoid() implements Pointwise {}

    /** {@code max(0, min(1, alpha * x + beta))}. */
    record HardSigmoid(float alpha, float beta) implements Pointwise {}

    record Abs() implements Pointwise {}

    /** {@code gain * x + bias}. */
    record Affine(float gain, float bias) implements Pointwise {}

    /** {@code x^exponent}: square, square root, reciprocal and others. */
    record Power(float exponent) implements Pointwise {}

    record Exp() implements Pointwise {}

    /** The natural logarithm. */
    record Log() implements Pointwise {}

    /** {@code 2 / sqrt(pi) * integral from 0 to x of exp(-t^2)}. */
    record Erf() implements Pointwise {}

    /** {@code x >= 0 ? x : alpha * (exp(x) - 1)}. */
    record Elu(float alpha) implements Pointwise {}

    /** {@code log(1 + exp(x))}. */
    record Softplus() implements Pointwise {}

    /** {@code x > threshold ? x : otherwise}. */
    record Threshold(float threshold, float otherwise) implements Pointwise {}

    /** {@code x < -lambda ? x + bias : x > lambda ? x - bias : 0}: hard shrinkage with bias 0, soft with bias lambda. */
    record Shrink(float lambda, float bias) implements Pointwise {}

    /** One function after the other, the first applied first; at least one. */
    record Chain(List<Pointwise> functions) implements Pointwise {
        public Chain {
            functions = List.copyOf(functions);
            if (functions.isEmpty()) {
                throw new IllegalArgumentException("a chain has at least one function");
            }
        }
    }

    /** {@code function(left(x), right(x))}. */
    record Combine(BinaryFunction function, Pointwise left, Pointwise right) implements Pointwise {}

    /** The value of this function in double precision. */
    default double apply(double x) {
        return switch (this) {
            case Relu _ -> Math.max(x, 0);
            case LeakyRelu(float alpha) -> x >= 0 ? x : alpha * x;
            case Clip(float low, float high) -> Math.min(Math.max(x, low), high);
            case Tanh _ -> Math.tanh(x);
            case Sigmoid _ -> 1 / (1 + Math.exp(-x));
            case HardSigmoid(float alpha, float beta) -> Math.max(0, Math.min(1, alpha * x + beta));
            case Abs _ -> Math.abs(x);
            case Affine(float gain, float bias) -> gain * x + bias;
            case Power(float exponent) ->
                exponent == 2 ? x * x : exponent == 0.5f ? Math.sqrt(x) : Math.pow(x, exponent);
            case Exp _ -> Math.exp(x);
            case Log _ -> Math.log(x);
            case Erf _ -> ErrorFunction.erf(x);
            case Elu(float alpha) -> x >= 0 ? x : alpha * Math.expm1(x);
            case Softplus _ -> Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
            case Threshold(float threshold, float otherwise) -> x > threshold ? x : otherwise;
            case Shrink(float lambda, float bias) -> x < -lambda ? x + bias : x > lambda ? x - bias : 0;
            case Chain(var functions) -> {
                double y = x;
                for (Pointwise f : functions) {
                    y = f.apply(y);
                }
                yield y;
            }
            case Combine(BinaryFunction function, Pointwise left, Pointwise right) ->
                function.apply(left.apply(x), right.apply(x));
        };
    }

    /** How many records this function is made of. */
    default int terms() {
        return switch (this) {
            case Chain(var functions) ->
                1 + functions.stream().mapToInt(Pointwise::terms).sum();
            case Combine(var _, Pointwise left, Pointwise right) -> 1 + left.terms() + right.terms();
            case Relu _, LeakyRelu _, Clip _, Tanh _, Sigmoid _, HardSigmoid _, Abs _, Affine _ -> 1;
            case Power _, Exp _, Log _, Erf _, Elu _, Softplus _, Threshold _, Shrink _ -> 1;
        };
    }

    /** This function and then the other, without needless nesting. */
    default Pointwise then(Pointwise next) {
        var functions = new java.util.ArrayList<Pointwise>();
        for (Pointwise f : List.of(this, next)) {
            if (f instanceof Chain(var inner)) {
                functions.addAll(inner);
            } else if (!f.equals(PointwiseFunctions.IDENTITY)) {
                functions.add(f);
            }
        }
        return switch (functions.size()) {
            case 0 -> PointwiseFunctions.IDENTITY;
            case 1 -> functions.getFirst();
            default -> new Chain(functions);
        };
    }
}
