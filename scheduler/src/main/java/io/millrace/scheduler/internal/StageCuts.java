package io.millrace.scheduler.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Cuts a row of parts into stages that work side by side on frames that follow each other, each on engines of its own, so that the slowest stage takes as few cycles as the DSPs
 * there are allow: for given cycles the cheapest stages by dynamic programming, and the fewest cycles by bisection.
 */
final class StageCuts {
    /** Of the cycles of a frame, what the vector engine of a stage may take: in blocks each engine waits for the other one's tail. */
    static final double VECTOR_PART_FLOWING = 0.85;

    static final double VECTOR_PART_IN_BLOCKS = 0.5;

    /** More than any stage takes. */
    private static final long CYCLES_MAX = 1L << 40;

    private static final int TOO_MANY = Integer.MAX_VALUE / 4;

    private final Sizes flowingArrays;
    private final Sizes blockArrays;
    /** By part, cycles of all vector engines before it. */
    private final long[] vectorsBefore;

    private final int parts;

    /**
     * Sizes that engines of a kind may have.
     *
     * @param dsps by size
     */
    private record Sizes(int[] dsps, Fronts fronts) {
        static Sizes of(long[][] cycles, int[] dsps) {
            var before = new long[cycles.length][];
            for (int s = 0; s < cycles.length; s++) {
                before[s] = before(cycles[s]);
            }
            return new Sizes(dsps.clone(), Fronts.of(before, dsps));
        }

        /** What comes before each part, and before the end. */
        static long[] before(long[] parts) {
            var before = new long[parts.length + 1];
            for (int p = 0; p < parts.length; p++) {
                before[p + 1] = before[p] + parts[p];
            }
            return before;
        }

        /** The size of fewest DSPs that does some parts in so many cycles; -1 if there is none. */
        int cheapest(int from, int to, long cycles) {
            var front = fronts.of[from][to];
            int first = Partition.least(front.sizes.length, i -> front.cycles[i] <= cycles);
            return first == front.sizes.length ? -1 : front.sizes[first];
        }
    }

    /**
     * Sizes of which none of fewer DSPs does the same parts in as few cycles, those of fewest DSPs first.
     *
     * @param cycles by size, ever fewer
     */
    private record Front(int[] sizes, long[] cycles) {}

    /** @param of by the first part and the one behind the last */
    private record Fronts(Front[][] of) {
        /** @param before by size and part, cycles of all parts before it */
        static Fronts of(long[][] before, int[] dsps) {
            var cheapestFirst = IntStream.range(0, dsps.length)
                    .boxed()
                    .sorted(Comparator.comparingInt(s -> dsps[s]))
                    .mapToInt(Integer::intValue)
                    .toArray();
            int ends = dsps.length == 0 ? 1 : before[0].length;
            var of = new Front[ends][ends];
            for (int from = 0; from < ends; from++) {
                for (int to = from + 1; to < ends; to++) {
                    of[from][to] = front(before, cheapestFirst, from, to);
                }
            }
            return new Fronts(of);
        }

        private static Front front(long[][] before, int[] cheapestFirst, int from, int to) {
            var sizes = new int[cheapestFirst.length];
            var cycles = new long[cheapestFirst.length];
            int count = 0;
            for (int s : cheapestFirst) {
                long takes = before[s][to] - before[s][from];
                if (count == 0 || takes < cycles[count - 1]) {
                    sizes[count] = s;
                    cycles[count] = takes;
                    count++;
                }
            }
            return new Front(Arrays.copyOf(sizes, count), Arrays.copyOf(cycles, count));
        }
    }

    /** Parts from one to before another; the size of their array, of those that stages of their kind may have. */
    record Stage(int from, int to, int size) {}

    /** Stages and the DSPs of their arrays. */
    private record Row(List<Stage> stages, int dsps) {}

    /**
     * @param flowing by size of an array and part, cycles where rows flow
     * @param flowingDsps by these sizes
     * @param inBlocks by size and part, cycles in blocks
     * @param blockDsps by these sizes
     * @param vectors by part, cycles of the fastest vector engine that a stage may have
     */
    StageCuts(long[][] flowing, int[] flowingDsps, long[][] inBlocks, int[] blockDsps, long[] vectors) {
        flowingArrays = Sizes.of(flowing, flowingDsps);
        blockArrays = Sizes.of(inBlocks, blockDsps);
        vectorsBefore = Sizes.before(vectors);
        parts = vectors.length;
    }

    /**
     * The stages with which a frame takes the fewest cycles.
     *
     * @param border the first part of the stages in blocks; rows flow through those before
     * @param flowing number of stages before the border, 0 if there is nothing before it
     * @param inBlocks number of stages from there on
     */
    Optional<List<Stage>> fewest(int border, int flowing, int inBlocks, int dsps) {
        if (flowing > border || inBlocks > parts - border) {
            return Optional.empty();
        }
        long low = 1;
        long high = 1;
        while (cut(border, flowing, inBlocks, dsps, high).isEmpty()) {
            low = high + 1;
            high *= 2;
            if (high > CYCLES_MAX) {
                return Optional.empty();
            }
        }
        while (low < high) {
            long middle = (low + high) / 2;
            if (cut(border, flowing, inBlocks, dsps, middle).isPresent()) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return cut(border, flowing, inBlocks, dsps, high);
    }

    private Optional<List<Stage>> cut(int border, int flowing, int inBlocks, int dsps, long cycles) {
        var first = cheapest(flowingArrays, 0, border, flowing, cycles, VECTOR_PART_FLOWING);
        var second = cheapest(blockArrays, border, parts, inBlocks, cycles, VECTOR_PART_IN_BLOCKS);
        return first.dsps + second.dsps <= dsps
                ? Optional.of(Stream.concat(first.stages.stream(), second.stages.stream())
                        .toList())
                : Optional.empty();
    }

    /** The cheapest of so many stages for some parts. */
    private Row cheapest(Sizes arrays, int begin, int end, int stages, long cycles, double vectorPart) {
        // By number of stages and end: least DSPs, and the last stage.
        var least = new int[stages + 1][end + 1];
        var last = new Stage[stages + 1][end + 1];
        for (int k = 0; k <= stages; k++) {
            for (int to = begin; to <= end; to++) {
                least[k][to] = k == 0 && to == begin ? 0 : TOO_MANY;
            }
        }
        for (int from = begin; from < end; from++) {
            int first = from;
            if (IntStream.range(0, stages).allMatch(k -> least[k][first] == TOO_MANY)) {
                continue;
            }
            for (int to = from + 1; to <= end; to++) {
                int array = arrays.cheapest(from, to, cycles);
                boolean keepsUp = vectorsBefore[to] - vectorsBefore[from] <= cycles * vectorPart;
                for (int k = 1; array >= 0 && keepsUp && k <= stages; k++) {
                    int more = arrays.dsps[array];
                    if (least[k - 1][from] + more < least[k][to]) {
                        least[k][to] = least[k - 1][from] + more;
                        last[k][to] = new Stage(from, to, array);
                    }
                }
            }
        }
        var found = new ArrayList<Stage>();
        int to = end;
        for (int k = stages; k > 0 && least[stages][end] < TOO_MANY; k--) {
            found.addFirst(last[k][to]);
            to = last[k][to].from;
        }
        return new Row(found, least[stages][end]);
    }
}
