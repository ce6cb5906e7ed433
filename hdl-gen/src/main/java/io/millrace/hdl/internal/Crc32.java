package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import java.util.ArrayList;
import java.util.List;

/**
 * CRCs as a register of 32 bits, a byte a step: bits reflected, start value all ones, result inverted. A step is linear, so each new bit is the XOR of
 * those old bits and data bits whose own step sets it.
 */
enum Crc32 {
    /** CRC-32C, of packets: polynomial 0x1EDC6F41. */
    PACKET(0x82F6_3B78, 0xB798_B438L),

    /** The frame check sequence of Ethernet: polynomial 0x04C11DB7 (IEEE 802.3, 3.2.9). */
    FRAME(0xEDB8_8320, 0xDEBB_20E3L);

    /** The register before the first byte. */
    static final long START = 0xFFFF_FFFFL;

    private final int polynomialReflected;

    /** The register after a good packet or frame and its own CRC. */
    final long good;

    Crc32(int polynomialReflected, long good) {
        this.polynomialReflected = polynomialReflected;
        this.good = good;
    }

    /** The register after one more byte. */
    Bits step(Bits register, Bits data) {
        var next = new ArrayList<Bits>();
        for (int out = 0; out < 32; out++) {
            List<Bit> terms = new ArrayList<>();
            for (int i = 0; i < 32; i++) {
                if ((step(1 << i, 0) >>> out & 1) != 0) {
                    terms.add(register.bit(i));
                }
            }
            for (int i = 0; i < 8; i++) {
                if ((step(0, 1 << i) >>> out & 1) != 0) {
                    terms.add(data.bit(i));
                }
            }
            next.add(terms.stream().reduce(Bit::xor).orElseThrow().asBits());
        }
        return Block.join(next);
    }

    /** The register after one more bit. */
    Bits step(Bits register, Bit data) {
        Bit back = register.bit(0).xor(data);
        var next = new ArrayList<Bits>();
        for (int out = 0; out < 32; out++) {
            Bit shifted = out == 31 ? Bit.of(false) : register.bit(out + 1);
            boolean tapped = (polynomialReflected >>> out & 1) != 0;
            next.add((tapped ? shifted.xor(back) : shifted).asBits());
        }
        return Block.join(next);
    }

    /** The register after one byte from the start. */
    long after(int firstByte) {
        return Integer.toUnsignedLong(step((int) START, firstByte));
    }

    private int step(int register, int data) {
        int crc = register ^ data;
        for (int i = 0; i < 8; i++) {
            crc = crc >>> 1 ^ (polynomialReflected & -(crc & 1));
        }
        return crc;
    }
}
