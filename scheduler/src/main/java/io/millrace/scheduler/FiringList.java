package io.millrace.scheduler;

import java.util.List;

/**
 * The order in which a unit fires its actors: entries run once from the first, then from {@code loopStart} for ever.
 *
 * @param loopStart entry that follows the last one
 */
public record FiringList(int unit, List<Entry> entries, int loopStart) {
    public FiringList {
        entries = List.copyOf(entries);
        if (loopStart < 0 || loopStart >= Math.max(1, entries.size())) {
            throw new IllegalArgumentException("loop start " + loopStart + " of " + entries.size() + " entries");
        }
    }

    /**
     * {@code times} equal firings of an actor, then perhaps a jump.
     *
     * @param actor actor id
     * @param rows output rows of each firing
     * @param need rows that must be available on each input edge, in the actor's order
     * @param free rows claimed at the start and freed at the end on each input edge
     * @param endsFrame whether each firing computes the last rows of its actor's frame (then {@code times} is 1 unless the actor
     *     fires once a frame)
     * @param jumpBack 0 for none; else the entry at {@code position - jumpBack} follows the firings; jumps do not nest
     * @param jumpTimes how often the jump is taken before the list goes on
     * @param range number of the range of columns that each firing computes, 0 where firings compute whole rows
     */
    public record Entry(
            int actor,
            int times,
            int rows,
            List<Integer> need,
            List<Integer> free,
            boolean endsFrame,
            int jumpBack,
            int jumpTimes,
            int range) {
        public Entry {
            need = List.copyOf(need);
            free = List.copyOf(free);
            if (times < 1 || rows < 1 || jumpBack < 0 || (jumpBack == 0) != (jumpTimes == 0) || range < 0) {
                throw new IllegalArgumentException("not a list entry: " + actor + " x " + times);
            }
        }

        /** Firings of whole rows. */
        public Entry(
                int actor,
                int times,
                int rows,
                List<Integer> need,
                List<Integer> free,
                boolean endsFrame,
                int jumpBack,
                int jumpTimes) {
            this(actor, times, rows, need, free, endsFrame, jumpBack, jumpTimes, 0);
        }

        /** The same of whole rows, without a jump. */
        public Entry(int actor, int times, int rows, List<Integer> need, List<Integer> free, boolean endsFrame) {
            this(actor, times, rows, need, free, endsFrame, 0, 0);
        }
    }
}
