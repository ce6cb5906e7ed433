package io.millrace.quantizer;

/** How the range of an activation follows from what the calibration frames showed. */
public enum CalibrationMethod {
    /** From the smallest to the largest value seen. */
    MIN_MAX,
    /** As much of both tails is cut as {@link QuantizeOptions#percentile()} leaves outside. */
    PERCENTILE,
    /** The range with the least expected square of the rounding and clipping errors together. */
    MEAN_SQUARE_ERROR
}
