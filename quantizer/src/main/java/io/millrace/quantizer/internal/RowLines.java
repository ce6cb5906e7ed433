package io.millrace.quantizer.internal;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** Lists of rows, and those of them that an engine reads in one pass; see docs/numbers.md, section 10. */
final class RowLines {
    private RowLines() {}

    /**
     * A part of a list: rows of the operand at a stride, and where they go; -1 elsewhere.
     *
     * @param taken rows of the operand
     * @param placed indices into {@code taken}, as long as the result
     */
    record Part(List<Integer> taken, List<Integer> placed) {}

    /**
     * Whether entry {@code r} is {@code floor(r / repeat) * stride + first} for all r, where that is a row of the operand, and -1 where it
     * is none; with the same entries of every {@code repeat} left out, -1 as well.
     */
    static boolean isEven(List<Integer> rows, int size) {
        int known = IntStream.range(0, rows.size())
                .filter(r -> rows.get(r) >= 0)
                .findFirst()
                .orElse(-1);
        if (known < 0) {
            return false;
        }
        for (int repeat = 1; repeat <= rows.size(); repeat++) {
            boolean[] used = used(rows, repeat);
            for (int stride = 1; stride <= size; stride++) {
                if (fits(rows, size, used, stride, rows.get(known) - known / repeat * stride)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean[] used(List<Integer> rows, int repeat) {
        var used = new boolean[repeat];
        for (int r = 0; r < rows.size(); r++) {
            used[r % repeat] |= rows.get(r) >= 0;
        }
        return used;
    }

    private static boolean fits(List<Integer> rows, int size, boolean[] used, int stride, int first) {
        for (int r = 0; r < rows.size(); r++) {
            int at = used[r % used.length] ? r / used.length * stride + first : -1;
            if (rows.get(r) != (at < 0 || at >= size ? -1 : at)) {
                return false;
            }
        }
        return true;
    }

    /**
     * The list as parts that are even each, by runs of rows at one stride or by every so many-th row, whichever are fewer.
     *
     * @param rows without -1
     */
    static List<Part> parts(List<Integer> rows) {
        List<Part> runs = runs(rows);
        for (int period = 2; period < runs.size(); period++) {
            List<Part> phases = phases(rows, period);
            if (!phases.isEmpty()) {
                return phases;
            }
        }
        return runs;
    }

    private static List<Part> runs(List<Integer> rows) {
        var parts = new ArrayList<Part>();
        int from = 0;
        while (from < rows.size()) {
            int to = from + 1;
            int step = to < rows.size() ? rows.get(to) - rows.get(from) : -1;
            while (step >= 0 && to < rows.size() && rows.get(to) - rows.get(to - 1) == step) {
                to++;
            }
            parts.add(placed(rows.subList(from, to), rows.size(), from, 1));
            from = to;
        }
        return parts;
    }

    /** Every {@code period}-th row as a part; empty if one of them has no stride. */
    private static List<Part> phases(List<Integer> rows, int period) {
        var parts = new ArrayList<Part>();
        for (int phase = 0; phase < period; phase++) {
            int first = phase;
            var taken = IntStream.iterate(first, r -> r < rows.size(), r -> r + period)
                    .mapToObj(rows::get)
                    .toList();
            if (!isStrided(taken)) {
                return List.of();
            }
            parts.add(placed(taken, rows.size(), phase, period));
        }
        return parts;
    }

    static boolean isStrided(List<Integer> taken) {
        int step = taken.size() > 1 ? taken.get(1) - taken.get(0) : 0;
        return step >= 0 && IntStream.range(1, taken.size()).allMatch(i -> taken.get(i) - taken.get(i - 1) == step);
    }

    private static Part placed(List<Integer> taken, int length, int first, int step) {
        var places = new ArrayList<>(Collections.nCopies(length, -1));
        for (int i = 0; i < taken.size(); i++) {
            places.set(first + i * step, i);
        }
        return new Part(List.copyOf(taken), places);
    }
}
