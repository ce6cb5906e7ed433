package io.millrace.scheduler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.FiringList.Entry;
import io.millrace.scheduler.MachineOptions.Pacing;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ColumnRangesTest {
    private static final QuantizedGraph WIDE = TestNets.wide(Precision.INT8);
    private static final MachineOptions ONE_ENGINE =
            MachineOptions.oneEngine(8, 8, 1, 4, 16).withPacing(Pacing.LEANEST);

    @Test
    void rangesCoverEveryColumnOnceInWholeSteps() {
        var g = Geometry.ofNode(WIDE, 1);
        for (int together : List.of(1, 2, 3, 7)) {
            for (int ranges : List.of(1, 2, 3, 5, 64)) {
                int next = 0;
                int widest = 0;
                for (int k = 0; k < ranges; k++) {
                    var range = ColumnRange.of(g, together, ranges, k);
                    assertEquals(next, range.first());
                    assertTrue(range.columns() % together == 0 || k == ranges - 1, range::toString);
                    next += range.columns();
                    widest = Math.max(widest, range.columns());
                }
                assertEquals(g.outputColumns(), next);
                assertTrue(widest <= ColumnRange.widest(g, together, ranges));
                assertTrue(widest > ColumnRange.widest(g, together, ranges) - together);
            }
        }
    }

    /** Ranges of a row follow each other, so that no row is there longer than if it were computed at once. */
    @Test
    void accumulatorsAreShallowerAndBuffersNoDeeper() {
        var whole = schedule(ONE_ENGINE);
        var cut = schedule(ONE_ENGINE.withRanges(4));
        assertEquals(1226, matrix(whole).accumulatorWords());
        assertEquals(307, matrix(cut).accumulatorWords());
        for (int ranges = 2; ranges < 9; ranges++) {
            assertEquals(slots(whole), slots(schedule(ONE_ENGINE.withRanges(ranges))));
        }
        var wholeVector = (Unit.Vector) whole.machine().units().get(2);
        var cutVector = (Unit.Vector) cut.machine().units().get(2);
        assertTrue(cutVector.accumulatorWords() * 4 < wholeVector.accumulatorWords() + 4 * 4, cutVector::toString);
        assertEquals(8, matrix(cut).capacity().actors());
        RowTags.run(cut, 3, 1);
        double more = CostModel.estimate(cut).cyclesPerFrame()
                / CostModel.estimate(whole).cyclesPerFrame();
        assertTrue(more < 1.01, more + " times the cycles");
    }

    /** A layer has no more ranges than positions, and moves have one. */
    @Test
    void asManyRangesAsPositions() {
        var schedule = Scheduler.schedule(
                TestNets.lenet5(Precision.INT8),
                RandomMachines.TARGET,
                MachineOptions.oneEngine(5, 5, 2, 2, 5).withRanges(20));
        var ranges = schedule.actors().stream()
                .filter(a -> a.work().computes())
                .map(Actor::ranges)
                .toList();
        assertEquals(List.of(14, 14, 5, 5, 1, 1, 1), ranges);
    }

    /** Weights read once a range take as much longer to stream. */
    @Test
    void everyRangeReadsItsWeights() {
        var port = new DramPort(8, 16, 40, 4096, 6, 0, 0);
        var streamed = ONE_ENGINE.withStreams(new MachineOptions.Streams(port, List.of(0), 0));
        assertEquals(
                3 * DramLayout.weightBytesPerFrame(schedule(streamed)),
                DramLayout.weightBytesPerFrame(schedule(streamed.withRanges(3))));
    }

    @Test
    void listsWithRangesInAnotherOrderAreFound() {
        var schedule = schedule(ONE_ENGINE.withRanges(3));
        var list = schedule.lists().get(1);
        int found = 0;
        for (int i = 0; i < list.entries().size(); i++) {
            var e = list.entries().get(i);
            for (var mutant : mutants(e)) {
                var entries = new ArrayList<>(list.entries());
                entries.set(i, mutant);
                assertEquals(List.of("SCH-0906"), codes(schedule, entries, list.loopStart()), () -> "" + mutant);
                found++;
            }
        }
        assertTrue(found > 20, found + " lists were changed");
        var swapped = new ArrayList<>(list.entries());
        int first = IntStream.range(0, swapped.size())
                .filter(i -> swapped.get(i).range() == 0 && swapped.get(i + 1).range() == 1)
                .findFirst()
                .orElseThrow();
        Collections.swap(swapped, first, first + 1);
        assertEquals(List.of("SCH-0906"), codes(schedule, swapped, list.loopStart()));
    }

    /** Another range; and one that frees the rows before the last has read them. */
    private static List<Entry> mutants(Entry e) {
        var more = e.free().stream().map(f -> f + 1).toList();
        return List.of(entry(e, e.free(), (e.range() + 1) % 3), entry(e, more, e.range()));
    }

    private static Entry entry(Entry e, List<Integer> free, int range) {
        return new Entry(
                e.actor(), e.times(), e.rows(), e.need(), free, e.endsFrame(), e.jumpBack(), e.jumpTimes(), range);
    }

    private static List<String> codes(Schedule s, List<Entry> entries, int loopStart) {
        var lists = new ArrayList<>(s.lists());
        lists.set(1, new FiringList(1, entries, loopStart));
        var changed = new Schedule(s.graph(), s.target(), s.machine(), s.actors(), s.edges(), lists);
        return ScheduleVerifier.verify(changed).stream()
                .map(d -> d.code())
                .distinct()
                .toList();
    }

    /** Rows of 1,226 columns would take accumulators three block RAMs deep. */
    @Test
    void theSearchCutsWideRows() {
        var part = new Target("part", Target.Family.VIRTEX6, 200, 64, 60, 0, 0, 150_720, 301_440, 0);
        var schedule = Optimizer.optimize(WIDE, part, Objective.FASTEST);
        assertTrue(
                schedule.machine().units().stream()
                        .allMatch(u -> !(u instanceof Unit.Matrix m) || m.accumulatorWords() <= 512),
                () -> schedule.machine().units().toString());
        assertTrue(schedule.actors().stream().anyMatch(a -> a.ranges() > 1));
        RowTags.run(schedule, 3, 1);
    }

    private static Schedule schedule(MachineOptions options) {
        return Scheduler.schedule(WIDE, RandomMachines.TARGET, options);
    }

    private static List<Integer> slots(Schedule schedule) {
        return schedule.edges().stream().map(Edge::slots).toList();
    }

    private static Unit.Matrix matrix(Schedule schedule) {
        return (Unit.Matrix) schedule.machine().units().get(1);
    }
}
