package io.millrace.quantizer;

/**
 * How well one tensor's codes stand for the float values, over a set of frames.
 *
 * @param low real number of the smallest code that can leave
 * @param high real number of the largest
 * @param seenLow smallest float value
 * @param seenHigh largest float value
 * @param clipped share of float values outside {@code [low, high]} by more than half a step
 * @param sqnrDb signal over quantization noise, {@code 10 log10(sum x^2 / sum (x - real(code))^2)}: rounding of this tensor
 *     and everything before it; infinite if there is no noise
 */
public record TensorAccuracy(
        String name, double low, double high, double seenLow, double seenHigh, double clipped, double sqnrDb) {}
