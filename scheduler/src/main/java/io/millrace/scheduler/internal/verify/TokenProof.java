package io.millrace.scheduler.internal.verify;

import io.millrace.scheduler.FiringList;
import io.millrace.scheduler.ListCursor;
import io.millrace.scheduler.Schedule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;

/**
 * SCH-0907: the lists never stop with these buffers. Firing the lists one firing at a time is a persistent system (a firing that is possible
 * stays possible until it happens, since each counter has one unit that raises and one that lowers it), so that one run that returns to a
 * state proves that no order of events gets stuck, whatever the times are.
 */
public final class TokenProof {
    private static final String CODE = "SCH-0907";
    private static final int ROUNDS_MAX = 2_000_000;

    private final Schedule schedule;
    private final List<ListCursor> cursors = new ArrayList<>();
    /** By actor. */
    private final List<List<Integer>> sharing;

    private final int[] available;
    private final int[] occupied;

    private TokenProof(Schedule schedule) {
        this.schedule = schedule;
        int slots = schedule.machine().edges().size();
        sharing = schedule.actors().stream().map(schedule::sharing).toList();
        available = new int[slots];
        occupied = new int[slots];
        for (var list : schedule.lists()) {
            if (!list.entries().isEmpty()) {
                cursors.add(new ListCursor(list));
            }
        }
    }

    public static void check(Schedule schedule, Findings findings) {
        new TokenProof(schedule).run(findings);
    }

    private void run(Findings findings) {
        var seen = new HashMap<State, long[]>();
        var fired = new long[cursors.size()];
        // A state that comes back does so where the longest list begins anew, and is worth looking for only there.
        var longest = cursors.stream()
                .max(Comparator.comparingInt(c -> c.list().entries().size()));
        for (int round = 0; round < ROUNDS_MAX; round++) {
            var before = longest.filter(ListCursor::atLoopStart).isPresent()
                    ? seen.putIfAbsent(state(), fired.clone())
                    : null;
            if (before != null) {
                for (int i = 0; i < fired.length; i++) {
                    if (fired[i] == before[i]) {
                        findings.add(CODE, "a unit never fires again: " + waiting());
                        return;
                    }
                }
                return;
            }
            boolean moved = false;
            for (int i = 0; i < cursors.size(); i++) {
                if (fire(cursors.get(i))) {
                    fired[i]++;
                    moved = true;
                }
            }
            if (!moved) {
                findings.add(CODE, "the lists deadlock: " + waiting());
                return;
            }
        }
        findings.add(CODE, "no state came back in " + ROUNDS_MAX + " rounds: " + waiting());
    }

    private boolean fire(ListCursor cursor) {
        var e = cursor.head();
        if (missing(e) != null) {
            return false;
        }
        var a = schedule.actor(e.actor());
        for (int i = 0; i < a.inputs().size(); i++) {
            available[a.inputs().get(i)] -= e.free().get(i);
            occupied[a.inputs().get(i)] -= e.free().get(i);
        }
        for (int out : a.outputs()) {
            available[out] += a.commits(e);
            occupied[out] += a.reserves(e);
        }
        cursor.advance();
        return true;
    }

    /** What a firing waits for, null if nothing. */
    private @org.jspecify.annotations.Nullable String missing(FiringList.Entry e) {
        var a = schedule.actor(e.actor());
        for (int i = 0; i < a.inputs().size(); i++) {
            int edge = a.inputs().get(i);
            int need = Math.max(e.need().get(i), e.free().get(i));
            if (available[edge] < need) {
                return "'" + a.name() + "' needs " + need + " rows of '" + producer(edge) + "' and has "
                        + available[edge];
            }
        }
        for (int edge : a.outputs()) {
            int slots = schedule.edge(edge).slots();
            if (occupied[edge] + a.reserves(e) > slots) {
                return "'" + a.name() + "' has " + occupied[edge] + " of " + slots + " rows filled for '"
                        + schedule.actor(schedule.edge(edge).consumer()).name() + "'";
            }
        }
        for (int edge : e.range() == 0 ? sharing.get(e.actor()) : List.<Integer>of()) {
            if (occupied[edge] > 0) {
                return "'" + a.name() + "' waits for the buffer of '" + producer(edge) + "', which has "
                        + occupied[edge] + " rows where its own would be";
            }
        }
        return null;
    }

    private String producer(int edge) {
        return schedule.actor(schedule.edge(edge).producer()).name();
    }

    private String waiting() {
        var reasons = new ArrayList<String>();
        for (var c : cursors) {
            var why = missing(c.head());
            if (why != null) {
                reasons.add(why);
            }
        }
        return String.join("; ", reasons);
    }

    private State state() {
        var all = new long[cursors.size() + available.length + occupied.length];
        int n = 0;
        for (var c : cursors) {
            all[n++] = c.state();
        }
        for (int i = 0; i < available.length; i++) {
            all[n++] = available[i];
            all[n++] = occupied[i];
        }
        return new State(all);
    }

    private record State(long[] values) {
        @Override
        public boolean equals(Object o) {
            return o instanceof State s && Arrays.equals(values, s.values);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(values);
        }
    }
}
