package io.millrace.simulator.internal;

import io.millrace.scheduler.Geometry;

/** Input rows that output rows really read: inside the map, and hit by a tap. */
final class Reach {
    private Reach() {}

    /** First input row read by output rows from {@code outputRow} on; at least {@code inputRows} when there is none. */
    static int first(Geometry g, int outputRow) {
        int top = g.topRow(outputRow);
        return top >= 0 ? top : top + Math.ceilDiv(-top, g.rowDilation()) * g.rowDilation();
    }

    /** Last input row read by output rows up to {@code outputRow}; below 0 when there is none. */
    static int last(Geometry g, int outputRow) {
        int bottom = g.topRow(outputRow) + g.rowExtent() - 1;
        int over = bottom - (g.inputRows() - 1);
        return over <= 0 ? bottom : bottom - Math.ceilDiv(over, g.rowDilation()) * g.rowDilation();
    }
}
