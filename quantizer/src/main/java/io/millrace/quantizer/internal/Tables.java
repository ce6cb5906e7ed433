package io.millrace.quantizer.internal;

import io.millrace.quantizer.ActivationTable;
import io.millrace.quantizer.Precision;
import java.util.ArrayList;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;

/** Tables of a function between two grids. See docs/numbers.md, section 6. */
final class Tables {
    private static final int SEGMENTS = 1024;
    private static final int SEGMENT_CODES = 64;

    private Tables() {}

    static ActivationTable of(DoubleUnaryOperator function, Grid argument, Grid result) {
        return switch (argument.precision()) {
            case INT8 -> codes(function, argument, result);
            case INT16 -> segments(function, argument, result);
        };
    }

    private static ActivationTable codes(DoubleUnaryOperator function, Grid argument, Grid result) {
        var codes = new ArrayList<Integer>();
        for (int x = argument.precision().low(); x <= argument.precision().high(); x++) {
            codes.add(result.code(function.applyAsDouble(argument.real(x))));
        }
        return new ActivationTable.Codes(codes);
    }

    private static ActivationTable segments(DoubleUnaryOperator function, Grid argument, Grid result) {
        var bases = new ArrayList<Integer>();
        var slopes = new ArrayList<Integer>();
        int low = argument.precision().low();
        int base = result.code(function.applyAsDouble(argument.real(low)));
        for (int k = 0; k < SEGMENTS; k++) {
            int next = result.code(function.applyAsDouble(argument.real(low + (k + 1) * SEGMENT_CODES)));
            bases.add(base);
            slopes.add(Math.clamp(
                    next - base, result.precision().low(), result.precision().high()));
            base = next;
        }
        return new ActivationTable.Segments(bases, slopes);
    }

    /**
     * A function of whole numbers from {@code -count} to {@code count - 1}, exact at each of them, both grids in steps of 1; empty if segments bend
     * between these.
     */
    static Optional<ActivationTable> ofWhole(DoubleUnaryOperator function, Grid argument, Grid result, int count) {
        if (argument.precision() == Precision.INT8) {
            return Optional.of(codes(function, argument, result));
        }
        var bases = new ArrayList<Integer>();
        var slopes = new ArrayList<Integer>();
        for (int k = 0; k < SEGMENTS; k++) {
            int first = argument.precision().low() + k * SEGMENT_CODES;
            int base = result.code(function.applyAsDouble(argument.real(first)));
            int step = result.code(function.applyAsDouble(argument.real(first + 1))) - base;
            for (int x = first; x < first + SEGMENT_CODES; x++) {
                boolean counts = argument.real(x) >= -count && argument.real(x) < count;
                if (counts && result.code(function.applyAsDouble(argument.real(x))) != base + step * (x - first)) {
                    return Optional.empty();
                }
            }
            bases.add(base);
            slopes.add(Math.clamp(
                    (long) step * SEGMENT_CODES,
                    result.precision().low(),
                    result.precision().high()));
        }
        return Optional.of(new ActivationTable.Segments(bases, slopes));
    }
}
