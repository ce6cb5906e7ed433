package io.millrace.ir;

/** A function of one value, applied to every element. */
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
        };
    }
}
