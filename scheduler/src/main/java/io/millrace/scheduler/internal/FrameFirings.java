package io.millrace.scheduler.internal;

import io.millrace.scheduler.Actor;
import io.millrace.scheduler.FiringList.Entry;
import io.millrace.scheduler.Geometry;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** The firings of one frame of an actor, as list entries of one firing each. */
public final class FrameFirings {
    private FrameFirings() {}

    static List<Entry> of(Actor actor, Geometry g) {
        var entries = new ArrayList<Entry>();
        int r = actor.rowsPerFiring();
        int firings = g.firings(r);
        for (int f = 0; f < firings; f++) {
            for (int k = 0; k < actor.ranges(); k++) {
                var free = free(actor, g, f, k);
                entries.add(
                        new Entry(actor.id(), 1, g.rowsOf(f, r), need(actor, g, f), free, f == firings - 1, 0, 0, k));
            }
        }
        return entries;
    }

    /** Rows that the firings of the {@code f}-th rows of a frame need on each input, beyond those freed before. */
    public static List<Integer> need(Actor actor, Geometry g, int f) {
        int r = actor.rowsPerFiring();
        return IntStream.range(0, actor.inputs().size())
                .mapToObj(k -> g.rowsNeeded(f, r, k) - freedBefore(actor, g, f, k))
                .toList();
    }

    /** Rows that the firing of a range of the {@code f}-th rows of a frame frees on each input: only that of the last range frees any. */
    public static List<Integer> free(Actor actor, Geometry g, int f, int range) {
        int r = actor.rowsPerFiring();
        boolean last = range == actor.ranges() - 1;
        return IntStream.range(0, actor.inputs().size())
                .mapToObj(k -> last ? g.rowsFreed(f, r, k) - freedBefore(actor, g, f, k) : 0)
                .toList();
    }

    private static int freedBefore(Actor actor, Geometry g, int f, int input) {
        return f == 0 ? 0 : g.rowsFreed(f - 1, actor.rowsPerFiring(), input);
    }
}
