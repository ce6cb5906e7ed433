package io.millrace.scheduler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Runs a schedule without time, in random order of starts and ends, on memories whose elements are tags (frame, row, element in the row):
 * every element that a window reads must hold the tag it should, at the start of the firing and at its end, at the address that the
 * program fields of docs/machine.md, section 7, give.
 */
final class RowTags {
    private final Schedule schedule;
    private final SplittableRandom random;
    private final long[][] memories;
    private final int[] available;
    private final int[] occupied;
    private final List<Running> units = new ArrayList<>();

    /** Reading and writing position of an actor. */
    private static final class Place {
        int frame;
        int firing;
        int read;
        /** Rows written, over all frames. */
        long written;
    }

    private final Place[] places;
    private int framesSent;

    private final class Running {
        final ListCursor cursor;
        boolean busy;

        Running(FiringList list) {
            cursor = new ListCursor(list);
        }
    }

    private RowTags(Schedule schedule, long seed) {
        this.schedule = schedule;
        random = new SplittableRandom(seed);
        memories = schedule.machine().memories().stream()
                .map(m -> new long[m.elements()])
                .toArray(long[][]::new);
        for (var m : memories) {
            Arrays.fill(m, -1);
        }
        available = new int[schedule.machine().edges().size()];
        occupied = new int[schedule.machine().edges().size()];
        places = schedule.actors().stream().map(a -> place(a)).toArray(Place[]::new);
        for (var list : schedule.lists()) {
            if (!list.entries().isEmpty()) {
                units.add(new Running(list));
            }
        }
    }

    private Place place(Actor a) {
        var place = new Place();
        if (!a.inputs().isEmpty()) {
            int pitch = schedule.edge(a.inputs().getFirst()).rowPitch();
            place.read = Math.floorMod(
                    -schedule.geometry(a).padTop() * pitch, size(a.inputs().getFirst()));
        }
        return place;
    }

    /** Runs until {@code frames} frames have left; fails at the first wrong element or when nothing can happen. */
    static void run(Schedule schedule, int frames, long seed) {
        var tags = new RowTags(schedule, seed);
        while (tags.framesSent < frames) {
            tags.step();
        }
    }

    private void step() {
        var possible = units.stream().filter(u -> u.busy || canStart(u)).toList();
        assertTrue(!possible.isEmpty(), "the lists stopped");
        var u = possible.get(random.nextInt(possible.size()));
        if (u.busy) {
            end(u);
        } else {
            start(u);
        }
        u.busy = !u.busy;
    }

    private boolean canStart(Running u) {
        var e = u.cursor.head();
        var a = schedule.actor(e.actor());
        for (int i = 0; i < a.inputs().size(); i++) {
            if (available[a.inputs().get(i)] < e.need().get(i)) {
                return false;
            }
        }
        return a.outputs().stream()
                        .allMatch(o ->
                                occupied[o] + a.reserves(e) <= schedule.edge(o).slots())
                && (e.range() > 0 || schedule.sharing(a).stream().allMatch(o -> occupied[o] == 0));
    }

    private void start(Running u) {
        var e = u.cursor.head();
        var a = schedule.actor(e.actor());
        for (int i = 0; i < a.inputs().size(); i++) {
            available[a.inputs().get(i)] -= e.free().get(i);
            assertTrue(available[a.inputs().get(i)] >= 0, "available below 0");
        }
        for (int o : a.outputs()) {
            occupied[o] += a.reserves(e);
            // From here on the columns may be half written.
            write(a, o, e, -2);
        }
        reads(a, e);
    }

    private void end(Running u) {
        var e = u.cursor.head();
        var a = schedule.actor(e.actor());
        reads(a, e);
        for (int i = 0; i < a.inputs().size(); i++) {
            occupied[a.inputs().get(i)] -= e.free().get(i);
            assertTrue(occupied[a.inputs().get(i)] >= 0, "occupied below 0");
        }
        for (int o : a.outputs()) {
            available[o] += a.commits(e);
            write(a, o, e, 0);
        }
        advance(a, e);
        u.cursor.advance();
    }

    private void write(Actor a, int edge, FiringList.Entry firing, long unknown) {
        var e = schedule.edge(edge);
        var g = schedule.geometry(a);
        var range = a.range(g, firing.range());
        int from = range.first() * g.outputChannels();
        int to = a.ranges() == 1 ? e.rowPitch() : from + range.columns() * g.outputChannels();
        var p = places[a.id()];
        int r = a.rowsPerFiring();
        for (int row = 0; row < firing.rows(); row++) {
            for (int x = from; x < to; x++) {
                int at = (int) ((p.written + row) % e.slots()) * e.rowPitch() + x;
                memories[e.memory()][e.base() + at] = unknown < 0 ? unknown : tag(p.frame, p.firing * r + row, x);
            }
        }
    }

    private void reads(Actor a, FiringList.Entry entry) {
        if (a.inputs().isEmpty()) {
            return;
        }
        var g = schedule.geometry(a);
        var e = schedule.edge(a.inputs().getFirst());
        var p = places[a.id()];
        List<Segment> segments = switch (a.work()) {
            case Work.Receive _, Work.Send _, Work.Spill _, Work.Reload _ -> List.of(new Segment(0, 0));
            case Work.Multiply w -> w.segments();
            case Work.Reduce w -> w.taps();
        };
        for (int row = 0; row < entry.rows(); row++) {
            int top = (p.firing * a.rowsPerFiring() + row) * g.rowStride() - g.padTop();
            for (var s : segments) {
                int inputRow = top + s.row();
                if (inputRow < 0 || inputRow >= g.inputRows()) {
                    continue;
                }
                int rowAddress = s.row() * e.rowPitch() % size(e.id());
                int at = (p.read + row * g.rowStride() * e.rowPitch() + rowAddress) % size(e.id());
                for (int x = 0; x < e.rowPitch(); x++) {
                    assertEquals(
                            tag(p.frame, inputRow, x),
                            memories[e.memory()][e.base() + at + x],
                            () -> a.name() + " frame " + p.frame + " firing " + p.firing + " row " + inputRow);
                }
            }
        }
    }

    private void advance(Actor a, FiringList.Entry e) {
        var g = schedule.geometry(a);
        var p = places[a.id()];
        int firings = g.firings(a.rowsPerFiring());
        boolean last = p.firing == firings - 1;
        if (e.range() < a.ranges() - 1) {
            return;
        }
        if (!a.inputs().isEmpty()) {
            int edge = a.inputs().getFirst();
            int rows = a.rowsPerFiring() * g.rowStride();
            int step = last ? g.inputRows() - (firings - 1) * rows : rows;
            p.read = Math.floorMod(p.read + step * schedule.edge(edge).rowPitch(), size(edge));
        }
        p.written += e.rows();
        if (last && a.work() instanceof Work.Send s && s.output() == 0) {
            framesSent++;
        }
        p.firing = last ? 0 : p.firing + 1;
        p.frame += last ? 1 : 0;
    }

    private int size(int edge) {
        return schedule.edge(edge).elements();
    }

    private static long tag(long frame, int row, int element) {
        return (frame << 40) | ((long) row << 20) | element;
    }
}
