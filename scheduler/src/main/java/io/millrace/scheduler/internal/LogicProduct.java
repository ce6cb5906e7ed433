package io.millrace.scheduler.internal;

import io.millrace.scheduler.Cost.Resources;
import java.util.ArrayList;
import java.util.List;

/**
 * What a pipelined product in logic takes: a row for each bit of the factor, added in pairs, a level a cycle. An adder's low bits that meet
 * none of the other row pass it. A row is masked by its bit of the factor in the LUT of its first adder, but for the one that is also the
 * carry chain's other input, and for one without a partner at first.
 */
final class LogicProduct {
    private LogicProduct() {}

    /** A summand of so many bits, so many places up; not added yet: still to be masked. */
    private record Row(int bits, int place, boolean added) {}

    /** LUTs and flip-flops of a product of signed numbers, without registers in front of it. */
    static Resources of(int valueBits, int factorBits) {
        int lut = 0;
        int ff = 0;
        List<Row> at = new ArrayList<>();
        for (int b = 0; b < factorBits; b++) {
            at.add(new Row(valueBits, b, false));
        }
        while (at.size() > 1) {
            var next = new ArrayList<Row>();
            for (int i = 0; i < at.size(); i += 2) {
                Row low = at.get(i);
                Row row = i + 1 < at.size() ? sum(low, at.get(i + 1), valueBits + factorBits) : low;
                if (row != low) {
                    lut += row.bits - (at.get(i + 1).place - low.place) + (low.added ? 0 : valueBits);
                } else if (!low.added) {
                    lut += valueBits;
                }
                ff += row.bits;
                next.add(new Row(row.bits, row.place, true));
            }
            at = next;
        }
        return new Resources(0, 0, 0, 0, 0, lut, ff);
    }

    private static Row sum(Row low, Row high, int most) {
        int bits = Math.max(low.bits, high.bits + high.place - low.place) + 1;
        return new Row(Math.min(bits, most), low.place, true);
    }
}
