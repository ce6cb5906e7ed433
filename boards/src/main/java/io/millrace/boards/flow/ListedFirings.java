package io.millrace.boards.flow;

import io.millrace.scheduler.FiringList;
import io.millrace.scheduler.ListCursor;
import io.millrace.scheduler.Schedule;
import org.jspecify.annotations.Nullable;

/** Walks a firing list: which actor fires next, which frame it is in, and which rows it makes. */
public final class ListedFirings {
    private final Schedule schedule;
    private final FiringList list;
    private final int[] frame;
    private final int[] row;
    private @Nullable ListCursor cursor; // made at the first step, as a unit without work has an empty list

    public ListedFirings(Schedule schedule, FiringList list) {
        this.schedule = schedule;
        this.list = list;
        frame = new int[schedule.actors().size()];
        row = new int[schedule.actors().size()];
    }

    /**
     * A firing.
     *
     * @param frame counted for this actor; of one that computes several frames together, these count as one
     * @param firstRow first output row, in the frame
     * @param rows that are whole behind it: none where ranges of columns are to follow
     */
    public record Firing(int actor, int frame, int firstRow, int rows) {}

    /**
     * The next firing of the list.
     *
     * @throws IllegalArgumentException if the list is empty
     */
    public Firing next() {
        var at = cursor == null ? new ListCursor(list) : cursor;
        cursor = at;
        var entry = at.head();
        int actor = entry.actor();
        var firing = new Firing(
                actor, frame[actor], row[actor], schedule.actor(actor).commits(entry));
        row[actor] += firing.rows();
        if (schedule.actor(actor).completesFrame(entry)) {
            frame[actor]++;
            row[actor] = 0;
        }
        at.advance();
        return firing;
    }
}
