package io.millrace.simulator.internal;

import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.Segment;
import java.util.BitSet;
import java.util.List;

/** Which of a window's elements a list of segments reads. */
final class Coverage {
    private Coverage() {}

    /**
     * First element (kernel row, kernel column, channel, row-major) that no lane of any segment stands for, or the
     * number of elements when there is none.
     *
     * @param lanes elements a segment reads
     */
    static int firstMissing(Geometry g, List<Segment> segments, int lanes) {
        var seen = new BitSet();
        int columnStep = g.columnDilation() * g.inputChannels();
        for (var segment : segments) {
            int kernelRow = segment.row() / g.rowDilation();
            if (segment.row() % g.rowDilation() != 0 || kernelRow >= g.kernelRows()) {
                continue;
            }
            for (int i = 0; i < lanes; i++) {
                int position = segment.offset() + i;
                int kernelColumn = Math.floorDiv(position, columnStep);
                int channel = Math.floorMod(position, columnStep);
                if (kernelColumn >= 0 && kernelColumn < g.kernelColumns() && channel < g.inputChannels()) {
                    seen.set((kernelRow * g.kernelColumns() + kernelColumn) * g.inputChannels() + channel);
                }
            }
        }
        return seen.nextClearBit(0);
    }
}
