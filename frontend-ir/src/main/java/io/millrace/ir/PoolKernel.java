package io.millrace.ir;

import java.util.stream.IntStream;

/** Pooling in single precision, for any number of spatial axes; channels in parallel. */
final class PoolKernel {
    private static final long PARALLEL_TAPS = 1_000_000;

    private PoolKernel() {}

    static Tensor max(Window window, Tensor x, Shape result) {
        return pool(window, x, result, (in, plane, region) -> {
            float best = Float.NEGATIVE_INFINITY;
            for (int i = 0; i < region.count; i++) {
                best = Math.max(best, in[plane + region.offsets[i]]);
            }
            return best;
        });
    }

    /** Numbers of elements of the operand, all channels counted. */
    static Tensor indices(Op.MaxPoolIndices op, Tensor x, Shape result) {
        Tensor found = pool(op.window(), x, result, (in, plane, region) -> {
            int best = -1;
            for (int i = 0; i < region.count; i++) {
                int at = plane + region.offsets[i];
                best = best < 0 || in[at] > in[best] ? at : best;
            }
            return best;
        });
        return op.columnMajor() ? columnMajor(found, x.shape()) : found;
    }

    /** The numbers of elements counted along the first spatial axis first. */
    private static Tensor columnMajor(Tensor indices, Shape in) {
        float[] out = new float[indices.size()];
        for (int i = 0; i < out.length; i++) {
            int rest = (int) indices.get(i);
            int[] at = new int[in.rank()];
            for (int a = in.rank() - 1; a >= 2; a--) {
                at[a] = rest % in.dim(a);
                rest /= in.dim(a);
            }
            int number = 0;
            int scale = 1;
            for (int a = 2; a < in.rank(); a++) {
                number += at[a] * scale;
                scale *= in.dim(a);
            }
            out[i] = number + rest * scale;
        }
        return Tensor.wrap(indices.shape(), out);
    }

    static Tensor unpool(Op.MaxUnpool op, Tensor x, Tensor indices, Shape result) {
        float[] out = new float[result.volume()];
        Shape least = WindowShapes.unpooled(op.window(), x.shape());
        for (int i = 0; i < x.size(); i++) {
            int rest = (int) indices.get(i);
            int to = 0;
            int scale = 1;
            for (int a = result.rank() - 1; a >= 1; a--) {
                to += rest % least.dim(a) * scale;
                rest /= least.dim(a);
                scale *= result.dim(a);
            }
            out[to] = x.get(i);
        }
        return Tensor.wrap(result, out);
    }

    static Tensor average(Window window, boolean countPad, Tensor x, Shape result) {
        int taps = window.taps();
        return pool(window, x, result, (in, plane, region) -> {
            double sum = 0;
            for (int i = 0; i < region.count; i++) {
                sum += in[plane + region.offsets[i]];
            }
            return (float) (sum / (countPad ? taps : region.count));
        });
    }

    static Tensor norm(Window window, int p, Tensor x, Shape result) {
        return pool(window, x, result, (in, plane, region) -> {
            double sum = 0;
            for (int i = 0; i < region.count; i++) {
                double v = Math.abs(in[plane + region.offsets[i]]);
                sum += p == 1 ? v : p == 2 ? v * v : Math.pow(v, p);
            }
            return (float) (p == 1 ? sum : p == 2 ? Math.sqrt(sum) : Math.pow(sum, 1.0 / p));
        });
    }

    /** The value of one window: {@code in[plane + offsets[0..count))} are its taps outside padding. */
    private interface Reduction {
        float of(float[] in, int plane, Region region);
    }

    private static Tensor pool(Window window, Tensor x, Shape result, Reduction reduction) {
        float[] in = x.values();
        float[] out = new float[result.volume()];
        int channels = result.dim(1);
        if (out.length == 0) {
            return Tensor.wrap(result, out);
        }
        int pixels = out.length / channels;
        int plane = in.length / channels;
        IntStream work = IntStream.range(0, pixels);
        if ((long) out.length * window.taps() >= PARALLEL_TAPS) {
            work = work.parallel();
        }
        work.forEach(p -> {
            var region = new Region(window, x.shape(), result, p);
            for (int c = 0; c < channels; c++) {
                out[c * pixels + p] = reduction.of(in, c * plane, region);
            }
        });
        return Tensor.wrap(result, out);
    }

    /** Offsets within a map of the taps of one output pixel that are not padding. */
    private static final class Region {
        final int[] offsets;
        final int count;

        Region(Window window, Shape in, Shape out, int pixel) {
            int rank = window.rank();
            int[] begin = new int[rank];
            int rest = pixel;
            for (int a = rank - 1; a >= 0; a--) {
                begin[a] = rest % out.dim(a + 2) * window.stride().get(a)
                        - window.padBegin().get(a);
                rest /= out.dim(a + 2);
            }
            offsets = new int[window.taps()];
            int found = 0;
            for (int t = 0; t < offsets.length; t++) {
                int offset = offset(window, in, begin, t);
                if (offset >= 0) {
                    offsets[found++] = offset;
                }
            }
            count = found;
        }

        private static int offset(Window window, Shape in, int[] begin, int tap) {
            int rest = tap;
            int offset = 0;
            int scale = 1;
            for (int a = window.rank() - 1; a >= 0; a--) {
                int i = begin[a]
                        + rest % window.kernel().get(a) * window.dilation().get(a);
                rest /= window.kernel().get(a);
                if (i < 0 || i >= in.dim(a + 2)) {
                    return -1;
                }
                offset += i * scale;
                scale *= in.dim(a + 2);
            }
            return offset;
        }
    }
}
