package io.millrace.quantizer;

import java.util.List;

/**
 * From an accumulator to an activation code, the one definition that integer evaluator, simulator and RTL share in
 * words and each implement alone:
 *
 * <pre>
 * a = sat25(acc &gt;&gt; preShift)                       arithmetic shift, saturated to [-2^24, 2^24 - 1]
 * v = (a * multiplier[c] + 2^(shift[c] - 1)) &gt;&gt; shift[c]
 * y = min(max(zeroPoint + v, low), high)
 * </pre>
 *
 * @param preShift {@code d}, 0 to 31, one for the layer
 * @param multipliers {@code m}, one a channel, magnitude below 2^17 (negative where a gain is)
 * @param shifts {@code s}, one a channel, 1 to 42
 * @param zeroPoint code that stands for 0 in the output
 * @param low smallest code that leaves; above {@code Precision.low()} where a ReLU or clip ends there
 * @param high largest code that leaves
 */
public record Requantizer(
        int preShift, List<Integer> multipliers, List<Integer> shifts, int zeroPoint, int low, int high) {
    public static final int MULTIPLIER_LIMIT = 1 << 17;
    public static final int SHIFT_MAX = 42;
    public static final int PRE_SHIFT_MAX = 31;

    public Requantizer {
        multipliers = List.copyOf(multipliers);
        shifts = List.copyOf(shifts);
        if (preShift < 0 || preShift > PRE_SHIFT_MAX) {
            throw new IllegalArgumentException("preShift " + preShift);
        }
        if (multipliers.size() != shifts.size()) {
            throw new IllegalArgumentException(multipliers.size() + " multipliers, " + shifts.size() + " shifts");
        }
        for (int m : multipliers) {
            if (Math.abs(m) >= MULTIPLIER_LIMIT) {
                throw new IllegalArgumentException("multiplier " + m);
            }
        }
        for (int s : shifts) {
            if (s < 1 || s > SHIFT_MAX) {
                throw new IllegalArgumentException("shift " + s);
            }
        }
        if (low > high) {
            throw new IllegalArgumentException("low " + low + " is over high " + high);
        }
    }
}
