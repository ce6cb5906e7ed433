package io.millrace.quantizer;

import java.util.Optional;

/**
 * How one tensor was quantized, and what calibration showed.
 *
 * @param low real number of the smallest code that can leave
 * @param high real number of the largest
 * @param seenLow smallest real value on the calibration frames, after any saturation fused into the node
 * @param seenHigh largest
 * @param clipped share of the values seen that lie outside {@code [low, high]} by more than half a step
 * @param accumulatorBits proved width of the accumulator; empty for a node without one
 * @param clippedWeights weights that a fixed weight scale saturates
 */
public record TensorSummary(
        String name,
        MapType type,
        double low,
        double high,
        double seenLow,
        double seenHigh,
        double clipped,
        Optional<Integer> accumulatorBits,
        int clippedWeights) {}
