package io.millrace.boards.flow;

import io.millrace.boards.Dram;
import io.millrace.scheduler.DramPort;

/**
 * DRAMs as the core sees them. Times are those of DDR3 (JEDEC JESD79-3: tRP and tRCD of 13.75 ns, a refresh every 7.8 us, tRFC of 160 ns for
 * 2-Gbit chips); the latency is an estimate of controller, clock crossing and AXI together.
 */
final class DramPorts {
    private static final int BURST_BYTES = 4096;
    private static final int BURST_BEATS_MAX = 128;
    private static final int DATA_BYTES_MAX = 128;
    private static final double LATENCY_NS = 200;
    private static final double ROW_MISS_NS = 2 * 13.75;
    private static final double REFRESH_PERIOD_NS = 7800;
    private static final double ROUNDING = 1e-9;
    private static final double REFRESH_NS = 160 + ROW_MISS_NS;

    private DramPorts() {}

    /**
     * The port of a DRAM at a core clock: beats as wide as the peak rate fills, rounded up to a power of two, so that nothing of it is lost where a core's clock is no power of two slower. Of a
     * burst the first beat waits until the rest can follow in a cycle each, so that beats that come sooner are never late.
     */
    static DramPort at(Dram dram, double clockMhz) {
        double rate = dram.peakMegabytesPerSecond() / clockMhz;
        int beat = 1;
        while (beat < rate && beat < DATA_BYTES_MAX) {
            beat *= 2;
        }
        int burst = Math.clamp(BURST_BYTES / beat, 1, BURST_BEATS_MAX);
        int sixteenths = Math.max(DramPort.CYCLE, (int) Math.ceil(DramPort.CYCLE * beat / rate - ROUNDING));
        return new DramPort(
                beat,
                burst,
                cycles(LATENCY_NS, clockMhz) + Math.ceilDiv(burst * (sixteenths - DramPort.CYCLE), DramPort.CYCLE),
                Integer.highestOneBit(dram.rowBytes()),
                cycles(ROW_MISS_NS, clockMhz),
                cycles(REFRESH_PERIOD_NS, clockMhz),
                cycles(REFRESH_NS, clockMhz),
                sixteenths);
    }

    private static int cycles(double nanoseconds, double clockMhz) {
        return (int) Math.ceil(nanoseconds * clockMhz / 1000);
    }
}
