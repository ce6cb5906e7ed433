package io.millrace.ir.internal;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.PadMode;
import io.millrace.ir.Sampling;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Linear resizing, one axis after the other: the edges once more where the result reaches beyond them, then a transposed depthwise
 * convolution whose kernel is a triangle, then every so many-th element.
 */
public final class Interpolations {
    private final Composer composer;

    private Interpolations(Composer composer) {
        this.composer = composer;
    }

    /** Resizes of other than small rational factors stay. */
    public static Graph compose(Graph graph) {
        return Composer.rewrite(graph, (c, n) -> new Interpolations(c).compose(n));
    }

    private OptionalInt compose(Node n) {
        if (!(n.op() instanceof Op.Resize(var axes))
                || axes.stream().allMatch(Sampling::isNearest)
                || !Composer.isMap(n.shape())) {
            return OptionalInt.empty();
        }
        int x = composer.operand(0);
        Shape from = composer.shape(x);
        var ramps = new ArrayList<Optional<Ramp>>();
        for (int axis = 0; axis < from.rank(); axis++) {
            boolean linear = !axes.get(axis).isNearest() && from.dim(axis) > 1;
            ramps.add(linear ? Ramp.of(axes.get(axis), from.dim(axis)) : Optional.empty());
            if (linear && (axis < 2 || ramps.get(axis).isEmpty())) {
                return OptionalInt.empty();
            }
        }
        for (int axis = 0; axis < from.rank(); axis++) {
            int size = axes.get(axis).source().size();
            x = ramps.get(axis).isPresent()
                    ? linear(x, axis, ramps.get(axis).get(), size)
                    : nearest(x, axis, axes.get(axis).source());
        }
        return OptionalInt.of(x);
    }

    private int nearest(int x, int axis, List<Integer> source) {
        Shape shape = composer.shape(x);
        var samplings = new ArrayList<Sampling>();
        for (int a = 0; a < shape.rank(); a++) {
            samplings.add(
                    a == axis
                            ? new Sampling(source, Tensor.zeros(Shape.of(source.size())))
                            : Sampling.identity(shape.dim(a)));
        }
        boolean same = samplings.get(axis).isIdentity(shape.dim(axis));
        return same ? x : composer.part("axis" + axis, new Op.Resize(samplings), x);
    }

    private int linear(int x, int axis, Ramp ramp, int size) {
        int last = composer.shape(x).dim(axis) - 1;
        int before = (int) Math.max(0, -Math.floor(ramp.start()));
        int after = (int) Math.max(0, Math.ceil(ramp.position(size - 1)) - last);
        int extended = extended(x, axis, before, after);
        var shifted = new Ramp(ramp.stretch(), ramp.stride(), ramp.start() + before);
        var shape = composer.shape(extended);
        boolean plain = shifted.stretch() == 1;
        Op filter = plain ? strided(shape, axis, shifted) : stretched(shape, axis, shifted, size);
        int fine = composer.part("axis" + axis + ".filter", filter, extended);
        return composer.shape(fine).dim(axis) == size
                ? fine
                : composer.part(
                        "axis" + axis,
                        Composer.along(composer.shape(fine), axis, 0, plain ? 1 : shifted.stride(), size),
                        fine);
    }

    /**
     * The edges of an axis repeated. Engines move columns anywhere, but rows only evenly: there the map and its edges are laid into
     * zeros, and added up.
     */
    private int extended(int x, int axis, int before, int after) {
        Shape shape = composer.shape(x);
        if (before == 0 && after == 0) {
            return x;
        }
        String name = "axis" + axis + ".edges";
        if (axis == shape.rank() - 1) {
            return composer.part(name, pad(PadMode.EDGE, shape, axis, before, after), x);
        }
        int size = shape.dim(axis);
        int sum = composer.part(name + ".map", pad(PadMode.CONSTANT, shape, axis, before, after), x);
        if (before > 0) {
            sum = composer.part(
                    after > 0 ? name + ".first" : name,
                    BinaryFunction.ADD,
                    sum,
                    edge(name + ".begin", x, axis, 0, before, 0, size + after));
        }
        if (after > 0) {
            sum = composer.part(
                    name, BinaryFunction.ADD, sum, edge(name + ".end", x, axis, size - 1, after, before + size, 0));
        }
        return sum;
    }

    /** One element of an axis, so many times, with zeros before and after. */
    private int edge(String name, int x, int axis, int index, int times, int zerosBefore, int zerosAfter) {
        int edge = composer.part(name, new Op.Gather(axis, Collections.nCopies(times, index)), x);
        Op.Pad pad = pad(PadMode.CONSTANT, composer.shape(edge), axis, zerosBefore, zerosAfter);
        return composer.part(name + ".laid", pad, edge);
    }

    private static Op.Pad pad(PadMode mode, Shape shape, int axis, int before, int after) {
        var begin = new ArrayList<>(Collections.nCopies(shape.rank(), 0));
        var end = new ArrayList<>(begin);
        begin.set(axis, before);
        end.set(axis, after);
        return new Op.Pad(mode, 0, begin, end);
    }

    /** Without a stretch: two neighbours, weighed by their distance from the ramp's start. */
    private static Op.Conv strided(Shape shape, int axis, Ramp ramp) {
        int channels = shape.dim(1);
        double start = rounded(ramp.start());
        int taps = (int) Math.ceil(start) + 1;
        Tensor weights = triangle(shape, axis, taps, start, 1);
        var ones = axes(shape, 1, axis, 1);
        var none = axes(shape, 0, axis, 0);
        var window = new Window(axes(shape, 1, axis, taps), axes(shape, 1, axis, ramp.stride()), none, none, ones);
        return new Op.Conv(weights, Tensor.zeros(Shape.of(channels)), window, channels);
    }

    /** Every {@code 1 / stretch} of the operand's axis from the ramp's start on, as far as its stride needs. */
    private static Op.ConvTranspose stretched(Shape shape, int axis, Ramp ramp, int size) {
        int channels = shape.dim(1);
        int stretch = ramp.stretch();
        double start = rounded(ramp.start() * stretch);
        int before = (int) Math.ceil(start + stretch) - 1;
        int taps = (int) Math.ceil(before - start + stretch);
        Tensor weights = triangle(shape, axis, taps, before - start, stretch);
        int wanted = (size - 1) * ramp.stride() + 1;
        int after = (shape.dim(axis) - 1) * stretch + taps - before - wanted;
        var window = new Window(
                axes(shape, 1, axis, taps),
                axes(shape, 1, axis, stretch),
                axes(shape, 0, axis, before),
                axes(shape, 0, axis, after),
                axes(shape, 1, axis, 1));
        return new Op.ConvTranspose(
                weights, Tensor.zeros(Shape.of(channels)), window, axes(shape, 0, axis, 0), channels);
    }

    /** A start of 1/4, as an exporter computes it in single precision, is no reason for a tap of weight 1e-8. */
    private static double rounded(double start) {
        return Math.rint(start * 0x1p16) * 0x1p-16;
    }

    /** {@code max(0, 1 - |tap - centre| / reach)} for every channel. */
    private static Tensor triangle(Shape shape, int axis, int taps, double centre, int reach) {
        int channels = shape.dim(1);
        var weights = new float[channels * taps];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (float) Math.max(0, 1 - Math.abs(i % taps - centre) / reach);
        }
        var dims = new ArrayList<>(List.of(channels, 1));
        dims.addAll(axes(shape, 1, axis, taps));
        return Tensor.wrap(new Shape(dims), weights);
    }

    /** A list with one entry a spatial axis, all alike but for one. */
    private static List<Integer> axes(Shape shape, int others, int axis, int value) {
        var list = new ArrayList<>(Collections.nCopies(shape.rank() - 2, others));
        list.set(axis - 2, value);
        return list;
    }
}
