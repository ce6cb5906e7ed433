package io.millrace.quantizer;

import io.millrace.ir.Window;
import java.util.List;
import java.util.Optional;

/** What a quantized node computes, in integers. */
public sealed interface QOp {
    /** A frame's tensor, as the host sends it. */
    record Input() implements QOp {}

    /**
     * {@code acc[m] = bias[m] + sum(weight * code)}, requantized, then the table if there is one. Padded taps read the
     * operand's zero point. The zero point of the operand is folded into the bias:
     * {@code bias = round(realBias / (scaleIn * scaleW)) - zeroPointIn * sum(weights)}.
     *
     * @param weights index {@code ((m * taps + tap) * channels + c)}, tap row-major over the kernel, magnitude at most
     *     {@code Precision.high()}; never changed by callers
     * @param bias one an output channel, 48 bits signed at most
     */
    record Conv(
            Window window,
            int outputChannels,
            Weights weights,
            List<Long> bias,
            Requantizer requantizer,
            Optional<ActivationTable> table)
            implements QOp {
        public Conv {
            bias = List.copyOf(bias);
        }
    }

    /** Largest code in the window, then the table if there is one. Padded taps read {@code Precision.low()}. */
    record MaxPool(Window window, Optional<ActivationTable> table) implements QOp {}

    /**
     * {@code acc[c] = bias[c] + sum(code)} over the window, requantized per channel, then the table: average pooling,
     * and pooling with a trainable gain and bias a channel. Padded taps read the operand's zero point.
     */
    record SumPool(Window window, List<Long> bias, Requantizer requantizer, Optional<ActivationTable> table)
            implements QOp {
        public SumPool {
            bias = List.copyOf(bias);
        }
    }
}
