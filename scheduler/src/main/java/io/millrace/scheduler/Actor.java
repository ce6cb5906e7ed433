package io.millrace.scheduler;

import java.util.List;

/**
 * A layer put on a unit.
 *
 * @param id position in {@link Schedule#actors()}
 * @param node id of the quantized node it computes, receives or sends
 * @param inputs edges it reads, in operand order (empty for a receiver)
 * @param outputs edges it writes (empty for a sender)
 * @param rowsPerFiring R: output rows of a firing (rows received or sent, for host actors); the last firing of a frame
 *     has the rest where R does not divide the rows
 * @param batch frames that one firing computes together, each of one row; then R is the batch
 * @param planes whether its rows are written channel by channel, all columns of a channel together, for readers that take single channels
 * @param ranges of columns in which firings compute their rows, one firing a range, from left to right; 1 for whole rows
 */
public record Actor(
        int id,
        String name,
        int unit,
        int node,
        Work work,
        List<Integer> inputs,
        List<Integer> outputs,
        int rowsPerFiring,
        int batch,
        boolean planes,
        int ranges) {
    public Actor {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        if (rowsPerFiring < 1) {
            throw new IllegalArgumentException("actor '" + name + "' fires " + rowsPerFiring + " rows");
        }
        if (batch < 1 || (batch > 1 && rowsPerFiring != batch)) {
            throw new IllegalArgumentException(
                    "actor '" + name + "' has a batch of " + batch + " frames and fires " + rowsPerFiring + " rows");
        }
        if (ranges < 1 || (ranges > 1 && (batch > 1 || !work.computes()))) {
            throw new IllegalArgumentException("actor '" + name + "' fires " + ranges + " ranges of columns");
        }
    }

    /** One that computes each frame by itself, in whole rows, written column by column. */
    public Actor(
            int id,
            String name,
            int unit,
            int node,
            Work work,
            List<Integer> inputs,
            List<Integer> outputs,
            int rowsPerFiring) {
        this(id, name, unit, node, work, inputs, outputs, rowsPerFiring, 1, false, 1);
    }

    /** The same under another name. */
    public Actor withName(String other) {
        return new Actor(id, other, unit, node, work, inputs, outputs, rowsPerFiring, batch, planes, ranges);
    }

    /** The same with other edges. */
    public Actor withEdges(List<Integer> in, List<Integer> out) {
        return new Actor(id, name, unit, node, work, in, out, rowsPerFiring, batch, planes, ranges);
    }

    /** The same with so many rows a firing. */
    public Actor withRowsPerFiring(int rows) {
        return new Actor(id, name, unit, node, work, inputs, outputs, rows, batch, planes, ranges);
    }

    /** The columns of range {@code k}, of rows that lie as the geometry says. */
    public ColumnRange range(Geometry g, int k) {
        return ranges == 1 ? ColumnRange.whole(g) : ColumnRange.of(g, work.columnsTogether(), ranges, k);
    }

    /** Columns of the widest range. */
    public int widestRange(Geometry g) {
        return ranges == 1 ? g.outputColumns() : ColumnRange.widest(g, work.columnsTogether(), ranges);
    }

    /** Firings of a frame, or of all frames of a batch. */
    public int firings(Geometry g) {
        return g.firings(rowsPerFiring) * ranges;
    }

    /** Rows of each output that a firing reserves at its start: that of the first range those of all. */
    public int reserves(FiringList.Entry firing) {
        return firing.range() == 0 ? firing.rows() : 0;
    }

    /** Rows of each output that a firing commits: that of the last range those of all. */
    public int commits(FiringList.Entry firing) {
        return firing.range() == ranges - 1 ? firing.rows() : 0;
    }

    /** Whether a frame is complete after a firing. */
    public boolean completesFrame(FiringList.Entry firing) {
        return firing.endsFrame() && firing.range() == ranges - 1;
    }
}
