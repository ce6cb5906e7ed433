package io.millrace.scheduler;

/**
 * The budget a design has to fit. Module {@code boards} supplies values; 0 means that the part has none.
 *
 * @param name board name
 * @param clockMhz assumed clock of the core
 * @param dsp multiplier blocks: DSP48 slices, or SB_MAC16 on iCE40
 * @param bram36 36-kbit block RAMs
 * @param ebr4k 4-kbit block RAMs (iCE40)
 * @param spram256k 256-kbit single-port RAMs (iCE40 UltraPlus)
 * @param lut look-up tables: 6-input on Xilinx, 4-input on iCE40
 * @param ff flip-flops
 * @param linkBytesPerSecond payload rate of the host link, 0 when unknown
 * @param dram the memory that weights can be streamed from, as a port at the core clock; {@link DramPort#NONE} without one
 * @param dramMegabytes size of that memory
 */
public record Target(
        String name,
        Family family,
        double clockMhz,
        int dsp,
        int bram36,
        int ebr4k,
        int spram256k,
        int lut,
        int ff,
        double linkBytesPerSecond,
        DramPort dram,
        int dramMegabytes) {
    public static final long BRAM36_BITS = 36 * 1024L;

    private static final long EBR4K_BITS = 4 * 1024L;
    private static final long SPRAM256K_BITS = 256 * 1024L;

    /** A target without DRAM. */
    public Target(
            String name,
            Family family,
            double clockMhz,
            int dsp,
            int bram36,
            int ebr4k,
            int spram256k,
            int lut,
            int ff,
            double linkBytesPerSecond) {
        this(name, family, clockMhz, dsp, bram36, ebr4k, spram256k, lut, ff, linkBytesPerSecond, DramPort.NONE, 0);
    }

    /** Bits of all block and single-port RAMs. */
    public long blockMemoryBits() {
        return BRAM36_BITS * bram36 + EBR4K_BITS * ebr4k + SPRAM256K_BITS * spram256k;
    }

    /** Whether matrix engines multiply in look-up tables, as on an iCE40 without multiplier blocks. */
    public boolean multipliesInLogic() {
        return family == Family.ICE40 && dsp == 0;
    }

    /** The same with a DRAM. */
    public Target withDram(DramPort port, int megabytes) {
        return new Target(
                name, family, clockMhz, dsp, bram36, ebr4k, spram256k, lut, ff, linkBytesPerSecond, port, megabytes);
    }

    /** Part families the RTL is written for. */
    public enum Family {
        VIRTEX6,
        SERIES7,
        ICE40
    }
}
