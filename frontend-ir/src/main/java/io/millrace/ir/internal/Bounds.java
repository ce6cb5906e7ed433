package io.millrace.ir.internal;

import io.millrace.ir.Op;
import io.millrace.ir.Pointwise;

/** Bounds on what operations return, where every result counts as finite. */
public final class Bounds {
    private Bounds() {}

    /** A bound below which no result of the operation lies. */
    public static double lowest(Op op) {
        return op instanceof Op.Activation(Pointwise f) ? Math.max(lowest(f), -Float.MAX_VALUE) : -Float.MAX_VALUE;
    }

    /** A bound above which no result of the operation lies. */
    public static double highest(Op op) {
        return op instanceof Op.Activation(Pointwise f) ? Math.min(highest(f), Float.MAX_VALUE) : Float.MAX_VALUE;
    }

    private static double lowest(Pointwise function) {
        return switch (function) {
            case Pointwise.Relu _, Pointwise.Sigmoid _, Pointwise.HardSigmoid _, Pointwise.Abs _ -> 0;
            case Pointwise.Exp _, Pointwise.Softplus _ -> 0;
            case Pointwise.Power(float exponent) -> exponent % 2 == 0 || exponent == 0.5f ? 0 : -Float.MAX_VALUE;
            case Pointwise.Clip(float low, var _) -> low;
            case Pointwise.Tanh _, Pointwise.Erf _ -> -1;
            case Pointwise.Elu(float alpha) -> alpha >= 0 ? -alpha : -Float.MAX_VALUE;
            case Pointwise.Threshold(float threshold, float otherwise) -> Math.min(threshold, otherwise);
            case Pointwise.Chain(var functions) -> lowest(functions.getLast());
            case Pointwise.LeakyRelu _, Pointwise.Affine _, Pointwise.Log _ -> -Float.MAX_VALUE;
            case Pointwise.Shrink _, Pointwise.Combine _ -> -Float.MAX_VALUE;
        };
    }

    private static double highest(Pointwise function) {
        return switch (function) {
            case Pointwise.Sigmoid _, Pointwise.HardSigmoid _, Pointwise.Tanh _, Pointwise.Erf _ -> 1;
            case Pointwise.Clip(var _, float high) -> high;
            case Pointwise.Chain(var functions) -> highest(functions.getLast());
            case Pointwise.Relu _, Pointwise.LeakyRelu _, Pointwise.Abs _, Pointwise.Affine _ -> Float.MAX_VALUE;
            case Pointwise.Power _, Pointwise.Exp _, Pointwise.Log _, Pointwise.Elu _ -> Float.MAX_VALUE;
            case Pointwise.Softplus _, Pointwise.Threshold _, Pointwise.Shrink _ -> Float.MAX_VALUE;
            case Pointwise.Combine _ -> Float.MAX_VALUE;
        };
    }
}
