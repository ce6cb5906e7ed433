package io.millrace.scheduler;

/**
 * What the optimiser is to reach within a target's budget.
 *
 * @param cycles cycles a frame that are enough: the smallest machine that needs no more is taken; 0 for as few as possible
 * @param multipliersMax multipliers in matrix engines at most, 0 for as many as the target has DSPs
 * @param share part of the target's LUTs, flip-flops and block RAMs that may be planned, above 0 and at most 1
 */
public record Objective(long cycles, int multipliersMax, double share) {
    /** Fewest cycles a frame with nine tenths of the part. */
    public static final Objective FASTEST = new Objective(0, 0, 0.9);

    public Objective {
        if (cycles < 0 || multipliersMax < 0 || !(share > 0 && share <= 1)) {
            throw new IllegalArgumentException("not an objective: " + cycles + ", " + multipliersMax + ", " + share);
        }
    }

    public Objective withMultipliersMax(int most) {
        return new Objective(cycles, most, share);
    }

    public Objective withCycles(long enough) {
        return new Objective(enough, multipliersMax, share);
    }
}
