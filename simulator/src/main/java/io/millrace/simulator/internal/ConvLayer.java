package io.millrace.simulator.internal;

import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QOp;
import io.millrace.scheduler.Geometry;
import java.util.Arrays;
import java.util.List;

/**
 * A convolution as a matrix product: taps by pixels, times output channels by taps. The longer of pixels and output
 * channels is the inner loop; of a grouped one always the pixels, and an output channel meets the taps of its group. Sums are ints where the
 * largest sum of the layer fits, else longs.
 */
final class ConvLayer implements Layer {
    /** Pixels of a block, so that sums and patches stay in the cache. */
    private static final int PIXELS = 1024;

    private final Geometry g;
    /** Taps of all input channels. */
    private final int taps;

    private final long[] bias;
    private final OutputStage stage;
    private final boolean wide;
    private final boolean pixelsInside;
    private final int rowsPerBlock;
    /** By output channel, then tap in row, column, channel of the group order. */
    private final int[][] weights;
    /** The other way round. */
    private final int[][] byTap;

    ConvLayer(Geometry geometry, QOp.Conv conv, Precision precision) {
        g = geometry;
        int positions = g.kernelRows() * g.kernelColumns();
        taps = positions * g.inputChannels();
        bias = conv.bias().stream().mapToLong(Long::longValue).toArray();
        stage = new OutputStage(conv.requantizer(), conv.table());
        int filters = conv.filters();
        weights = new int[g.outputChannels()][];
        boolean all = g.groups() == 1 && g.groupChannels() == g.inputChannels() && g.bandOf(0) == 0;
        byTap = new int[all ? taps : 0][g.outputChannels()];
        boolean large = false;
        for (int m = 0; m < weights.length; m++) {
            long most = Math.abs(bias[m]);
            int channels = g.endChannelOf(m) - g.firstChannelOf(m);
            weights[m] = new int[positions * channels];
            for (int k = 0; k < weights[m].length; k++) {
                int inBand = g.firstChannelOf(m) + k % channels - g.bandOf(m);
                boolean counts = inBand >= 0 && inBand < g.groupChannels();
                int at = (m % filters * positions + k / channels) * g.groupChannels() + inBand;
                int w = counts ? conv.weights().get(at) : 0;
                weights[m][k] = w;
                if (all) {
                    byTap[k][m] = w;
                }
                most += (long) Math.abs(w) * -precision.low();
            }
            large |= most > Integer.MAX_VALUE;
        }
        wide = large;
        rowsPerBlock = Math.clamp(PIXELS / g.outputColumns(), 1, g.outputRows());
        pixelsInside = !all || rowsPerBlock * g.outputColumns() >= Math.min(24, g.outputChannels());
    }

    @Override
    public Geometry geometry() {
        return g;
    }

    private static final class Scratch {
        private final int[] padded;
        private final int[][] patches;
        /** By group, the patches of its taps. */
        private final int[][][] ofGroup;

        private final int[] sums;
        private final long[] wideSums;
        private final int[] column;

        Scratch(Geometry g, int padded, int taps, int pixels, int longest) {
            this.padded = new int[padded];
            this.patches = new int[taps][pixels];
            this.ofGroup = new int[g.groups()][][];
            for (int group = 0; group < ofGroup.length; group++) {
                int m = group * (g.outputChannels() / g.groups());
                int first = g.firstChannelOf(m);
                int channels = g.endChannelOf(m) - first;
                ofGroup[group] = new int[taps / g.inputChannels() * channels][];
                for (int k = 0; k < ofGroup[group].length; k++) {
                    ofGroup[group][k] = patches[k / channels * g.inputChannels() + first + k % channels];
                }
            }
            this.sums = new int[longest];
            this.wideSums = new long[longest];
            this.column = new int[taps];
        }
    }

    @Override
    public Object scratch() {
        int pixels = rowsPerBlock * g.outputColumns();
        return new Scratch(g, g.inputChannels() * paddedColumns(), taps, pixels, Math.max(pixels, g.outputChannels()));
    }

    /** Columns from the leftmost to the rightmost that any tap reads, padding included. */
    private int paddedColumns() {
        return (g.outputColumns() - 1) * g.columnStride() + (g.kernelColumns() - 1) * g.columnDilation() + 1;
    }

    @Override
    public void rows(List<RowSource> in, int from, int to, short[] out, int at, Object scratch) {
        var s = (Scratch) scratch;
        for (int r = from; r < to; r += rowsPerBlock) {
            int end = Math.min(to, r + rowsPerBlock);
            gather(in, r, end, s);
            int first = at + (r - from) * g.outputRowElements();
            int pixels = (end - r) * g.outputColumns();
            if (pixelsInside) {
                channelByChannel(pixels, out, first, s);
            } else {
                pixelByPixel(pixels, out, first, s);
            }
        }
    }

    /** Fills patches: what each tap sees at each pixel. */
    private void gather(List<RowSource> in, int from, int to, Scratch s) {
        int columns = paddedColumns();
        int channels = g.inputChannels();
        int top = from * g.rowStride() - g.padTop();
        int bottom = (to - 1) * g.rowStride() - g.padTop() + g.rowExtent();
        for (int y = top; y < bottom; y++) {
            unpack(in, y, columns, s.padded);
            for (int kh = 0; kh < g.kernelRows(); kh++) {
                int above = y + g.padTop() - kh * g.rowDilation();
                int r = Math.floorDiv(above, g.rowStride());
                if (r * g.rowStride() != above || r < from || r >= to) {
                    continue;
                }
                int pixel = (r - from) * g.outputColumns();
                for (int kw = 0; kw < g.kernelColumns(); kw++) {
                    for (int c = 0; c < channels; c++) {
                        int[] patch = s.patches[(kh * g.kernelColumns() + kw) * channels + c];
                        int x = c * columns + kw * g.columnDilation();
                        if (g.columnStride() == 1) {
                            System.arraycopy(s.padded, x, patch, pixel, g.outputColumns());
                        } else {
                            for (int i = 0; i < g.outputColumns(); i++) {
                                patch[pixel + i] = s.padded[x + i * g.columnStride()];
                            }
                        }
                    }
                }
            }
        }
    }

    /** Unpacks an input row channel by channel, with its padding, the channels of all inputs one after the other. */
    private void unpack(List<RowSource> in, int y, int columns, int[] padded) {
        if (y < 0 || y >= g.inputRows()) {
            Arrays.fill(padded, g.padValue());
            return;
        }
        for (int k = 0; k < in.size(); k++) {
            int channels = g.parts().get(k);
            int before = g.partStart(k) * columns;
            short[] row = in.get(k).array(y);
            int offset = in.get(k).offset(y);
            for (int c = 0; c < channels; c++) {
                for (int i = 0; i < columns; i++) {
                    int x = i - g.padLeft();
                    padded[before + c * columns + i] =
                            x >= 0 && x < g.inputColumns() ? row[offset + x * channels + c] : g.padValue();
                }
            }
        }
    }

    private void channelByChannel(int pixels, short[] out, int at, Scratch s) {
        int channels = g.outputChannels();
        for (int m = 0; m < channels; m++) {
            int[][] patches = s.ofGroup[m / (channels / g.groups())];
            if (wide) {
                Arrays.fill(s.wideSums, 0, pixels, bias[m]);
                MultiplyAdd.addWide(s.wideSums, pixels, patches, weights[m], patches.length);
                for (int i = 0; i < pixels; i++) {
                    out[at + i * channels + m] = stage.code(s.wideSums[i], m);
                }
            } else {
                Arrays.fill(s.sums, 0, pixels, (int) bias[m]);
                MultiplyAdd.add(s.sums, pixels, patches, weights[m], patches.length);
                for (int i = 0; i < pixels; i++) {
                    out[at + i * channels + m] = stage.code(s.sums[i], m);
                }
            }
        }
    }

    private void pixelByPixel(int pixels, short[] out, int at, Scratch s) {
        int channels = g.outputChannels();
        for (int i = 0; i < pixels; i++) {
            for (int k = 0; k < taps; k++) {
                s.column[k] = s.patches[k][i];
            }
            if (wide) {
                System.arraycopy(bias, 0, s.wideSums, 0, channels);
                MultiplyAdd.addWide(s.wideSums, channels, byTap, s.column, taps);
                for (int m = 0; m < channels; m++) {
                    out[at + i * channels + m] = stage.code(s.wideSums[m], m);
                }
            } else {
                for (int m = 0; m < channels; m++) {
                    s.sums[m] = (int) bias[m];
                }
                MultiplyAdd.add(s.sums, channels, byTap, s.column, taps);
                for (int m = 0; m < channels; m++) {
                    out[at + i * channels + m] = stage.code(s.sums[m], m);
                }
            }
        }
    }
}
