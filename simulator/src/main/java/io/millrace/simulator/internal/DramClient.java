package io.millrace.simulator.internal;

/** What the port to DRAM knows of a unit that uses it: its next burst. */
abstract class DramClient {
    /** A request that waits for something that is not known. */
    static final long UNKNOWN = Long.MAX_VALUE;

    final int unit;

    DramClient(int unit) {
        this.unit = unit;
    }

    /** First cycle in which the request for the next burst is up, as far as it is known. */
    abstract long request();

    /** Beats of the next burst. */
    abstract int beats();

    /** Number of the next burst in DRAM. */
    abstract long burst();

    /** The next burst is accepted in cycle {@code g}; were it read, its first beat would come in cycle {@code first}. */
    abstract void accepted(long g, long first);

    /**
     * Writes down what decides how it goes on, relative to cycle {@code now}.
     *
     * @param portFree first cycle in which the port can choose again
     * @param floor start of the unit's last firing
     */
    abstract void write(SteadyState state, long now, long portFree, long floor);

    abstract void shift(long cycles);
}
