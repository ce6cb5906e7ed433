package io.millrace.scheduler;

import java.util.ArrayList;
import java.util.List;

/**
 * How a window becomes segments. Without column dilation the elements of one kernel row, kernel column by kernel column, are one
 * contiguous run of {@code kernelColumns * channels}; with it each kernel column is a run of {@code channels}. Runs are cut
 * into pieces of at most S elements.
 */
public final class Reduction {
    private Reduction() {}

    /** The segments of a convolution for S lanes: kernel rows outside, then runs, then pieces. */
    public static List<Segment> segments(Geometry g, int lanes) {
        var segments = new ArrayList<Segment>();
        int runs = contiguous(g) ? 1 : g.kernelColumns();
        for (int row = 0; row < g.kernelRows(); row++) {
            for (int run = 0; run < runs; run++) {
                for (int first = 0; first < runElements(g); first += lanes) {
                    int offset = run * g.columnDilation() * g.inputChannels() + first;
                    segments.add(new Segment(row * g.rowDilation(), offset));
                }
            }
        }
        return List.copyOf(segments);
    }

    /** The taps of a pooling window, row-major, one segment each (without the channel group's first channel). */
    public static List<Segment> taps(Geometry g) {
        var taps = new ArrayList<Segment>();
        for (int row = 0; row < g.kernelRows(); row++) {
            for (int column = 0; column < g.kernelColumns(); column++) {
                taps.add(new Segment(row * g.rowDilation(), column * g.columnDilation() * g.inputChannels()));
            }
        }
        return List.copyOf(taps);
    }

    /** Elements of a run: what is contiguous in a row and has weights. */
    public static int runElements(Geometry g) {
        return contiguous(g) ? g.kernelColumns() * g.inputChannels() : g.inputChannels();
    }

    /** Number of segments of a convolution for S lanes. */
    public static int segmentCount(Geometry g, int lanes) {
        int runs = contiguous(g) ? 1 : g.kernelColumns();
        return g.kernelRows() * runs * Math.ceilDiv(runElements(g), lanes);
    }

    /** Lanes of a segment that carry weights, the first ones; the others meet zero weights. */
    public static int length(Geometry g, Segment segment, int lanes) {
        int inRun = contiguous(g) ? segment.offset() : segment.offset() % g.inputChannels();
        return Math.min(lanes, runElements(g) - inRun);
    }

    /**
     * Which weight of an output channel lane {@code lane} of a segment carries: {@code tap * channels + channel}, taps row-major over
     * the kernel.
     *
     * @throws IllegalArgumentException if the lane carries none
     */
    public static int weightIndex(Geometry g, Segment segment, int lane, int lanes) {
        if (lane < 0 || lane >= length(g, segment, lanes)) {
            throw new IllegalArgumentException("lane " + lane + " of segment " + segment + " has no weight");
        }
        int element = segment.offset() + lane;
        int kernelRow = segment.row() / g.rowDilation();
        int kernelColumn = element / g.inputChannels() / g.columnDilation();
        return (kernelRow * g.kernelColumns() + kernelColumn) * g.inputChannels() + element % g.inputChannels();
    }

    private static boolean contiguous(Geometry g) {
        return g.columnDilation() == 1 || g.kernelColumns() == 1;
    }
}
