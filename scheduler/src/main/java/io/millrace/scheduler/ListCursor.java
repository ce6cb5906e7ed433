package io.millrace.scheduler;

import io.millrace.scheduler.FiringList.Entry;

/** Walks a firing list, one firing a step, for ever. */
public final class ListCursor {
    private final FiringList list;
    private int position;
    private int fired;
    private int jumped;

    public ListCursor(FiringList list) {
        if (list.entries().isEmpty()) {
            throw new IllegalArgumentException("the list of unit " + list.unit() + " is empty");
        }
        this.list = list;
    }

    /** The entry of the next firing. */
    public Entry head() {
        return list.entries().get(position);
    }

    public FiringList list() {
        return list;
    }

    /** Whether the next firing is the first of the loop. */
    public boolean atLoopStart() {
        return position == list.loopStart() && !inside();
    }

    public int position() {
        return position;
    }

    /** Whether an entry or a jump has been begun and not ended. */
    public boolean inside() {
        return fired > 0 || jumped > 0;
    }

    /** A number that, for one list, is the same whenever the same firings are to come. */
    public long state() {
        return ((long) position << 32) | ((long) fired << 16) | jumped;
    }

    /** Goes on to the firing after the head. */
    public void advance() {
        var e = head();
        fired++;
        if (fired < e.times()) {
            return;
        }
        fired = 0;
        if (e.jumpBack() > 0 && jumped < e.jumpTimes()) {
            jumped++;
            position -= e.jumpBack();
            return;
        }
        if (e.jumpBack() > 0) {
            jumped = 0;
        }
        position++;
        if (position == list.entries().size()) {
            position = list.loopStart();
        }
    }
}
