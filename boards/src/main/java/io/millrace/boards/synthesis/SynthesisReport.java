package io.millrace.boards.synthesis;

import java.util.Map;
import java.util.TreeMap;

/**
 * Cells of a synthesised design.
 *
 * @param family as yosys names it
 * @param cells how many of each primitive, by the vendor's name
 */
public record SynthesisReport(String family, Map<String, Integer> cells) {
    public SynthesisReport {
        cells = Map.copyOf(cells);
    }

    /** Multiplier blocks: DSP48E1 or SB_MAC16. */
    public int dsp() {
        return starting("DSP48") + starting("SB_MAC16");
    }

    /** 36-kbit blocks, two 18-kbit halves being one, rounded up. */
    public int bram36() {
        return starting("RAMB36") + Math.ceilDiv(bram18(), 2);
    }

    /** 18-kbit halves. */
    public int bram18() {
        return starting("RAMB18");
    }

    /** Look-up tables; on Xilinx with those used as memory or shift registers. */
    public int lut() {
        return starting("LUT") + starting("SB_LUT4") + lutMemory();
    }

    /** Look-up tables used as memory (a RAM32M or RAM64M is four) or shift registers. */
    public int lutMemory() {
        return 4 * (count("RAM32M") + count("RAM64M"))
                + count("RAM32X1S")
                + 2 * count("RAM32X1D")
                + count("RAM64X1S")
                + 2 * (count("RAM64X1D") + count("RAM128X1S"))
                + 4 * (count("RAM128X1D") + count("RAM256X1S"))
                + starting("SRL");
    }

    /** Flip-flops outside of blocks. */
    public int ff() {
        return starting("FD") + starting("SB_DFF");
    }

    /** Latches. There should be none. */
    public int latches() {
        return starting("LD") + starting("$_DLATCH");
    }

    /** 4-kbit blocks of iCE40. */
    public int ebr() {
        return starting("SB_RAM40_4K");
    }

    /** 256-kbit single-port memories of iCE40 UltraPlus. */
    public int spram() {
        return count("SB_SPRAM256KA");
    }

    /** How many of a primitive. */
    public int count(String cell) {
        return cells.getOrDefault(cell, 0);
    }

    private int starting(String prefix) {
        return cells.entrySet().stream()
                .filter(e -> e.getKey().startsWith(prefix))
                .mapToInt(Map.Entry::getValue)
                .sum();
    }

    @Override
    public String toString() {
        return family + ": DSP " + dsp() + ", BRAM36 " + bram36() + ", EBR " + ebr() + ", SPRAM " + spram() + ", LUT "
                + lut() + ", FF " + ff() + " " + new TreeMap<>(cells);
    }
}
