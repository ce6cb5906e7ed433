package io.millrace.scheduler;

import java.util.List;

/**
 * One unit of the machine: it fires the actors put on it in the order of its firing list, one at a time.
 * Unit ids are positions in {@link Machine#units()}. An <i>element</i> is one activation code, 8 or 16 bits.
 */
public sealed interface Unit {
    /**
     * Most packed products in one cascade: with weights of -127 to 127 and activations of -128 to 127, four products need 17 bits, which is how far apart the two sums
     * of a DSP lie.
     */
    int PACKED_CHAIN_MAX = 4;

    /** Bits between the two sums of a packed multiplier: what {@link #PACKED_CHAIN_MAX} products take. */
    int PACKED_APART = 17;

    /** Most bits of what a requantizer multiplies: a sum is saturated to these. */
    int SATURATED_BITS = 25;

    int id();

    /** Verilog-safe name, unique in the machine. */
    String name();

    /** Capacities of the program memories that every unit has. */
    Capacity capacity();

    /**
     * Capacities of a unit's program memories.
     *
     * @param actors most actors that can be put on the unit, one with ranges of columns counted once for each range
     * @param listEntries most entries of its firing list
     * @param segments most entries of its segment memory, all actors together (0 for host units)
     * @param inputs most row buffers that one actor reads, at least 1
     */
    record Capacity(int actors, int listEntries, int segments, int inputs) {
        /** For actors that read one row buffer. */
        public Capacity(int actors, int listEntries, int segments) {
            this(actors, listEntries, segments, 1);
        }
    }

    /**
     * Receives rows from the host, {@code lanes} elements a clock, and writes them to row buffers.
     */
    record HostIn(int id, String name, int lanes, Capacity capacity) implements Unit {}

    /** Reads rows from row buffers and sends them to the host, {@code lanes} elements a clock. */
    record HostOut(int id, String name, int lanes, Capacity capacity) implements Unit {}

    /**
     * Reads rows of spilled maps from row buffers and writes them to DRAM, a beat of its port a clock.
     *
     * @param lanes elements of a beat
     * @param burstBeats beats of a full burst, as the port has them
     */
    record Store(int id, String name, int lanes, int burstBeats, Capacity capacity) implements Unit {
        /** Bursts of a row of {@code elements}. */
        public int rowBursts(int elements) {
            return Math.ceilDiv(Math.ceilDiv(elements, lanes), burstBeats);
        }

        /** Elements of a burst. */
        public int burstElements() {
            return lanes * burstBeats;
        }
    }

    /** Reads rows of spilled maps back from DRAM and writes them to row buffers, {@code lanes} elements, a beat of its port, a clock. */
    record Load(int id, String name, int lanes, Capacity capacity) implements Unit {}

    /**
     * The weight-stationary matrix engine.
     *
     * @param outputs P: output channels a tile
     * @param lanes S: reduction lanes, elements of a segment
     * @param pixels X: output pixels a clock that share the weights
     * @param pixelSteps distances in elements between the windows of neighbouring pixels that the hardware can select,
     *     ascending; empty when X = 1
     * @param chain products summed in one DSP cascade before the adder tree, 1 for none
     * @param packed whether neighbouring output channels share multipliers, two products each; at int8 only, with a {@code chain} of up to
     *     {@link #PACKED_CHAIN_MAX}
     * @param multipliersInDsp whether the multipliers are DSPs (counted) or fabric logic; these only without {@code chain} and slots, and not packed
     * @param weightLanes weights a clock from the weight memory, or the FIFO, into the shadow registers
     * @param weightWords depth of the weight memory in words of {@code weightLanes} weights
     * @param fifoWords words in the FIFO between DRAM and the shadow registers, each a beat of the DRAM port; 0 where the weights live on
     *     chip. A streamed engine has no weight memory
     * @param tilesPerBeat tiles that a beat brings to a streamed engine, a power of two: 1 where a tile is a beat or several, of {@code weightLanes} weights. More
     *     where a tile takes a clock; a beat has as many equal parts, and a tile begins with the first weight of its part
     * @param weightTiles entries of the map by which the engine finds a tile in its weight memory; 0 without one: then an actor's tiles follow
     *     each other
     * @param accumulatorWords words of P x X accumulators in each of the two halves
     * @param slots places, equally far apart, where the accumulators of an output channel can begin, where each of the P lanes may add to another one, see {@link Connections};
     *     0 where all lanes of a tile have the same place
     * @param accumulatorBits signed width of an accumulator
     * @param ownSegments whether output tiles may have segments of their own (grouped convolutions)
     * @param drain how accumulators become codes
     */
    record Matrix(
            int id,
            String name,
            int outputs,
            int lanes,
            int pixels,
            List<Integer> pixelSteps,
            int chain,
            boolean packed,
            boolean multipliersInDsp,
            int weightLanes,
            int weightWords,
            int fifoWords,
            int tilesPerBeat,
            int weightTiles,
            int accumulatorWords,
            int slots,
            int accumulatorBits,
            boolean ownSegments,
            Drain drain,
            Capacity capacity)
            implements Unit {
        public Matrix {
            pixelSteps = List.copyOf(pixelSteps);
            if (outputs < 1 || lanes < 1 || pixels < 1 || chain < 1 || weightLanes < 1) {
                throw new IllegalArgumentException(
                        "a matrix engine needs P, S, X, chain and weight lanes of 1 or more");
            }
            if (packed && chain > PACKED_CHAIN_MAX) {
                throw new IllegalArgumentException("a cascade of " + chain + " packed products");
            }
            if (!multipliersInDsp && (packed || chain > 1 || slots > 0)) {
                throw new IllegalArgumentException(
                        "multipliers of logic have no cascades and no slots, and are not packed");
            }
            if (weightLanes > tileWeights(outputs, lanes, slots > 0)) {
                throw new IllegalArgumentException(
                        "weight bus of " + weightLanes + " for " + tileWeights(outputs, lanes, slots > 0) + " weights");
            }
            if (slots > 0 && (accumulatorWords % slots != 0 || Integer.bitCount(accumulatorWords / slots) > 1)) {
                throw new IllegalArgumentException(
                        accumulatorWords + " accumulators with " + slots + " places a power of two apart");
            }
            if ((pixels == 1) != pixelSteps.isEmpty()) {
                throw new IllegalArgumentException("pixel steps go with X > 1");
            }
            if (fifoWords < 0 || fifoWords > 0 && weightWords > 0) {
                throw new IllegalArgumentException("a FIFO of " + fifoWords + " words beside " + weightWords
                        + " words of weights; an engine has the one or the other");
            }
            if (Integer.bitCount(tilesPerBeat) != 1
                    || tilesPerBeat > 1 && (fifoWords == 0 || weightLanes < tileWeights(outputs, lanes, slots > 0))) {
                throw new IllegalArgumentException(
                        tilesPerBeat
                                + " tiles a beat; they are a power of two, and more than one on a streamed engine whose tile takes a clock");
            }
            if (weightTiles > 0 && fifoWords > 0) {
                throw new IllegalArgumentException("a streamed engine has no tiles to find");
            }
        }

        /** Whether the weights are streamed from DRAM. */
        public boolean streamed() {
            return fifoWords > 0;
        }

        /** Beats that hold the weights of so many tiles of a streamed engine. */
        public int beats(int tiles) {
            return Math.ceilDiv(Math.multiplyExact(tiles, tileLoadCycles()), tilesPerBeat);
        }

        /**
         * Weights a clock of a streamed engine with a part of the port's beats.
         *
         * @return at least 1, at most what the engine takes
         */
        public int weightsPerCycle(double part) {
            return Math.clamp((long) (part * weightLanes * tilesPerBeat), 1, weightLanes);
        }

        /** Least words of a FIFO with which a tile can always be fetched whole, and bursts of {@code burstBeats} asked for meanwhile. */
        public int fifoWordsMin(int burstBeats) {
            return tileLoadCycles() + burstBeats;
        }

        /** Whether each lane of a tile has its own place among the accumulators. */
        public boolean hasSlots() {
            return slots > 0;
        }

        /** Accumulator words from one slot's place to the next, a power of two. */
        public int slotGranule() {
            return hasSlots() ? accumulatorWords / slots : accumulatorWords;
        }

        /** Weights of a tile, P x S; with slots one more for each lane, which says where its sums go. */
        public int tileWeights() {
            return tileWeights(outputs, lanes, hasSlots());
        }

        static int tileWeights(int outputs, int lanes, boolean slots) {
            return outputs * (slots ? lanes + 1 : lanes);
        }

        /** L: clocks to load one tile. */
        public int tileLoadCycles() {
            return Math.ceilDiv(tileWeights(), weightLanes);
        }

        /** Elements read in one clock: S plus the reach of the farthest of X pixels. */
        public int readElements() {
            return lanes + (pixels - 1) * (pixelSteps.isEmpty() ? 0 : pixelSteps.getLast());
        }

        /** Products a clock. */
        public int multipliers() {
            return outputs * lanes * pixels;
        }

        /** DSPs of the array. */
        public int dsps() {
            return multipliersInDsp ? dsps(outputs, lanes, pixels, packed) : 0;
        }

        /** DSPs of an array of P x S x X. */
        static int dsps(int outputs, int lanes, int pixels, boolean packed) {
            return (packed ? Math.ceilDiv(outputs, 2) : outputs) * lanes * pixels;
        }
    }

    /**
     * The vector engine: one row-buffer read of {@code lanes} elements a clock, perhaps multiplied, reduced over the taps of a window.
     *
     * @param lanes V: channels a clock
     * @param accumulatorWords words of V accumulators in each of the two halves
     * @param accumulatorBits signed width of an accumulator
     * @param features what it can do
     * @param multipliersInDsp whether the lanes' multipliers, if they have any, are DSPs (counted) or fabric logic
     * @param weightWords depth of the weight memory in words of V weights; 0 without one
     * @param drain how accumulators become codes
     */
    record Vector(
            int id,
            String name,
            int lanes,
            int accumulatorWords,
            int accumulatorBits,
            Features features,
            boolean multipliersInDsp,
            int weightWords,
            Drain drain,
            Capacity capacity)
            implements Unit {
        public Vector {
            if ((weightWords > 0 || features.products()) && !features.multiplies()) {
                throw new IllegalArgumentException("weights and products go with multipliers");
            }
            if (drain.lanes() > lanes) {
                throw new IllegalArgumentException("a vector engine drains at most its lanes");
            }
        }
    }

    /**
     * What a vector engine can do.
     *
     * @param maxima whether it can take the maximum of a window's taps
     * @param sums whether it can add taps (pooling by sum)
     * @param multiplies whether each lane has a multiplier for what it reads: a weight a channel and tap (depthwise convolutions), or a tap's own factor,
     *     rounded (additions)
     * @param factors whether it can do without weights: multipliers of lanes that cannot are as narrow as weights, and nothing is rounded
     * @param products whether a tap can be multiplied with the tap before it (products of two maps)
     * @param gathers whether each output column can have a tap of its own, and rows can be read several times (moves of codes)
     * @param indices whether it can keep the number of the largest tap (index of the largest channel)
     */
    record Features(
            boolean maxima,
            boolean sums,
            boolean multiplies,
            boolean factors,
            boolean products,
            boolean gathers,
            boolean indices) {
        /** What no layer is computed with. */
        public static final Features NONE = new Features(false, false, false, false, false, false, false);

        /** Whether each layer says if its taps are added or their maximum is taken. */
        public boolean chooses() {
            return sums && maxima;
        }

        /** Whether lanes have multipliers for factors of taps, too. */
        public boolean multipliesByFactors() {
            return multiplies && factors;
        }

        /** Whether lanes have multipliers, for weights alone. */
        public boolean weightsOnly() {
            return multiplies && !factors;
        }

        /** What covers both. */
        public Features or(Features o) {
            return new Features(
                    maxima || o.maxima,
                    sums || o.sums,
                    multiplies || o.multiplies,
                    factors || o.factors,
                    products || o.products,
                    gathers || o.gathers,
                    indices || o.indices);
        }
    }

    /**
     * The way out of an engine: accumulators through bias, requantizer and table into row buffers.
     *
     * @param lanes Q: codes a beat
     * @param interval clocks a beat, 1 when the requantize multipliers are pipelined
     * @param requantize whether there is a requantizer at all; without it the accumulator's low bits leave as they are
     * @param multipliersInDsp whether the requantize multipliers are DSPs (counted) or fabric logic
     * @param preShiftMax largest pre-shift the hardware can do
     * @param table whether an activation table follows
     * @param parameterWords depth of the bias, multiplier and shift memory, in words of Q channels
     * @param tables how many activation tables it can hold (0 without {@code table})
     * @param planes whether rows can be written channel by channel ({@link Actor#planes}); only with one lane
     */
    record Drain(
            int lanes,
            int interval,
            boolean requantize,
            boolean multipliersInDsp,
            int preShiftMax,
            boolean table,
            int parameterWords,
            int tables,
            boolean planes) {
        /** One that writes rows column by column. */
        public Drain(
                int lanes,
                int interval,
                boolean requantize,
                boolean multipliersInDsp,
                int preShiftMax,
                boolean table,
                int parameterWords,
                int tables) {
            this(lanes, interval, requantize, multipliersInDsp, preShiftMax, table, parameterWords, tables, false);
        }

        public Drain {
            if (planes && lanes > 1) {
                throw new IllegalArgumentException("a drain of " + lanes + " lanes writes no planes");
            }
            if (lanes < 1 || interval < 1) {
                throw new IllegalArgumentException("a drain needs lanes and an interval of 1 or more");
            }
            if (table != tables > 0) {
                throw new IllegalArgumentException("tables go with a table stage");
            }
        }
    }
}
