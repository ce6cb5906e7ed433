package io.millrace.boards.project;

import java.util.Optional;

/**
 * How the clock manager of Virtex-6's memory controller makes the memory's clock: {@code in * multiply / divide / outputDivide}, all whole numbers, as
 * {@code infrastructure.v} of MIG 3.92 has it. Its oscillator runs at 800 to 1,200 MHz, which that file asks for at speed grade -1, and as fast as it can.
 */
record MemoryClock(double inMhz, int divide, int multiply, int outputDivide) {
    private static final double OSCILLATOR_MIN = 800;
    private static final double OSCILLATOR_MAX = 1200;
    private static final int DIVIDE_MAX = 8;
    private static final double EXACT = 1e-6;

    double outMhz() {
        return inMhz * multiply / divide / outputDivide;
    }

    /** Exactly the clock wanted, with the smallest divider of what comes in; empty if it can't be made. */
    static Optional<MemoryClock> of(double inMhz, double wantedMhz) {
        for (int divide = 1; divide <= DIVIDE_MAX; divide++) {
            for (int output = (int) (OSCILLATOR_MAX / wantedMhz); output * wantedMhz >= OSCILLATOR_MIN; output--) {
                double multiply = wantedMhz * output * divide / inMhz;
                if (Math.abs(multiply - Math.rint(multiply)) < EXACT) {
                    return Optional.of(new MemoryClock(inMhz, divide, (int) Math.rint(multiply), output));
                }
            }
        }
        return Optional.empty();
    }
}
