package io.millrace.scheduler;

/**
 * What the optimiser is to reach within a target's budget.
 *
 * @param cycles cycles a frame that are enough, of which the goal says what to make of them; 0 for as few as possible
 * @param multipliersMax multipliers in matrix engines at most, 0 for as many as the target has DSPs
 * @param share part of the target's LUTs, flip-flops and block RAMs that may be planned, above 0 and at most 1; of the block RAMs see {@link #blockRamShare}
 * @param batch frames whose fully-connected layers are computed together, 1 for each by itself: weights are read once for all, and results come so many at
 *     a time
 * @param goal what is made least
 * @param thorough whether machines in stages are tried too, blocks made one, and the fastest machines made faster step by step: large networks may gain a third, and take some minutes
 */
public record Objective(long cycles, int multipliersMax, double share, int batch, Goal goal, boolean thorough) {
    /** What is made least, of machines that take no more cycles a frame than are enough. */
    public enum Goal {
        /** Cycles a frame; where it is said how many are enough, the machine. */
        RATE,
        /** Cycles from a frame's first row, through an empty machine, to its last result: {@link Cost#latencyCycles}. */
        LATENCY,
        /** Energy of a frame, as {@link PowerEstimate} says: of a machine that takes a frame every so many cycles as are enough, or one after the other. */
        ENERGY
    }

    /** Block RAMs that a thorough search leaves: their number is exact, as synthesis counts it, a host port takes two, and the queues of an Ethernet link take one. */
    private static final int BLOCK_RAMS_LEFT = 4;

    /** Fewest cycles a frame with nine tenths of the part. */
    public static final Objective FASTEST = new Objective(0, 0, 0.9, 1, Goal.RATE, false);

    public Objective {
        if (cycles < 0 || multipliersMax < 0 || !(share > 0 && share <= 1) || batch < 1) {
            throw new IllegalArgumentException(
                    "not an objective: " + cycles + ", " + multipliersMax + ", " + share + ", " + batch);
        }
    }

    /** Part of a target's block RAMs that may be planned: {@link #share}, or where the search is thorough all but a few. */
    public double blockRamShare(Target target) {
        int all = target.bram36();
        return thorough && all > 0 ? Math.max(share, (double) (all - BLOCK_RAMS_LEFT) / all) : share;
    }

    public Objective withMultipliersMax(int most) {
        return new Objective(cycles, most, share, batch, goal, thorough);
    }

    public Objective withCycles(long enough) {
        return new Objective(enough, multipliersMax, share, batch, goal, thorough);
    }

    public Objective withBatch(int frames) {
        return new Objective(cycles, multipliersMax, share, frames, goal, thorough);
    }

    public Objective withGoal(Goal least) {
        return new Objective(cycles, multipliersMax, share, batch, least, thorough);
    }

    /** The same, sought longer or not. */
    public Objective withThorough(boolean longer) {
        return new Objective(cycles, multipliersMax, share, batch, goal, longer);
    }
}
