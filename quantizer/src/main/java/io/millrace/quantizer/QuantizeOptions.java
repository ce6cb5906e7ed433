package io.millrace.quantizer;

import java.util.Optional;

/**
 * How to quantize.
 *
 * @param percentile share of values kept inside by {@link CalibrationMethod#PERCENTILE}, in (50, 100]
 * @param biasCorrection whether each bias takes up the mean error that rounded weights and activations cause on the
 *     calibration frames
 * @param input what image bytes mean; empty if the inputs are no images, and their ranges are calibrated like any other
 */
public record QuantizeOptions(
        NumberFormat format,
        CalibrationMethod method,
        double percentile,
        boolean biasCorrection,
        Optional<InputSpec> input) {
    public QuantizeOptions {
        if (!(percentile > 50 && percentile <= 100)) {
            throw new IllegalArgumentException("percentile " + percentile + " is not in (50, 100]");
        }
    }

    /** Mean-square-error ranges, bias correction, pixels divided by 255. */
    public static QuantizeOptions of(NumberFormat format) {
        return new QuantizeOptions(
                format, CalibrationMethod.MEAN_SQUARE_ERROR, 99.99, true, Optional.of(InputSpec.UNIT));
    }

    public QuantizeOptions withMethod(CalibrationMethod other) {
        return new QuantizeOptions(format, other, percentile, biasCorrection, input);
    }

    public QuantizeOptions withPercentile(double other) {
        return new QuantizeOptions(format, method, other, biasCorrection, input);
    }

    public QuantizeOptions withBiasCorrection(boolean other) {
        return new QuantizeOptions(format, method, percentile, other, input);
    }

    public QuantizeOptions withInput(Optional<InputSpec> other) {
        return new QuantizeOptions(format, method, percentile, biasCorrection, other);
    }
}
