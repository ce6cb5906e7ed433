package io.millrace.runtime;

/**
 * What the board made of a frame.
 *
 * @param number of the frame, as {@link Session#submit} gave it
 * @param frame the output tensors' codes
 * @param latencyNanos from submission to the last byte of the result
 */
public record Result(long number, Frame frame, long latencyNanos) {}
