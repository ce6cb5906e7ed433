package io.millrace.ir.onnx.internal;

import io.millrace.ir.Op;
import io.millrace.ir.Pointwise;
import io.millrace.ir.PointwiseFunctions;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import java.util.Optional;

/** Operators that apply a function to each element. */
final class ActivationOperators {
    private ActivationOperators() {}

    /** The function of an operator with one operand, its attributes read; empty if the operator is none. */
    static Optional<Pointwise> function(NodeContext n) {
        Pointwise function = switch (n.type) {
            case "Relu" -> new Pointwise.Relu();
            case "Tanh" -> new Pointwise.Tanh();
            case "Sigmoid" -> new Pointwise.Sigmoid();
            case "Abs" -> new Pointwise.Abs();
            case "Exp" -> new Pointwise.Exp();
            case "Log" -> new Pointwise.Log();
            case "Erf" -> new Pointwise.Erf();
            case "Sqrt" -> new Pointwise.Power(0.5f);
            case "Reciprocal" -> new Pointwise.Power(-1);
            case "Softplus" -> new Pointwise.Softplus();
            case "Softsign" -> PointwiseFunctions.softsign();
            case "HardSwish" -> PointwiseFunctions.hardSwish();
            case "Mish" -> PointwiseFunctions.mish();
            case "LeakyRelu" -> new Pointwise.LeakyRelu(real(n, "alpha", 0.01f));
            case "Elu" -> new Pointwise.Elu(real(n, "alpha", 1));
            case "Selu" -> PointwiseFunctions.selu(real(n, "alpha", 1.6732632f), real(n, "gamma", 1.050701f));
            case "Celu" -> celu(real(n, "alpha", 1));
            case "ThresholdedRelu" -> new Pointwise.Threshold(real(n, "alpha", 1), 0);
            case "Shrink" -> new Pointwise.Shrink(real(n, "lambd", 0.5f), real(n, "bias", 0));
            case "HardSigmoid" -> new Pointwise.HardSigmoid(real(n, "alpha", 0.2f), real(n, "beta", 0.5f));
            case "Swish" -> swish(real(n, "alpha", 1));
            case "Gelu" -> gelu(n.attributes.text("approximate", "none"));
            default -> null;
        };
        return Optional.ofNullable(function);
    }

    private static Pointwise celu(float alpha) {
        if (alpha == 0) {
            throw Rejection.attribute("attribute 'alpha' is 0");
        }
        return PointwiseFunctions.celu(alpha);
    }

    /** {@code x * sigmoid(alpha * x)}. */
    private static Pointwise swish(float alpha) {
        return alpha == 1
                ? PointwiseFunctions.swish()
                : new Pointwise.Combine(
                        io.millrace.ir.BinaryFunction.MUL,
                        PointwiseFunctions.IDENTITY,
                        new Pointwise.Affine(alpha, 0).then(new Pointwise.Sigmoid()));
    }

    private static Pointwise gelu(String approximation) {
        return switch (approximation) {
            case "none" -> PointwiseFunctions.gelu();
            case "tanh" -> PointwiseFunctions.geluByTanh();
            default -> throw Rejection.attribute("attribute 'approximate' is '" + approximation + "'");
        };
    }

    private static float real(NodeContext n, String name, float otherwise) {
        return finite(name, n.attributes.real(name, otherwise));
    }

    static float finite(String name, float value) {
        if (!Float.isFinite(value)) {
            throw Rejection.attribute("attribute '" + name + "' is " + value);
        }
        return value;
    }

    static Value apply(NodeContext n, Pointwise function) {
        n.requireInputs(1, 1);
        return new Value.Computed(n.emit(new Op.Activation(function), n.computed(0)));
    }

    static Value negative(NodeContext n) {
        n.requireInputs(1, 1);
        return new Value.Computed(negated(n, n.computed(0)));
    }

    static int negated(NodeContext n, int x) {
        return scaled(n, x, -1, 0);
    }

    /** {@code gain * x + bias}, as a per-channel operation where there are channels. */
    static int scaled(NodeContext n, int x, float gain, float bias) {
        if (n.shape(x).rank() < 2) {
            return n.emit(new Op.Activation(new Pointwise.Affine(gain, bias)), x);
        }
        float[] gains = new float[n.shape(x).dim(1)];
        float[] biases = new float[gains.length];
        java.util.Arrays.fill(gains, gain);
        java.util.Arrays.fill(biases, bias);
        Shape channels = Shape.of(gains.length);
        return n.emit(new Op.ChannelAffine(Tensor.wrap(channels, gains), Tensor.wrap(channels, biases)), x);
    }

    static Value clip(NodeContext n) {
        float low = -Float.MAX_VALUE;
        float high = Float.MAX_VALUE;
        if (n.opset < 11) {
            n.requireInputs(1, 1);
            low = n.attributes.real("min", low);
            high = n.attributes.real("max", high);
        } else {
            n.requireInputs(1, 3);
            low = bound(n, 1, "lower bound", low);
            high = bound(n, 2, "upper bound", high);
        }
        if (Float.isNaN(low) || Float.isNaN(high) || low > high) {
            throw Rejection.attribute("clips from " + low + " to " + high);
        }
        return new Value.Computed(n.emit(new Op.Activation(new Pointwise.Clip(low, high)), n.computed(0)));
    }

    private static float bound(NodeContext n, int index, String role, float otherwise) {
        var literal = n.optionalConstant(index, role);
        if (literal.isEmpty()) {
            return otherwise;
        }
        if (literal.get() instanceof Literal.Floats(Tensor t)
                && t.size() == 1
                && t.shape().rank() <= 1) {
            return t.get(0);
        }
        throw Rejection.operands("the " + role + " is of type " + literal.get().type() + " and shape "
                + literal.get().shape() + ", must be one FLOAT");
    }

    /** A power whose exponent is one number. */
    static Value pow(NodeContext given) {
        given.requireInputs(2, 2);
        NodeContext n = given.opset < 7 ? ElementwiseOperators.aligned(given) : given;
        Literal exponent = n.constant(1, "exponent");
        Tensor t = NodeContext.finite(n.folding.cast(exponent, DataType.FLOAT), "exponent");
        ElementwiseOperators.requireOperandShape(n.shape(n.computed(0)), t.shape());
        for (int i = 0; i < t.size(); i++) {
            if (t.get(i) != t.get(0)) {
                throw Rejection.unsupported("Pow with several exponents", "use one exponent for the whole tensor");
            }
        }
        return new Value.Computed(n.emit(new Op.Activation(new Pointwise.Power(t.get(0))), n.computed(0)));
    }
}
