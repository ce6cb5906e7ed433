package io.millrace.scheduler;

/**
 * One run of a reduction: elements {@code [offset, offset + S)} of a row, relative to the window's left column.
 *
 * @param row kernel row times dilation, counted from the window's top row
 * @param offset elements from the window's left column: kernel column x dilation x channels + first channel
 */
public record Segment(int row, int offset) {}
