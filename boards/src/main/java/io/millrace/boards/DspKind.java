package io.millrace.boards;

/** A hard multiplier: how many int8 products it makes in one clock. */
public enum DspKind {
    /** 25 x 18 bits; two int8 products that share an operand fit, exactly, with weights in [-127, 127]. */
    DSP48E1(2),
    /** 16 x 16 bits; one product, as yosys infers it. */
    SB_MAC16(1);

    private final int int8ProductsPerClock;

    DspKind(int int8ProductsPerClock) {
        this.int8ProductsPerClock = int8ProductsPerClock;
    }

    public int int8ProductsPerClock() {
        return int8ProductsPerClock;
    }
}
