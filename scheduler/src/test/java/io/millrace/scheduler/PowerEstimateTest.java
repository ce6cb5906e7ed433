package io.millrace.scheduler;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PowerEstimateTest {
    /** The published accelerators that the line goes through, and the one that it was not made from. */
    @ParameterizedTest
    @CsvSource({
        "SERIES7, 780, 150, 9630",
        "SERIES7, 2240, 100, 18600",
        "SERIES7, 2833, 150, 26000",
        "VIRTEX6, 400, 200, 10000"
    })
    void publishedBoardsAreWithinTheBand(Target.Family family, int dsps, double clock, double milliwatts) {
        var estimate = PowerEstimate.of(family, parts(dsps, 0, 0), clock);
        assertEquals(milliwatts, estimate.boardMilliwatts(), milliwatts * estimate.errorFraction());
    }

    /** Currents published for the UP5K at 1.219 V: a blank clock and counter at 12 MHz, a multiplier in logic and one in a block. */
    @ParameterizedTest
    @CsvSource({"0, 0, 645", "208, 0, 996", "72, 1, 882"})
    void publishedCurrentsAreWithinTheBand(int cells, int dsps, double microamperes) {
        var estimate = PowerEstimate.of(Target.Family.ICE40, parts(dsps, cells, 0), 12);
        double published = microamperes * 1.219 * 1e-3;
        assertEquals(published, estimate.coreMilliwatts(), published * estimate.errorFraction());
    }

    @Test
    void energyIsPowerByTime() {
        var estimate = new PowerEstimate(1500, 5000, 0.3);
        assertEquals(5, estimate.millijoulesPerFrame(200_000, 200), 1e-9);
        assertEquals(1.5, estimate.coreMillijoulesPerFrame(200_000, 200), 1e-9);
        // 10 M multiply-accumulates in 1 ms are 20 GOPS, of 5 W.
        assertEquals(4, estimate.gopsPerWatt(10_000_000, 200_000, 200), 1e-9);
    }

    private static Cost.Resources parts(int dsps, int luts, int spram) {
        return new Cost.Resources(dsps, 0, 0, 0, spram, luts, 0);
    }
}
