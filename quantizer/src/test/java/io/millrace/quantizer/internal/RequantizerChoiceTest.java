package io.millrace.quantizer.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.CompileException;
import io.millrace.ir.SourceRef;
import io.millrace.quantizer.Requantizer;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RequantizerChoiceTest {
    private static final SourceRef WHERE = SourceRef.layer("net", "layer");

    private static RequantizerChoice.Layer layer(double factor, long bias, long magnitude, int zeroPoint) {
        return new RequantizerChoice.Layer(
                new double[] {factor},
                new long[] {bias},
                new long[] {magnitude},
                new boolean[1],
                zeroPoint,
                -32768,
                32767);
    }

    @Test
    void everyResultIsTheNearestCode() {
        var random = new SplittableRandom(5);
        int shifted = 0;
        for (int trial = 0; trial < 3000; trial++) {
            long magnitude = 1L << random.nextInt(3, 45);
            long bias = random.nextLong(-magnitude, magnitude + 1);
            double factor = Math.scalb(random.nextDouble(0.5, 1), random.nextInt(-38, 4));
            factor = random.nextInt(4) == 0 ? -factor : factor;
            int zeroPoint = random.nextInt(-200, 200);
            var choice = RequantizerChoice.of(layer(factor, bias, magnitude, zeroPoint), WHERE);
            Requantizer r = choice.requantizer();
            int d = r.preShift();
            shifted += d > 0 ? 1 : 0;
            var finish = new Finish(r, Optional.empty());
            for (int i = 0; i < 20; i++) {
                long sum = random.nextLong(-magnitude, magnitude + 1);
                double exact = factor * (bias + sum);
                double due = Math.clamp(zeroPoint + exact, -32768, 32767);
                int found = finish.apply(choice.bias().getFirst() + sum, 0);
                double multiplierStep = Math.scalb(0.5, -r.shifts().getFirst()) * Math.abs(bias + sum) / (1L << d);
                double preShiftStep = d == 0 ? 0 : Math.abs(factor) * (1L << (d - 1));
                double allowed = 0.5 + 1e-6 + multiplierStep + preShiftStep;
                assertTrue(
                        Math.abs(found - due) <= allowed,
                        "trial " + trial + ": " + found + " for " + due + ", allowed " + allowed + ", " + r);
            }
        }
        assertTrue(shifted > 500, shifted + " with a pre-shift");
    }

    @Test
    void multipliersHaveSeventeenBits() {
        for (int e = -25; e < 15; e++) {
            Requantizer r = RequantizerChoice.of(layer(Math.scalb(0.7, e), 0, 1000, 0), WHERE)
                    .requantizer();
            int m = r.multipliers().getFirst();
            assertTrue(m >= 1 << 16 && m < 1 << 17, e + ": " + m);
            assertEquals(0.7, Math.scalb((double) m, -r.shifts().getFirst() - e), 0.7 / (1 << 17));
        }
    }

    @Test
    void aMultiplierThatRoundsUpToItsLimitIsHalved() {
        double factor = Math.scalb((1 << 17) - 0.25, -20);
        Requantizer r = RequantizerChoice.of(layer(factor, 0, 1000, 0), WHERE).requantizer();
        assertEquals(1 << 16, r.multipliers().getFirst());
        assertEquals(19, r.shifts().getFirst());
    }

    @Test
    void preShiftsOnlyWhatMayNeedMoreThan25BitsAndWouldNotSaturateAnyway() {
        assertEquals(0, preShift(layer(0x1p-10, 0, (1 << 24) - 1, 0)));
        assertEquals(1, preShift(layer(0x1p-12, 0, 1 << 24, 0)));
        assertEquals(5, preShift(layer(0x1p-14, 0, 1L << 40, 0)), "2^29 already gives the end codes");
        assertEquals(16, preShift(layer(0x1p-30, 0, 1L << 39, 0)));
    }

    private static int preShift(RequantizerChoice.Layer layer) {
        return RequantizerChoice.of(layer, WHERE).requantizer().preShift();
    }

    @Test
    void aConstantChannelIgnoresItsSum() {
        var layer = new RequantizerChoice.Layer(
                new double[] {-37.0 / RequantizerChoice.A_MAX, 0x1p-20},
                new long[] {0, 5},
                new long[] {1L << 30, 1L << 40},
                new boolean[] {true, false},
                3,
                -128,
                127);
        var choice = RequantizerChoice.of(layer, WHERE);
        assertTrue(choice.requantizer().preShift() > 0);
        var finish = new Finish(choice.requantizer(), Optional.empty());
        for (long sum : new long[] {-(1L << 30), -1, 0, 77, 1L << 30}) {
            assertEquals(3 - 37, finish.apply(choice.bias().getFirst() + sum, 0));
        }
    }

    @Test
    void refusesWhatNoMultiplierSpansAndWhatNoAccumulatorHolds() {
        var ratio = assertThrows(CompileException.class, () -> RequantizerChoice.of(layer(0x1p17, 0, 100, 0), WHERE));
        assertEquals("QNT-0206", ratio.diagnostics().getFirst().code());
        var wide =
                assertThrows(CompileException.class, () -> RequantizerChoice.of(layer(0x1p-40, 0, 1L << 47, 0), WHERE));
        assertEquals("QNT-0205", wide.diagnostics().getFirst().code());
        assertEquals(4, wide.exitCode());
    }
}
