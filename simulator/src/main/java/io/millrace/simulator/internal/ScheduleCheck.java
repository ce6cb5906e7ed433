package io.millrace.simulator.internal;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import io.millrace.scheduler.Edge;
import io.millrace.scheduler.FiringList;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Unit;
import io.millrace.scheduler.Work;
import java.util.ArrayList;
import java.util.List;

/**
 * What the simulator relies on in a schedule: tables that refer to each other, list entries that fit their actors, and
 * lists whose firings make up whole frames. It does not ask whether the schedule is a good or a live one.
 */
final class ScheduleCheck {
    private static final long WALK_MAX = 50_000_000;

    private final Schedule schedule;
    private final List<Diagnostic> found = new ArrayList<>();

    private ScheduleCheck(Schedule schedule) {
        this.schedule = schedule;
    }

    /** @throws CompileException with every {@code SIM-0003} found */
    static void requireSound(Schedule schedule) {
        var check = new ScheduleCheck(schedule);
        check.edges();
        check.actors();
        if (check.found.isEmpty()) {
            check.lists();
        }
        if (!check.found.isEmpty()) {
            throw new CompileException(3, check.found);
        }
    }

    private void edges() {
        int next = 0;
        for (var e : schedule.edges()) {
            int i = e.id();
            boolean ascending = i >= next;
            next = i + 1;
            if (!ascending || outside(e.producer(), schedule.actors()) || outside(e.consumer(), schedule.actors())) {
                add("edge " + i + " is not in the order of the ids, or names an actor that does not exist");
                continue;
            }
            var producer = schedule.actor(e.producer());
            var consumer = schedule.actor(e.consumer());
            if (!producer.outputs().contains(i) || !consumer.inputs().contains(i)) {
                add("edge " + i + " is not listed by its actors '" + producer.name() + "' and '" + consumer.name()
                        + "'");
            }
            if (outside(e.memory(), schedule.machine().memories())) {
                add("edge " + i + " lies in memory " + e.memory() + ", which does not exist");
                continue;
            }
            var memory = schedule.machine().memories().get(e.memory());
            if (memory.writer() != producer.unit() || memory.reader() != consumer.unit()) {
                add("edge " + i + " lies in memory " + e.memory() + ", which does not join its actors' units");
            }
            if (e.slots() < 1 || e.base() < 0 || e.base() + (long) e.elements() > memory.elements()) {
                add("the buffer of edge " + i + ", " + e.slots() + " rows of " + e.rowPitch() + " at " + e.base()
                        + ", does not fit memory " + e.memory() + " of " + memory.elements() + " elements");
            }
            overlaps(e);
        }
    }

    private void overlaps(Edge e) {
        for (var o : schedule.edges().subList(0, schedule.edges().indexOf(e))) {
            boolean shared = o.producer() == e.producer()
                    && o.base() == e.base()
                    && o.slots() == e.slots()
                    && o.rowPitch() == e.rowPitch();
            boolean mayOverlap = schedule.machine().memories().get(e.memory()).shared();
            if (!shared && !mayOverlap && o.overlaps(e)) {
                add("the buffers of edges " + o.id() + " and " + e.id() + " overlap in memory " + e.memory());
            }
        }
    }

    private void actors() {
        for (int i = 0; i < schedule.actors().size(); i++) {
            var a = schedule.actor(i);
            if (a.id() != i || outside(a.unit(), schedule.machine().units())) {
                add("actor '" + a.name() + "' at " + i + " has the id " + a.id() + " and the unit " + a.unit());
                continue;
            }
            boolean fits = switch (schedule.machine().unit(a.unit())) {
                case Unit.HostIn _ -> a.work() instanceof Work.Receive;
                case Unit.HostOut _ -> a.work() instanceof Work.Send;
                case Unit.Store _ ->
                    a.work() instanceof Work.Spill && !a.outputs().isEmpty();
                case Unit.Load _ -> a.work() instanceof Work.Reload;
                case Unit.Matrix _ -> a.work() instanceof Work.Multiply;
                case Unit.Vector _ -> a.work() instanceof Work.Reduce;
            };
            if (!fits) {
                add("actor '" + a.name() + "' is on a unit of another kind: " + a.unit());
            }
            int inputs = switch (a.work()) {
                case Work.Receive _ -> 0;
                case Work.Send _, Work.Spill _, Work.Reload _ -> 1;
                case Work.Multiply _, Work.Reduce _ ->
                    schedule.geometry(a).parts().size();
            };
            if (a.inputs().size() != inputs) {
                add("actor '" + a.name() + "' reads " + a.inputs().size() + " edges, not " + inputs);
            }
            for (int e : concat(a.inputs(), a.outputs())) {
                if (schedule.edges().stream().noneMatch(o -> o.id() == e)) {
                    add("actor '" + a.name() + "' lists edge " + e + ", which does not exist");
                }
            }
        }
        if (schedule.actors().stream().noneMatch(a -> a.work() instanceof Work.Send)) {
            add("no actor sends a result");
        }
    }

    private void lists() {
        if (schedule.lists().size() != schedule.machine().units().size()) {
            add(schedule.lists().size() + " firing lists for "
                    + schedule.machine().units().size() + " units");
            return;
        }
        for (int u = 0; u < schedule.lists().size(); u++) {
            var list = schedule.lists().get(u);
            if (list.unit() != u) {
                add("the list at " + u + " is that of unit " + list.unit());
                continue;
            }
            int before = found.size();
            for (int i = 0; i < list.entries().size(); i++) {
                entry(list, i);
            }
            if (found.size() == before && !list.entries().isEmpty()) {
                frames(list);
            }
        }
    }

    private void entry(FiringList list, int i) {
        var entry = list.entries().get(i);
        String where = "entry " + i + " of unit '"
                + schedule.machine().unit(list.unit()).name() + "'";
        if (outside(entry.actor(), schedule.actors())
                || schedule.actor(entry.actor()).unit() != list.unit()) {
            add(where + " fires actor " + entry.actor() + ", which is not on the unit");
            return;
        }
        var a = schedule.actor(entry.actor());
        if (entry.need().size() != a.inputs().size()
                || entry.free().size() != a.inputs().size()) {
            add(where + " has " + entry.need().size() + " needs for the "
                    + a.inputs().size() + " inputs of '" + a.name() + "'");
            return;
        }
        for (int k = 0; k < entry.need().size(); k++) {
            int slots = schedule.edge(a.inputs().get(k)).slots();
            if (entry.free().get(k) < 0 || entry.need().get(k) < entry.free().get(k)) {
                add(where + " ('" + a.name() + "') frees " + entry.free().get(k) + " rows and needs only "
                        + entry.need().get(k));
            } else if (entry.need().get(k) > slots) {
                add(where + " ('" + a.name() + "') needs " + entry.need().get(k) + " rows of a buffer of " + slots);
            }
        }
        for (int e : a.outputs()) {
            if (entry.rows() > schedule.edge(e).slots()) {
                add(where + " ('" + a.name() + "') writes " + entry.rows() + " rows into a buffer of "
                        + schedule.edge(e).slots());
            }
        }
        if (entry.jumpBack() > i) {
            add(where + " jumps back over the list's first entry");
        }
    }

    /** Walks the list once to its end: the firings of each actor must make up whole frames. */
    private void frames(FiringList list) {
        int[] rows = new int[schedule.actors().size()];
        int[] ranges = new int[schedule.actors().size()];
        int[][] taken =
                schedule.actors().stream().map(a -> new int[a.inputs().size()]).toArray(int[][]::new);
        long steps = 0;
        int jumps = 0;
        for (int i = 0; i < list.entries().size(); ) {
            var entry = list.entries().get(i);
            var a = schedule.actor(entry.actor());
            for (int t = 0; t < entry.times(); t++) {
                if (++steps > WALK_MAX) {
                    add("the list of unit " + list.unit() + " has more than " + WALK_MAX + " firings");
                    return;
                }
                if (entry.range() != ranges[a.id()]) {
                    add("'" + a.name() + "' fires range " + entry.range() + " of its columns where range "
                            + ranges[a.id()] + " of " + a.ranges() + " follows");
                    return;
                }
                ranges[a.id()] = (entry.range() + 1) % a.ranges();
                rows[a.id()] += a.commits(entry);
                for (int k = 0; k < entry.free().size(); k++) {
                    taken[a.id()][k] += entry.free().get(k);
                }
                boolean whole = a.completesFrame(entry);
                if (whole && !frameIsWhole(a.id(), rows[a.id()], taken[a.id()])) {
                    return;
                }
                if (whole) {
                    rows[a.id()] = 0;
                    java.util.Arrays.fill(taken[a.id()], 0);
                }
            }
            if (entry.jumpBack() > 0 && jumps < entry.jumpTimes()) {
                jumps++;
                i -= entry.jumpBack();
            } else {
                jumps = entry.jumpBack() > 0 ? 0 : jumps;
                i++;
            }
        }
    }

    private boolean frameIsWhole(int actor, int rows, int[] taken) {
        var a = schedule.actor(actor);
        var g = schedule.geometry(a);
        boolean whole = rows == g.outputRows();
        var freed = new StringBuilder();
        for (int k = 0; k < taken.length; k++) {
            whole &= taken[k] == g.rowsOfInput(k);
            freed.append(k == 0 ? ", with " : " and ")
                    .append(taken[k])
                    .append(" of ")
                    .append(g.rowsOfInput(k));
        }
        if (!whole) {
            add("a frame of '" + a.name() + "' ends after " + rows + " of " + g.outputRows() + " rows" + freed
                    + (taken.length > 0 ? " input rows freed" : ""));
        }
        return whole;
    }

    private void add(String problem) {
        found.add(new Diagnostic(
                "SIM-0003",
                SourceRef.file(schedule.graph().name()),
                problem,
                "compile the model again; a schedule written by the scheduler does not look like this"));
    }

    private static boolean outside(int index, List<?> list) {
        return index < 0 || index >= list.size();
    }

    private static List<Integer> concat(List<Integer> a, List<Integer> b) {
        var all = new ArrayList<>(a);
        all.addAll(b);
        return all;
    }
}
