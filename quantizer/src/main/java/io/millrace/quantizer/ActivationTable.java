package io.millrace.quantizer;

import java.util.List;

/** A function of one activation code, after the requantizer. */
public sealed interface ActivationTable {
    /** int8: {@code y = codes[x + 128]}, 256 entries. */
    record Codes(List<Integer> codes) implements ActivationTable {
        public Codes {
            codes = List.copyOf(codes);
            if (codes.size() != 256) {
                throw new IllegalArgumentException(codes.size() + " codes in a table of 256");
            }
        }
    }

    /**
     * int16, piecewise linear in 1,024 segments of 64 codes: with {@code u = x + 32768}, {@code k = u >> 6} and
     * {@code f = u & 63}, {@code y = sat16(bases[k] + ((slopes[k] * f + 32) >> 6))}; base and slope are 16 bits.
     */
    record Segments(List<Integer> bases, List<Integer> slopes) implements ActivationTable {
        public Segments {
            bases = List.copyOf(bases);
            slopes = List.copyOf(slopes);
            if (bases.size() != 1024 || slopes.size() != 1024) {
                throw new IllegalArgumentException("a piecewise table has 1,024 bases and slopes");
            }
        }
    }
}
