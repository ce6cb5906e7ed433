package io.millrace.scheduler.internal;

import io.millrace.scheduler.Cost.Resources;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a pipelined product in logic takes: a row for each bit of the factor, added in pairs, a level a cycle. An adder's low bits that meet
 * none of the other row pass it. A row is masked by its bit of the factor in the LUT of its first adder, but for the one that is also the
 * carry chain's other input, and for one without a partner at first. A bit that passes {@value #SHIFT_REGISTER_MIN} levels or more is a shift register.
 */
final class LogicProduct {
    private static final int SHIFT_REGISTER_MIN = 3;

    private int lut;
    private int ff;

    private LogicProduct() {}

    /**
     * A summand, so many places up.
     *
     * @param levels by bit, the registers that it has passed since it was last added to; none of a row that is still to be masked
     */
    private record Row(int[] levels, int place) {
        int bits() {
            return levels.length;
        }

        boolean masked() {
            return levels[0] > 0;
        }
    }

    /** LUTs and flip-flops of a product of signed numbers, without registers in front of it. */
    static Resources of(int valueBits, int factorBits) {
        return new LogicProduct().product(valueBits, factorBits);
    }

    private Resources product(int valueBits, int factorBits) {
        List<Row> at = new ArrayList<>();
        for (int b = 0; b < factorBits; b++) {
            at.add(new Row(new int[valueBits], b));
        }
        while (at.size() > 1) {
            var next = new ArrayList<Row>();
            for (int i = 0; i < at.size(); i += 2) {
                Row low = at.get(i);
                next.add(i + 1 < at.size() ? sum(low, at.get(i + 1), valueBits + factorBits) : alone(low));
            }
            at = next;
        }
        register(at.getFirst(), 0);
        return new Resources(0, 0, 0, 0, 0, lut, ff);
    }

    private Row sum(Row low, Row high, int most) {
        int apart = high.place - low.place;
        int bits = Math.min(Math.max(low.bits(), high.bits() + apart) + 1, most);
        lut += bits - apart + (low.masked() ? 0 : low.bits());
        register(low, apart);
        register(high, 0);
        int[] levels = new int[bits];
        for (int b = 0; b < bits; b++) {
            levels[b] = b < apart ? low.levels[b] + 1 : 1;
        }
        return new Row(levels, low.place);
    }

    private Row alone(Row row) {
        lut += row.masked() ? 0 : row.bits();
        int[] levels = row.levels.clone();
        Arrays.setAll(levels, b -> levels[b] + 1);
        return new Row(levels, row.place);
    }

    /** Counts the registers of the bits from a place on, which end here. */
    private void register(Row row, int from) {
        for (int b = from; b < row.bits(); b++) {
            boolean shifts = row.levels[b] >= SHIFT_REGISTER_MIN;
            lut += shifts ? 1 : 0;
            ff += shifts ? 0 : row.levels[b];
        }
    }
}
