package io.millrace.quantizer.internal;

import io.millrace.ir.Pointwise;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;

/** A chain of pointwise functions as one function, and as one interval where it is nothing but saturation. */
record Clamp(double low, double high) {
    static final Clamp NONE = new Clamp(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);

    /** The chain as one saturation, first function first; empty if it is more than that. */
    static Optional<Clamp> of(List<Pointwise> chain) {
        Clamp clamp = NONE;
        for (Pointwise function : chain) {
            switch (function) {
                case Pointwise.Relu _ -> clamp = clamp.then(0, Double.POSITIVE_INFINITY);
                case Pointwise.Clip(float low, float high) -> clamp = clamp.then(low, high);
                case Pointwise.LeakyRelu _, Pointwise.Tanh _, Pointwise.Sigmoid _, Pointwise.HardSigmoid _ -> {
                    return Optional.empty();
                }
                case Pointwise.Abs _, Pointwise.Affine _, Pointwise.Power _, Pointwise.Exp _, Pointwise.Log _ -> {
                    return Optional.empty();
                }
                case Pointwise.Erf _, Pointwise.Elu _, Pointwise.Softplus _, Pointwise.Threshold _ -> {
                    return Optional.empty();
                }
                case Pointwise.Shrink _, Pointwise.Chain _, Pointwise.Combine _ -> {
                    return Optional.empty();
                }
            }
        }
        return Optional.of(clamp);
    }

    private Clamp then(double nextLow, double nextHigh) {
        return new Clamp(Math.min(Math.max(low, nextLow), nextHigh), Math.min(Math.max(high, nextLow), nextHigh));
    }

    /** The chain as one function of a real number. */
    static DoubleUnaryOperator function(List<Pointwise> chain) {
        return x -> {
            double y = x;
            for (Pointwise function : chain) {
                y = function.apply(y);
            }
            return y;
        };
    }
}
