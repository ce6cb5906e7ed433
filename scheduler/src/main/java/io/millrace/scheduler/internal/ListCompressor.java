package io.millrace.scheduler.internal;

import io.millrace.scheduler.FiringList.Entry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;

/** Shortens a sequence of firings: equal neighbours become one entry, repeated blocks of entries one block with a jump. */
public final class ListCompressor {
    /** Largest {@code times} and {@code jumpTimes} of an entry. */
    static final int TIMES_MAX = (1 << 12) - 1;

    /** Longest block that is looked for. */
    private static final int BLOCK_MAX = 64;

    private ListCompressor() {}

    /** The same firings in fewer entries. */
    public static List<Entry> compress(List<Entry> firings) {
        return fold(merge(firings));
    }

    private static List<Entry> merge(List<Entry> firings) {
        var merged = new ArrayList<Entry>();
        for (var e : firings) {
            if (!merged.isEmpty()) {
                var last = merged.getLast();
                if (last.times() < TIMES_MAX && withTimes(last, 1).equals(e)) {
                    merged.set(merged.size() - 1, withTimes(last, last.times() + 1));
                    continue;
                }
            }
            merged.add(e);
        }
        return merged;
    }

    /** Takes, from the front, the block whose repetition saves most entries. */
    private static List<Entry> fold(List<Entry> entries) {
        int[] kinds = kinds(entries);
        var folded = new ArrayList<Entry>();
        int at = 0;
        while (at < kinds.length) {
            int bestBlock = 0;
            int bestRepeats = 0;
            for (int block = 2; block <= BLOCK_MAX && at + 2 * block <= kinds.length; block++) {
                int repeats = repeats(kinds, at, block);
                if (block * repeats > bestBlock * bestRepeats) {
                    bestBlock = block;
                    bestRepeats = repeats;
                }
            }
            if (bestRepeats == 0) {
                folded.add(entries.get(at++));
                continue;
            }
            folded.addAll(entries.subList(at, at + bestBlock - 1));
            folded.add(withJump(entries.get(at + bestBlock - 1), bestBlock - 1, bestRepeats));
            at += bestBlock * (bestRepeats + 1);
        }
        return folded;
    }

    /** A number for each entry, the same for equal ones: entries of many inputs take long to compare. */
    private static int[] kinds(List<Entry> entries) {
        var numbers = new HashMap<Entry, Integer>();
        return entries.stream()
                .mapToInt(e -> numbers.computeIfAbsent(e, _ -> numbers.size()))
                .toArray();
    }

    /** How often the block at {@code at} is repeated behind itself. */
    private static int repeats(int[] kinds, int at, int block) {
        int repeats = 0;
        int next = at + block;
        while (repeats < TIMES_MAX
                && next + block <= kinds.length
                && Arrays.equals(kinds, at, at + block, kinds, next, next + block)) {
            repeats++;
            next += block;
        }
        return repeats;
    }

    private static Entry withTimes(Entry e, int times) {
        return new Entry(e.actor(), times, e.rows(), e.need(), e.free(), e.endsFrame(), 0, 0, e.range());
    }

    private static Entry withJump(Entry e, int back, int times) {
        return new Entry(e.actor(), e.times(), e.rows(), e.need(), e.free(), e.endsFrame(), back, times, e.range());
    }
}
