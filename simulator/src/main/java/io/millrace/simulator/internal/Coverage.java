package io.millrace.simulator.internal;

import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.Reduction;
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
        for (var segment : segments) {
            int length = Reduction.length(g, segment, lanes);
            for (int i = 0; i < length; i++) {
                seen.set(Reduction.weightIndex(g, segment, i, lanes));
            }
        }
        return seen.nextClearBit(0);
    }
}
