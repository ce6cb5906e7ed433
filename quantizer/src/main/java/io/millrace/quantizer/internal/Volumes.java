package io.millrace.quantizer.internal;

import io.millrace.ir.Op;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import io.millrace.quantizer.MapType;
import io.millrace.quantizer.QOp;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Volumes {@code [1, C, D, H, W]} as maps of two axes: H rows of W * D columns, the D planes of a position side by side. The same rows are
 * W columns of D * C channels. See docs/numbers.md, section 11.
 */
final class Volumes {
    private static final int RANK = 5;

    private Volumes() {}

    static boolean is(Shape shape) {
        return shape.rank() == RANK;
    }

    /** How the map of a float value lies. */
    static Nodes.Extent extent(Shape shape) {
        List<Integer> dims = shape.dims();
        return is(shape)
                ? new Nodes.Extent(
                        dims.get(1), List.of(dims.get(3), Math.multiplyExact(dims.get(4), dims.get(2))), dims.get(2))
                : new Nodes.Extent(dims.get(1), dims.subList(2, dims.size()), 1);
    }

    /** The spatial sizes that a map has in a float value of {@code rank} axes. */
    static List<Integer> sizes(MapType type, int rank) {
        return rank == RANK ? List.of(type.depth(), type.rows(), type.columns() / type.depth()) : type.spatial();
    }

    /** A volume's rows with its planes as channels. */
    static Nodes.Extent planes(MapType type) {
        int channels = Math.multiplyExact(type.depth(), type.channels());
        return new Nodes.Extent(channels, List.of(type.rows(), type.columns() / type.depth()), 1);
    }

    /** A move along the axes of a volume, planes first, as one along rows and columns; of any other map, itself. */
    static QOp.Gather gather(QOp.Gather move, int rank, int depth) {
        if (rank != RANK) {
            return move;
        }
        List<List<Integer>> axes = move.indices();
        var columns = new ArrayList<Integer>();
        for (int w : axes.get(2)) {
            for (int d : axes.get(0)) {
                columns.add(w < 0 || d < 0 ? -1 : w * depth + d);
            }
        }
        return new QOp.Gather(List.of(axes.get(1), columns, axes.get(3)), move.fill());
    }

    /** Whether a window takes plane by plane. */
    static boolean isPlaneByPlane(Window w) {
        return w.kernel().get(0) == 1 && isUnmoved(w, 0);
    }

    /** Whether a window takes position by position, of any number of planes. */
    static boolean isOfPositions(Window w) {
        return w.kernel().get(1) == 1 && isUnmoved(w, 1) && w.kernel().get(2) == 1 && isUnmoved(w, 2);
    }

    private static boolean isUnmoved(Window w, int axis) {
        return w.stride().get(axis) == 1 && isUnpadded(w, axis);
    }

    private static boolean isUnpadded(Window w, int axis) {
        return w.padBegin().get(axis) == 0 && w.padEnd().get(axis) == 0;
    }

    /** A window's part within a plane. */
    static Window plane(Window w) {
        return new Window(
                w.kernel().subList(1, 3),
                w.stride().subList(1, 3),
                w.padBegin().subList(1, 3),
                w.padEnd().subList(1, 3),
                w.dilation().subList(1, 3));
    }

    /** A window's part along the planes. */
    static Window planes(Window w) {
        return new Window(
                List.of(w.kernel().get(0), 1, 1),
                List.of(w.stride().get(0), 1, 1),
                List.of(w.padBegin().get(0), 0, 0),
                List.of(w.padEnd().get(0), 0, 0),
                List.of(w.dilation().get(0), 1, 1));
    }

    /**
     * A window over the W * D columns that reads what this one reads: where planes are cut into blocks, one a window, and columns are
     * taken one by one, or where both are taken whole.
     */
    static Optional<Window> overColumns(Window w, MapType in) {
        int depth = in.depth();
        int columns = in.columns() / depth;
        int step = w.stride().get(0);
        boolean blocks = w.kernel().get(2) == 1
                && isUnmoved(w, 2)
                && isUnpadded(w, 0)
                && w.extent(0) <= step
                && w.outputSize(0, depth) * step == depth;
        if (blocks) {
            return Optional.of(rowsAnd(w, w.kernel().get(0), step, w.dilation().get(0)));
        }
        boolean whole = isWhole(w, 0, depth) && isWhole(w, 2, columns);
        return whole ? Optional.of(rowsAnd(w, depth * columns, 1, 1)) : Optional.empty();
    }

    private static boolean isWhole(Window w, int axis, int size) {
        boolean dense = w.dilation().get(axis) == 1 || size == 1;
        return w.kernel().get(axis) == size && dense && isUnpadded(w, axis);
    }

    private static Window rowsAnd(Window w, int kernel, int stride, int dilation) {
        return new Window(
                List.of(w.kernel().get(1), kernel),
                List.of(w.stride().get(1), stride),
                List.of(w.padBegin().get(1), 0),
                List.of(w.padEnd().get(1), 0),
                List.of(w.dilation().get(1), dilation));
    }

    /** The columns that windows along the planes read, one window after the other; {@code fill} where they read padding. */
    static QOp.Gather windowsOfPlanes(Window w, MapType in, int fill) {
        int depth = in.depth();
        var taps = new ArrayList<Integer>();
        for (int o = 0; o < w.outputSize(0, depth); o++) {
            for (int k = 0; k < w.kernel().get(0); k++) {
                int d = o * w.stride().get(0)
                        + k * w.dilation().get(0)
                        - w.padBegin().get(0);
                taps.add(d < 0 || d >= depth ? -1 : d);
            }
        }
        List<Integer> sizes = sizes(in, RANK);
        var axes = List.of(taps, Moves.all(sizes.get(1)), Moves.all(sizes.get(2)), Moves.all(in.channels()));
        return gather(new QOp.Gather(axes, fill), RANK, depth);
    }

    /** The convolution over columns whose window is {@link #overColumns}. */
    static Op.Conv overColumns(Op.Conv conv, Window window) {
        List<Integer> k = conv.window().kernel();
        int channels = conv.weights().shape().dim(1);
        int taps = conv.window().taps();
        var values = new float[conv.weights().size()];
        for (int i = 0; i < values.length; i += taps) {
            for (int d = 0; d < k.get(0); d++) {
                for (int r = 0; r < k.get(1); r++) {
                    for (int c = 0; c < k.get(2); c++) {
                        int from = (d * k.get(1) + r) * k.get(2) + c;
                        values[i + (r * k.get(2) + c) * k.get(0) + d] =
                                conv.weights().get(i + from);
                    }
                }
            }
        }
        var shape = new Shape(List.of(
                conv.weights().shape().dim(0),
                channels,
                window.kernel().get(0),
                window.kernel().get(1)));
        return new Op.Conv(Tensor.wrap(shape, values), conv.bias(), window, conv.groups());
    }

    /**
     * The filters of a convolution as those of one plane of its result: over a plane's positions, of the channels of all planes from the first
     * that it reads to the last, those between and those of other groups with weights of 0.
     *
     * @param channels C
     */
    static Op.Conv ofOnePlane(Op.Conv conv, int channels) {
        Window w = conv.window();
        int outputs = conv.weights().shape().dim(0);
        int each = conv.weights().shape().dim(1);
        int width = w.extent(0) * channels;
        int planeTaps = w.kernel().get(1) * w.kernel().get(2);
        var values = new float[outputs * width * planeTaps];
        for (int m = 0; m < outputs; m++) {
            int first = m / (outputs / conv.groups()) * each;
            for (int c = 0; c < each; c++) {
                for (int d = 0; d < w.kernel().get(0); d++) {
                    int channel = d * w.dilation().get(0) * channels + first + c;
                    int from = ((m * each + c) * w.kernel().get(0) + d) * planeTaps;
                    for (int t = 0; t < planeTaps; t++) {
                        values[(m * width + channel) * planeTaps + t] =
                                conv.weights().get(from + t);
                    }
                }
            }
        }
        var shape =
                new Shape(List.of(outputs, width, w.kernel().get(1), w.kernel().get(2)));
        return new Op.Conv(Tensor.wrap(shape, values), conv.bias(), plane(w), 1);
    }

    /** Where the planes that a plane of the result reads begin. */
    static QOp.Conv.Bands bands(Window w, int channels) {
        return new QOp.Conv.Bands(-w.padBegin().get(0) * channels, w.stride().get(0) * channels);
    }
}
