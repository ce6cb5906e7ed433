package io.millrace.scheduler.internal;

import io.millrace.scheduler.Actor;
import io.millrace.scheduler.FiringList.Entry;
import io.millrace.scheduler.Geometry;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The firings of one frame of an actor, as list entries of one firing each. */
final class FrameFirings {
    private FrameFirings() {}

    static List<Entry> of(Actor actor, Geometry g) {
        var entries = new ArrayList<Entry>();
        int r = actor.rowsPerFiring();
        int firings = g.firings(r);
        int freedBefore = 0;
        for (int f = 0; f < firings; f++) {
            int need = g.rowsNeeded(f, r) - freedBefore;
            int free = g.rowsFreed(f, r) - freedBefore;
            freedBefore += free;
            int edges = actor.inputs().size();
            entries.add(new Entry(
                    actor.id(),
                    1,
                    g.rowsOf(f, r),
                    Collections.nCopies(edges, need),
                    Collections.nCopies(edges, free),
                    f == firings - 1));
        }
        return entries;
    }
}
