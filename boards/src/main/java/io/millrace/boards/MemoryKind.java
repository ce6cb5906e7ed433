package io.millrace.boards;

/** A hard memory block and its size in bits, parity bits included. */
public enum MemoryKind {
    BRAM36(36 * 1024),
    EBR4K(4 * 1024),
    /** Single port, and without initial contents: weights are loaded after configuration. */
    SPRAM256K(256 * 1024);

    private final int bits;

    MemoryKind(int bits) {
        this.bits = bits;
    }

    public int bits() {
        return bits;
    }
}
