package io.millrace.quantizer;

/** How real numbers become codes. See docs/numbers.md, section 9. */
public enum NumberFormat {
    /** 8 bits; any scale and zero point for activations, one scale an output channel for weights. */
    INT8(Precision.INT8),
    /** 16 bits; zero point 0, each map's and each output channel's scale is a power of two. */
    INT16_FREE_Q(Precision.INT16),
    /** 16 bits; zero point 0, every scale is 2^-8. */
    INT16_Q8_8(Precision.INT16);

    private final Precision precision;

    NumberFormat(Precision precision) {
        this.precision = precision;
    }

    public Precision precision() {
        return precision;
    }
}
