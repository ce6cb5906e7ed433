package io.millrace.scheduler.internal;

import java.util.Arrays;
import java.util.Optional;

/** The cheapest way to cut a set into groups when it is known what each group costs, by dynamic programming over all subsets: 3^n steps for n things. */
final class Subsets {
    /** What a group costs that cannot be. */
    static final int IMPOSSIBLE = Integer.MAX_VALUE / 2;

    private Subsets() {}

    /**
     * At most so many groups that make up the whole set at the least cost; none if that is more than {@code most}.
     *
     * @param costs by group as a bit mask; {@link #IMPOSSIBLE} or more where it cannot be
     */
    static Optional<long[]> cheapest(int[] costs, int groups, int most) {
        int all = costs.length - 1;
        // By subset, the least cost in so many groups; by number of groups and subset, the last one of them, 0 where
        // fewer do.
        var least = new int[costs.length];
        Arrays.fill(least, IMPOSSIBLE);
        least[0] = 0;
        var last = new int[groups + 1][];
        for (int k = 1; k <= groups; k++) {
            var more = least.clone();
            last[k] = withOneMore(costs, least, more);
            least = more;
        }
        return least[all] > Math.min(most, IMPOSSIBLE - 1) ? Optional.empty() : Optional.of(groups(last, all));
    }

    /** Lowers {@code more} where a group more makes a subset cheaper; by subset, that group. */
    private static int[] withOneMore(int[] costs, int[] fewer, int[] more) {
        var last = new int[costs.length];
        for (int set = 1; set < costs.length; set++) {
            int lowest = set & -set;
            int others = set ^ lowest;
            // The group of the lowest is it and any of the others.
            for (int some = others; some >= 0; some = some == 0 ? -1 : some - 1 & others) {
                int group = some | lowest;
                if (costs[group] < more[set] && costs[group] + fewer[set ^ group] < more[set]) {
                    more[set] = costs[group] + fewer[set ^ group];
                    last[set] = group;
                }
            }
        }
        return last;
    }

    private static long[] groups(int[][] last, int all) {
        var found = new long[last.length - 1];
        int count = 0;
        int set = all;
        for (int k = last.length - 1; set != 0; k--) {
            if (last[k][set] != 0) {
                found[count++] = last[k][set];
                set ^= last[k][set];
            }
        }
        return Arrays.copyOf(found, count);
    }
}
