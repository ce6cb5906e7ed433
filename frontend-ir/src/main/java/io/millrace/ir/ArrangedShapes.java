package io.millrace.ir;

import static io.millrace.ir.ShapeInference.checked;
import static io.millrace.ir.ShapeInference.require;

import java.util.ArrayList;
import java.util.List;

/** Result shapes of operations that move elements. */
final class ArrangedShapes {
    private ArrangedShapes() {}

    static Shape slice(Op.Slice slice, Shape x) {
        require(
                slice.begin().size() == x.rank()
                        && slice.step().size() == x.rank()
                        && slice.size().size() == x.rank(),
                "the slice does not have an entry for each axis of " + x);
        for (int a = 0; a < x.rank(); a++) {
            int size = slice.size().get(a);
            long first = slice.begin().get(a);
            long last = first + (size - 1L) * slice.step().get(a);
            require(
                    size >= 1 && slice.step().get(a) != 0 && within(first, x.dim(a)) && within(last, x.dim(a)),
                    "elements " + first + " to " + last + " of axis " + a + " are outside " + x);
        }
        return checked(slice.size());
    }

    private static boolean within(long index, int size) {
        return index >= 0 && index < size;
    }

    static Shape pad(Op.Pad pad, Shape x) {
        require(
                pad.begin().size() == x.rank() && pad.end().size() == x.rank(),
                "the pads do not have an entry for each axis of " + x);
        var dims = new ArrayList<Integer>();
        for (int a = 0; a < x.rank(); a++) {
            int begin = pad.begin().get(a);
            int end = pad.end().get(a);
            int most = pad.mode() == PadMode.REFLECT ? x.dim(a) - 1 : Integer.MAX_VALUE;
            require(
                    begin >= 0 && end >= 0 && begin <= most && end <= most,
                    "pads of " + begin + " and " + end + " on axis " + a + " of " + x);
            long size = (long) x.dim(a) + begin + end;
            require(size <= Integer.MAX_VALUE, "the padded axis " + a + " has " + size + " elements");
            dims.add((int) size);
        }
        return checked(dims);
    }

    static Shape transpose(List<Integer> order, Shape x) {
        require(isPermutation(order, x.rank()), "the order " + order + " does not permute the axes of " + x);
        return checked(order.stream().map(x::dim).toList());
    }

    private static boolean isPermutation(List<Integer> order, int rank) {
        return order.stream()
                .sorted()
                .toList()
                .equals(java.util.stream.IntStream.range(0, rank).boxed().toList());
    }

    static Shape gather(int axis, List<Integer> indices, Shape x) {
        require(axis >= 0 && axis < x.rank(), "no axis " + axis + " in " + x);
        require(
                !indices.isEmpty() && indices.stream().allMatch(i -> within(i, x.dim(axis))),
                "indices " + indices + " are outside axis " + axis + " of " + x);
        return with(x, axis, indices.size());
    }

    static Shape resize(List<Sampling> axes, Shape x) {
        require(axes.size() == x.rank(), "the samplings do not have an entry for each axis of " + x);
        var dims = new ArrayList<Integer>();
        for (int a = 0; a < x.rank(); a++) {
            int size = x.dim(a);
            require(
                    axes.get(a).source().stream().allMatch(i -> within(i, size)),
                    "the sampling of axis " + a + " is outside " + x);
            dims.add(axes.get(a).source().size());
        }
        return checked(dims);
    }

    static Shape depthToSpace(int block, Shape x) {
        require(x.rank() == 4, "depth to space needs a map [1, C, H, W], got " + x);
        require(
                block >= 1 && (long) block * block <= Integer.MAX_VALUE && x.dim(1) % (block * block) == 0,
                x.dim(1) + " channels do not divide into blocks of " + block + " by " + block);
        long height = (long) x.dim(2) * block;
        long width = (long) x.dim(3) * block;
        require(Math.max(height, width) <= Integer.MAX_VALUE, "the result is too large");
        return checked(List.of(x.dim(0), x.dim(1) / (block * block), (int) height, (int) width));
    }

    static Shape spaceToDepth(int block, Shape x) {
        require(x.rank() == 4, "space to depth needs a map [1, C, H, W], got " + x);
        require(
                block >= 1 && x.dim(2) % block == 0 && x.dim(3) % block == 0,
                x + " does not divide into blocks of " + block + " by " + block);
        long channels = (long) x.dim(1) * block * block;
        require(channels <= Integer.MAX_VALUE, "the result is too large");
        return checked(List.of(x.dim(0), (int) channels, x.dim(2) / block, x.dim(3) / block));
    }

    static Shape rearrange(Op.Rearrange op, Shape x) {
        require(
                op.sources().size() == op.shape().volume()
                        && op.sources().stream().allMatch(i -> within(i, x.volume())),
                "the elements of " + op.shape() + " are not all elements of " + x);
        return op.shape();
    }

    static Shape oneHot(int depth, Shape x) {
        require(
                depth >= 1 && x.rank() >= 2 && x.dim(0) == 1 && x.dim(1) == 1,
                "one of " + depth + " channels needs a map [1, 1, ...], got " + x);
        return with(x, 1, depth);
    }

    static Shape lookup(Tensor table, Shape x) {
        require(table.shape().rank() == 2 && table.size() > 0, "the table is " + table.shape() + ", must be [rows, D]");
        require(x.rank() < Shape.MAX_RANK, "the result has too many axes");
        var dims = new ArrayList<>(x.dims());
        dims.add(table.shape().dim(1));
        return checked(dims);
    }

    private static Shape with(Shape x, int axis, int size) {
        var dims = new ArrayList<>(x.dims());
        dims.set(axis, size);
        return checked(dims);
    }
}
