package io.millrace.quantizer;

/** Width of activations and weights. */
public enum Precision {
    /** 8-bit codes in [-128, 127], weights in [-127, 127]. */
    INT8(8),
    /** 16-bit codes in [-32768, 32767], weights in [-32767, 32767]. */
    INT16(16);

    private final int bits;

    Precision(int bits) {
        this.bits = bits;
    }

    public int bits() {
        return bits;
    }

    /** Smallest activation code. */
    public int low() {
        return -(1 << (bits - 1));
    }

    /** Largest activation code, and the largest magnitude of a weight. */
    public int high() {
        return (1 << (bits - 1)) - 1;
    }
}
