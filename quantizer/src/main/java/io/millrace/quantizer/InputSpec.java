package io.millrace.quantizer;

import io.millrace.ir.SourceRef;
import java.util.List;

/**
 * What a byte of an image means to the model: {@code real = pixel * scale - mean[channel]}.
 *
 * @param mean one value for all channels, or one a channel; empty stands for 0
 */
public record InputSpec(double scale, List<Double> mean) {
    /** Pixels divided by 255. */
    public static final InputSpec UNIT = new InputSpec(1.0 / 255, List.of());

    public InputSpec {
        mean = List.copyOf(mean);
        if (!(scale > 0) || !Double.isFinite(scale) || !mean.stream().allMatch(Double::isFinite)) {
            throw QuantizeCode.INPUT_SPEC.exception(
                    SourceRef.file("input"),
                    "scale " + scale + " and mean " + mean,
                    "give a finite scale over 0 and finite means, such as 1/255 and 0");
        }
    }

    /** Mean of a channel. */
    public double mean(int channel) {
        return switch (mean.size()) {
            case 0 -> 0;
            case 1 -> mean.getFirst();
            default -> mean.get(channel);
        };
    }

    /** The real number that a pixel of 0 to 255 stands for. */
    public double real(int pixel, int channel) {
        return pixel * scale - mean(channel);
    }

    /** Smallest real number any pixel stands for. */
    public double low() {
        return -mean.stream().mapToDouble(Double::doubleValue).max().orElse(0);
    }

    /** Largest real number any pixel stands for. */
    public double high() {
        return 255 * scale
                - mean.stream().mapToDouble(Double::doubleValue).min().orElse(0);
    }
}
