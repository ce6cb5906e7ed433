package io.millrace.quantizer.internal;

import io.millrace.quantizer.ActivationTable;
import io.millrace.quantizer.Requantizer;
import java.util.Optional;

/** From an accumulator to a code: the requantizer, then the table if there is one. */
final class Finish {
    private static final long LIMIT = 1L << 24;
    private final int preShift;
    private final int zeroPoint;
    private final int low;
    private final int high;
    private final int[] multipliers;
    private final int[] shifts;
    private final Optional<ActivationTable> table;

    Finish(Requantizer requantizer, Optional<ActivationTable> table) {
        this.preShift = requantizer.preShift();
        this.zeroPoint = requantizer.zeroPoint();
        this.low = requantizer.low();
        this.high = requantizer.high();
        this.multipliers =
                requantizer.multipliers().stream().mapToInt(Integer::intValue).toArray();
        this.shifts = requantizer.shifts().stream().mapToInt(Integer::intValue).toArray();
        this.table = table;
    }

    short apply(long accumulator, int channel) {
        long a = Math.clamp(accumulator >> preShift, -LIMIT, LIMIT - 1);
        int s = shifts[channel];
        long v = (a * multipliers[channel] + (1L << (s - 1))) >> s;
        return (short) lookUp(table, (int) Math.clamp(zeroPoint + v, (long) low, (long) high));
    }

    static int lookUp(Optional<ActivationTable> table, int code) {
        return table.isEmpty() ? code : lookUp(table.get(), code);
    }

    private static int lookUp(ActivationTable table, int code) {
        return switch (table) {
            case ActivationTable.Codes(var codes) -> codes.get(code + 128);
            case ActivationTable.Segments(var bases, var slopes) -> {
                int u = code + 32768;
                int y = bases.get(u >> 6) + ((slopes.get(u >> 6) * (u & 63) + 32) >> 6);
                yield Math.clamp(y, Short.MIN_VALUE, Short.MAX_VALUE);
            }
        };
    }
}
