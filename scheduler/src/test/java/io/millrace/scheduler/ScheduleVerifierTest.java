package io.millrace.scheduler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.quantizer.Precision;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class ScheduleVerifierTest {
    private static final Schedule LENET = Scheduler.schedule(
            TestNets.lenet5(Precision.INT8), RandomMachines.TARGET, MachineOptions.oneEngine(5, 5, 2, 2, 5));

    /** A copy in which the buffers that a producer writes have other slots. */
    static Schedule withSlots(Schedule s, int producer, int slots) {
        return withEdges(s, e -> e.producer() == producer ? edge(e, e.base(), e.rowPitch(), slots) : e);
    }

    @Test
    void aBufferOneRowBelowTheNeedDeadlocks() {
        int producer = LENET.edge(1).producer();
        assertTrue(codes(withSlots(LENET, 0, 4)).contains("SCH-0902"));
        var shallow = withSlots(LENET, 0, 5);
        assertEquals(List.of(), ScheduleVerifier.verify(shallow));
        assertEquals(List.of(), ScheduleVerifier.verify(withSlots(LENET, producer, 1)));
        int pool = 4;
        var diagnostics = ScheduleVerifier.verify(withSlots(LENET, pool, 4));
        assertTrue(diagnostics.toString().contains("SCH-0902"), diagnostics.toString());
    }

    @Test
    void anOrderThatAsksForRowsOfTheFuture() {
        var list = LENET.lists().get(1);
        var body = new ArrayList<>(list.entries());
        var prologue = new ArrayList<>(body.subList(0, list.loopStart()));
        var loop = new ArrayList<>(body.subList(list.loopStart(), body.size()));
        // The loop without the prologue begins in the middle of frames.
        assertEquals(List.of("SCH-0906"), codes(withList(LENET, 1, loop, 0)));
        // All of fc3 before all else, for a frame that nothing has begun.
        var last = body.getLast();
        prologue.add(0, last);
        assertTrue(!codes(withList(LENET, 1, body.reversed(), 0)).isEmpty());
    }

    @Test
    void overlappingBuffersAndBuffersOverTheEnd() {
        var overlapping = withEdges(LENET, e -> e.id() == 2 ? edge(e, e.base() - 1, e.rowPitch(), e.slots()) : e);
        assertEquals(List.of("SCH-0905"), codes(overlapping));
        var outside = withEdges(LENET, e -> e.id() == 0 ? edge(e, 1 << 20, e.rowPitch(), e.slots()) : e);
        assertEquals(List.of("SCH-0905"), codes(outside));
        var pitch = withEdges(LENET, e -> e.id() == 0 ? edge(e, e.base(), e.rowPitch() - 1, e.slots()) : e);
        assertEquals(List.of("SCH-0905"), codes(pitch));
    }

    @Test
    void changedListEntriesAreFound() {
        var list = LENET.lists().get(1);
        int changed = 0;
        for (int i = 0; i < list.entries().size(); i++) {
            var e = list.entries().get(i);
            var mutants = List.of(
                    new FiringList.Entry(
                            e.actor(),
                            e.times() + 1,
                            e.rows(),
                            e.need(),
                            e.free(),
                            e.endsFrame(),
                            e.jumpBack(),
                            e.jumpTimes()),
                    new FiringList.Entry(
                            e.actor(),
                            e.times(),
                            e.rows() + 1,
                            e.need(),
                            e.free(),
                            e.endsFrame(),
                            e.jumpBack(),
                            e.jumpTimes()),
                    new FiringList.Entry(
                            e.actor(),
                            e.times(),
                            e.rows(),
                            List.of(e.need().getFirst() - 1),
                            e.free(),
                            e.endsFrame(),
                            e.jumpBack(),
                            e.jumpTimes()),
                    new FiringList.Entry(
                            e.actor(),
                            e.times(),
                            e.rows(),
                            e.need(),
                            List.of(e.free().getFirst() + 1),
                            e.endsFrame(),
                            e.jumpBack(),
                            e.jumpTimes()),
                    new FiringList.Entry(
                            e.actor(),
                            e.times(),
                            e.rows(),
                            e.need(),
                            e.free(),
                            !e.endsFrame(),
                            e.jumpBack(),
                            e.jumpTimes()));
            boolean onceAFrame =
                    e.endsFrame() && LENET.geometry(LENET.actor(e.actor())).firings(1) == 1;
            // One more firing of a whole frame is another legal list, when there is room for it.
            for (var mutant : onceAFrame ? mutants.subList(1, mutants.size()) : mutants) {
                var entries = new ArrayList<>(list.entries());
                entries.set(i, mutant);
                assertTrue(
                        codes(withList(LENET, 1, entries, list.loopStart())).contains("SCH-0906"),
                        "entry " + i + " " + mutant);
                changed++;
            }
        }
        assertTrue(changed > 50);
    }

    @Test
    void changedSegmentsAreFound() {
        for (int k = 0; k < 5; k++) {
            int drop = k;
            var mutant = withActors(LENET, a -> {
                if (a.id() == 1 && a.work() instanceof Work.Multiply w) {
                    var segments = new ArrayList<>(w.segments());
                    segments.remove(drop);
                    return withWork(
                            a,
                            new Work.Multiply(w.order(), w.outputTiles(), segments, w.pixelsPerClock(), w.pixelStep()));
                }
                return a;
            });
            assertEquals(List.of("SCH-0902"), codes(mutant));
        }
    }

    @Test
    void aMachineThatIsTooSmallIsFound() {
        var small = Scheduler.schedule(
                TestNets.lenet1(Precision.INT8, 28, 28),
                RandomMachines.TARGET,
                MachineOptions.oneEngine(5, 5, 2, 2, 5));
        var borrowed = new Schedule(
                LENET.graph(), LENET.target(), small.machine(), LENET.actors(), LENET.edges(), LENET.lists());
        assertTrue(!ScheduleVerifier.verify(borrowed).isEmpty());
    }

    private static List<String> codes(Schedule s) {
        return ScheduleVerifier.verify(s).stream().map(d -> d.code()).distinct().toList();
    }

    private static Edge edge(Edge e, int base, int pitch, int slots) {
        return new Edge(e.id(), e.producer(), e.consumer(), e.memory(), base, pitch, slots);
    }

    private static Schedule withEdges(Schedule s, UnaryOperator<Edge> change) {
        var edges = s.edges().stream().map(change).toList();
        return new Schedule(s.graph(), s.target(), s.machine(), s.actors(), edges, s.lists());
    }

    private static Schedule withActors(Schedule s, UnaryOperator<Actor> change) {
        var actors = s.actors().stream().map(change).toList();
        return new Schedule(s.graph(), s.target(), s.machine(), actors, s.edges(), s.lists());
    }

    private static Actor withWork(Actor a, Work work) {
        return new Actor(a.id(), a.name(), a.unit(), a.node(), work, a.inputs(), a.outputs(), a.rowsPerFiring());
    }

    private static Schedule withList(Schedule s, int unit, List<FiringList.Entry> entries, int loopStart) {
        var lists = new ArrayList<>(s.lists());
        lists.set(unit, new FiringList(unit, entries, loopStart));
        return new Schedule(s.graph(), s.target(), s.machine(), s.actors(), s.edges(), lists);
    }
}
