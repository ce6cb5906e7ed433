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
import io.millrace.ir.WindowTaps;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Max unpooling behind the max pool whose places it takes: the number of the largest tap of each window, a map of 1 at these taps and 0
 * elsewhere, and its product with the values, each repeated over its window.
 */
public final class Unpools {
    private Unpools() {}

    public static Graph compose(Graph graph) {
        return Composer.rewrite(graph, (c, n) -> compose(graph, c, n));
    }

    private static OptionalInt compose(Graph graph, Composer c, Node n) {
        if (!(n.op() instanceof Op.MaxUnpool(Window window, var size))
                || !(graph.node(n.inputs().getLast()).op() instanceof Op.MaxPoolIndices indices)
                || !indices.equals(new Op.MaxPoolIndices(window, false))
                || !isOfTiles(window)
                || window.rank() > 2
                || !Composer.isMap(n.shape())) {
            return OptionalInt.empty();
        }
        // The indices number the pooled map, and the values go into one of the least size.
        Shape pooled =
                graph.node(graph.node(n.inputs().getLast()).inputs().getFirst()).shape();
        Shape windows = c.shape(c.operand(0));
        var covered = new ArrayList<>(windows.dims());
        for (int a = 0; a < window.rank(); a++) {
            covered.set(a + 2, windows.dim(a + 2) * window.kernel().get(a));
        }
        Shape whole = new Shape(covered);
        if (!whole.equals(pooled)) {
            return OptionalInt.empty();
        }
        int mask = mask(c, c.sourceOf(c.operand(1)), window, pooled);
        int repeated = c.part("repeated", repeated(window, windows), c.operand(0));
        var end = new ArrayList<>(List.of(0, 0));
        for (int a = 0; a < size.size(); a++) {
            end.add(size.get(a) - whole.dim(a + 2));
        }
        if (end.stream().allMatch(e -> e == 0)) {
            return c.whole(BinaryFunction.MUL, repeated, mask);
        }
        int product = c.part("inside", BinaryFunction.MUL, repeated, mask);
        return c.whole(new Op.Pad(PadMode.CONSTANT, 0, Collections.nCopies(end.size(), 0), end), product);
    }

    /** Whether windows lie side by side. */
    private static boolean isOfTiles(Window w) {
        return w.kernel().equals(w.stride())
                && w.dilation().stream().allMatch(d -> d == 1)
                && w.padBegin().stream().allMatch(p -> p == 0)
                && w.padEnd().stream().allMatch(p -> p == 0);
    }

    private static int mask(Composer c, int x, Window window, Shape map) {
        int side = c.part("taps", WindowTaps.sideBySide(window, map), x);
        int number = c.part("number", new Op.TopK(1, true), side);
        int hot = c.part("hot", new Op.OneHot(window.taps()), number);
        return c.part("mask", WindowTaps.back(window, map), hot);
    }

    private static Op.Resize repeated(Window window, Shape windows) {
        var axes = new ArrayList<Sampling>();
        for (int a = 0; a < windows.rank(); a++) {
            int times = a < 2 ? 1 : window.kernel().get(a - 2);
            int size = windows.dim(a) * times;
            var source = IntStream.range(0, size).map(i -> i / times).boxed().toList();
            axes.add(new Sampling(source, Tensor.zeros(Shape.of(size))));
        }
        return new Op.Resize(axes);
    }
}
