package io.millrace.ir.internal;

import io.millrace.ir.Op;
import io.millrace.ir.Pointwise;
import io.millrace.ir.Shape;
import io.millrace.ir.Window;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;

/** Axes of a map over which sums and maxima go: pools take those in space, a convolution or a choice of the largest the channels. */
record Axes(Set<Integer> reduced) {
    static final Axes CHANNELS = new Axes(Set.of(1));

    Axes {
        reduced = Set.copyOf(reduced);
    }

    /** All of a map's axes in space. */
    static Axes space(Shape map) {
        return new Axes(Set.copyOf(IntStream.range(2, map.rank()).boxed().toList()));
    }

    boolean hasChannels() {
        return reduced.contains(1);
    }

    private boolean hasSpace() {
        return reduced.stream().anyMatch(a -> a > 1);
    }

    /** The number of elements of a map that come together. */
    int count(Shape map) {
        return reduced.stream().mapToInt(map::dim).reduce(1, (a, b) -> a * b);
    }

    private int positions(Shape map) {
        return hasChannels() ? count(map) / map.dim(1) : count(map);
    }

    private Window window(Shape map) {
        return Window.of(IntStream.range(2, map.rank())
                .map(a -> reduced.contains(a) ? map.dim(a) : 1)
                .toArray());
    }

    /** What a pool over the axes in space, if there are any, makes of a map; with the channels it is only a part. */
    private int pooled(Composer c, String name, Function<Window, Op> pool, int x) {
        return hasSpace() ? c.part(name + (hasChannels() ? ".space" : ""), pool.apply(window(c.shape(x))), x) : x;
    }

    /** The largest element, with these axes kept at one element. */
    int largest(Composer c, String name, int x) {
        int y = pooled(c, name, Op.MaxPool::new, x);
        return hasChannels() ? c.part(name, new Op.TopK(1, false), y) : y;
    }

    /** The means over the positions, in all channels that come together times a factor. */
    private int mean(Composer c, String name, double ofChannels, int x) {
        int y = pooled(c, name, window -> new Op.AveragePool(window, true), x);
        return hasChannels() ? c.channelSum(name, y, ofChannels) : y;
    }

    /** A function of the sum of all elements. */
    int ofSum(Composer c, String sum, String name, Pointwise function, int x) {
        int positions = positions(c.shape(x));
        Pointwise scaled = positions == 1 ? function : new Pointwise.Affine(positions, 0).then(function);
        return c.part(name, scaled, mean(c, sum, 1, x));
    }

    int mean(Composer c, String name, int x) {
        return mean(c, name, 1.0 / c.shape(x).dim(1), x);
    }

    /** A value of each set of elements, for all channels of a map again; positions are repeated by what reads them. */
    int spread(Composer c, String name, int x, Shape map) {
        return hasChannels() ? c.spread(name, x, map.dim(1)) : x;
    }
}
