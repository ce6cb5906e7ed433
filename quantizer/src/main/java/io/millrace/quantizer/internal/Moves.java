package io.millrace.quantizer.internal;

import io.millrace.ir.Op;
import io.millrace.ir.Sampling;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import io.millrace.quantizer.MapType;
import io.millrace.quantizer.QOp;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** Operations that only move codes, as lists of indices. */
final class Moves {
    private Moves() {}

    /** Whether a slice, pad, gather or resize leaves the batch alone and has an integer form. */
    static boolean isPossible(Op op, Shape from) {
        return switch (op) {
            case Op.Resize(var axes) ->
                axes.getFirst().isIdentity(from.dim(0)) && axes.stream().allMatch(Sampling::isNearest);
            default -> line(op, 0, from).equals(all(from.dim(0)));
        };
    }

    /** The integer operation of a slice, pad, gather, resize or rearrangement of blocks. */
    static QOp of(Op op, Shape from, Grid grid) {
        return switch (op) {
            case Op.DepthToSpace(int block) -> new QOp.DepthToSpace(block);
            default ->
                Volumes.gather(
                        gather(op, from, grid.code(op instanceof Op.Pad pad ? pad.value() : 0)),
                        from.rank(),
                        Volumes.extent(from).depth());
        };
    }

    private static QOp.Gather gather(Op op, Shape from, int fill) {
        var indices = new ArrayList<List<Integer>>();
        for (int axis = 2; axis < from.rank(); axis++) {
            indices.add(line(op, axis, from));
        }
        indices.add(line(op, 1, from));
        return new QOp.Gather(indices, fill);
    }

    private static List<Integer> line(Op op, int axis, Shape from) {
        int size = from.dim(axis);
        return switch (op) {
            case Op.Slice(var begin, var step, var sizes) ->
                IntStream.range(0, sizes.get(axis))
                        .map(i -> begin.get(axis) + i * step.get(axis))
                        .boxed()
                        .toList();
            case Op.Pad(var mode, var _, var begin, var end) ->
                IntStream.range(-begin.get(axis), size + end.get(axis))
                        .map(i -> mode.source(i, size))
                        .boxed()
                        .toList();
            case Op.Gather(int along, var chosen) -> along == axis ? chosen : all(size);
            case Op.Resize(var axes) -> axes.get(axis).source();
            default -> throw new IllegalStateException("no move along axes: " + op);
        };
    }

    static List<Integer> all(int size) {
        return IntStream.range(0, size).boxed().toList();
    }

    /** An operand's only element along an axis, for each of the result's. */
    static QOp.Gather spread(MapType in, Shape out) {
        List<Integer> sizes = Volumes.sizes(in, out.rank());
        var indices = new ArrayList<List<Integer>>();
        for (int axis = 2; axis < out.rank(); axis++) {
            indices.add(spread(sizes.get(axis - 2), out.dim(axis)));
        }
        indices.add(spread(in.channels(), out.dim(1)));
        return Volumes.gather(new QOp.Gather(indices, in.zeroPoint()), out.rank(), in.depth());
    }

    private static List<Integer> spread(int in, int out) {
        return in == out ? all(in) : Collections.nCopies(out, 0);
    }

    /**
     * A transposed convolution as a stretch, with the operand's zero point in the gaps, and a convolution of stride 1 with the kernel
     * turned round.
     */
    record Stretched(QOp.Gather stretch, Nodes.Extent extent, Op.Conv conv) {
        static Stretched of(Op.ConvTranspose t, MapType in) {
            Window w = t.window();
            int rank = w.rank();
            List<Integer> sizes = Volumes.sizes(in, rank + 2);
            var indices = new ArrayList<List<Integer>>();
            var begin = new ArrayList<Integer>();
            var end = new ArrayList<Integer>();
            for (int a = 0; a < rank; a++) {
                int stride = w.stride().get(a);
                int before = w.extent(a) - 1 - w.padBegin().get(a);
                int after =
                        w.extent(a) - 1 - w.padEnd().get(a) + t.outputPadding().get(a);
                int last = (sizes.get(a) - 1) * stride;
                indices.add(IntStream.rangeClosed(Math.max(0, -before), last + Math.min(0, after))
                        .map(i -> i % stride == 0 ? i / stride : -1)
                        .boxed()
                        .toList());
                begin.add(Math.max(0, before));
                end.add(Math.max(0, after));
            }
            var dims = new ArrayList<>(List.of(1, in.channels()));
            indices.forEach(line -> dims.add(line.size()));
            indices.add(all(in.channels()));
            var window = new Window(w.kernel(), Collections.nCopies(rank, 1), begin, end, w.dilation());
            var conv = new Op.Conv(turned(t, in.channels()), t.bias(), window, t.groups());
            var stretch = Volumes.gather(new QOp.Gather(indices, in.zeroPoint()), rank + 2, in.depth());
            return new Stretched(stretch, Volumes.extent(new Shape(dims)), conv);
        }

        /** {@code [C, M / groups, taps]} to {@code [M, C / groups, taps]}, last tap first. */
        private static Tensor turned(Op.ConvTranspose t, int channels) {
            int taps = t.window().taps();
            int groupOutputs = t.weights().shape().dim(1);
            int groupChannels = channels / t.groups();
            int outputs = groupOutputs * t.groups();
            var values = new float[t.weights().size()];
            for (int m = 0; m < outputs; m++) {
                for (int c = 0; c < groupChannels; c++) {
                    int from = ((m / groupOutputs * groupChannels + c) * groupOutputs + m % groupOutputs) * taps;
                    for (int tap = 0; tap < taps; tap++) {
                        values[(m * groupChannels + c) * taps + tap] =
                                t.weights().get(from + taps - 1 - tap);
                    }
                }
            }
            var dims = new ArrayList<>(List.of(outputs, groupChannels));
            dims.addAll(t.window().kernel());
            return Tensor.wrap(new Shape(dims), values);
        }
    }
}
