package io.millrace.quantizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class DistributionTest {
    private static float[] values(long seed, int count, double spread) {
        var random = new SplittableRandom(seed);
        var values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (random.nextGaussian() * spread);
        }
        return values;
    }

    @Test
    void quantilesAreThoseOfTheSortedValues() {
        float[] values = values(1, 40_000, 3);
        var d = new Distribution(4, 10_000);
        assertTrue(d.add(values, true));
        Arrays.sort(values);
        for (double p : new double[] {0.001, 0.1, 0.5, 0.9, 0.999}) {
            assertEquals(values[(int) Math.ceil(p * values.length) - 1], d.quantile(p), 2 * d.binWidth(), "at " + p);
        }
        assertEquals(values[0], d.min(), 0);
        assertEquals(values[values.length - 1], d.max(), 0);
    }

    @Test
    void theOrderOfFramesDoesNotMatterToTheHistogram() {
        float[] small = values(2, 1000, 0.01);
        float[] large = values(3, 1000, 50);
        var one = new Distribution(1, 1000);
        one.add(small, false);
        one.add(large, false);
        var other = new Distribution(1, 1000);
        other.add(large, false);
        other.add(small, false);
        for (int i = 0; i < Distribution.BINS; i++) {
            assertEquals(one.bin(i), other.bin(i), "bin " + i);
        }
    }

    @Test
    void meansAreTakenPerChannelAndOnlyWhereAsked() {
        var d = new Distribution(2, 2);
        d.add(new float[] {1, 2, 10, 20}, true);
        d.add(new float[] {100, 100, 100, 100}, false);
        d.add(new float[] {3, 4, 30, 40}, true);
        assertArrayEquals(new double[] {2.5, 25}, d.channelMeans(), 1e-12);
    }

    @Test
    void countsWhatLiesOutside() {
        var d = new Distribution(1, 4);
        d.add(new float[] {-4, 0, 1, 3}, false);
        assertEquals(0.5, d.fractionOutside(-1, 2), 0);
        assertEquals(1, d.zeros());
    }

    @Test
    void saysWhenAValueIsNotFinite() {
        assertFalse(new Distribution(1, 1).add(new float[] {Float.NaN}, true));
        assertFalse(new Distribution(1, 1).add(new float[] {Float.NEGATIVE_INFINITY}, true));
    }
}
