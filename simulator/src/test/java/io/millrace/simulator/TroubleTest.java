package io.millrace.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.quantizer.IntegerEvaluator;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import io.millrace.scheduler.Actor;
import io.millrace.scheduler.FiringList;
import io.millrace.scheduler.FiringList.Entry;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Scheduler;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What the simulator says of schedules and inputs that are wrong. */
class TroubleTest {
    private static final FiringList IN = TinySchedules.perRow(0, 3, List.of(), List.of());
    private static final FiringList OUT = TinySchedules.perRow(2, 2, List.of(1), List.of(1));

    private static CompileException refused(Schedule schedule, SimulationOptions options) {
        return assertThrows(CompileException.class, () -> Simulator.run(schedule, options));
    }

    private static String message(Schedule schedule, SimulationOptions options) {
        return refused(schedule, options).toString();
    }

    @Test
    void aUnitThatWaitsForRowsForEver() {
        var tiny = TinySchedules.plain();
        var nothing = new FiringList(0, List.of(), 0);
        var e = refused(
                tiny.schedule(
                        nothing,
                        TinySchedules.perRow(1, 2, List.of(1), List.of(1)),
                        TinySchedules.perRow(2, 2, List.of(1), List.of(1))),
                SimulationOptions.timing(2));
        assertEquals(6, e.exitCode());
        assertEquals(
                List.of(
                        "error[SIM-0001] tiny.onnx: layer 'conv': the machine stands still: unit 'm' waits for ever from"
                                + " cycle 0, where 'conv' needs 1 rows of 'image' on edge 0 (available 0, occupied 0 of 4"
                                + " slots; frame 0, firing 0; nothing happens after cycle 0)\n  try: give the buffers"
                                + " before 'conv' more slots, or reorder the firing lists",
                        "error[SIM-0001] tiny.onnx: layer 'conv': the machine stands still: unit 'out' waits for ever"
                                + " from cycle 0, where 'result' needs 1 rows of 'conv' on edge 1 (available 0, occupied 0"
                                + " of 4 slots; frame 0, firing 0; nothing happens after cycle 0)\n  try: give the"
                                + " buffers before 'result' more slots, or reorder the firing lists"),
                e.diagnostics().stream().map(Diagnostic::toString).toList());
    }

    @Test
    void aUnitThatWaitsForSpaceForEver() {
        var tiny = TinySchedules.plain().withSlots(3, 2);
        var e = refused(
                tiny.schedule(
                        TinySchedules.perRow(0, 2, List.of(), List.of()),
                        TinySchedules.perRow(1, 2, List.of(1), List.of(1)),
                        new FiringList(2, List.of(), 0)),
                SimulationOptions.timing(2));
        // The second result row is committed in 37; the image's buffer fills up long before.
        assertEquals(
                "the machine stands still: unit 'm' waits for ever from cycle 17, where 'conv' needs space for 1 rows to"
                        + " 'result' on edge 1 (available 2, occupied 2 of 2 slots; frame 1, firing 0; nothing happens"
                        + " after cycle 37)",
                e.diagnostics().get(1).problem());
        assertEquals(
                "give edge 1 more than 2 slots, or reorder the firing lists",
                e.diagnostics().get(1).remedy());
        assertTrue(e.diagnostics().get(0).problem().contains("unit 'in' waits for ever from cycle"));
    }

    @Test
    void aRunThatIsTooLong() {
        assertEquals(
                "io.millrace.ir.CompileException: error[SIM-0002] tiny: the run was given up after 4 firings, in cycle 25,"
                        + " with 0 of 9 frames done\n  try: ask for fewer frames or raise the limit of firings",
                message(
                        TinySchedules.plain().withSlots(9, 4).schedule(),
                        SimulationOptions.timing(9).withFiringLimit(4)));
    }

    @Test
    void listsThatContradictTheirActors() {
        var tiny = TinySchedules.plain().withMap(3, 3).withKernelRows(2);
        var tooMany = new FiringList(
                1,
                List.of(
                        new Entry(1, 2, 1, List.of(2), List.of(1), false),
                        new Entry(1, 1, 1, List.of(2), List.of(1), true)),
                0);
        assertTrue(
                message(tiny.schedule(IN, tooMany, OUT), SimulationOptions.timing(2))
                        .contains(
                                "error[SIM-0003] tiny: a frame of 'conv' ends after 3 of 2 rows, with 3 of 3 input rows freed"));
        var tooFew = new FiringList(
                1,
                List.of(
                        new Entry(1, 1, 1, List.of(2), List.of(0), false),
                        new Entry(1, 1, 1, List.of(2), List.of(2), true)),
                0);
        assertTrue(message(tiny.schedule(IN, tooFew, OUT), SimulationOptions.timing(2))
                .contains("with 2 of 3 input rows freed"));
        var unclaimed = new FiringList(
                1,
                List.of(
                        new Entry(1, 1, 1, List.of(0), List.of(1), false),
                        new Entry(1, 1, 1, List.of(5), List.of(2), true)),
                0);
        assertEquals(
                List.of(
                        "entry 0 of unit 'm' ('conv') frees 1 rows and needs only 0",
                        "entry 1 of unit 'm' ('conv') needs 5 rows of a buffer of 4"),
                refused(tiny.schedule(IN, unclaimed, OUT), SimulationOptions.timing(2)).diagnostics().stream()
                        .map(Diagnostic::problem)
                        .toList());
    }

    @Test
    void aRowThatIsFreedTooEarlyGivesWrongCodes() {
        // Kernel of 2 rows: the first firing needs 2 and should free 1. Freed by 2, the row it shares with the second
        // firing is overwritten, as the buffer holds 2 rows and the second firing waits for output space.
        var tiny = TinySchedules.plain().withMap(3, 3).withKernelRows(2).withSlots(2, 1);
        var convolution = new FiringList(
                1,
                List.of(
                        new Entry(1, 1, 1, List.of(2), List.of(2), false),
                        new Entry(1, 1, 1, List.of(1), List.of(1), true)),
                0);
        wrong(tiny.schedule(IN, convolution, OUT), true);
        wrong(tiny.schedule(), false);
    }

    @Test
    void aRowThatIsNotWaitedForGivesWrongCodes() {
        var tiny = TinySchedules.plain().withMap(3, 3).withKernelRows(2).withHost(1, 4);
        var convolution = new FiringList(
                1,
                List.of(
                        new Entry(1, 1, 1, List.of(1), List.of(1), false),
                        new Entry(1, 1, 1, List.of(2), List.of(2), true)),
                0);
        wrong(tiny.schedule(IN, convolution, OUT), true);
    }

    /**
     * Freed by the firing of the first range, rows may be overwritten before the other ranges have read them. Codes are then those of what each range found in its columns: right as long as the
     * old rows were still there.
     */
    @Test
    void rowsThatTheFirstRangeFreesAreNotThereForTheOthers() {
        int right = 0;
        int wrong = 0;
        for (long seed = 500; seed < 620; seed++) {
            var graph = RandomQuantizedGraphs.generate(seed, 3, Precision.INT8);
            var options = MachineOptions.oneEngine(2, 3, 1, 1, 3)
                    .withRanges(2 + (int) (seed % 3))
                    .withHost(8, 8)
                    .withPacing(MachineOptions.Pacing.LEANEST);
            var schedule = freedByTheFirst(Scheduler.schedule(graph, Machines.TARGET, options));
            var frames = Machines.frames(graph, 4, seed);
            var result = Simulator.run(schedule, SimulationOptions.values(frames));
            var golden = new IntegerEvaluator(graph).runMany(frames);
            boolean same = IntStream.range(0, frames.size())
                    .allMatch(f -> Arrays.equals(
                            golden.get(f).getFirst(), result.outputs().get(f).getFirst()));
            assertTrue(same || !result.hazards().isEmpty(), "seed " + seed + " has wrong codes and no hazard");
            right += same && !result.hazards().isEmpty() ? 1 : 0;
            wrong += same ? 0 : 1;
        }
        assertTrue(right > 2 && wrong > 2, right + " runs found the old rows, " + wrong + " others");
    }

    private static Schedule freedByTheFirst(Schedule s) {
        var lists = s.lists().stream()
                .map(list -> new FiringList(
                        list.unit(),
                        IntStream.range(0, list.entries().size())
                                .mapToObj(i -> freedByTheFirst(s, list, i))
                                .toList(),
                        list.loopStart()))
                .toList();
        return new Schedule(s.graph(), s.target(), s.machine(), s.actors(), s.edges(), lists);
    }

    /** The first range needs and frees what all do; rows for the others are counted no more. */
    private static Entry freedByTheFirst(Schedule s, FiringList list, int at) {
        var e = list.entries().get(at);
        var a = s.actor(e.actor());
        if (a.ranges() == 1) {
            return e;
        }
        var none = e.need().stream().map(_ -> 0).toList();
        var free = e.range() > 0 ? none : ofLastRange(list, at, a).free();
        return new Entry(
                e.actor(),
                e.times(),
                e.rows(),
                e.range() > 0 ? none : e.need(),
                free,
                e.endsFrame(),
                e.jumpBack(),
                e.jumpTimes(),
                e.range());
    }

    private static Entry ofLastRange(FiringList list, int first, Actor actor) {
        return list.entries().subList(first, list.entries().size()).stream()
                .filter(e -> e.actor() == actor.id() && e.range() == actor.ranges() - 1)
                .findFirst()
                .orElseThrow();
    }

    private static void wrong(Schedule schedule, boolean expected) {
        var frames = Machines.frames(schedule.graph(), 6, 7);
        var result = Simulator.run(schedule, SimulationOptions.values(frames));
        var golden = new IntegerEvaluator(schedule.graph()).runMany(frames);
        boolean differs = false;
        for (int f = 0; f < frames.size(); f++) {
            differs |= !Arrays.equals(
                    golden.get(f).getFirst(), result.outputs().get(f).getFirst());
        }
        assertEquals(expected, differs);
        assertEquals(expected, !result.hazards().isEmpty());
        if (expected) {
            assertEquals("SIM-0005", result.hazards().getFirst().code());
            assertFalse(result.hazards().getFirst().where().layers().isEmpty());
        }
    }

    @Test
    void inputsThatDoNotFit() {
        var schedule = TinySchedules.plain().schedule();
        var e = refused(schedule, SimulationOptions.values(List.of(List.of(new short[5]))));
        assertEquals(
                "error[SIM-0004] tiny: tensor 0 of frame 0 has 5 codes; input 'image' takes 6\n"
                        + "  try: quantize the frames with the input scales of this model",
                e.diagnostics().getFirst().toString());
        var outside = new short[6];
        outside[3] = 128;
        assertTrue(message(schedule, SimulationOptions.values(List.of(List.of(outside))))
                .contains("has the code 128, outside INT8"));
    }
}
