package io.millrace.boards.project;

import java.util.List;
import java.util.Optional;

/**
 * How a mixed-mode clock manager makes the core's clock: {@code in * multiply / divide / outputDivide}. Factors with a fraction are multiples of 1/8
 * (UG362, UG472: CLKFBOUT_MULT_F from 2 to 64, DIVCLK_DIVIDE, CLKOUT0_DIVIDE_F 1 or from 2 to 128).
 *
 * <p>The oscillator stays within 600 to 1,200 MHz and the phase detector within 10 to 450 MHz, which hold for every speed grade of Virtex-6 and the 7 series
 * (DS152, DS181 to DS183, DS191).
 */
record ClockPlan(double inMhz, int divide, double multiply, double outputDivide) {
    private static final double OSCILLATOR_MIN = 600;
    private static final double OSCILLATOR_MAX = 1200;
    private static final double DETECTOR_MIN = 10;
    private static final double DETECTOR_MAX = 450;
    private static final int STEPS = 8;
    private static final int MULTIPLY_MAX = 64;
    private static final int OUTPUT_MAX = 128;
    private static final double EXACT = 1e-9;

    double outMhz() {
        return oscillatorMhz() / outputDivide;
    }

    double oscillatorMhz() {
        return inMhz / divide * multiply;
    }

    double inNanoseconds() {
        return 1000 / inMhz;
    }

    /**
     * The highest clock at or below the one wanted; of equal ones that with the smallest divider, and then the fastest oscillator, which jitters least.
     *
     * @return empty if nothing between half of it and it can be made
     */
    static Optional<ClockPlan> of(double inMhz, double wantedMhz) {
        return of(inMhz, wantedMhz, List.of());
    }

    /** The same with an oscillator that makes other clocks too, each divided by a whole number. */
    static Optional<ClockPlan> of(double inMhz, double wantedMhz, List<Double> others) {
        Optional<ClockPlan> best = Optional.empty();
        for (int divide = 1; inMhz / divide >= DETECTOR_MIN; divide++) {
            if (inMhz / divide > DETECTOR_MAX) {
                continue;
            }
            for (int m = MULTIPLY_MAX * STEPS; m >= 2 * STEPS; m--) {
                double oscillator = inMhz / divide * m / STEPS;
                if (oscillator < OSCILLATOR_MIN
                        || oscillator > OSCILLATOR_MAX
                        || !others.stream().allMatch(other -> makes(oscillator, other))) {
                    continue;
                }
                var plan = slowEnough(inMhz, divide, (double) m / STEPS, wantedMhz);
                if (plan.isPresent()
                        && (best.isEmpty() || plan.get().outMhz() > best.get().outMhz() + EXACT)) {
                    best = plan;
                }
            }
        }
        return best.filter(plan -> plan.outMhz() >= wantedMhz / 2);
    }

    private static boolean makes(double oscillator, double other) {
        return Math.abs(oscillator / other - Math.rint(oscillator / other)) < EXACT;
    }

    /** The divider of an output that makes another clock. */
    int divideFor(double otherMhz) {
        return (int) Math.rint(oscillatorMhz() / otherMhz);
    }

    /** With the smallest divider at the output that keeps the clock at or below the one wanted. */
    private static Optional<ClockPlan> slowEnough(double inMhz, int divide, double multiply, double wantedMhz) {
        double exact = inMhz / divide * multiply / wantedMhz;
        double output = Math.max(2, Math.ceil(exact * STEPS - EXACT) / STEPS);
        return output > OUTPUT_MAX ? Optional.empty() : Optional.of(new ClockPlan(inMhz, divide, multiply, output));
    }
}
