package io.millrace.scheduler;

import io.millrace.quantizer.Precision;

/**
 * The timing contract: every constant on which simulator and RTL agree, as formulas over the machine. See
 * {@code docs/machine.md} for what each is counted from. All values are clock cycles.
 */
public final class Timing {
    /** From a unit's last read step to the cycle in which its freed input slots are visible to writers. */
    public static final int FREE = 3;

    /**
     * From an event of the token counters to what a unit decides by: the counter, and whether it is enough. Part of all that is said to be visible to a unit; what a
     * firing claims and reserves itself is counted long before the next head is there.
     */
    public static final int TOKENS = 2;

    /** From the last beat received from the host to the cycle in which its rows are visible to readers. */
    public static final int HOST_COMMIT = 3;

    /** From a read step of a host-out unit to the cycle in which the beat can leave. */
    public static final int HOST_OUT_LATENCY = 6;

    /** Beats that a host-out unit may have read and not yet sent. */
    public static final int HOST_OUT_BEATS = 8;

    /** Cycles after which one accumulator can be added to again. */
    public static final int ACCUMULATOR_REVISIT = 3;

    /** From a beat of DRAM data to the cycle in which it counts as a word of the FIFO. */
    public static final int DRAM_ARRIVAL = 2;

    /** From the cycle in which the port chooses a request to the first cycle in which the DRAM can accept it. */
    public static final int DRAM_REQUEST = 1;

    /** From the acceptance of a firing's last burst to the cycle in which the next firing's first request counts; the stream begins as if one ended in cycle -1. */
    public static final int STREAM_NEXT = 4;

    /** From the acceptance of any other burst to the first cycle in which the next one's request counts. */
    public static final int STREAM_REQUEST = 2;

    /** From the end of a tile's load to the cycle in which its words are free for a request. */
    public static final int STREAM_FREE = 1;

    /** From the read step of a burst's last beat to the first cycle in which a store unit can ask for the burst. */
    public static final int STORE_REQUEST = 6;

    /** From the answer to a store firing's last burst to the cycle in which its rows are visible to the load unit. */
    public static final int STORE_COMMIT = 3;

    /** From the arrival of a beat from DRAM to the cycle in which the load unit takes it. */
    public static final int LOAD_BEAT = 1;

    /** Least beats that a store unit may have read and the DRAM not taken: what keeps it reading a beat a clock. */
    private static final int STORE_BEATS_MIN = 16;

    private Timing() {}

    /** Beats that a store unit may have read and the DRAM not taken. */
    public static int storeBeats(Unit.Store store) {
        return Math.max(STORE_BEATS_MIN, 2 * store.burstBeats());
    }

    /**
     * From a firing's start to the cycle in which the next firing of the list can be decided (its start is one later). A loaded descriptor is there a cycle before: in that
     * one it is compared with the token counters.
     * The first firing is decided in this cycle counted from cycle 0.
     */
    public static int head(Machine machine, Unit unit) {
        return machine.control() == Machine.Control.FIXED
                ? 3
                : 3 + ProgramLayout.of(machine).sequence(unit).words();
    }

    /** Cycles to fetch a drain descriptor, and the gap between one drain job's last step and the next one's first. */
    public static int drainFetch(Machine machine, Unit unit) {
        return ProgramLayout.of(machine).drain(unit).words() + 3;
    }

    /** From the last cycle of a group to its first drain step, when the drain is free. */
    public static int drainDelay(Machine machine, Unit unit) {
        return Math.max(drainPipeline(machine, unit), drainFetch(machine, unit));
    }

    /** From the last cycle of a group to the first drain step that its accumulators allow. */
    public static int drainPipeline(Machine machine, Unit unit) {
        return switch (unit) {
            case Unit.Matrix m -> 9 + productLatency(machine.precision(), m) + sumLatency(m);
            case Unit.Vector v -> 8 + foldLatency(machine.precision(), v);
            case Unit.HostIn _, Unit.HostOut _, Unit.Store _, Unit.Load _ ->
                throw new IllegalArgumentException(unit.name() + " has no drain");
        };
    }

    /** From the cycle in which a DSP's product is there to the one in which the engine's is: none, but for the levels of adders that a product in logic takes. */
    public static int productLatency(Precision precision, Unit.Matrix m) {
        return m.multipliersInDsp() ? 0 : logicProductStages(precision.bits()) - 1;
    }

    /** From the product registers to the sum of all lanes: the DSP cascade, a cycle to take packed sums apart, then one a level of adders. */
    public static int sumLatency(Unit.Matrix m) {
        int cascade = m.chain() > 1 ? m.chain() : 0;
        return cascade + (m.packed() ? 1 : 0) + log2Ceil(Math.ceilDiv(m.lanes(), m.chain()));
    }

    /** Cycles from an element that a vector engine has read to what it folds: difference, product, rounding and shift of its multiplier; of one for weights alone the product. */
    public static int foldLatency(Precision precision, Unit.Vector v) {
        if (!v.features().multiplies()) {
            return 0;
        }
        return (v.features().factors() ? 3 : 0) + termStages(precision, v);
    }

    /** Cycles of the product in a vector engine's lane. */
    public static int termStages(Precision precision, Unit.Vector v) {
        return v.multipliersInDsp() ? 1 : logicProductStages(termFactorBits(precision, v));
    }

    /** Bits of the narrower factor of a vector engine's lane: of a weight, or of the difference of two codes. */
    public static int termFactorBits(Precision precision, Unit.Vector v) {
        return v.features().factors() ? precision.bits() + 1 : precision.bits();
    }

    /** Cycles of a product by a factor of so many bits in logic: a level of adders a cycle. */
    public static int logicProductStages(int factorBits) {
        return log2Ceil(factorBits);
    }

    /** Cycles of a requantizer's product from its last digit on: one in a DSP; in logic, where it takes several clocks, one more than the levels of a digit's adders. */
    public static int requantizeStages(Unit.Drain drain) {
        if (drain.multipliersInDsp()) {
            return 1;
        }
        int digitBits = Math.ceilDiv(ProgramLayout.MULTIPLIER_BITS, drain.interval());
        return logicProductStages(digitBits) + (drain.interval() > 1 ? 1 : 0);
    }

    /** Cycles in which an accumulator becomes a factor: saturation, and a shift before it where there is one. */
    public static int narrowStages(Unit.Drain drain) {
        return drain.preShiftMax() > 0 ? 2 : 1;
    }

    /** From the last drain cycle of a firing to the cycle in which its rows are visible to readers. */
    public static int commit(Precision precision, Unit.Drain drain) {
        return (drain.requantize() ? 6 + narrowStages(drain) + requantizeStages(drain) : 3)
                + (drain.table() ? tableLatency(precision) : 0);
    }

    /** From the code that leaves the requantizer to the activation table's: one look-up, or base, product, sum and saturation too. */
    public static int tableLatency(Precision precision) {
        return switch (precision) {
            case INT8 -> 1;
            case INT16 -> 5;
        };
    }

    /** Least cycles of a tile, so that no accumulator is met again too early. */
    public static int tileCyclesMin(Work.Multiply work) {
        return work.order() == Work.TileOrder.OUTPUTS_OUTER
                ? ACCUMULATOR_REVISIT
                : Math.ceilDiv(ACCUMULATOR_REVISIT, work.outputTiles());
    }

    /** Read steps of one tile of a firing with {@code rows} output rows of so many columns. */
    public static int pixelClocks(Work.Multiply work, int rows, int columns) {
        return rows * Math.ceilDiv(columns, work.pixelsPerClock());
    }

    /** Cycles of one tile of a firing of so many columns whose weights are there: its reads, or the revisit distance. */
    public static int readsOfTile(Work.Multiply work, int rows, int columns) {
        return Math.max(pixelClocks(work, rows, columns), tileCyclesMin(work));
    }

    /** Cycles of one tile of a firing of so many columns: its reads, a weight load, and the revisit distance, whichever is longest. */
    public static int tileCycles(Unit.Matrix m, Work.Multiply work, int rows, int columns) {
        return Math.max(readsOfTile(work, rows, columns), m.tileLoadCycles());
    }

    /**
     * Cycles from a tile's load to the next one's of a streamed engine, rows missed and refreshes averaged; L of any other.
     *
     * @param part of the port that the engine has
     */
    public static double expectedLoad(DramPort dram, Unit.Matrix m, double part) {
        return m.streamed() ? Math.max(m.tileLoadCycles(), expectedFetch(dram, m) / part) : m.tileLoadCycles();
    }

    /** Cycles in which the port brings a tile of a streamed engine, rows missed and refreshes averaged. */
    public static double expectedFetch(DramPort dram, Unit.Matrix m) {
        return m.tileLoadCycles() / (m.tilesPerBeat() * dram.efficiency());
    }

    /** Cycles the drain of a vector engine needs for {@code rows} rows of so many columns. */
    public static int drainCycles(Unit.Vector v, Geometry g, Work.Reduce work, int rows, int columns) {
        return drainCycles(v.drain(), v.lanes(), work.positions(rows, columns), work.channels(g));
    }

    /** Cycles the drain of a matrix engine needs for {@code channels} output channels of so many pixels. */
    public static int drainCycles(Unit.Drain drain, int tileOutputs, int pixels, int channels) {
        return pixels * drainBeats(drain.lanes(), tileOutputs, channels) * drain.interval();
    }

    /** Beats of a pixel's channels, tile by tile, on a drain of so many lanes. */
    public static int drainBeats(int lanes, int tileOutputs, int channels) {
        int full = channels / tileOutputs;
        int rest = channels % tileOutputs;
        return full * Math.ceilDiv(tileOutputs, lanes) + Math.ceilDiv(rest, lanes);
    }

    /** Least k with {@code 2^k >= n}; 0 for n below 2. */
    public static int log2Of(int n) {
        return log2Ceil(n);
    }

    static int log2Ceil(int n) {
        return n <= 1 ? 0 : 32 - Integer.numberOfLeadingZeros(n - 1);
    }
}
