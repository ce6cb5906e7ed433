package io.millrace.scheduler;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Visits every state that any interleaving of starts and ends can reach, for schedules with few states: none is stuck, and no counter leaves its
 * range.
 */
class ExhaustiveTest {
    private static final int STATES_MAX = 30_000;

    @Test
    void noInterleavingOfSmallSchedulesGetsStuck() {
        int whole = 0;
        for (long seed = 0; seed < 120; seed++) {
            var schedule = RandomMachines.schedule(seed, 2);
            whole += explore(schedule, seed) ? 1 : 0;
        }
        assertTrue(whole >= 40, "only " + whole + " schedules were small enough to be explored to the end");
    }

    @Test
    void aBufferThatIsTooSmallIsSeen() {
        int stuck = 0;
        for (long seed = 0; seed < 40; seed++) {
            var schedule = RandomMachines.schedule(seed, 2);
            var shallow = ScheduleVerifierTest.withSlots(schedule, 0, 1);
            boolean legal = ScheduleVerifier.verify(shallow).isEmpty();
            try {
                explore(shallow, seed);
            } catch (AssertionError e) {
                stuck++;
                assertTrue(!legal, "seed " + seed + ": the verifier takes what gets stuck");
            }
        }
        assertTrue(stuck > 5, "only " + stuck + " shallow buffers got stuck");
    }

    private record State(List<Integer> values) {}

    /** Whether all states were visited within the limit. */
    private static boolean explore(Schedule schedule, long seed) {
        var graph = new Positions(schedule);
        var start = graph.start();
        Set<State> seen = new HashSet<>(Set.of(start));
        var open = new ArrayDeque<>(seen);
        while (!open.isEmpty()) {
            var state = open.removeLast();
            var next = graph.successors(state);
            if (next.isEmpty()) {
                fail("seed " + seed + " stops in " + state);
            }
            for (var n : next) {
                if (seen.add(n)) {
                    open.add(n);
                }
            }
            if (seen.size() > STATES_MAX) {
                return false;
            }
        }
        return true;
    }

    /** The lists written out as firings with their successor, and states over them: position and busy of each unit, then counters. */
    private static final class Positions {
        private final Schedule schedule;
        private final List<List<FiringList.Entry>> firings = new ArrayList<>();
        private final List<Integer> loops = new ArrayList<>();

        Positions(Schedule schedule) {
            this.schedule = schedule;
            for (var list : schedule.lists()) {
                if (!list.entries().isEmpty()) {
                    writeOut(list);
                }
            }
        }

        private void writeOut(FiringList list) {
            var cursor = new ListCursor(list);
            var all = new ArrayList<FiringList.Entry>();
            int loop = -1;
            int passes = 0;
            while (true) {
                if (cursor.position() == list.loopStart() && !cursor.inside()) {
                    if (passes++ == 1) {
                        break;
                    }
                    loop = all.size();
                }
                all.add(cursor.head());
                cursor.advance();
            }
            firings.add(all);
            loops.add(loop);
        }

        State start() {
            var zeros = new Integer
                    [2 * firings.size() + 2 * schedule.machine().edges().size()];
            Arrays.fill(zeros, 0);
            return new State(List.of(zeros));
        }

        List<State> successors(State state) {
            var next = new ArrayList<State>();
            for (int u = 0; u < firings.size(); u++) {
                var values = new ArrayList<>(state.values());
                var e = firings.get(u).get(values.get(2 * u));
                boolean busy = values.get(2 * u + 1) == 1;
                if (busy ? end(values, u, e) : start(values, u, e)) {
                    next.add(new State(List.copyOf(values)));
                }
            }
            return next;
        }

        private boolean start(List<Integer> values, int u, FiringList.Entry e) {
            var a = schedule.actor(e.actor());
            for (int i = 0; i < a.inputs().size(); i++) {
                if (values.get(available(a.inputs().get(i))) < e.need().get(i)) {
                    return false;
                }
            }
            for (int o : a.outputs()) {
                if (values.get(occupied(o)) + a.reserves(e) > schedule.edge(o).slots()) {
                    return false;
                }
            }
            for (int o : e.range() == 0 ? schedule.sharing(a) : List.<Integer>of()) {
                if (values.get(occupied(o)) > 0) {
                    return false;
                }
            }
            for (int i = 0; i < a.inputs().size(); i++) {
                add(values, available(a.inputs().get(i)), -e.free().get(i));
            }
            a.outputs().forEach(o -> add(values, occupied(o), a.reserves(e)));
            values.set(2 * u + 1, 1);
            return true;
        }

        private boolean end(List<Integer> values, int u, FiringList.Entry e) {
            var a = schedule.actor(e.actor());
            for (int i = 0; i < a.inputs().size(); i++) {
                add(values, occupied(a.inputs().get(i)), -e.free().get(i));
            }
            a.outputs().forEach(o -> add(values, available(o), a.commits(e)));
            int position = values.get(2 * u) + 1;
            values.set(2 * u, position == firings.get(u).size() ? loops.get(u) : position);
            values.set(2 * u + 1, 0);
            return true;
        }

        private void add(List<Integer> values, int index, int change) {
            int value = values.get(index) + change;
            assertTrue(value >= 0, "a counter is below 0");
            values.set(index, value);
        }

        private int available(int edge) {
            return 2 * firings.size() + 2 * edge;
        }

        private int occupied(int edge) {
            return 2 * firings.size() + 2 * edge + 1;
        }
    }
}
