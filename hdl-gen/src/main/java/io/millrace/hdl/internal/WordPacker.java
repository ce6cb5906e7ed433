package io.millrace.hdl.internal;

import io.millrace.scheduler.ProgramImage.Section;
import io.millrace.scheduler.ProgramLayout.Fields;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Packs named fields into the words of a program memory, refusing a value that does not fit. */
public final class WordPacker {
    private final Fields fields;
    private final List<BigInteger> descriptors = new ArrayList<>();
    private BigInteger current = BigInteger.ZERO;

    public WordPacker(Fields fields) {
        this.fields = fields;
    }

    /** Starts the next descriptor, all fields 0. */
    public WordPacker next() {
        descriptors.add(BigInteger.ZERO);
        current = BigInteger.ZERO;
        return this;
    }

    /** Sets an unsigned field. */
    public WordPacker put(String name, long value) {
        return put(name, BigInteger.valueOf(value));
    }

    /** Sets an unsigned field. */
    public WordPacker put(String name, BigInteger value) {
        int bits = fields.bits(name);
        if (value.signum() < 0 || value.bitLength() > bits) {
            throw new IllegalStateException("value " + value + " does not fit the " + bits + " bits of field " + name);
        }
        current = current.or(value.shiftLeft(fields.offset(name)));
        descriptors.set(descriptors.size() - 1, current);
        return this;
    }

    /** Sets a two's complement field. */
    public WordPacker putSigned(String name, long value) {
        int bits = fields.bits(name);
        if (bits < 64 && (value < -(1L << (bits - 1)) || value >= 1L << (bits - 1))) {
            throw new IllegalStateException("value " + value + " does not fit the " + bits + " bits of field " + name);
        }
        return put(
                name,
                BigInteger.valueOf(value).and(BigInteger.ONE.shiftLeft(bits).subtract(BigInteger.ONE)));
    }

    /** All descriptors as a section from word 0; empty where there are none. */
    public Optional<Section> section(int memory) {
        return sectionFrom(memory, 0);
    }

    /** All descriptors as a section; each starts at a multiple of the stride. */
    public Optional<Section> sectionFrom(int memory, int startWord) {
        if (descriptors.isEmpty()) {
            return Optional.empty();
        }
        int width = Math.min(fields.wordBits(), fields.bits());
        int chunks = Math.ceilDiv(width, 32);
        int[] out = new int[descriptors.size() * fields.stride() * chunks];
        int at = 0;
        for (BigInteger descriptor : descriptors) {
            for (int w = 0; w < fields.stride(); w++) {
                BigInteger word = descriptor
                        .shiftRight(w * width)
                        .and(BigInteger.ONE.shiftLeft(width).subtract(BigInteger.ONE));
                for (int c = 0; c < chunks; c++) {
                    out[at++] = word.shiftRight(32 * c).intValue();
                }
            }
        }
        return Optional.of(new Section(memory, startWord, width, Arrays.copyOf(out, at)));
    }
}
