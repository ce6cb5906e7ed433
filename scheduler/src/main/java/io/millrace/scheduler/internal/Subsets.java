package io.millrace.scheduler.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The cheapest way to cut a set into groups when it is known what each group costs, by dynamic programming over all subsets: 3^n steps for n things. */
final class Subsets {
    /** What a group costs that cannot be. */
    static final int IMPOSSIBLE = Integer.MAX_VALUE / 2;

    private final int[] costs;
    /** By number of groups, by subset as a bit mask, the least cost. */
    private final List<int[]> least = new ArrayList<>();

    /** @param costs by group as a bit mask; {@link #IMPOSSIBLE} or more where it cannot be */
    Subsets(int[] costs) {
        this.costs = costs.clone();
        var none = new int[costs.length];
        Arrays.fill(none, IMPOSSIBLE);
        none[0] = 0;
        least.add(none);
    }

    /** At most so many groups that make up the whole set at the least cost; none if that is more than {@code most}. */
    Optional<long[]> cheapest(int groups, int most) {
        while (least.size() <= groups) {
            least.add(withOneMore(least.getLast()));
        }
        int all = costs.length - 1;
        return least.get(groups)[all] > Math.min(most, IMPOSSIBLE - 1)
                ? Optional.empty()
                : Optional.of(groupsOf(all, groups));
    }

    private int[] withOneMore(int[] fewer) {
        var costsOf = fewer.clone();
        for (int set = 1; set < costs.length; set++) {
            int lowest = set & -set;
            int others = set ^ lowest;
            int best = fewer[set];
            // The group of the lowest is it and any of the others.
            for (int some = others; ; some = some - 1 & others) {
                int group = some | lowest;
                if (costs[group] < best && costs[group] + fewer[set ^ group] < best) {
                    best = costs[group] + fewer[set ^ group];
                }
                if (some == 0) {
                    break;
                }
            }
            costsOf[set] = best;
        }
        return costsOf;
    }

    private long[] groupsOf(int all, int groups) {
        var found = new ArrayList<Long>();
        int set = all;
        for (int k = groups; set != 0; k--) {
            int due = least.get(k)[set];
            if (least.get(k - 1)[set] == due) {
                continue;
            }
            int group = groupIn(set, least.get(k - 1), due);
            found.add((long) group);
            set ^= group;
        }
        return found.stream().mapToLong(g -> g).toArray();
    }

    private int groupIn(int set, int[] fewer, int due) {
        int lowest = set & -set;
        int others = set ^ lowest;
        for (int some = others; ; some = some - 1 & others) {
            int group = some | lowest;
            if (costs[group] < IMPOSSIBLE && costs[group] + fewer[set ^ group] == due) {
                return group;
            }
            if (some == 0) {
                throw new IllegalStateException("no group of " + Integer.toBinaryString(set) + " costs what was found");
            }
        }
    }
}
