package io.millrace.ir;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Operations that move elements: each but the resize reads, at every position of the result, one element of the operand. */
final class Arrangement {
    private Arrangement() {}

    /**
     * The result whose element {@code [i0, i1, ...]} is the operand's at offset {@code sources[0][i0] + sources[1][i1] + ...}, or
     * {@code fill} where one of these is negative.
     */
    private static Tensor rearrange(Tensor x, Shape result, int[][] sources, float fill) {
        float[] out = new float[result.volume()];
        if (result.rank() == 0) {
            out[0] = x.get(0);
        } else if (out.length > 0) {
            copy(x.values(), sources, fill, 0, 0, out, 0);
        }
        return Tensor.wrap(result, out);
    }

    /** Fills the part of the result below one position of the axes before {@code axis}; returns where it ends. */
    private static int copy(float[] in, int[][] sources, float fill, int axis, int offset, float[] out, int from) {
        int to = from;
        boolean last = axis == sources.length - 1;
        for (int source : sources[axis]) {
            int at = offset < 0 || source < 0 ? -1 : offset + source;
            if (last) {
                out[to++] = at < 0 ? fill : in[at];
            } else {
                to = copy(in, sources, fill, axis + 1, at, out, to);
            }
        }
        return to;
    }

    private static int[] strides(Shape shape) {
        int[] strides = new int[shape.rank()];
        int stride = 1;
        for (int a = shape.rank() - 1; a >= 0; a--) {
            strides[a] = stride;
            stride *= shape.dim(a);
        }
        return strides;
    }

    /** {@code 0, step, 2 step, ...}. */
    private static int[] steps(int begin, int step, int count) {
        int[] out = new int[count];
        for (int i = 0; i < count; i++) {
            out[i] = begin + i * step;
        }
        return out;
    }

    static Tensor broadcast(Tensor x, Shape result) {
        if (x.shape().equals(result)) {
            return x;
        }
        int[] strides = strides(x.shape());
        int shift = result.rank() - x.shape().rank();
        int[][] sources = new int[result.rank()][];
        for (int a = 0; a < result.rank(); a++) {
            boolean moves = a >= shift && x.shape().dim(a - shift) != 1;
            sources[a] = steps(0, moves ? strides[a - shift] : 0, result.dim(a));
        }
        return rearrange(x, result, sources, 0);
    }

    static Tensor slice(Op.Slice slice, Tensor x, Shape result) {
        int[] strides = strides(x.shape());
        int[][] sources = new int[result.rank()][];
        for (int a = 0; a < result.rank(); a++) {
            sources[a] = steps(slice.begin().get(a) * strides[a], slice.step().get(a) * strides[a], result.dim(a));
        }
        return rearrange(x, result, sources, 0);
    }

    static Tensor pad(Op.Pad pad, Tensor x, Shape result) {
        int[] strides = strides(x.shape());
        int[][] sources = new int[result.rank()][];
        for (int a = 0; a < result.rank(); a++) {
            sources[a] = new int[result.dim(a)];
            for (int i = 0; i < sources[a].length; i++) {
                int source = pad.mode().source(i - pad.begin().get(a), x.shape().dim(a));
                sources[a][i] = source < 0 ? -1 : source * strides[a];
            }
        }
        return rearrange(x, result, sources, pad.value());
    }

    static Tensor transpose(List<Integer> order, Tensor x) {
        int[] strides = strides(x.shape());
        Shape result = new Shape(order.stream().map(x.shape()::dim).toList());
        int[][] sources = new int[result.rank()][];
        for (int a = 0; a < result.rank(); a++) {
            sources[a] = steps(0, strides[order.get(a)], result.dim(a));
        }
        return rearrange(x, result, sources, 0);
    }

    static Tensor gather(int axis, List<Integer> indices, Tensor x, Shape result) {
        int[] strides = strides(x.shape());
        int[][] sources = new int[result.rank()][];
        for (int a = 0; a < result.rank(); a++) {
            sources[a] = a == axis
                    ? indices.stream().mapToInt(i -> i * strides[axis]).toArray()
                    : steps(0, strides[a], result.dim(a));
        }
        return rearrange(x, result, sources, 0);
    }

    static Tensor depthToSpace(int block, Tensor x, Shape result) {
        Shape s = x.shape();
        Shape split = Shape.of(s.dim(0), block, block, result.dim(1), s.dim(2), s.dim(3));
        return transpose(List.of(0, 3, 4, 1, 5, 2), x.reshape(split)).reshape(result);
    }

    static Tensor spaceToDepth(int block, Tensor x, Shape result) {
        Shape s = x.shape();
        Shape split = Shape.of(s.dim(0), s.dim(1), result.dim(2), block, result.dim(3), block);
        return transpose(List.of(0, 3, 5, 1, 2, 4), x.reshape(split)).reshape(result);
    }

    static Tensor concat(List<Tensor> operands, int axis, Shape result) {
        float[] out = new float[result.volume()];
        int outer = 1;
        for (int a = 0; a < axis; a++) {
            outer *= result.dim(a);
        }
        int at = 0;
        for (int n = 0; n < outer; n++) {
            for (Tensor t : operands) {
                int length = t.size() / outer;
                System.arraycopy(t.values(), n * length, out, at, length);
                at += length;
            }
        }
        return Tensor.wrap(result, out);
    }

    static Tensor resize(List<Sampling> axes, Tensor x) {
        Tensor y = x;
        for (int a = 0; a < axes.size(); a++) {
            if (!axes.get(a).isIdentity(y.shape().dim(a))) {
                y = sample(axes.get(a), a, y);
            }
        }
        return y;
    }

    private static Tensor sample(Sampling sampling, int axis, Tensor x) {
        int size = x.shape().dim(axis);
        var dims = new ArrayList<>(x.shape().dims());
        dims.set(axis, sampling.source().size());
        Shape result = new Shape(dims);
        Tensor near = gather(axis, sampling.source(), x, result);
        if (sampling.isNearest()) {
            return near;
        }
        var next =
                sampling.source().stream().map(i -> Math.min(i + 1, size - 1)).toList();
        float[] far = gather(axis, next, x, result).values();
        float[] out = near.values();
        int inner = strides(result)[axis];
        for (int i = 0; i < out.length; i++) {
            float f = sampling.fraction().get(i / inner % dims.get(axis));
            out[i] = out[i] * (1 - f) + far[i] * f;
        }
        return Tensor.wrap(result, out);
    }

    static Tensor rearrange(Tensor x, Shape shape, List<Integer> sources) {
        float[] out = new float[sources.size()];
        for (int i = 0; i < out.length; i++) {
            out[i] = x.get(sources.get(i));
        }
        return Tensor.wrap(shape, out);
    }

    static Tensor oneHot(int depth, Tensor x, Shape result) {
        float[] out = new float[result.volume()];
        for (int i = 0; i < x.size(); i++) {
            double v = Math.rint(x.get(i));
            if (v >= 0 && v < depth) {
                out[(int) v * x.size() + i] = 1;
            }
        }
        return Tensor.wrap(result, out);
    }

    static Tensor lookup(Tensor table, Tensor x, Shape result) {
        int rows = table.shape().dim(0);
        int width = table.shape().dim(1);
        float[] out = new float[result.volume()];
        Arrays.fill(out, Float.NaN);
        for (int i = 0; i < x.size(); i++) {
            int row = (int) x.get(i);
            if (row >= 0 && row < rows && row == x.get(i)) {
                System.arraycopy(table.values(), row * width, out, i * width, width);
            }
        }
        return Tensor.wrap(result, out);
    }
}
