package io.millrace.boards.build;

import java.util.Optional;

/**
 * Settings of the PLL of an iCE40 with simple feedback and no input divider, by Lattice FPGA-TN-02052: {@code f = in * (divf + 1) / 2^divq}, where {@code in *
 * (divf + 1)}, the oscillator, lies between 533 and 1,066 MHz, and the output between 16 and 275 MHz.
 *
 * @param filterRange by the phase detector's frequency, as icepll chooses it
 * @param mhz output frequency
 */
record Pll(int divf, int divq, int filterRange, double mhz) {
    private static final double OSCILLATOR_MIN = 533;
    private static final double OSCILLATOR_MAX = 1066;
    private static final double OUTPUT_MIN = 16;
    private static final double OUTPUT_MAX = 275;
    private static final double DETECTOR_MIN = 10;
    private static final double DETECTOR_MAX = 133;
    private static final int DIVF_MAX = 127;
    private static final int DIVQ_MAX = 6;
    /** Upper ends of the filter's ranges, MHz. */
    private static final double[] FILTER_ENDS = {17, 26, 44, 66, 101};

    /** The settings whose output is nearest to what is wanted and not above it; empty if there are none. */
    static Optional<Pll> atMost(double inMhz, double wantedMhz) {
        Optional<Pll> best = Optional.empty();
        if (inMhz < DETECTOR_MIN || inMhz > DETECTOR_MAX) {
            return best;
        }
        for (int divq = 1; divq <= DIVQ_MAX; divq++) {
            for (int divf = 0; divf <= DIVF_MAX; divf++) {
                double oscillator = inMhz * (divf + 1);
                double out = oscillator / (1 << divq);
                boolean legal = oscillator >= OSCILLATOR_MIN
                        && oscillator <= OSCILLATOR_MAX
                        && out >= OUTPUT_MIN
                        && out <= OUTPUT_MAX
                        && out <= wantedMhz * (1 + 1e-9);
                if (legal && (best.isEmpty() || out > best.get().mhz)) {
                    best = Optional.of(new Pll(divf, divq, filter(inMhz), out));
                }
            }
        }
        return best;
    }

    private static int filter(double detectorMhz) {
        for (int i = 0; i < FILTER_ENDS.length; i++) {
            if (detectorMhz < FILTER_ENDS[i]) {
                return i + 1;
            }
        }
        return FILTER_ENDS.length + 1;
    }
}
