package io.millrace.boards.verify;

import io.millrace.scheduler.FiringList;
import io.millrace.scheduler.Schedule;

/** Walks a firing list: which actor fires next, which frame it is in, and which rows it makes. */
final class ListedFirings {
    private final FiringList list;
    private final int[] frame;
    private final int[] row;
    private int entry;
    private int timesLeft;
    private int jumps;

    ListedFirings(Schedule schedule, FiringList list) {
        this.list = list;
        frame = new int[schedule.actors().size()];
        row = new int[schedule.actors().size()];
        timesLeft = list.entries().isEmpty() ? 0 : list.entries().getFirst().times();
    }

    /**
     * A firing.
     *
     * @param firstRow first output row, in the frame
     */
    record Firing(int actor, int frame, int firstRow, int rows) {}

    /** The next firing of the list. */
    Firing next() {
        var e = list.entries().get(entry);
        int actor = e.actor();
        var firing = new Firing(actor, frame[actor], row[actor], e.rows());
        row[actor] += e.rows();
        if (e.endsFrame()) {
            frame[actor]++;
            row[actor] = 0;
        }
        timesLeft--;
        if (timesLeft == 0) {
            advance(e);
        }
        return firing;
    }

    private void advance(FiringList.Entry e) {
        if (e.jumpBack() > 0 && jumps < e.jumpTimes()) {
            jumps++;
            entry -= e.jumpBack();
        } else {
            if (e.jumpBack() > 0) {
                jumps = 0;
            }
            entry = entry + 1 == list.entries().size() ? list.loopStart() : entry + 1;
        }
        timesLeft = list.entries().get(entry).times();
    }
}
