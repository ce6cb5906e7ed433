package io.millrace.scheduler;

/**
 * Output columns that one firing computes of its rows.
 *
 * @param first the leftmost
 * @param columns how many
 */
public record ColumnRange(int first, int columns) {
    /** The whole of every row. */
    static ColumnRange whole(Geometry g) {
        return new ColumnRange(0, g.outputColumns());
    }

    /**
     * Range {@code k} of rows in {@code ranges} of them, as equal as they can be where {@code together} neighbouring columns are computed at once.
     *
     * @param ranges at most the positions of a row, see {@link #positions}
     */
    static ColumnRange of(Geometry g, int together, int ranges, int k) {
        int positions = positions(g, together);
        int from = (int) ((long) k * positions / ranges) * together;
        int to = (int) ((k + 1L) * positions / ranges) * together;
        return new ColumnRange(from, Math.min(to, g.outputColumns()) - from);
    }

    /** Columns of the widest of {@code ranges} ranges. */
    public static int widest(Geometry g, int together, int ranges) {
        int columns = Math.ceilDiv(positions(g, together), ranges) * together;
        return Math.min(columns, g.outputColumns());
    }

    /** Steps from the left to the right end of a row with so many columns at once: the most ranges that it can be cut into. */
    public static int positions(Geometry g, int together) {
        return Math.ceilDiv(g.outputColumns(), together);
    }
}
