package io.millrace.ir;

import java.util.stream.IntStream;

/**
 * Convolution and matrix-vector product in single precision.
 *
 * <p>A convolution runs over blocks of output rows: the block's operand values are gathered into a matrix
 * {@code [reduction, pixels]} (im2col), then every output channel adds up its rows of that matrix, four at a time, in a loop
 * the JIT compiler turns into vector instructions. Blocks are independent, so they run in parallel when there is enough work.
 */
final class ConvolutionKernel {
    /** Pixels a block aims at: its matrix row stays in the first-level cache. */
    private static final int BLOCK_PIXELS = 1024;

    /** Largest gathered matrix in floats: small enough for the second-level cache to help, large enough for any kernel. */
    private static final int BLOCK_FLOATS = 1 << 18;

    private static final long PARALLEL_MACS = 4_000_000;

    private ConvolutionKernel() {}

    static Tensor apply(Op.Conv conv, Tensor x, Shape result) {
        float[] out = new float[result.volume()];
        if (out.length == 0) {
            return Tensor.wrap(result, out);
        }
        int pixels = out.length / result.dim(1);
        if (pixels == 1 && coversWholeMap(conv, x.shape())) {
            wholeMap(conv, x, out);
            return Tensor.wrap(result, out);
        }
        var gather = new Gather(conv, x, result);
        int blocks = gather.blocks();
        long macs = (long) out.length
                * (conv.weights().size() / conv.weights().shape().dim(0));
        IntStream work = IntStream.range(0, blocks * conv.groups());
        if (macs >= PARALLEL_MACS) {
            work = work.parallel();
        }
        work.forEach(i -> block(conv, gather, i / blocks, i % blocks, out));
        return Tensor.wrap(result, out);
    }

    static Tensor dense(Tensor weights, Tensor bias, Tensor x, Shape result) {
        int outputs = weights.shape().dim(0);
        int inputs = weights.shape().dim(1);
        float[] out = new float[result.volume()];
        float[] row = new float[outputs];
        for (int r = 0; r < out.length / outputs; r++) {
            dots(weights.values(), bias.values(), x.values(), r * inputs, inputs, 0, outputs, row);
            System.arraycopy(row, 0, out, r * outputs, outputs);
        }
        return Tensor.wrap(result, out);
    }

    /** The kernel is as large as the unpadded operand: one dot product an output channel. */
    private static boolean coversWholeMap(Op.Conv conv, Shape x) {
        Window w = conv.window();
        return w.kernel().equals(x.dims().subList(2, x.rank()))
                && w.padBegin().stream().allMatch(p -> p == 0)
                && w.padEnd().stream().allMatch(p -> p == 0)
                && w.dilation().stream().allMatch(d -> d == 1);
    }

    private static void wholeMap(Op.Conv conv, Tensor x, float[] out) {
        int perGroup = out.length / conv.groups();
        int reduction = x.size() / conv.groups();
        for (int g = 0; g < conv.groups(); g++) {
            dots(
                    conv.weights().values(),
                    conv.bias().values(),
                    x.values(),
                    g * reduction,
                    reduction,
                    g * perGroup,
                    (g + 1) * perGroup,
                    out);
        }
    }

    /** {@code out[m] = bias[m] + weights[m] . x[from, from + length)} for m in [first, last). */
    private static void dots(
            float[] weights, float[] bias, float[] x, int from, int length, int first, int last, float[] out) {
        IntStream rows = IntStream.range(first, last);
        if ((long) length * (last - first) >= PARALLEL_MACS) {
            rows = rows.parallel();
        }
        rows.forEach(m -> out[m] = bias[m] + dot(weights, m * length, x, from, length));
    }

    private static float dot(float[] a, int atA, float[] b, int atB, int length) {
        float s0 = 0;
        float s1 = 0;
        float s2 = 0;
        float s3 = 0;
        int i = 0;
        for (; i + 3 < length; i += 4) {
            s0 += a[atA + i] * b[atB + i];
            s1 += a[atA + i + 1] * b[atB + i + 1];
            s2 += a[atA + i + 2] * b[atB + i + 2];
            s3 += a[atA + i + 3] * b[atB + i + 3];
        }
        for (; i < length; i++) {
            s0 += a[atA + i] * b[atB + i];
        }
        return (s0 + s1) + (s2 + s3);
    }

    private static void block(Op.Conv conv, Gather gather, int group, int block, float[] out) {
        Gather.Range range = gather.range(block);
        int pixels = range.pixels();
        int reduction = gather.reduction;
        float[][] matrix = gather.matrix(group, range);
        float[] weights = conv.weights().values();
        int perGroup = conv.weights().shape().dim(0) / conv.groups();
        float[] sums = new float[pixels];
        for (int m = group * perGroup; m < (group + 1) * perGroup; m++) {
            java.util.Arrays.fill(sums, conv.bias().get(m));
            int row = m * reduction;
            int k = 0;
            for (; k + 3 < reduction; k += 4) {
                accumulate4(sums, matrix[k], matrix[k + 1], matrix[k + 2], matrix[k + 3], pixels, weights, row + k);
            }
            for (; k < reduction; k++) {
                accumulate1(sums, matrix[k], pixels, weights[row + k]);
            }
            System.arraycopy(sums, 0, out, m * gather.totalPixels + gather.firstPixel(range), pixels);
        }
    }

    /** All arrays are read at one index: with offsets into one array HotSpot does not rule out that they overlap, and uses no vector instructions. */
    private static void accumulate4(
            float[] sums, float[] a, float[] b, float[] c, float[] d, int pixels, float[] weights, int w) {
        float wa = weights[w];
        float wb = weights[w + 1];
        float wc = weights[w + 2];
        float wd = weights[w + 3];
        for (int p = 0; p < pixels; p++) {
            sums[p] += wa * a[p] + wb * b[p] + wc * c[p] + wd * d[p];
        }
    }

    private static void accumulate1(float[] sums, float[] a, int pixels, float weight) {
        for (int p = 0; p < pixels; p++) {
            sums[p] += weight * a[p];
        }
    }

    /**
     * Index arithmetic of im2col for any number of spatial axes. A block is a run of whole output rows along the last axis,
     * or, where rows are long, a part of one row; so its pixels are always contiguous.
     */
    private static final class Gather {
        private final float[] x;
        private final Window window;
        private final int rank;
        private final int[] inSize;
        private final int[] outSize;
        private final int channelsPerGroup;
        private final int rowLength;
        private final int rows;
        private final int rowsPerBlock;
        private final int columnsPerBlock;
        private final int blocksPerRow;
        final int reduction;
        final int totalPixels;

        Gather(Op.Conv conv, Tensor operand, Shape result) {
            x = operand.values();
            window = conv.window();
            rank = window.rank();
            inSize = operand.shape().dims().stream().skip(2).mapToInt(i -> i).toArray();
            outSize = result.dims().stream().skip(2).mapToInt(i -> i).toArray();
            channelsPerGroup = conv.weights().shape().dim(1);
            reduction = channelsPerGroup * window.taps();
            totalPixels = result.volume() / result.dim(1);
            rowLength = outSize[rank - 1];
            rows = totalPixels / rowLength;
            int blockPixels = Math.max(1, Math.min(BLOCK_PIXELS, BLOCK_FLOATS / Math.max(1, reduction)));
            rowsPerBlock = Math.max(1, blockPixels / rowLength);
            columnsPerBlock = Math.min(rowLength, blockPixels);
            blocksPerRow = Math.ceilDiv(rowLength, columnsPerBlock);
        }

        /** Output rows [firstRow, lastRow), and of each the columns [firstColumn, lastColumn). */
        record Range(int firstRow, int lastRow, int firstColumn, int lastColumn) {
            int columns() {
                return lastColumn - firstColumn;
            }

            int pixels() {
                return (lastRow - firstRow) * columns();
            }
        }

        int blocks() {
            return blocksPerRow > 1 ? rows * blocksPerRow : Math.ceilDiv(rows, rowsPerBlock);
        }

        Range range(int block) {
            if (blocksPerRow > 1) {
                int row = block / blocksPerRow;
                int column = block % blocksPerRow * columnsPerBlock;
                return new Range(row, row + 1, column, Math.min(rowLength, column + columnsPerBlock));
            }
            int row = block * rowsPerBlock;
            return new Range(row, Math.min(rows, row + rowsPerBlock), 0, rowLength);
        }

        int firstPixel(Range range) {
            return range.firstRow * rowLength + range.firstColumn;
        }

        /** By channel and tap, what each pixel sees there. */
        float[][] matrix(int group, Range range) {
            float[][] matrix = new float[reduction][range.pixels()];
            int taps = window.taps();
            int mapSize = 1;
            for (int s : inSize) {
                mapSize *= s;
            }
            int[] tap = new int[rank];
            int[] at = new int[rank];
            for (int t = 0; t < taps; t++) {
                unflatten(t, window.kernel(), tap);
                for (int row = range.firstRow; row < range.lastRow; row++) {
                    int base = rowBase(row, tap, at);
                    if (base < 0) {
                        continue;
                    }
                    for (int c = 0; c < channelsPerGroup; c++) {
                        int plane = (group * channelsPerGroup + c) * mapSize;
                        int to = (row - range.firstRow) * range.columns();
                        copyRow(plane + base, tap[rank - 1], range, matrix[c * taps + t], to);
                    }
                }
            }
            return matrix;
        }

        /** Offset within a map of the input row that this tap reads for an output row, or -1 if the row is padding. */
        private int rowBase(int row, int[] tap, int[] at) {
            int rest = row;
            for (int a = rank - 2; a >= 0; a--) {
                at[a] = rest % outSize[a];
                rest /= outSize[a];
            }
            int base = 0;
            for (int a = 0; a < rank - 1; a++) {
                int i = at[a] * window.stride().get(a)
                        - window.padBegin().get(a)
                        + tap[a] * window.dilation().get(a);
                if (i < 0 || i >= inSize[a]) {
                    return -1;
                }
                base = base * inSize[a] + i;
            }
            return base * inSize[rank - 1];
        }

        private void copyRow(int from, int tap, Range range, float[] row, int to) {
            int last = rank - 1;
            int stride = window.stride().get(last);
            long offset =
                    (long) tap * window.dilation().get(last) - window.padBegin().get(last);
            int size = inSize[last];
            long begin = Math.max(range.firstColumn, Math.ceilDiv(-offset, stride));
            long end = Math.min(range.lastColumn, Math.ceilDiv(size - offset, stride));
            int start = to - range.firstColumn;
            if (stride == 1 && end > begin) {
                System.arraycopy(x, (int) (from + begin + offset), row, (int) (start + begin), (int) (end - begin));
                return;
            }
            for (long p = begin; p < end; p++) {
                row[(int) (start + p)] = x[(int) (from + p * stride + offset)];
            }
        }

        private static void unflatten(int index, java.util.List<Integer> sizes, int[] to) {
            int rest = index;
            for (int a = sizes.size() - 1; a >= 0; a--) {
                to[a] = rest % sizes.get(a);
                rest /= sizes.get(a);
            }
        }
    }
}
