package io.millrace.ir.onnx.internal;

import io.millrace.ir.Op;
import io.millrace.ir.Sampling;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** Resize and Upsample: every combination of coordinates and rounding becomes a sampling of each axis. */
final class ResizeOperators {
    private static final List<String> COORDINATES =
            List.of("half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners", "tf_half_pixel_for_nn");
    private static final List<String> ROUNDINGS = List.of("round_prefer_floor", "round_prefer_ceil", "floor", "ceil");

    private ResizeOperators() {}

    /** How a result's index is turned into a place in the operand. */
    private record Rule(boolean linear, String coordinates, String rounding) {}

    static Value upsample(NodeContext n) {
        boolean byOperand = n.opset >= 9;
        n.requireInputs(byOperand ? 2 : 1, byOperand ? 2 : 1);
        List<Float> scales = byOperand
                ? values(n.floats(1, "scales"))
                : n.attributes.reals("scales").orElseThrow(() -> Rejection.attribute("attribute 'scales' is missing"));
        boolean linear = isLinear(n);
        return resized(n, n.computed(0), scales, Optional.empty(), new Rule(linear, "asymmetric", "floor"));
    }

    static Value resize(NodeContext n) {
        if (n.opset < 11) {
            n.requireInputs(2, 2);
            var rule = new Rule(isLinear(n), "asymmetric", "floor");
            return resized(n, n.computed(0), values(n.floats(1, "scales")), Optional.empty(), rule);
        }
        n.requireInputs(1, 4);
        int x = n.computed(0);
        boolean linear = isLinear(n);
        String coordinates = n.attributes.text("coordinate_transformation_mode", "half_pixel");
        String rounding = n.attributes.text("nearest_mode", "round_prefer_floor");
        n.attributes.real("cubic_coeff_a", -0.75f);
        n.attributes.integer("exclude_outside", 0);
        n.attributes.real("extrapolation_value", 0);
        if (n.opset >= 18 && n.attributes.flag("antialias", false)) {
            throw Rejection.unsupported("antialias is set", "resize without it, or on the host");
        }
        if (n.opset >= 18
                && !n.attributes.text("keep_aspect_ratio_policy", "stretch").equals("stretch")) {
            throw Rejection.unsupported("keep_aspect_ratio_policy is set", "state the sizes");
        }
        if (!COORDINATES.contains(coordinates)) {
            throw Rejection.unsupported(
                    "coordinate_transformation_mode is '" + coordinates + "'", "use one of " + COORDINATES);
        }
        if (!ROUNDINGS.contains(rounding)) {
            throw Rejection.attribute("attribute 'nearest_mode' is '" + rounding + "'");
        }
        var rule = new Rule(linear, coordinates, rounding);
        var axes = n.opset >= 18 ? n.attributes.integers("axes") : Optional.<List<Long>>empty();
        var scales = n.optionalFloats(2, "scales").map(ResizeOperators::values).filter(v -> !v.isEmpty());
        if (scales.isPresent()) {
            return resized(n, x, onAllAxes(scales.get(), axes, n.shape(x).rank(), 1f), Optional.empty(), rule);
        }
        long[] sizes = n.integers(3, "sizes");
        Shape shape = n.shape(x);
        var all = new ArrayList<Long>();
        shape.dims().forEach(d -> all.add((long) d));
        var given = Arrays.stream(sizes).boxed().toList();
        var wanted = axes.isEmpty() ? given : merged(all, given, axes.get());
        if (wanted.size() != shape.rank()) {
            throw Rejection.operands(wanted.size() + " sizes for an operand " + shape);
        }
        var factors = new ArrayList<Float>();
        for (int a = 0; a < shape.rank(); a++) {
            factors.add((float) wanted.get(a) / shape.dim(a));
        }
        return resized(n, x, factors, Optional.of(wanted), rule);
    }

    private static <T> List<T> onAllAxes(List<T> given, Optional<List<Long>> axes, int rank, T otherwise) {
        return axes.isEmpty()
                ? given
                : merged(new ArrayList<>(Collections.nCopies(rank, otherwise)), given, axes.get());
    }

    private static <T> List<T> merged(List<T> all, List<T> given, List<Long> axes) {
        if (given.size() != axes.size()) {
            throw Rejection.operands(given.size() + " values for the axes " + axes);
        }
        for (int i = 0; i < axes.size(); i++) {
            all.set(NodeContext.axis(axes.get(i), all.size()), given.get(i));
        }
        return all;
    }

    private static boolean isLinear(NodeContext n) {
        String mode = n.attributes.text("mode", "nearest");
        return switch (mode) {
            case "nearest" -> false;
            case "linear", "bilinear" -> true;
            case "cubic" ->
                throw Rejection.unsupported("mode is 'cubic'", "use mode 'linear' or 'nearest', or resize on the host");
            default -> throw Rejection.attribute("attribute 'mode' is '" + mode + "'");
        };
    }

    private static List<Float> values(Tensor t) {
        var out = new ArrayList<Float>();
        for (int i = 0; i < t.size(); i++) {
            out.add(t.get(i));
        }
        return out;
    }

    private static Value resized(NodeContext n, int x, List<Float> scales, Optional<List<Long>> sizes, Rule rule) {
        Shape shape = n.shape(x);
        if (scales.size() != shape.rank() || shape.volume() == 0) {
            throw Rejection.operands(scales.size() + " scales for an operand " + shape);
        }
        var axes = new ArrayList<Sampling>();
        for (int a = 0; a < shape.rank(); a++) {
            float scale = scales.get(a);
            long size = sizes.isPresent() ? sizes.get().get(a) : (long) Math.floor(shape.dim(a) * scale);
            if (!(scale > 0) || size < 1) {
                throw Rejection.operands("resizes axis " + a + " of " + shape + " to " + size + " elements");
            }
            n.folding.spend(Tensors.shape(List.of(size), "the resized axis"));
            axes.add(sampling(shape.dim(a), (int) size, scale, rule));
        }
        return new Value.Computed(n.emit(new Op.Resize(axes), x));
    }

    private static Sampling sampling(int from, int to, float scale, Rule rule) {
        var source = new ArrayList<Integer>();
        float[] fraction = new float[to];
        for (int i = 0; i < to; i++) {
            double at = place(i, from, to, scale, rule.coordinates());
            if (from == to && scale == 1) {
                at = i;
            }
            if (rule.linear()) {
                double inside = Math.clamp(at, 0, from - 1.0);
                int index = (int) Math.floor(inside);
                source.add(index);
                fraction[i] = (float) (inside - index);
            } else {
                source.add((int) Math.clamp((long) rounded(at, rule.rounding()), 0L, from - 1L));
            }
        }
        return new Sampling(source, Tensor.wrap(Shape.of(to), fraction));
    }

    /** In single precision, as runtimes do, so that a place on the border between two elements falls to the same one. */
    private static float place(int i, int from, int to, float scale, String coordinates) {
        // ONNX aligns the corners of the length before it is rounded down; a scale in single precision is no fraction
        float length = Math.abs(from * scale - to) < 1e-3f ? to : from * scale;
        return switch (coordinates) {
            case "half_pixel" -> (i + 0.5f) / scale - 0.5f;
            case "pytorch_half_pixel" -> to > 1 ? (i + 0.5f) / scale - 0.5f : 0;
            case "align_corners" -> to > 1 ? i * (from - 1f) / (length - 1) : 0;
            case "tf_half_pixel_for_nn" -> (i + 0.5f) / scale;
            default -> i / scale;
        };
    }

    private static double rounded(double at, String rounding) {
        return switch (rounding) {
            case "round_prefer_floor" -> Math.ceil(at - 0.5);
            case "round_prefer_ceil" -> Math.floor(at + 0.5);
            case "ceil" -> Math.ceil(at);
            default -> Math.floor(at);
        };
    }
}
