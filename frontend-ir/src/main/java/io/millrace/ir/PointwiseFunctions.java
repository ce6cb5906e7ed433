package io.millrace.ir;

import io.millrace.ir.Pointwise.Affine;
import io.millrace.ir.Pointwise.Combine;
import io.millrace.ir.Pointwise.Elu;
import io.millrace.ir.Pointwise.Power;

/** Well-known activation functions as chains and combinations of the records of {@link Pointwise}. */
public final class PointwiseFunctions {
    public static final Pointwise IDENTITY = new Affine(1, 0);

    private PointwiseFunctions() {}

    /** {@code x * sigmoid(x)}. */
    public static Pointwise swish() {
        return new Combine(BinaryFunction.MUL, IDENTITY, new Pointwise.Sigmoid());
    }

    /** {@code x * max(0, min(1, x / 6 + 0.5))}. */
    public static Pointwise hardSwish() {
        return new Combine(BinaryFunction.MUL, IDENTITY, new Pointwise.HardSigmoid(1f / 6, 0.5f));
    }

    /** {@code x * tanh(log(1 + exp(x)))}. */
    public static Pointwise mish() {
        return new Combine(BinaryFunction.MUL, IDENTITY, new Pointwise.Softplus().then(new Pointwise.Tanh()));
    }

    /** {@code x / (1 + |x|)}. */
    public static Pointwise softsign() {
        return new Combine(BinaryFunction.DIV, IDENTITY, new Pointwise.Abs().then(new Affine(1, 1)));
    }

    /** {@code gamma * elu(x)}. */
    public static Pointwise selu(float alpha, float gamma) {
        return new Elu(alpha).then(new Affine(gamma, 0));
    }

    /** {@code max(x, 0) + min(alpha * (exp(x / alpha) - 1), 0)}; {@code alpha} not 0. */
    public static Pointwise celu(float alpha) {
        if (alpha < 0) {
            var below = new Affine(1 / alpha, 0)
                    .then(new Pointwise.Exp())
                    .then(new Affine(alpha, -alpha))
                    .then(new Pointwise.Clip(-Float.MAX_VALUE, 0));
            return new Combine(BinaryFunction.ADD, new Pointwise.Relu(), below);
        }
        return alpha == 1
                ? new Elu(1)
                : new Affine(1 / alpha, 0).then(new Elu(1)).then(new Affine(alpha, 0));
    }

    /** {@code x / 2 * (1 + erf(x / sqrt(2)))}. */
    public static Pointwise gelu() {
        return new Combine(
                BinaryFunction.MUL,
                new Affine(0.5f, 0),
                new Affine((float) Math.sqrt(0.5), 0).then(new Pointwise.Erf()).then(new Affine(1, 1)));
    }

    /** {@code x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))}. */
    public static Pointwise geluByTanh() {
        var cubic = new Combine(BinaryFunction.ADD, IDENTITY, new Power(3).then(new Affine(0.044715f, 0)));
        return new Combine(
                BinaryFunction.MUL,
                new Affine(0.5f, 0),
                cubic.then(new Affine((float) Math.sqrt(2 / Math.PI), 0))
                        .then(new Pointwise.Tanh())
                        .then(new Affine(1, 1)));
    }
}
