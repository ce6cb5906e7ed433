package io.millrace.ir.text;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.Pointwise;
import java.util.Locale;
import java.util.stream.Collectors;

/** Functions of one value as text, and back from the parse tree. */
final class PointwiseText {
    private PointwiseText() {}

    static String print(Pointwise function) {
        return switch (function) {
            case Pointwise.Relu _ -> "relu";
            case Pointwise.LeakyRelu(float alpha) -> "leakyRelu { alpha " + hex(alpha) + " }";
            case Pointwise.Clip(float low, float high) -> "clip { low " + hex(low) + " high " + hex(high) + " }";
            case Pointwise.Tanh _ -> "tanh";
            case Pointwise.Sigmoid _ -> "sigmoid";
            case Pointwise.HardSigmoid(float alpha, float beta) ->
                "hardSigmoid { alpha " + hex(alpha) + " beta " + hex(beta) + " }";
            case Pointwise.Abs _ -> "abs";
            case Pointwise.Affine(float gain, float bias) -> "affine { gain " + hex(gain) + " bias " + hex(bias) + " }";
            case Pointwise.Power(float exponent) -> "power { exponent " + hex(exponent) + " }";
            case Pointwise.Exp _ -> "exp";
            case Pointwise.Log _ -> "log";
            case Pointwise.Erf _ -> "erf";
            case Pointwise.Elu(float alpha) -> "elu { alpha " + hex(alpha) + " }";
            case Pointwise.Softplus _ -> "softplus";
            case Pointwise.Threshold(float threshold, float otherwise) ->
                "threshold { at " + hex(threshold) + " otherwise " + hex(otherwise) + " }";
            case Pointwise.Shrink(float lambda, float bias) ->
                "shrink { lambda " + hex(lambda) + " bias " + hex(bias) + " }";
            case Pointwise.Chain(var functions) ->
                functions.stream().map(PointwiseText::print).collect(Collectors.joining(" ", "chain { ", " }"));
            case Pointwise.Combine(BinaryFunction combination, Pointwise left, Pointwise right) ->
                "combine { " + GraphPrinter.lowerCase(combination) + " " + print(left) + " " + print(right) + " }";
        };
    }

    private static String hex(float value) {
        return Float.toHexString(value);
    }

    static Pointwise read(GraphGrammarParser.PointwiseContext function) {
        return switch (function) {
            case GraphGrammarParser.ReluContext _ -> new Pointwise.Relu();
            case GraphGrammarParser.LeakyReluContext c -> new Pointwise.LeakyRelu(number(c.number()));
            case GraphGrammarParser.ClipContext c -> new Pointwise.Clip(number(c.number(0)), number(c.number(1)));
            case GraphGrammarParser.TanhContext _ -> new Pointwise.Tanh();
            case GraphGrammarParser.SigmoidContext _ -> new Pointwise.Sigmoid();
            case GraphGrammarParser.HardSigmoidContext c ->
                new Pointwise.HardSigmoid(number(c.number(0)), number(c.number(1)));
            case GraphGrammarParser.AbsContext _ -> new Pointwise.Abs();
            case GraphGrammarParser.AffineContext c -> new Pointwise.Affine(number(c.number(0)), number(c.number(1)));
            case GraphGrammarParser.PowerContext c -> new Pointwise.Power(number(c.number()));
            case GraphGrammarParser.ExpContext _ -> new Pointwise.Exp();
            case GraphGrammarParser.LogContext _ -> new Pointwise.Log();
            case GraphGrammarParser.ErfContext _ -> new Pointwise.Erf();
            case GraphGrammarParser.EluContext c -> new Pointwise.Elu(number(c.number()));
            case GraphGrammarParser.SoftplusContext _ -> new Pointwise.Softplus();
            case GraphGrammarParser.ThresholdContext c ->
                new Pointwise.Threshold(number(c.number(0)), number(c.number(1)));
            case GraphGrammarParser.ShrinkContext c -> new Pointwise.Shrink(number(c.number(0)), number(c.number(1)));
            case GraphGrammarParser.ChainContext c ->
                new Pointwise.Chain(
                        c.pointwise().stream().map(PointwiseText::read).toList());
            case GraphGrammarParser.CombineContext c ->
                new Pointwise.Combine(binary(c.binaryFunction()), read(c.pointwise(0)), read(c.pointwise(1)));
            default ->
                throw new IllegalStateException("the grammar has a function the reader does not know: "
                        + function.getClass().getSimpleName());
        };
    }

    static BinaryFunction binary(GraphGrammarParser.BinaryFunctionContext function) {
        return BinaryFunction.valueOf(function.getText().toUpperCase(Locale.ROOT));
    }

    static float number(GraphGrammarParser.NumberContext n) {
        return Float.parseFloat(n.getText());
    }
}
