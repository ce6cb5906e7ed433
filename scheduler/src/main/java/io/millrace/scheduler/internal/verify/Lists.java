package io.millrace.scheduler.internal.verify;

import io.millrace.scheduler.Actor;
import io.millrace.scheduler.FiringList;
import io.millrace.scheduler.ListCursor;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.internal.FrameFirings;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** SCH-0906: every list fires all rows of all its actors, frame after frame, and asks for and frees the right input rows. */
public final class Lists {
    private static final String CODE = "SCH-0906";

    private final Schedule schedule;
    private final Findings findings;
    private final int[] nextFiring;
    private final int[] frames;

    private Lists(Schedule schedule, Findings findings) {
        this.schedule = schedule;
        this.findings = findings;
        nextFiring = new int[schedule.actors().size()];
        frames = new int[schedule.actors().size()];
    }

    public static void check(Schedule schedule, Findings findings) {
        var check = new Lists(schedule, findings);
        for (var list : schedule.lists()) {
            var perTurn = new TreeSet<Integer>();
            check.list(list, perTurn);
            findings.require(
                    perTurn.size() <= 1,
                    CODE,
                    "actors of unit " + list.unit() + " make different numbers of frames a turn: " + perTurn);
        }
    }

    private void list(FiringList list, TreeSet<Integer> perTurn) {
        var actors =
                schedule.actors().stream().filter(a -> a.unit() == list.unit()).toList();
        if (list.entries().isEmpty()) {
            findings.require(actors.isEmpty(), CODE, "unit " + list.unit() + " has actors and an empty list");
            return;
        }
        for (int i = 0; i < list.entries().size(); i++) {
            var e = list.entries().get(i);
            boolean jumpsInside = e.jumpBack() <= i && (i < list.loopStart() || i - e.jumpBack() >= list.loopStart());
            findings.require(jumpsInside, CODE, "entry " + i + " of unit " + list.unit() + " jumps out of its part");
            for (int k = i - e.jumpBack(); k >= 0 && k < i; k++) {
                findings.require(
                        list.entries().get(k).jumpBack() == 0,
                        CODE,
                        "entry " + i + " of unit " + list.unit() + " nests jumps");
            }
        }
        if (!findings.isEmpty()) {
            return;
        }
        var cursor = new ListCursor(list);
        fire(cursor, list, list.loopStart(), false);
        var phase = phases(actors);
        var before = actors.stream().map(a -> frames[a.id()]).toList();
        fire(cursor, list, list.loopStart(), true);
        findings.require(
                phases(actors).equals(phase), CODE, "the loop of unit " + list.unit() + " does not end where it began");
        for (int i = 0; i < actors.size(); i++) {
            int made = frames[actors.get(i).id()] - before.get(i);
            findings.require(made > 0, CODE, actors.get(i), "is not fired in the loop of its unit");
            perTurn.add(made * actors.get(i).batch());
        }
    }

    /** Fires until the list is at {@code stop}, at least once if {@code atLeastOne}. */
    private void fire(ListCursor cursor, FiringList list, int stop, boolean atLeastOne) {
        boolean first = atLeastOne;
        while (first || cursor.position() != stop || cursor.inside()) {
            first = false;
            var e = cursor.head();
            var a = schedule.actor(e.actor());
            if (a.unit() != list.unit()) {
                findings.add(CODE, a, "is fired by unit " + list.unit() + ", but is on " + a.unit());
                return;
            }
            firing(a, e);
            cursor.advance();
        }
    }

    private void firing(Actor a, FiringList.Entry e) {
        var g = schedule.geometry(a);
        int r = a.rowsPerFiring();
        int firing = nextFiring[a.id()];
        int f = firing / a.ranges();
        int range = firing % a.ranges();
        var need = FrameFirings.need(a, g, f);
        var free = FrameFirings.free(a, g, f, range);
        boolean last = f == g.firings(r) - 1;
        boolean right = e.rows() == g.rowsOf(f, r)
                && e.range() == range
                && e.endsFrame() == last
                && e.need().equals(need)
                && e.free().equals(free);
        findings.require(
                right,
                CODE,
                a,
                "firing " + firing + " is " + e + "; it has range " + range + " of " + g.rowsOf(f, r) + " rows, needs "
                        + need + " and frees " + free);
        boolean over = firing == a.firings(g) - 1;
        nextFiring[a.id()] = over ? 0 : firing + 1;
        frames[a.id()] += over ? 1 : 0;
    }

    private List<Integer> phases(List<Actor> actors) {
        var phases = new ArrayList<Integer>();
        actors.forEach(a -> phases.add(nextFiring[a.id()]));
        return phases;
    }
}
