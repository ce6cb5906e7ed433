package io.millrace.boards.flow;

import io.millrace.scheduler.FiringList;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.internal.ListCursor;

/** Walks the host-in unit's list: which rows come next. */
final class ReceivedRows {
    /** Rows of a receiver in its frame. */
    record Rows(int actor, int firstRow, int rows) {}

    private final ListCursor list;
    private final int[] row;

    ReceivedRows(Schedule schedule, FiringList list) {
        this.list = new ListCursor(list);
        this.row = new int[schedule.actors().size()];
    }

    Rows next() {
        var entry = list.head();
        int actor = entry.actor();
        var rows = new Rows(actor, row[actor], entry.rows());
        row[actor] = entry.endsFrame() ? 0 : row[actor] + entry.rows();
        list.advance();
        return rows;
    }
}
