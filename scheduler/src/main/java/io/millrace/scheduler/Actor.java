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
        boolean planes) {
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
    }

    /** One that computes each frame by itself. */
    public Actor(
            int id,
            String name,
            int unit,
            int node,
            Work work,
            List<Integer> inputs,
            List<Integer> outputs,
            int rowsPerFiring) {
        this(id, name, unit, node, work, inputs, outputs, rowsPerFiring, 1, false);
    }

    /** The same with other edges. */
    public Actor withEdges(List<Integer> in, List<Integer> out) {
        return new Actor(id, name, unit, node, work, in, out, rowsPerFiring, batch, planes);
    }

    /** The same with so many rows a firing. */
    public Actor withRowsPerFiring(int rows) {
        return new Actor(id, name, unit, node, work, inputs, outputs, rows, batch, planes);
    }
}
