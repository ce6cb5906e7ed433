package io.millrace.simulator.internal;

import io.millrace.quantizer.ActivationTable;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.Requantizer;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** From accumulator to code: requantizer, then table. */
final class OutputStage {
    private static final int SAT25_LOW = -(1 << 24);
    private static final int SAT25_HIGH = (1 << 24) - 1;

    private final int preShift;
    private final int[] multiplier;
    private final int[] shift;
    private final int zeroPoint;
    private final int low;
    private final int high;
    private final @Nullable Lookup table;

    OutputStage(Requantizer r, Optional<ActivationTable> activation) {
        preShift = r.preShift();
        multiplier = ints(r.multipliers());
        shift = ints(r.shifts());
        zeroPoint = r.zeroPoint();
        low = r.low();
        high = r.high();
        table = activation.map(OutputStage::lookup).orElse(null);
    }

    /** Code of channel {@code c} for an accumulator with its bias. */
    short code(long accumulator, int c) {
        long a = Math.clamp(accumulator >> preShift, SAT25_LOW, SAT25_HIGH);
        int s = shift[c];
        long v = (a * multiplier[c] + (1L << (s - 1))) >> s;
        int y = Math.clamp(zeroPoint + v, low, high);
        return (short) (table == null ? y : table.code(y));
    }

    /** A function of one code. */
    interface Lookup {
        int code(int x);
    }

    static Lookup lookup(ActivationTable table) {
        return switch (table) {
            case ActivationTable.Codes t -> {
                int[] codes = ints(t.codes());
                yield x -> codes[x + 128];
            }
            case ActivationTable.Segments t -> {
                int[] bases = ints(t.bases());
                int[] slopes = ints(t.slopes());
                yield x -> {
                    int u = x + 32768;
                    int k = u >> 6;
                    return Math.clamp(
                            bases[k] + (((long) slopes[k] * (u & 63) + 32) >> 6),
                            Precision.INT16.low(),
                            Precision.INT16.high());
                };
            }
        };
    }

    private static int[] ints(List<Integer> list) {
        return list.stream().mapToInt(Integer::intValue).toArray();
    }
}
