package io.millrace.scheduler.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Cuts into stages against all there are. */
class StageCutsTest {
    private static final int PARTS = 5;
    private static final int SIZES = 4;

    /** Random cycles of a few parts on engines of a few sizes, larger ones faster. */
    private record Case(long[][] arrays, int[] arrayDsps, long[] vectors) {
        static Case of(long seed) {
            var random = new SplittableRandom(seed);
            var arrays = new long[SIZES][PARTS];
            var vectors = new long[PARTS];
            for (int p = 0; p < PARTS; p++) {
                long work = random.nextInt(100, 2000);
                boolean depthwise = random.nextBoolean();
                for (int s = 0; s < SIZES; s++) {
                    arrays[s][p] = work / (s + 1) + random.nextInt(50);
                }
                vectors[p] = depthwise ? work / 4 : 0;
            }
            return new Case(arrays, new int[] {10, 20, 30, 40}, vectors);
        }

        StageCuts cuts() {
            return new StageCuts(arrays, arrayDsps, arrays, arrayDsps, vectors);
        }

        /** Least cycles of the slowest of stages, the k-th of parts from {@code bounds[k]} on, with at most so many DSPs; -1 if there are no such engines. */
        long fewest(List<Integer> bounds, int border, int dsps) {
            long[] best = {-1};
            engines(bounds, 0, border, dsps, 0, best);
            return best[0];
        }

        private void engines(List<Integer> bounds, int stage, int border, int left, long slowest, long[] best) {
            if (left < 0) {
                return;
            }
            if (stage == bounds.size() - 1) {
                best[0] = best[0] < 0 ? slowest : Math.min(best[0], slowest);
                return;
            }
            double part = bounds.get(stage) < border ? StageCuts.VECTOR_PART_FLOWING : StageCuts.VECTOR_PART_IN_BLOCKS;
            for (int s = 0; s < SIZES; s++) {
                long array = sum(arrays[s], bounds, stage);
                long cycles = Math.max(array, least(sum(vectors, bounds, stage), part));
                engines(bounds, stage + 1, border, left - arrayDsps[s], Math.max(slowest, cycles), best);
            }
        }

        private static long sum(long[] cycles, List<Integer> bounds, int stage) {
            long sum = 0;
            for (int p = bounds.get(stage); p < bounds.get(stage + 1); p++) {
                sum += cycles[p];
            }
            return sum;
        }

        /** The least cycles a part of which is no less than so many. */
        private static long least(long lanes, double part) {
            long cycles = (long) (lanes / part);
            while (cycles * part < lanes) {
                cycles++;
            }
            return cycles;
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void noOtherCutIsFaster(long seed) {
        var c = Case.of(seed);
        int border = 2;
        long best = Long.MAX_VALUE;
        for (int cut = border + 1; cut < PARTS; cut++) {
            long cycles = c.fewest(List.of(0, border, cut, PARTS), border, 90);
            best = cycles < 0 ? best : Math.min(best, cycles);
        }
        var found = c.cuts().fewest(border, 1, 2, 90).orElseThrow();
        assertEquals(3, found.size());
        assertEquals(border, found.getFirst().to());
        var bounds = List.of(0, found.get(0).to(), found.get(1).to(), PARTS);
        assertEquals(best, c.fewest(bounds, border, 90));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void moreStagesThanPartsOrTooFewDspsAreNone(long seed) {
        var cuts = Case.of(seed).cuts();
        assertTrue(cuts.fewest(1, 2, 1, 1000).isEmpty(), "two stages of one part");
        assertTrue(cuts.fewest(0, 0, 2, 15).isEmpty(), "no two engines have so few DSPs");
    }
}
