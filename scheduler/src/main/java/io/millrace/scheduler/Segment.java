package io.millrace.scheduler;

/**
 * One run of a reduction: elements {@code [offset, offset + S)} of a row, relative to the window's left column.
 *
 * @param row kernel row times dilation, counted from the window's top row
 * @param offset elements from the window's left column: kernel column x dilation x channels + first channel, with the channels of the
 *     input's own rows
 * @param input which of the actor's inputs the run is read from, position in {@link Actor#inputs()}
 * @param plane channel that is read where rows lie channel by channel ({@link Actor#planes}); the offset is within it. Else 0
 */
public record Segment(int row, int offset, int input, int plane) {
    /** A run of rows that lie column by column. */
    public Segment(int row, int offset, int input) {
        this(row, offset, input, 0);
    }

    /** A run of the first input. */
    public Segment(int row, int offset) {
        this(row, offset, 0);
    }
}
