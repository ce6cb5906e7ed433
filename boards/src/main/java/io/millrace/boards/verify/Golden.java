package io.millrace.boards.verify;

import io.millrace.boards.verify.VerificationReport.RowComparison;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.Schedule;
import java.util.List;
import java.util.Optional;

/** The integer evaluator's codes of every layer, and the comparison of rows with them. */
final class Golden {
    private final Schedule schedule;
    private final List<List<short[]>> codes;
    private long rows;
    private long values;
    private long mismatches;
    private Optional<Mismatch> first = Optional.empty();

    /** @param codes by frame, then node */
    Golden(Schedule schedule, List<List<short[]>> codes) {
        this.schedule = schedule;
        this.codes = codes;
    }

    int frames() {
        return codes.size();
    }

    /** Compares a row of an actor's output, found at {@code at} in {@code actual}. */
    void compare(int actor, int frame, int row, long cycle, short[] actual, int at) {
        if (frame >= codes.size()) {
            return;
        }
        var producer = schedule.actor(actor);
        Geometry geometry = schedule.geometry(producer);
        short[] expected = codes.get(frame).get(producer.node());
        int elements = geometry.outputRowElements();
        rows++;
        values += elements;
        for (int i = 0; i < elements; i++) {
            int wanted = expected[row * elements + i];
            if (actual[at + i] != wanted) {
                mismatches++;
                if (first.isEmpty()) {
                    int channels = geometry.outputChannels();
                    first = Optional.of(new Mismatch(
                            producer.name(), frame, row, i / channels, i % channels, wanted, actual[at + i], cycle));
                }
            }
        }
    }

    /** Compares what a beat carries past the end of a row, which has to be 0. */
    void comparePadding(int actor, int frame, int row, long cycle, short[] actual, int from) {
        if (frame >= codes.size()) {
            return;
        }
        var sender = schedule.actor(actor);
        int channels = schedule.geometry(sender).outputChannels();
        for (int i = from; i < actual.length; i++) {
            values++;
            if (actual[i] != 0) {
                mismatches++;
                if (first.isEmpty()) {
                    first = Optional.of(
                            new Mismatch(sender.name(), frame, row, i / channels, i % channels, 0, actual[i], cycle));
                }
            }
        }
    }

    RowComparison result() {
        return new RowComparison(rows, values, mismatches, first);
    }
}
