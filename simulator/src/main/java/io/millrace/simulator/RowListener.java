package io.millrace.simulator;

/** Is told of every row that a run with values writes to a row buffer. Calls come from one thread, frame by frame. */
@FunctionalInterface
public interface RowListener {
    /**
     * A row was committed.
     *
     * @param edge edge whose buffer holds the row; edges that share a buffer are told one by one
     * @param actor the producer
     * @param row row of the frame's map, from 0
     * @param cycle cycle in which the row becomes visible to the consumer
     * @param codes the row, columns by channels; valid during the call only, not to be changed
     */
    void row(int edge, int actor, int frame, int row, long cycle, short[] codes);
}
