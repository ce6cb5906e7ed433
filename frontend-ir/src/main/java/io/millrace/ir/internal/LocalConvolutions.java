package io.millrace.ir.internal;

import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.PadMode;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;

/**
 * Locally connected layers as convolutions of the parts of the map that neighbouring positions of a row read: each makes those positions'
 * values in its channels, with weights of 0 where a position does not look.
 */
public final class LocalConvolutions {
    /** A part is at most so many times as wide as a kernel: that many weights a weight of the layer, and no more parts than that leaves. */
    private static final int WIDTHS_MAX = 4;

    private final Composer composer;
    private final Op.LocalConv conv;
    private final Shape result;

    private LocalConvolutions(Composer composer, Op.LocalConv conv, Shape result) {
        this.composer = composer;
        this.conv = conv;
        this.result = result;
    }

    public static Graph compose(Graph graph) {
        boolean any = graph.nodes().stream().anyMatch(n -> n.op() instanceof Op.LocalConv);
        return any ? Composer.rewrite(graph, LocalConvolutions::compose) : graph;
    }

    private static OptionalInt compose(Composer c, Node n) {
        return n.op() instanceof Op.LocalConv conv
                        && Composer.isMap(n.shape())
                        && conv.window().rank() <= 2
                ? OptionalInt.of(new LocalConvolutions(c, conv, n.shape()).compose())
                : OptionalInt.empty();
    }

    private int compose() {
        int x = padded(composer.operand(0));
        int rows = conv.window().rank() == 1 ? 1 : result.dim(2);
        var made = new ArrayList<Integer>();
        for (int r = 0; r < rows; r++) {
            made.add(row(x, r));
        }
        return made.size() == 1 ? made.getFirst() : composer.whole(new Op.Concat(2), made);
    }

    private int padded(int x) {
        Window w = conv.window();
        var begin = new ArrayList<>(List.of(0, 0));
        var end = new ArrayList<>(begin);
        begin.addAll(w.padBegin());
        end.addAll(w.padEnd());
        boolean none = begin.stream().allMatch(p -> p == 0) && end.stream().allMatch(p -> p == 0);
        return none ? x : composer.part("padded", new Op.Pad(PadMode.CONSTANT, 0, begin, end), x);
    }

    private int columnAxis() {
        return result.rank() - 1;
    }

    private int row(int x, int row) {
        int columns = result.dim(columnAxis());
        int last = conv.window().rank() - 1;
        int stride = conv.window().stride().get(last);
        int extent = conv.window().extent(last);
        int each = Math.clamp((long) (WIDTHS_MAX - 1) * extent / stride + 1, 1, columns);
        var made = new ArrayList<Integer>();
        for (int first = 0; first < columns; first += each) {
            made.add(part(x, row, first, Math.min(each, columns - first)));
        }
        return made.size() == 1 ? made.getFirst() : composer.part("row" + row, new Op.Concat(columnAxis()), made);
    }

    /** So many positions of a row: their slice of the map, one convolution over all of it, and its channels as positions. */
    private int part(int x, int row, int first, int count) {
        Window w = conv.window();
        int last = w.rank() - 1;
        String name = "row" + row + ".from" + first;
        int width = (count - 1) * w.stride().get(last) + w.extent(last);
        Shape shape = composer.shape(x);
        int slice = x;
        if (w.rank() == 2) {
            slice = composer.part(
                    name + ".rows", Composer.along(shape, 2, row * w.stride().get(0), 1, w.extent(0)), slice);
        }
        slice = composer.part(
                name + ".columns",
                Composer.along(
                        composer.shape(slice), columnAxis(), first * w.stride().get(last), 1, width),
                slice);
        int values = composer.part(name + ".values", banded(row, first, count, width), slice);
        int outputs = result.dim(1);
        var dims = new ArrayList<>(Collections.nCopies(result.rank(), 1));
        dims.set(1, outputs);
        dims.set(columnAxis(), count);
        var sources = new ArrayList<Integer>();
        for (int m = 0; m < outputs; m++) {
            for (int p = 0; p < count; p++) {
                sources.add(p * outputs + m);
            }
        }
        return composer.part(name, new Op.Rearrange(new Shape(dims), sources), values);
    }

    /** Output channel {@code p * M + m} is channel m of position {@code first + p} of the row. */
    private Op.Conv banded(int row, int first, int count, int width) {
        Window w = conv.window();
        int outputs = result.dim(1);
        int channels = conv.weights().shape().dim(2);
        int columns = result.dim(columnAxis());
        int last = w.rank() - 1;
        int height = w.rank() == 2 ? w.extent(0) : 1;
        var weights = new float[count * outputs * channels * height * width];
        var bias = new float[count * outputs];
        for (int o = 0; o < bias.length; o++) {
            int p = o / outputs;
            int from = (row * columns + first + p) * outputs + o % outputs;
            bias[o] = conv.bias().get(from);
            for (int i = 0; i < channels * w.taps(); i++) {
                int tap = i % w.taps();
                int y = tap
                        / w.kernel().get(last)
                        * (w.rank() == 2 ? w.dilation().get(0) : 0);
                int x = tap % w.kernel().get(last) * w.dilation().get(last)
                        + p * w.stride().get(last);
                weights[((o * channels + i / w.taps()) * height + y) * width + x] =
                        conv.weights().get(from * channels * w.taps() + i);
            }
        }
        List<Integer> kernel = w.rank() == 2 ? List.of(height, width) : List.of(width);
        var dims = new ArrayList<>(List.of(bias.length, channels));
        dims.addAll(kernel);
        var window = Window.of(kernel.stream().mapToInt(i -> i).toArray());
        return new Op.Conv(Tensor.wrap(new Shape(dims), weights), Tensor.wrap(Shape.of(bias.length), bias), window, 1);
    }
}
