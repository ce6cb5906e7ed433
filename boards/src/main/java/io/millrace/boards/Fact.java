package io.millrace.boards;

/**
 * A value somebody has to be able to check.
 *
 * @param source where it comes from: a data sheet, a measurement, or the arithmetic that gave it
 */
public record Fact<T>(T value, String source) {}
