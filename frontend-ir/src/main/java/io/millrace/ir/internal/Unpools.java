package io.millrace.ir.internal;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.PadMode;
import io.millrace.ir.Pointwise;
import io.millrace.ir.Sampling;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import io.millrace.ir.WindowTaps;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Max unpooling behind the max pool whose places it takes: the number of the largest tap of each window, a map of 1 at these taps and 0
 * elsewhere, and its product with the values, each repeated over its window. Windows that overlap are as many layers of windows side by
 * side; an element that several windows name has the value of the last of them, row-major.
 */
public final class Unpools {
    /** Below all that a map may hold. */
    private static final float LOWEST = -Float.MAX_VALUE;

    private Unpools() {}

    public static Graph compose(Graph graph) {
        return Composer.rewrite(graph, (c, n) -> compose(graph, c, n));
    }

    private static OptionalInt compose(Graph graph, Composer c, Node n) {
        if (!(n.op() instanceof Op.MaxUnpool(Window window, var size))
                || !(graph.node(n.inputs().getLast()).op() instanceof Op.MaxPoolIndices indices)
                || !indices.equals(new Op.MaxPoolIndices(window, false))
                || window.rank() > 2
                || !Composer.isMap(n.shape())) {
            return OptionalInt.empty();
        }
        int x = c.sourceOf(c.operand(1));
        Shape windows = c.shape(c.operand(0));
        return isNumbered(window, c.shape(x), windows)
                ? OptionalInt.of(new Unpool(c, window, windows, size).append(x, c.operand(0)))
                : OptionalInt.empty();
    }

    /** Whether the map has the size that the windows need at least, as the numbers of places assume. */
    private static boolean isNumbered(Window w, Shape map, Shape windows) {
        return IntStream.range(0, w.rank()).allMatch(a -> {
            int covered = (windows.dim(a + 2) - 1) * w.stride().get(a) + w.extent(a);
            return map.dim(a + 2) == covered - w.padBegin().get(a) - w.padEnd().get(a);
        });
    }

    /** The windows' taps, of one axis as those of two of which the first has one element. */
    private record Unpool(Composer c, Window window, Shape windows, List<Integer> size) {
        private int last() {
            return window.rank() - 1;
        }

        private int stride(int axis) {
            return window.stride().get(axis);
        }

        private int layers(int axis) {
            return Math.ceilDiv(window.extent(axis), stride(axis));
        }

        int append(int x, int values) {
            Window inside = new Window(
                    window.kernel(), window.stride(), zeros(window.rank()), zeros(window.rank()), window.dilation());
            int wide = padded(x);
            int side = c.part("taps", WindowTaps.sideBySide(inside, c.shape(wide)), wide);
            int number = c.part("number", new Op.TopK(1, true), side);
            // Where strides leave elements without a tap, these are one of their own, which is nowhere the largest.
            boolean full = IntStream.range(0, window.rank()).allMatch(this::isFull);
            int hot = c.part("hot", new Op.OneHot(window.taps() + (full ? 0 : 1)), number);
            int repeated = c.part("repeated", repeated(), values);
            List<List<Integer>> layers = layers();
            int taken = -1;
            int sum = -1;
            for (int i = 0; i < layers.size(); i++) {
                List<Integer> layer = layers.get(i);
                String name = "layer" + i;
                int there = placed(name + ".there", layer, c.part(name + ".mask", mask(layer), hot));
                int value = placed(name + ".values", layer, repeated);
                boolean last = i == layers.size() - 1;
                if (taken < 0) {
                    taken = there;
                    sum = last
                            ? whole(BinaryFunction.MUL, value, there)
                            : c.part(name, BinaryFunction.MUL, value, there);
                    continue;
                }
                int left = c.part(name + ".left", BinaryFunction.SUB, there, taken);
                int alone = c.part(name + ".alone", new Pointwise.Relu(), left);
                int product = c.part(name, BinaryFunction.MUL, value, alone);
                sum = last
                        ? whole(BinaryFunction.ADD, sum, product)
                        : c.part(name + ".sum", BinaryFunction.ADD, sum, product);
                taken = last ? taken : c.part(name + ".taken", BinaryFunction.ADD, taken, alone);
            }
            return sum;
        }

        private int whole(BinaryFunction function, int a, int b) {
            return c.whole(new Op.Binary(function), List.of(a, b));
        }

        private boolean isFull(int axis) {
            return IntStream.range(0, layers(axis) * stride(axis)).allMatch(o -> tap(axis, o) >= 0);
        }

        /** Those in which windows have taps, later windows first. */
        private List<List<Integer>> layers() {
            var layers = new ArrayList<List<Integer>>();
            for (int a = 0; a < (last() == 0 ? 1 : layers(0)); a++) {
                for (int b = 0; b < layers(last()); b++) {
                    var layer = List.of(a, b).subList(1 - last(), 2);
                    if (hasTaps(layer)) {
                        layers.add(layer);
                    }
                }
            }
            return layers;
        }

        private int padded(int x) {
            var begin = new ArrayList<>(zeros(2));
            begin.addAll(window.padBegin());
            var end = new ArrayList<>(zeros(2));
            end.addAll(window.padEnd());
            boolean none = Collections.max(begin) == 0 && Collections.max(end) == 0;
            return none ? x : c.part("padded", new Op.Pad(PadMode.CONSTANT, LOWEST, begin, end), x);
        }

        private static List<Integer> zeros(int count) {
            return Collections.nCopies(count, 0);
        }

        private boolean hasTaps(List<Integer> layer) {
            return IntStream.range(0, window.rank())
                    .allMatch(a -> count(layer, a) > 0
                            && IntStream.range(0, stride(a)).anyMatch(r -> tap(a, layer.get(a) * stride(a) + r) >= 0));
        }

        /** The tap of an axis that lies so far from its window's first element; -1 for none. */
        private int tap(int axis, int offset) {
            int dilation = window.dilation().get(axis);
            return offset % dilation == 0 && offset / dilation < window.kernel().get(axis) ? offset / dilation : -1;
        }

        /** What lies in a layer: of each window a block as large as the stride, side by side. */
        private Op.Rearrange mask(List<Integer> layer) {
            int channels = windows.dim(1);
            int rows = last() == 0 ? 1 : windows.dim(2);
            int columns = windows.dim(last() + 2);
            int high = last() == 0 ? 1 : stride(0);
            int wide = stride(last());
            var sources = new ArrayList<Integer>();
            for (int ch = 0; ch < channels; ch++) {
                for (int y = 0; y < rows * high; y++) {
                    for (int z = 0; z < columns * wide; z++) {
                        int down = last() == 0 ? 0 : tap(0, layer.getFirst() * high + y % high);
                        int across = tap(last(), layer.getLast() * wide + z % wide);
                        int tap = down < 0 || across < 0
                                ? window.taps()
                                : down * window.kernel().get(last()) + across;
                        sources.add(((tap * rows + y / high) * columns + z / wide) * channels + ch);
                    }
                }
            }
            var shape = last() == 0
                    ? Shape.of(1, channels, columns * wide)
                    : Shape.of(1, channels, rows * high, columns * wide);
            return new Op.Rearrange(shape, sources);
        }

        /** Each value for all of a block. */
        private Op.Resize repeated() {
            var axes = new ArrayList<Sampling>();
            for (int a = 0; a < windows.rank(); a++) {
                int times = a < 2 ? 1 : stride(a - 2);
                int count = windows.dim(a) * times;
                var source =
                        IntStream.range(0, count).map(i -> i / times).boxed().toList();
                axes.add(new Sampling(source, Tensor.zeros(Shape.of(count))));
            }
            return new Op.Resize(axes);
        }

        /** By how much a layer's first block lies behind the result's first element. */
        private int shift(List<Integer> layer, int axis) {
            return layer.get(axis) * stride(axis) - window.padBegin().get(axis);
        }

        /** How much of a layer lies in the result. */
        private int count(List<Integer> layer, int axis) {
            int shift = shift(layer, axis);
            int blocks = windows.dim(axis + 2) * stride(axis);
            return Math.min(blocks - Math.max(0, -shift), size.get(axis) - Math.max(0, shift));
        }

        /** A layer where it lies in the result. */
        private int placed(String name, List<Integer> layer, int x) {
            Shape from = c.shape(x);
            var begin = new ArrayList<>(zeros(from.rank()));
            var kept = new ArrayList<>(from.dims());
            var before = new ArrayList<>(zeros(from.rank()));
            var after = new ArrayList<>(zeros(from.rank()));
            for (int a = 0; a < window.rank(); a++) {
                int first = Math.max(0, shift(layer, a));
                int count = count(layer, a);
                begin.set(a + 2, Math.max(0, -shift(layer, a)));
                kept.set(a + 2, count);
                before.set(a + 2, first);
                after.set(a + 2, size.get(a) - first - count);
            }
            Shape inside = new Shape(kept);
            int y = inside.equals(from)
                    ? x
                    : c.part(name + ".cut", new Op.Slice(begin, Collections.nCopies(from.rank(), 1), kept), x);
            boolean fits = Collections.max(before) == 0 && Collections.max(after) == 0;
            return fits ? y : c.part(name, new Op.Pad(PadMode.CONSTANT, 0, before, after), y);
        }
    }
}
