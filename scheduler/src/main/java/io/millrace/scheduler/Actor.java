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
 */
public record Actor(
        int id,
        String name,
        int unit,
        int node,
        Work work,
        List<Integer> inputs,
        List<Integer> outputs,
        int rowsPerFiring) {
    public Actor {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        if (rowsPerFiring < 1) {
            throw new IllegalArgumentException("actor '" + name + "' fires " + rowsPerFiring + " rows");
        }
    }
}
