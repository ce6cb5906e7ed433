package io.millrace.scheduler;

import io.millrace.scheduler.FiringList.Entry;
import java.util.ArrayList;
import java.util.List;

/**
 * How many frames must follow a frame before its results can leave the machine. Lists interleave the firings of consecutive frames and never reorder,
 * so the last rows of a frame may wait behind firings that need the next frame. Execution is monotone: running every list as far as the frames
 * given allow, without time, shows it.
 */
public final class FollowerFrames {
    /** More batches than any list is known to need. */
    private static final int MOST = 64;

    private final Schedule schedule;
    private final List<ListCursor> lists = new ArrayList<>();
    private final int[] available;
    private final int[] occupied;
    private final int[] frames;

    private FollowerFrames(Schedule schedule) {
        this.schedule = schedule;
        int edges = schedule.machine().edges().size();
        available = new int[edges];
        occupied = new int[edges];
        frames = new int[schedule.actors().size()];
        schedule.lists().stream()
                .filter(l -> !l.entries().isEmpty())
                .map(ListCursor::new)
                .forEach(lists::add);
    }

    /**
     * The number for a schedule, 0 if each frame comes out by itself.
     *
     * @throws IllegalStateException if no number of frames brings a result
     */
    public static int of(Schedule schedule) {
        var run = new FollowerFrames(schedule);
        int most = 0;
        int limit = MOST * schedule.batch();
        for (int given = 1; given <= limit; given++) {
            run.runWith(given);
            most = Math.max(most, given - run.finished());
            if (given >= 3 * most + 4) {
                return most;
            }
        }
        throw new IllegalStateException("invariant: a schedule gives results within " + limit + " frames");
    }

    private int finished() {
        return schedule.actors().stream()
                .filter(a -> a.work() instanceof Work.Send)
                .mapToInt(a -> frames[a.id()])
                .min()
                .orElseThrow(() -> new IllegalStateException("invariant: a schedule sends something"));
    }

    private void runWith(int given) {
        boolean moved = true;
        while (moved) {
            moved = false;
            for (ListCursor list : lists) {
                while (fires(list.head(), given)) {
                    fire(list.head());
                    list.advance();
                    moved = true;
                }
            }
        }
    }

    private boolean fires(Entry entry, int given) {
        Actor actor = schedule.actor(entry.actor());
        if (actor.work() instanceof Work.Receive && frames[actor.id()] >= given) {
            return false;
        }
        for (int i = 0; i < actor.inputs().size(); i++) {
            if (available[actor.inputs().get(i)] < entry.need().get(i)) {
                return false;
            }
        }
        for (int e : actor.outputs()) {
            if (occupied[e] + actor.reserves(entry) > schedule.edge(e).slots()) {
                return false;
            }
        }
        return true;
    }

    private void fire(Entry entry) {
        Actor actor = schedule.actor(entry.actor());
        for (int i = 0; i < actor.inputs().size(); i++) {
            available[actor.inputs().get(i)] -= entry.free().get(i);
            occupied[actor.inputs().get(i)] -= entry.free().get(i);
        }
        for (int e : actor.outputs()) {
            available[e] += actor.commits(entry);
            occupied[e] += actor.reserves(entry);
        }
        if (actor.completesFrame(entry)) {
            frames[actor.id()]++;
        }
    }
}
