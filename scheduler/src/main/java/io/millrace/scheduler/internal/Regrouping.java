package io.millrace.scheduler.internal;

import io.millrace.scheduler.MachineOptions.MatrixSize;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import java.util.function.LongPredicate;

/**
 * Puts layers on matrix engines whatever their order, so that the slowest engine takes the fewest cycles with so many DSPs. For given groups of layers the
 * engines are exact: of each group it is known what it takes at least with how many DSPs, and bisection finds the fewest cycles in which all groups
 * together keep to the budget. All groupings of a few layers are tried; of more, those next to the best so far, from a given one and from deterministic changes to it, or
 * from those that are the best of some layers for each number of engines.
 */
final class Regrouping {
    /**
     * Layers on engines.
     *
     * @param groups by engine, positions of its layers
     * @param sizes by engine
     * @param cycles of the slowest engine
     */
    record Grouping(List<List<Integer>> groups, List<MatrixSize> sizes, long cycles) {}

    /** Layers of which all groupings are tried: there are 21,147 of nine. */
    private static final int FEW = 9;

    /** Layers of which the best groupings are found over all subsets: 8,192 of thirteen. */
    static final int SOME = 13;

    /** Engines of the groupings that are found so. */
    private static final int ENGINES_MAX = 5;

    /** Layers that a group is a bit mask of. */
    static final int MOST = 63;

    /** Part of the cycles that one more engine has to save: it takes control and buffers. */
    private static final double WORTH_AN_ENGINE = 0.003;

    /** The same of many layers, whose maps need a memory for each pair of engines, and a copy for each engine that reads them. */
    private static final double WORTH_AN_ENGINE_OF_MANY = 0.03;

    /** Layers from which on no two are exchanged, and the search does not begin as often: that takes long. */
    private static final int MANY = 32;

    private static final int RESTARTS = 24;
    private static final int RESTARTS_OF_MANY = 6;
    private static final int CHANGES = 3;
    private static final int KNOWN_MAX = 1 << 15;

    private final int layers;
    private final int budget;
    private final List<MatrixSize> sizes;
    /** By size, by layer; {@link Long#MAX_VALUE} where the engine cannot do the layer. */
    private final long[][] cycles;

    private final Map<Long, Steps> known = new HashMap<>();
    private final TreeSet<Scored> best =
            new TreeSet<>(Comparator.comparingDouble(Scored::score).thenComparing(s -> Arrays.toString(s.groups)));
    private final int wanted;

    /** DSPs from which on a group needs so many cycles; ascending, with what engine. */
    private record Steps(int[] dsps, long[] cycles, int[] size) {
        /** Position of the least DSPs with which the group keeps to a number of cycles; -1 if none do. */
        int least(long most) {
            int at = Partition.least(cycles.length, i -> cycles[i] <= most);
            return at == cycles.length ? -1 : at;
        }
    }

    /** Groups as bit masks, ascending by their first layers. */
    private record Scored(long[] groups, long cycles, double score) {}

    /**
     * @param sizes engines to choose from
     * @param cycles by engine, what each layer takes on it
     * @param budget DSPs of all engines together
     * @param wanted groupings to find
     */
    Regrouping(List<MatrixSize> sizes, List<long[]> cycles, int budget, int wanted) {
        this.layers = cycles.getFirst().length;
        this.budget = budget;
        this.wanted = wanted;
        var order = new ArrayList<Integer>();
        for (int i = 0; i < sizes.size(); i++) {
            order.add(i);
        }
        order.sort(Comparator.comparingInt(i -> sizes.get(i).dsps()));
        var useful = new ArrayList<Integer>();
        for (int i : order) {
            if (useful.stream().noneMatch(k -> noneMore(cycles.get(k), cycles.get(i)))) {
                useful.add(i);
            }
        }
        this.sizes = useful.stream().map(sizes::get).toList();
        this.cycles = useful.stream().map(cycles::get).toArray(long[][]::new);
    }

    private static boolean noneMore(long[] cycles, long[] than) {
        for (int i = 0; i < cycles.length; i++) {
            if (cycles[i] > than[i]) {
                return false;
            }
        }
        return true;
    }

    /**
     * The best groupings found, the one of the fewest cycles first, but for engines that save too little.
     *
     * @param start groups of layers to begin with
     */
    List<Grouping> best(List<List<Integer>> start) {
        if (layers <= FEW) {
            all(0, new long[layers], 0);
        } else {
            climbFrom(start);
        }
        return best.stream().map(this::grouping).toList();
    }

    /** The same of at most {@value #SOME} layers: groups that are the best there are for each number of engines, and those next to them. */
    List<Grouping> exact() {
        bestByEngines().forEach(this::climb);
        return best.stream().map(this::grouping).toList();
    }

    /** All ways to put the layers from {@code layer} on into the groups there are, or one more. */
    private void all(int layer, long[] groups, int used) {
        if (layer == layers) {
            keep(Arrays.copyOf(groups, used));
            return;
        }
        for (int g = 0; g <= used && g < layers; g++) {
            groups[g] |= 1L << layer;
            all(layer + 1, groups, Math.max(used, g + 1));
            groups[g] &= ~(1L << layer);
        }
    }

    /** By number of engines, from the most on, groups that keep to the budget with the fewest cycles. */
    private List<long[]> bestByEngines() {
        var all = new Steps[1 << layers];
        for (int set = 1; set < all.length; set++) {
            all[set] = steps(set);
        }
        var found = new ArrayList<long[]>();
        long low = 1;
        long high = Long.MAX_VALUE - 1;
        for (int engines = ENGINES_MAX; engines > 0; engines--) {
            int most = engines;
            // Fewer engines are no faster.
            low = least(low, high, cycles -> within(all, cycles, most).isPresent());
            within(all, low, most).ifPresent(found::add);
        }
        return found;
    }

    /** Groups that need at most so many cycles each, within the budget together. */
    private Optional<long[]> within(Steps[] all, long most, int engines) {
        var dsps = new int[all.length];
        for (int set = 1; set < all.length; set++) {
            int at = all[set].least(most);
            dsps[set] = at < 0 ? Subsets.IMPOSSIBLE : all[set].dsps()[at];
        }
        return Subsets.cheapest(dsps, engines, budget);
    }

    private void climbFrom(List<List<Integer>> start) {
        var random = new Random(1);
        var groups = start.stream()
                .mapToLong(g -> g.stream().mapToLong(layer -> 1L << layer).sum())
                .toArray();
        climb(groups);
        int restarts = layers < MANY ? RESTARTS : RESTARTS_OF_MANY;
        for (int i = 0; i < restarts && !best.isEmpty(); i++) {
            var changed = best.first().groups();
            for (int change = 0; change < CHANGES; change++) {
                changed = moved(changed, random.nextInt(layers), random.nextInt(changed.length + 1));
            }
            climb(changed);
        }
    }

    /** Takes the best neighbour as long as it is better. */
    private void climb(long[] start) {
        var groups = start;
        double score = keep(groups);
        while (true) {
            long[] next = groups;
            double nextScore = score;
            for (var neighbour : neighbours(groups)) {
                double found = keep(neighbour);
                if (found < nextScore) {
                    next = neighbour;
                    nextScore = found;
                }
            }
            if (nextScore >= score) {
                return;
            }
            groups = next;
            score = nextScore;
        }
    }

    /** One layer on another engine, or two exchanged, or all layers of two engines on one. */
    private List<long[]> neighbours(long[] groups) {
        var all = new ArrayList<long[]>();
        for (int g = 1; g < groups.length; g++) {
            for (int other = 0; other < g; other++) {
                var one = groups.clone();
                one[other] |= one[g];
                one[g] = 0;
                all.add(withoutEmpty(one));
            }
        }
        for (int layer = 0; layer < layers; layer++) {
            int own = groupOf(groups, layer);
            for (int g = 0; g <= groups.length; g++) {
                if (g != own) {
                    all.add(moved(groups, layer, g));
                }
            }
            for (int other = layer + 1; layers < MANY && other < layers; other++) {
                int its = groupOf(groups, other);
                if (its != own) {
                    var exchanged = groups.clone();
                    exchanged[own] ^= 1L << layer | 1L << other;
                    exchanged[its] ^= 1L << layer | 1L << other;
                    all.add(exchanged);
                }
            }
        }
        return all;
    }

    private static int groupOf(long[] groups, int layer) {
        for (int g = 0; g < groups.length; g++) {
            if ((groups[g] >> layer & 1) != 0) {
                return g;
            }
        }
        throw new IllegalStateException("layer " + layer + " is in no group");
    }

    /** A layer in another group, a new one if it is behind the last; without the group that becomes empty. */
    private static long[] moved(long[] groups, int layer, int to) {
        var changed = Arrays.copyOf(groups, groups.length + 1);
        changed[groupOf(groups, layer)] &= ~(1L << layer);
        changed[to] |= 1L << layer;
        return withoutEmpty(changed);
    }

    private static long[] withoutEmpty(long[] groups) {
        return Arrays.stream(groups).filter(g -> g != 0).toArray();
    }

    /** Keeps groups if they are among the best; their score. */
    private double keep(long[] groups) {
        double enough =
                best.size() < wanted ? Double.POSITIVE_INFINITY : best.last().score();
        long most = cyclesFor(groups, enough / factor(groups.length));
        if (most == Long.MAX_VALUE) {
            return Double.POSITIVE_INFINITY;
        }
        var sorted = Arrays.stream(groups)
                .boxed()
                .sorted(Comparator.comparingInt(Long::numberOfTrailingZeros))
                .mapToLong(g -> g)
                .toArray();
        var scored = new Scored(sorted, most, most * factor(groups.length));
        best.add(scored);
        if (best.size() > wanted) {
            best.pollLast();
        }
        return scored.score();
    }

    private double factor(int engines) {
        return 1 + (layers < MANY ? WORTH_AN_ENGINE : WORTH_AN_ENGINE_OF_MANY) * engines;
    }

    /** Fewest cycles with which the groups keep to the budget together; {@link Long#MAX_VALUE} if that is not below {@code most}. */
    private long cyclesFor(long[] groups, double most) {
        var steps = new Steps[groups.length];
        for (int g = 0; g < groups.length; g++) {
            steps[g] = steps(groups[g]);
        }
        long high = most >= Long.MAX_VALUE ? Long.MAX_VALUE - 1 : (long) Math.ceil(most) - 1;
        if (!affordable(steps, high)) {
            return Long.MAX_VALUE;
        }
        return least(1, high, cycles -> affordable(steps, cycles));
    }

    /** The least number from {@code low} on for which a condition holds that holds for all greater ones; {@code high} if there is none below. */
    private static long least(long low, long high, LongPredicate holds) {
        long from = low;
        long to = high;
        while (from < to) {
            long middle = from + (to - from) / 2;
            if (holds.test(middle)) {
                to = middle;
            } else {
                from = middle + 1;
            }
        }
        return to;
    }

    private boolean affordable(Steps[] steps, long most) {
        int sum = 0;
        for (var s : steps) {
            int at = s.least(most);
            if (at < 0) {
                return false;
            }
            sum += s.dsps()[at];
            if (sum > budget) {
                return false;
            }
        }
        return true;
    }

    private Steps steps(long group) {
        if (known.size() > KNOWN_MAX) {
            known.clear();
        }
        return known.computeIfAbsent(group, this::stepsOf);
    }

    private Steps stepsOf(long group) {
        var of = new int[Long.bitCount(group)];
        for (int layer = 0, n = 0; layer < layers; layer++) {
            if ((group >> layer & 1) != 0) {
                of[n++] = layer;
            }
        }
        var dsps = new ArrayList<Integer>();
        var fewest = new ArrayList<Long>();
        var size = new ArrayList<Integer>();
        long least = Long.MAX_VALUE;
        for (int s = 0; s < cycles.length; s++) {
            long sum = sum(cycles[s], of, least);
            if (sum >= least) {
                continue;
            }
            least = sum;
            int n = sizes.get(s).dsps();
            if (!dsps.isEmpty() && dsps.getLast() == n) {
                dsps.removeLast();
                fewest.removeLast();
                size.removeLast();
            }
            dsps.add(n);
            fewest.add(sum);
            size.add(s);
        }
        return new Steps(
                dsps.stream().mapToInt(i -> i).toArray(),
                fewest.stream().mapToLong(i -> i).toArray(),
                size.stream().mapToInt(i -> i).toArray());
    }

    /** Cycles of some layers, or {@code most} if they are not fewer. */
    private static long sum(long[] cycles, int[] layers, long most) {
        long sum = 0;
        for (int layer : layers) {
            if (cycles[layer] >= most - sum) {
                return most;
            }
            sum += cycles[layer];
        }
        return sum;
    }

    private Grouping grouping(Scored scored) {
        var groups = new ArrayList<List<Integer>>();
        var engines = new ArrayList<MatrixSize>();
        for (long group : scored.groups()) {
            var of = new ArrayList<Integer>();
            for (int layer = 0; layer < layers; layer++) {
                if ((group >> layer & 1) != 0) {
                    of.add(layer);
                }
            }
            groups.add(of);
            var steps = steps(group);
            engines.add(sizes.get(steps.size()[steps.least(scored.cycles())]));
        }
        return new Grouping(groups, engines, scored.cycles());
    }
}
