package io.millrace.boards;

/** A device family: what synthesis calls it and how wide its look-up tables are. */
public enum Family {
    VIRTEX6("xc6v", 6),
    VIRTEX7("xc7", 6),
    KINTEX7("xc7", 6),
    ARTIX7("xc7", 6),
    ZYNQ7("xc7", 6),
    ICE40UP("ice40", 4),
    ICE40HX("ice40hx", 4);

    private final String yosysFamily;
    private final int lutInputs;

    Family(String yosysFamily, int lutInputs) {
        this.yosysFamily = yosysFamily;
        this.lutInputs = lutInputs;
    }

    /** The family as {@code YosysSynthesis} names it: {@code synth_xilinx -family} of this, or {@code ice40} and {@code ice40hx}, which has no multipliers. */
    public String yosysFamily() {
        return yosysFamily;
    }

    public int lutInputs() {
        return lutInputs;
    }
}
