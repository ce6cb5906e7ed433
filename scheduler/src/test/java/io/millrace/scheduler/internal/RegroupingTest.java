package io.millrace.scheduler.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.internal.Regrouping.Grouping;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RegroupingTest {
    private static final List<MatrixSize> SIZES = List.of(size(1), size(2), size(3), size(5), size(8));

    private static MatrixSize size(int outputs) {
        return MatrixSize.of(outputs, 1, 1, 1, 1);
    }

    /** Cycles by size and layer, fewer on larger engines, some layers better than others. */
    private static List<long[]> cycles(int layers, long seed) {
        var random = new SplittableRandom(seed);
        var work = IntStream.range(0, layers)
                .mapToLong(_ -> random.nextLong(100, 10_000))
                .toArray();
        var part = IntStream.range(0, layers).map(_ -> random.nextInt(1, 6)).toArray();
        return SIZES.stream()
                .map(s -> IntStream.range(0, layers)
                        .mapToLong(l -> work[l] * Math.ceilDiv(part[l], s.outputs()))
                        .toArray())
                .toList();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void fewLayersAreAsFastAsAnyEnginesMakeThem(long seed) {
        var cycles = cycles(5, seed);
        var found = new Regrouping(SIZES, cycles, 9, 1_000).best(List.of());
        long fewest = found.stream().mapToLong(Grouping::cycles).min().orElseThrow();
        assertEquals(fewest(cycles, new long[0], 9, 0), fewest);
        found.forEach(g -> assertKept(g, cycles, 9));
    }

    /** Ten layers, of which not all groupings are tried. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void someLayersAreAsFastAsAnyEnginesMakeThem(long seed) {
        var cycles = cycles(10, seed);
        var found = new Regrouping(SIZES.subList(0, 3), cycles.subList(0, 3), 5, 20).exact();
        long fewest = found.stream().mapToLong(Grouping::cycles).min().orElseThrow();
        assertEquals(fewest(cycles.subList(0, 3), new long[0], 5, 0), fewest);
        found.forEach(g -> assertKept(g, cycles, 5));
    }

    /** Every layer on an engine there is or on a new one of any size. */
    private static long fewest(List<long[]> cycles, long[] loads, int budget, int layer) {
        return fewest(cycles, new ArrayList<>(), loads, budget, layer);
    }

    private static long fewest(List<long[]> cycles, List<Integer> sizes, long[] loads, int budget, int layer) {
        if (layer == cycles.getFirst().length) {
            return Arrays.stream(loads).max().orElse(0);
        }
        long best = Long.MAX_VALUE;
        for (int e = 0; e < loads.length; e++) {
            var more = loads.clone();
            more[e] += cycles.get(sizes.get(e))[layer];
            best = Math.min(best, fewest(cycles, sizes, more, budget, layer + 1));
        }
        for (int s = 0; s < cycles.size(); s++) {
            int left = budget - SIZES.get(s).multipliers();
            if (left >= 0) {
                var more = Arrays.copyOf(loads, loads.length + 1);
                more[loads.length] = cycles.get(s)[layer];
                sizes.add(s);
                best = Math.min(best, fewest(cycles, sizes, more, left, layer + 1));
                sizes.removeLast();
            }
        }
        return best;
    }

    private static void assertKept(Grouping grouping, List<long[]> cycles, int budget) {
        int multipliers =
                grouping.sizes().stream().mapToInt(MatrixSize::multipliers).sum();
        assertTrue(multipliers <= budget, multipliers + " of " + budget);
        assertEquals(
                IntStream.range(0, cycles.getFirst().length).boxed().toList(),
                grouping.groups().stream().flatMap(List::stream).sorted().toList());
        for (int e = 0; e < grouping.groups().size(); e++) {
            var of = cycles.get(SIZES.indexOf(grouping.sizes().get(e)));
            long load = grouping.groups().get(e).stream().mapToLong(l -> of[l]).sum();
            assertTrue(load <= grouping.cycles(), load + " of " + grouping.cycles());
        }
    }

    /** Twelve layers of 60,000 products together, too many to try all groupings; in the groups they begin with they take 8,400 cycles. */
    @ParameterizedTest
    @CsvSource({"4, 7600", "5, 7500"})
    void manyLayersLeaveTheGroupsTheyBeginWith(int sizes, long cyclesMax) {
        int layers = 12;
        var work = new long[] {9, 1, 8, 2, 7, 3, 6, 4, 5, 5, 9, 1};
        var cycles = SIZES.stream()
                .limit(sizes)
                .map(s -> IntStream.range(0, layers)
                        .mapToLong(l -> 1000 * work[l] / s.outputs())
                        .toArray())
                .toList();
        var neighbours = List.of(
                IntStream.range(0, 3).boxed().toList(),
                IntStream.range(3, layers).boxed().toList());
        var found = new Regrouping(SIZES.subList(0, sizes), cycles, 8, 4).best(neighbours);
        found.forEach(g -> assertKept(g, cycles, 8));
        assertTrue(found.getFirst().cycles() <= cyclesMax, "cycles " + found.getFirst());
        assertEquals(found, new Regrouping(SIZES.subList(0, sizes), cycles, 8, 4).best(neighbours));
    }

    @Test
    void whatNoEngineDoesIsInNoGrouping() {
        var cycles = List.of(new long[] {5, Long.MAX_VALUE}, new long[] {3, Long.MAX_VALUE});
        assertEquals(List.of(), new Regrouping(SIZES.subList(0, 2), cycles, 9, 4).best(List.of()));
    }
}
