package io.millrace.scheduler;

import java.util.List;
import java.util.stream.Collectors;

/**
 * What a schedule is estimated to cost. Cycles are by the timing contract with a host that never waits; resources are formulas over the
 * machine.
 *
 * @param units load of each unit, by unit id
 * @param layers load of each layer on its engine, in the order of the actors
 * @param periodBound largest load of a unit: no firing order is faster, cycles a frame
 * @param cyclesPerFrame steady state of the firing lists, dependencies and buffers included
 * @param latencyCycles from cycle 0 to the last read of the first frame's last row sent to the host
 * @param bottleneck name of the unit with the largest load, or {@code dram}
 * @param macsPerFrame multiply-accumulates of the convolutions, dense, padded taps included
 * @param multipliers multipliers in the arrays of all matrix engines
 * @param peakMacsPerCycle of the whole DSP budget: two a DSP48 at int8, else one
 * @param macEfficiency {@code macsPerFrame / (cyclesPerFrame * peakMacsPerCycle)}, 0 for a target without DSPs
 * @param macEfficiencyUsed the same against {@code multipliers}, 0 without any
 * @param host bytes a frame to and from the board
 * @param weightBytesPerFrame bytes of weights that streamed engines read from DRAM, each firing all of its layer
 * @param spilledBytesPerFrame bytes of maps that are written to DRAM and read back
 */
public record Cost(
        List<UnitLoad> units,
        List<LayerLoad> layers,
        long periodBound,
        double cyclesPerFrame,
        long latencyCycles,
        String bottleneck,
        long macsPerFrame,
        int multipliers,
        int peakMacsPerCycle,
        double macEfficiency,
        double macEfficiencyUsed,
        Resources resources,
        HostBytes host,
        long weightBytesPerFrame,
        long spilledBytesPerFrame,
        double clockMhz,
        double linkBytesPerSecond) {
    public Cost {
        units = List.copyOf(units);
        layers = List.copyOf(layers);
    }

    /**
     * Cycles a frame of a unit.
     *
     * @param reads cycles of firings: reads, weight loads that they cannot hide
     * @param drain cycles of the drain, 0 for host units
     */
    public record UnitLoad(String unit, long reads, long drain) {
        public long load() {
            return Math.max(reads, drain);
        }
    }

    /**
     * Cycles a frame of a layer on its engine.
     *
     * @param reads cycles in which the engine reads, or waits for its own accumulators
     * @param weights cycles in which it waits for weights: from DRAM with the port for itself, or over the bus from memory on chip
     * @param drain cycles of the drain
     */
    public record LayerLoad(String layer, String unit, long reads, long weights, long drain) {
        /** Of the cycles in which a layer reads, how many it waits for weights at least to be bound by them. */
        private static final double WAITS = 0.05;

        /** Whether its weights come more slowly than it reads with them, and its drain is not slower still: more multipliers would not make it faster. */
        public boolean isWeightBound() {
            return weights > WAITS * reads && reads + weights >= drain;
        }
    }

    /** Parts of the device. {@code bram18} are single 18-kbit halves beside the whole blocks in {@code bram36}. */
    public record Resources(int dsp, int bram36, int bram18, int ebr4k, int spram256k, int lut, int ff) {
        public static final Resources NONE = new Resources(0, 0, 0, 0, 0, 0, 0);

        public Resources plus(Resources o) {
            return new Resources(
                    dsp + o.dsp,
                    bram36 + o.bram36,
                    bram18 + o.bram18,
                    ebr4k + o.ebr4k,
                    spram256k + o.spram256k,
                    lut + o.lut,
                    ff + o.ff);
        }

        public Resources times(int n) {
            return new Resources(n * dsp, n * bram36, n * bram18, n * ebr4k, n * spram256k, n * lut, n * ff);
        }

        /** 36-kbit blocks with halves paired. */
        public int bram36Total() {
            return bram36 + Math.ceilDiv(bram18, 2);
        }
    }

    /** Payload bytes of a frame. */
    public record HostBytes(long in, long out) {}

    /** Bytes that go to and from DRAM. */
    public long dramBytesPerFrame() {
        return weightBytesPerFrame + spilledBytesPerFrame;
    }

    /** Cycles a frame in which the unit that reads most does so: none takes fewer. */
    public long mostReads() {
        return layers.stream()
                .collect(Collectors.groupingBy(LayerLoad::unit, Collectors.summingLong(LayerLoad::reads)))
                .values()
                .stream()
                .mapToLong(Long::longValue)
                .max()
                .orElse(0);
    }

    /** At the target's assumed clock, with a host that never waits. */
    public double framesPerSecond() {
        return clockMhz * 1e6 / cyclesPerFrame;
    }

    /** Frames a second that the host link can carry both ways, 0 if its rate is unknown. */
    public double linkFramesPerSecond() {
        return linkBytesPerSecond == 0 ? 0 : linkBytesPerSecond / Math.max(host.in(), host.out());
    }
}
