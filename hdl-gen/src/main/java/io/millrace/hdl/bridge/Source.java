package io.millrace.hdl.bridge;

import spinal.core.BitCount;
import spinal.core.BitVector;
import spinal.core.Bool;

/**
 * Where the bits of a value stand: slices of slices and of conversions are taken from the signal itself, which keeps wires that are
 * only partly used out of the Verilog.
 */
record Source(BitVector vector, int offset) {
    static Source of(BitVector vector) {
        return new Source(vector, 0);
    }

    Source from(int lsb) {
        return new Source(vector, offset + lsb);
    }

    Bool bit(int index) {
        return vector.apply(offset + index);
    }

    spinal.core.UInt uint(int width) {
        return slice(width) instanceof spinal.core.UInt uint
                ? uint
                : slice(width).asBits().asUInt();
    }

    spinal.core.SInt sint(int width) {
        return slice(width) instanceof spinal.core.SInt sint
                ? sint
                : slice(width).asBits().asSInt();
    }

    spinal.core.Bits bits(int width) {
        return slice(width) instanceof spinal.core.Bits bits
                ? bits
                : slice(width).asBits();
    }

    private BitVector slice(int width) {
        return vector.apply(offset, new BitCount(width));
    }
}
