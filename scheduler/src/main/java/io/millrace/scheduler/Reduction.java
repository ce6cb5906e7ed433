package io.millrace.scheduler;

import java.util.ArrayList;
import java.util.List;

/**
 * How a window becomes segments. Where all channels of an input are read and columns are not dilated, the elements of one kernel row, kernel
 * column by kernel column, are one contiguous run of {@code kernelColumns * channels}; else each kernel column is a run of the channels that are read.
 * Runs are cut into pieces of at most S elements. An output tile of a grouped convolution reads the channels of the groups it has a
 * part in, which are neighbours.
 */
public final class Reduction {
    private Reduction() {}

    /** The segments of a convolution on an engine of P outputs and S lanes; see {@link #own}. */
    public static List<Segment> segments(Geometry g, int outputs, int lanes) {
        if (!own(g, outputs)) {
            return pieces(g, 0, g.inputChannels(), lanes);
        }
        int tiles = Math.ceilDiv(g.outputChannels(), outputs);
        int each = segmentsPerTile(g, outputs, lanes);
        var all = new ArrayList<Segment>();
        for (int tile = 0; tile < tiles; tile++) {
            var mine = pieces(g, firstChannel(g, outputs, tile), endChannel(g, outputs, tile), lanes);
            all.addAll(mine);
            for (int i = mine.size(); i < each; i++) {
                all.add(mine.getLast());
            }
        }
        return List.copyOf(all);
    }

    /** Whether output tiles of P channels read different channels, and so have segments of their own. */
    public static boolean own(Geometry g, int outputs) {
        return g.groups() > 1 && g.outputChannels() > outputs;
    }

    /** Segments of one output tile of P channels for S lanes. */
    public static int segmentsPerTile(Geometry g, int outputs, int lanes) {
        if (!own(g, outputs)) {
            return count(g, 0, g.inputChannels(), lanes);
        }
        int most = 0;
        int from = -1;
        int to = -1;
        for (int tile = 0; tile * outputs < g.outputChannels(); tile++) {
            int first = firstChannel(g, outputs, tile);
            int end = endChannel(g, outputs, tile);
            // Tiles of one group follow each other: searches ask often.
            if (first != from || end != to) {
                from = first;
                to = end;
                most = Math.max(most, count(g, from, to, lanes));
            }
        }
        return most;
    }

    /** The taps of a vector engine's window, input by input, row-major, one segment each (without the channel group's first channel). */
    public static List<Segment> taps(Geometry g) {
        var taps = new ArrayList<Segment>();
        for (int input = 0; input < g.parts().size(); input++) {
            for (int row = 0; row < g.kernelRows(); row++) {
                for (int column = 0; column < g.kernelColumns(); column++) {
                    int offset = column * g.columnDilation() * g.inputChannels();
                    taps.add(new Segment(row * g.rowDilation(), offset, input));
                }
            }
        }
        return List.copyOf(taps);
    }

    /** Elements of the longest run: what is contiguous in a row and has weights. */
    public static int runElements(Geometry g) {
        int channels = g.groups() > 1
                ? Math.min(g.groupChannels(), g.inputChannels())
                : g.parts().stream().max(Integer::compare).orElse(g.inputChannels());
        return g.groups() == 1 && undilated(g) ? g.kernelColumns() * channels : channels;
    }

    /**
     * What the lanes of a segment stand for: for each lane from 0 on {@code tap * inputChannels + channel}, taps row-major over the
     * kernel, channels counted over all inputs. Lanes past the last one meet zero weights. None for a segment that repeats the one
     * before it.
     *
     * @param outputs P
     * @param lanes S
     * @param tile output tile
     * @param index of the segment in its tile
     */
    public static int[] elements(Geometry g, Work.Multiply work, int outputs, int lanes, int tile, int index) {
        var mine = work.segmentsOf(tile);
        var segment = mine.get(index);
        if (index > 0 && segment.equals(mine.get(index - 1))) {
            return new int[0];
        }
        int from = work.ownSegments() ? firstChannel(g, outputs, tile) : 0;
        int to = work.ownSegments() ? endChannel(g, outputs, tile) : g.inputChannels();
        var run = new Run(g, segment.input(), from, to);
        int column = segment.offset() / run.channels();
        int end = run.contiguous(g) ? g.kernelColumns() * run.channels() : column * run.channels() + run.last();
        var elements = new int[Math.clamp(end - segment.offset(), 0, lanes)];
        int kernelRow = segment.row() / g.rowDilation();
        for (int lane = 0; lane < elements.length; lane++) {
            int at = segment.offset() + lane;
            int kernelColumn = at / run.channels() / g.columnDilation();
            int channel = g.partStart(segment.input()) + at % run.channels();
            elements[lane] = (kernelRow * g.kernelColumns() + kernelColumn) * g.inputChannels() + channel;
        }
        return elements;
    }

    /** The part of an input that a tile reads: its channels {@code [first, last)} of {@code channels}; empty if none. */
    private record Run(int channels, int first, int last) {
        Run(Geometry g, int input, int from, int to) {
            this(
                    g.parts().get(input),
                    Math.max(0, from - g.partStart(input)),
                    Math.min(g.parts().get(input), to - g.partStart(input)));
        }

        boolean contiguous(Geometry g) {
            return first == 0 && last == channels && undilated(g);
        }

        int length(Geometry g) {
            return contiguous(g) ? g.kernelColumns() * channels : last - first;
        }

        int runs(Geometry g) {
            return last <= first ? 0 : contiguous(g) ? 1 : g.kernelColumns();
        }
    }

    private static List<Segment> pieces(Geometry g, int from, int to, int lanes) {
        var segments = new ArrayList<Segment>();
        for (int row = 0; row < g.kernelRows(); row++) {
            for (int input = 0; input < g.parts().size(); input++) {
                var run = new Run(g, input, from, to);
                for (int column = 0; column < run.runs(g); column++) {
                    int start = column * g.columnDilation() * run.channels() + run.first();
                    for (int i = 0; i < run.length(g); i += lanes) {
                        segments.add(new Segment(row * g.rowDilation(), start + i, input));
                    }
                }
            }
        }
        return List.copyOf(segments);
    }

    private static int count(Geometry g, int from, int to, int lanes) {
        int count = 0;
        for (int input = 0; input < g.parts().size(); input++) {
            var run = new Run(g, input, from, to);
            count += run.runs(g) * Math.ceilDiv(run.length(g), lanes);
        }
        return g.kernelRows() * count;
    }

    private static int firstChannel(Geometry g, int outputs, int tile) {
        return g.firstChannelOf(tile * outputs);
    }

    private static int endChannel(Geometry g, int outputs, int tile) {
        int lastOutput = Math.min(g.outputChannels(), (tile + 1) * outputs) - 1;
        return g.endChannelOf(lastOutput);
    }

    private static boolean undilated(Geometry g) {
        return g.columnDilation() == 1 || g.kernelColumns() == 1;
    }
}
