package io.millrace.cli.internal;

import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Pointwise;
import io.millrace.ir.Window;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Operations in a few words, and what they cost. */
public final class OpText {
    private OpText() {}

    /** Such as {@code conv 5x5 pad 2}. */
    public static String describe(Op op) {
        return switch (op) {
            case Op.Input _ -> "input";
            case Op.Conv conv ->
                "conv " + window(conv.window()) + (conv.groups() == 1 ? "" : " groups " + conv.groups());
            case Op.MaxPool(Window window) -> "max pool " + window(window);
            case Op.AveragePool(Window window, boolean countsPad) ->
                "average pool " + window(window) + (countsPad || !padded(window) ? "" : " not counted");
            case Op.Dense _ -> "dense";
            case Op.ChannelAffine _ -> "channel gain and bias";
            case Op.Activation(Pointwise function) -> function(function);
            case Op.Add _ -> "add";
            case Op.Concat _ -> "concat";
            case Op.Reshape _ -> "reshape";
            case Op.Softmax(boolean log) -> log ? "log softmax" : "softmax";
            case Op.FakeQuantize _ -> "quantize and dequantize";
        };
    }

    private static String function(Pointwise function) {
        return switch (function) {
            case Pointwise.Relu _ -> "relu";
            case Pointwise.LeakyRelu(float alpha) -> "leaky relu " + alpha;
            case Pointwise.Clip(float low, float high) -> "clip " + low + " to " + high;
            case Pointwise.Tanh _ -> "tanh";
            case Pointwise.Sigmoid _ -> "sigmoid";
            case Pointwise.HardSigmoid _ -> "hard sigmoid";
            case Pointwise.Abs _ -> "absolute value";
        };
    }

    private static String window(Window window) {
        var text = new StringBuilder(sizes(window.kernel()));
        append(text, " stride ", window.stride(), 1);
        append(text, " dilation ", window.dilation(), 1);
        if (window.padBegin().equals(window.padEnd())) {
            append(text, " pad ", window.padBegin(), 0);
        } else {
            text.append(" pad ").append(sizes(window.padBegin())).append("..").append(sizes(window.padEnd()));
        }
        return text.toString();
    }

    private static boolean padded(Window window) {
        return Stream.concat(window.padBegin().stream(), window.padEnd().stream())
                .anyMatch(size -> size > 0);
    }

    private static void append(StringBuilder text, String name, List<Integer> sizes, int usual) {
        if (!sizes.stream().allMatch(size -> size == usual)) {
            boolean alike = sizes.stream().distinct().count() == 1;
            text.append(name).append(alike ? sizes.getFirst().toString() : sizes(sizes));
        }
    }

    private static String sizes(List<Integer> sizes) {
        return sizes.stream().map(String::valueOf).collect(Collectors.joining("x"));
    }

    /** Multiply-accumulates of one frame, padded taps included; 0 for what has no weights. */
    public static long macs(Node node) {
        return switch (node.op()) {
            case Op.Conv conv ->
                (long) node.shape().volume()
                        * conv.weights().size()
                        / conv.weights().shape().dim(0);
            case Op.Dense dense -> dense.weights().size();
            case Op.Input _,
                    Op.MaxPool _,
                    Op.AveragePool _,
                    Op.ChannelAffine _,
                    Op.Activation _,
                    Op.Add _,
                    Op.Concat _,
                    Op.Reshape _,
                    Op.Softmax _,
                    Op.FakeQuantize _ -> 0;
        };
    }

    /** Weights and biases. */
    public static long parameters(Node node) {
        return switch (node.op()) {
            case Op.Conv conv -> (long) conv.weights().size() + conv.bias().size();
            case Op.Dense dense -> (long) dense.weights().size() + dense.bias().size();
            case Op.ChannelAffine affine ->
                (long) affine.gain().size() + affine.bias().size();
            case Op.Input _,
                    Op.MaxPool _,
                    Op.AveragePool _,
                    Op.Activation _,
                    Op.Add _,
                    Op.Concat _,
                    Op.Reshape _,
                    Op.Softmax _,
                    Op.FakeQuantize _ -> 0;
        };
    }

    /** A fraction as per cent with two decimals, whatever the locale. */
    public static String percent(double fraction) {
        return String.format(Locale.ROOT, "%.2f %%", 100 * fraction);
    }
}
