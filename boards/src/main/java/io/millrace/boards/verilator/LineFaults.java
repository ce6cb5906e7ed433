package io.millrace.boards.verilator;

/**
 * What happens to frames between an emulated board on Ethernet and the host, in each direction. Of those lost on their way to the board every second one arrives
 * damaged.
 *
 * @param seed the same seed, the same choices
 * @param lost probability that a frame is lost
 * @param twice probability that it comes twice
 * @param window places that a frame may fall back behind later ones, drawn for each; 0: all keep their order
 */
public record LineFaults(int seed, double lost, double twice, int window) {
    /** A line without faults. */
    public static final LineFaults NONE = new LineFaults(0, 0, 0, 0);

    public LineFaults {
        if (seed < 0 || !probability(lost) || !probability(twice) || window < 0) {
            throw new IllegalArgumentException(seed + ", " + lost + ", " + twice + ", " + window);
        }
    }

    private static boolean probability(double p) {
        return p >= 0 && p < 1;
    }
}
