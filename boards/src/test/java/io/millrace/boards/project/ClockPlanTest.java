package io.millrace.boards.project;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClockPlanTest {
    @ParameterizedTest
    @CsvSource({
        "200, 200, 200",
        "200, 150, 150",
        "100, 100, 100",
        "200, 166.7, 166.666667",
        "12, 100, 100",
        "100, 123.4, 123.4",
        "156.25, 200, 200"
    })
    void theClockIsTheNearestAtOrBelow(double in, double wanted, double made) {
        var plan = ClockPlan.of(in, wanted).orElseThrow();
        assertEquals(made, plan.outMhz(), 0.15, plan::toString);
        assertTrue(plan.outMhz() <= wanted + 1e-6, plan::toString);
        assertTrue(plan.oscillatorMhz() >= 600 && plan.oscillatorMhz() <= 1200, plan::toString);
        assertTrue(in / plan.divide() >= 10 && in / plan.divide() <= 450, plan::toString);
        assertTrue(plan.multiply() >= 2 && plan.multiply() <= 64 && plan.outputDivide() <= 128, plan::toString);
        assertEquals(0, plan.multiply() * 8 % 1);
        assertEquals(0, plan.outputDivide() * 8 % 1);
    }

    @Test
    void clocksOutOfReachAreNone() {
        assertTrue(ClockPlan.of(200, 2).isEmpty());
        assertTrue(ClockPlan.of(5, 100).isEmpty());
    }
}
