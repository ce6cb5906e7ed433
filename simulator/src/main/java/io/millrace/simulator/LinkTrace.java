package io.millrace.simulator;

import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;

/**
 * When the host link stalls, as run lengths: alternately cycles in which the link is willing (valid may be 1, ready is
 * 1) and cycles in which it is not, starting with willing at cycle 0; after the last run it is willing for ever.
 *
 * @param in runs of the link into the machine
 * @param out runs of the link out of it
 */
public record LinkTrace(List<Integer> in, List<Integer> out) {
    /** A link that never stalls. */
    public static final LinkTrace NONE = new LinkTrace(List.of(), List.of());

    public LinkTrace {
        in = List.copyOf(in);
        out = List.copyOf(out);
        if (IntStream.concat(
                        in.stream().mapToInt(Integer::intValue), out.stream().mapToInt(Integer::intValue))
                .anyMatch(r -> r < 0)) {
            throw new IllegalArgumentException("a run of a link trace has a negative length");
        }
    }

    /**
     * Random stalls: {@code pairs} times 1 to {@code willingMax} willing cycles and then 1 to {@code stalledMax} others,
     * drawn for each direction. Equal arguments give equal traces.
     */
    public static LinkTrace seeded(long seed, int pairs, int willingMax, int stalledMax) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        return new LinkTrace(runs(random, pairs, willingMax, stalledMax), runs(random, pairs, willingMax, stalledMax));
    }

    private static List<Integer> runs(RandomGenerator random, int pairs, int willingMax, int stalledMax) {
        return IntStream.range(0, 2 * pairs)
                .mapToObj(i -> 1 + random.nextInt(i % 2 == 0 ? willingMax : stalledMax))
                .toList();
    }
}
