package io.millrace.cli.internal;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.Normalization;
import io.millrace.ir.Op;
import io.millrace.ir.PadMode;
import io.millrace.ir.Pointwise;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Operations in a few words. */
public final class OpText {
    private OpText() {}

    /** Such as {@code conv 5x5 pad 2}. */
    public static String describe(Op op) {
        return switch (op) {
            case Op.Input _ -> "input";
            case Op.Conv conv ->
                "conv " + window(conv.window()) + (conv.groups() == 1 ? "" : " groups " + conv.groups());
            case Op.MaxPool(Window window) -> "max pool " + window(window);
            case Op.MaxPoolIndices(Window window, var _) -> "max pool indices " + window(window);
            case Op.MaxUnpool(Window window, var _) -> "max unpool " + window(window);
            case Op.AveragePool(Window window, boolean countsPad) ->
                "average pool " + window(window) + (countsPad || !padded(window) ? "" : " not counted");
            case Op.Dense _ -> "dense";
            case Op.ChannelAffine _ -> "channel gain and bias";
            case Op.Activation(Pointwise function) -> function(function);
            case Op.Constant(Tensor value) -> "constant " + value.shape();
            case Op.ConvTranspose conv ->
                "transposed conv " + window(conv.window()) + (conv.groups() == 1 ? "" : " groups " + conv.groups());
            case Op.LpPool(Window window, int p) -> "L" + p + " pool " + window(window);
            case Op.PRelu _ -> "leaky relu a channel";
            case Op.Binary(BinaryFunction function) -> function.name().toLowerCase(Locale.ROOT);
            case Op.Concat(int axis) -> axis == 1 ? "concat" : "concat on axis " + axis;
            case Op.Slice(var _, var _, var size) -> "slice " + sizes(size);
            case Op.Pad(PadMode mode, var _, var begin, var end) ->
                "pad " + mode.name().toLowerCase(Locale.ROOT) + " " + sizes(begin) + ".." + sizes(end);
            case Op.Transpose(var order) -> "transpose " + order;
            case Op.Gather(int axis, var indices) -> "gather " + indices.size() + " on axis " + axis;
            case Op.Resize(var axes) ->
                "resize to " + sizes(axes.stream().map(a -> a.source().size()).toList());
            case Op.DepthToSpace(int block) -> "depth to space " + block;
            case Op.SpaceToDepth(int block) -> "space to depth " + block;
            case Op.LocalConv conv -> "locally connected " + window(conv.window());
            case Op.Rearrange(var shape, var _) -> "rearrange to " + sizes(shape.dims());
            case Op.OneHot(int depth) -> "one-hot of " + depth;
            case Op.Lookup(Tensor table) -> "lookup in " + table.shape();
            case Op.Normalize(Normalization kind) -> normalization(kind);
            case Op.TopK(int k, boolean indices) -> (indices ? "indices of the " : "the ") + k + " largest";
            case Op.Reshape _ -> "reshape";
            case Op.Softmax(boolean log) -> log ? "log softmax" : "softmax";
            case Op.FakeQuantize _ -> "quantize and dequantize";
        };
    }

    private static String normalization(Normalization kind) {
        return switch (kind) {
            case Normalization.MeanVariance(int groups, var _) -> "mean and variance normalization, groups " + groups;
            case Normalization.Lp(int p) -> "L" + p + " normalization";
            case Normalization.LocalResponse(int size, var _, var _, var _) -> "local response normalization " + size;
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
            case Pointwise.Affine(float gain, float bias) -> "gain " + gain + " bias " + bias;
            case Pointwise.Power(float exponent) -> "power " + exponent;
            case Pointwise.Exp _ -> "exp";
            case Pointwise.Log _ -> "log";
            case Pointwise.Erf _ -> "erf";
            case Pointwise.Elu(float alpha) -> "elu " + alpha;
            case Pointwise.Softplus _ -> "softplus";
            case Pointwise.Threshold(float threshold, var _) -> "threshold " + threshold;
            case Pointwise.Shrink(float lambda, var _) -> "shrink " + lambda;
            case Pointwise.Chain(var functions) ->
                functions.stream().map(OpText::function).collect(Collectors.joining(", "));
            case Pointwise.Combine(BinaryFunction combination, Pointwise left, Pointwise right) ->
                combination.name().toLowerCase(Locale.ROOT) + "(" + function(left) + "; " + function(right) + ")";
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

    /** A fraction as per cent with two decimals, whatever the locale. */
    public static String percent(double fraction) {
        return String.format(Locale.ROOT, "%.2f %%", 100 * fraction);
    }
}
