package io.millrace.scheduler;

import io.millrace.quantizer.Precision;

/**
 * The read port to DRAM and the memory behind it, as the timing contract sees them ({@code docs/machine.md}, section 8): what fixes the
 * cycle of every burst in the simulator and in the memory model of the RTL test bench.
 *
 * @param dataBytes bytes of a beat, one beat a core clock; a power of two; 0 for a machine without DRAM
 * @param burstBeats most beats of a burst; a power of two, a burst of at most 4,096 bytes
 * @param latency cycles from the acceptance of a burst to its first beat
 * @param rowBytes bytes of a DRAM row; a power of two, at least a burst
 * @param rowMissGap cycles lost before a burst in another row than the one before it
 * @param refreshPeriod cycles from one refresh to the next, 0 without refresh
 * @param refreshCycles cycles of a refresh in which no burst is accepted
 * @param beatSixteenths sixteenths of a cycle that the memory is busy with a beat, at least 16: a port may be wider than what the memory brings a cycle
 */
public record DramPort(
        int dataBytes,
        int burstBeats,
        int latency,
        int rowBytes,
        int rowMissGap,
        int refreshPeriod,
        int refreshCycles,
        int beatSixteenths) {
    /** Of {@link #beatSixteenths}, those of a memory that keeps up with the port. */
    public static final int CYCLE = 16;

    /** No DRAM. */
    public static final DramPort NONE = new DramPort(0, 0, 0, 0, 0, 0, 0);

    /** Bytes in a burst that AXI allows: a burst does not cross 4 KB. */
    private static final int BURST_BYTES_MAX = 4096;

    /** Beats in a burst that AXI allows. */
    private static final int BURST_BEATS_MAX = 256;

    private static final int DATA_BYTES_MAX = 128;

    /** Of a memory that brings a beat a cycle. */
    public DramPort(
            int dataBytes,
            int burstBeats,
            int latency,
            int rowBytes,
            int rowMissGap,
            int refreshPeriod,
            int refreshCycles) {
        this(dataBytes, burstBeats, latency, rowBytes, rowMissGap, refreshPeriod, refreshCycles, CYCLE);
    }

    public DramPort {
        if (dataBytes != 0) {
            require(isPowerOfTwo(dataBytes) && dataBytes <= DATA_BYTES_MAX, "a beat of " + dataBytes + " bytes");
            require(
                    isPowerOfTwo(burstBeats)
                            && burstBeats <= BURST_BEATS_MAX
                            && burstBeats * dataBytes <= BURST_BYTES_MAX,
                    "a burst of " + burstBeats + " beats of " + dataBytes + " bytes");
            require(latency >= 1, "a latency of " + latency);
            require(isPowerOfTwo(rowBytes) && rowBytes >= burstBeats * dataBytes, "rows of " + rowBytes + " bytes");
            require(rowMissGap >= 0, "a gap of " + rowMissGap);
            require(
                    refreshPeriod == 0 ? refreshCycles == 0 : refreshCycles > 0 && refreshCycles < refreshPeriod,
                    "refreshes of " + refreshCycles + " cycles every " + refreshPeriod);
            require(beatSixteenths >= CYCLE, "a beat every " + beatSixteenths + " sixteenths of a cycle");
        }
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new IllegalArgumentException("no DRAM port has " + what);
        }
    }

    private static boolean isPowerOfTwo(int n) {
        return Integer.bitCount(n) == 1 && n > 0;
    }

    /** Whether there is a port at all. */
    public boolean exists() {
        return dataBytes > 0;
    }

    /** Whole codes of a precision in a beat, or in a burst of several beats; 0 for codes wider than a beat. */
    public int elements(Precision precision, int beats) {
        return beats * dataBytes * 8 / precision.bits();
    }

    /** Bytes of a full burst; every actor's weights begin at a multiple of it. */
    public int burstBytes() {
        return burstBeats * dataBytes;
    }

    /** Cycles that the memory is busy with a burst of so many beats. */
    public long busy(long beats) {
        return Math.ceilDiv(beats * beatSixteenths, CYCLE);
    }

    /** First cycle from {@code cycle} on in which no refresh keeps a burst from being accepted; the first refresh begins a period after cycle 0. */
    public long afterRefresh(long cycle) {
        if (refreshPeriod == 0 || cycle < refreshPeriod) {
            return cycle;
        }
        long phase = cycle % refreshPeriod;
        return phase < refreshCycles ? cycle - phase + refreshCycles : cycle;
    }

    /** Beats a cycle of full bursts, refreshes averaged, where each burst is in another row than the one before it, as with several streams in turn. */
    public double efficiency() {
        return efficiency(1);
    }

    /** The same of one stream, whose bursts follow each other and open each row once: no traffic is faster. */
    public double efficiencyMost() {
        return efficiency(rowBytes / burstBytes());
    }

    private double efficiency(int burstsPerRow) {
        // A request needs a cycle to be chosen and one to be accepted, which only one-beat bursts cannot hide.
        double cycles = burstsPerRow * (double) Math.max(busy(burstBeats), 2) + rowMissGap;
        double refreshed = refreshPeriod == 0 ? 1 : (double) (refreshPeriod - refreshCycles) / refreshPeriod;
        return burstsPerRow * burstBeats / cycles * refreshed;
    }
}
