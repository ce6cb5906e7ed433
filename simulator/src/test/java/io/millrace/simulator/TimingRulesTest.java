package io.millrace.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.scheduler.FiringList;
import io.millrace.scheduler.FiringList.Entry;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Work;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Each rule of docs/machine.md on schedules small enough to be worked out by hand. */
class TimingRulesTest {
    private static SimulationResult run(Schedule schedule, int frames) {
        return Simulator.run(schedule, SimulationOptions.timing(frames));
    }

    private static SimulationResult run(Schedule schedule, int frames, LinkTrace link) {
        return Simulator.run(schedule, SimulationOptions.timing(frames).withLink(link));
    }

    private static long[] starts(SimulationResult r, int unit, int count) {
        return r.firings(unit).limit(count).mapToLong(FiringRecord::start).toArray();
    }

    private static long[] ends(SimulationResult r, int unit, int count) {
        return r.firings(unit).limit(count).mapToLong(FiringRecord::end).toArray();
    }

    private static long[] cycles(long... c) {
        return c;
    }

    private static void assertCycles(long[] expected, long[] actual) {
        assertEquals(
                LongStream.of(expected).boxed().toList(),
                LongStream.of(actual).boxed().toList());
    }

    @Test
    void oneConvolutionAtItsPace() {
        var r = run(TinySchedules.plain().schedule(), 4);
        // Head fetched in 3, start 4, one beat, visible 4 + 2. Next head 4 + 3, start 8.
        assertCycles(cycles(4, 8, 12, 16), starts(r, 0, 4));
        assertCycles(cycles(6, 10, 14, 18), ends(r, 0, 4));
        // Visible 6, start 7, reads 7 to 9, drain from 9 + 9 to 20, commit 27. Next head 7 + 3, start 11: drain 22 is
        // pushed to 20 + 3 = 23, ends 25, commit 32. Group 2 may start in 20 + 2 = 22, group 3 in 25 + 2 = 27; they are
        // drained from 24 + 9 = 33 to 35 and from 38 to 40, so groups 4 and 5 start in 37 and 42.
        assertCycles(cycles(7, 11, 22, 27, 37, 42), starts(r, 1, 6));
        assertCycles(cycles(27, 32, 42, 47), ends(r, 1, 4));
        // Visible 27, read 28, out 34.
        assertCycles(cycles(28, 33), starts(r, 2, 2));
        assertCycles(cycles(28, 33), ends(r, 2, 2));
        assertEquals(39, r.completionCycle(0));
        assertEquals(40, r.latencyCycles());
    }

    @Test
    void weightsAreTheLimit() {
        // 4 weights of 2 x 2 on a bus of 1: a load of 4 cycles, longer than a tile of 3 pixels.
        var r = run(
                TinySchedules.plain()
                        .withChannels(4, 2)
                        .withEngine(2, 2, 1, 2, Work.TileOrder.OUTPUTS_OUTER)
                        .withHost(16, 16)
                        .schedule(),
                2);
        var first = r.firing(1, 0);
        // Loaded from 3 to 6, so start 7 at the earliest; the row is visible in 6: start 7. Tile 1 starts at 7 + 4 and
        // reads until 13. The next load begins at 11, so the second firing starts at 15.
        assertEquals(7, first.start());
        assertEquals(13, first.readEnd());
        assertEquals(15, r.firing(1, 1).start());
    }

    @Test
    void firstWeightsAreWaitedFor() {
        // 12 weights on a bus of 1, first load from 3 to 14.
        var r = run(
                TinySchedules.plain()
                        .withChannels(3, 4)
                        .withEngine(4, 3, 1, 4, Work.TileOrder.OUTPUTS_OUTER)
                        .withHost(16, 16)
                        .schedule(),
                2);
        assertEquals(15, r.firing(1, 0).start());
        // One tile a firing: the next load begins at max(15, 15 + 3) = 18 and takes 12.
        assertEquals(30, r.firing(1, 1).start());
    }

    @Test
    void groupsWaitForTheirHalf() {
        // Order outer, 3 output tiles of 1 channel, 1 segment: 3 groups a firing of 3 pixels, drained in 3 + 2.
        var r = run(
                TinySchedules.plain()
                        .withChannels(1, 3)
                        .withEngine(1, 1, 1, 1, Work.TileOrder.OUTPUTS_OUTER)
                        .withHost(4, 16)
                        .schedule(),
                2);
        // Groups start 7, 10; drains 18..20, 23..25; group 2 starts at 20 + 2 = 22, reads to 24, drains 33..35.
        assertEquals(7, r.firing(1, 0).start());
        assertEquals(24, r.firing(1, 0).readEnd());
        assertEquals(42, r.firing(1, 0).end());
        // Group 3 may start at 25 + 2 = 27, group 4 at 35 + 2 = 37.
        assertEquals(27, r.firing(1, 1).start());
    }

    @Test
    void innerOrderDrainsTheFiringAtOnce() {
        // 3 output tiles inside: one group of 9 reads, 9 drain cycles.
        var r = run(
                TinySchedules.plain()
                        .withChannels(1, 3)
                        .withEngine(1, 1, 1, 1, Work.TileOrder.OUTPUTS_INNER)
                        .withHost(4, 16)
                        .schedule(),
                2);
        assertEquals(7, r.firing(1, 0).start());
        assertEquals(15, r.firing(1, 0).readEnd());
        // Drain 15 + 9 = 24 to 32.
        assertEquals(39, r.firing(1, 0).end());
        assertEquals(16, r.firing(1, 1).start());
        // 24 + 9 = 33, pushed to 32 + 3 = 35; to 43.
        assertEquals(50, r.firing(1, 1).end());
        // Half 0 is free in 32 + 2.
        assertEquals(34, r.firing(1, 2).start());
    }

    @Test
    void accumulatorsAreNotMetTooEarly() {
        // One pixel a tile, 2 segments: a tile still lasts 3 cycles in order outer, 2 in inner with 2 tiles.
        var tiny = TinySchedules.plain().withMap(2, 1).withChannels(2, 2).withHost(4, 4);
        var outer =
                run(tiny.withEngine(2, 1, 2, 2, Work.TileOrder.OUTPUTS_OUTER).schedule(), 2);
        assertEquals(7, outer.firing(1, 0).start());
        assertEquals(12, outer.firing(1, 0).readEnd());
        var inner =
                run(tiny.withEngine(1, 1, 1, 1, Work.TileOrder.OUTPUTS_INNER).schedule(), 2);
        assertEquals(14, inner.firing(1, 0).readEnd());
    }

    @Test
    void outputSpaceIsWaitedFor() {
        // One slot for the result: it is freed 3 cycles after the sender's read in 28, so visible 31, start 32.
        var r = run(TinySchedules.plain().withSlots(4, 1).schedule(), 2);
        assertCycles(cycles(7, 32), starts(r, 1, 2));
        assertCycles(cycles(27, 52), ends(r, 1, 2));
    }

    @Test
    void inputSpaceIsWaitedFor() {
        // One slot for the image: read 7 to 9, freed 12, received in 13, visible 15, read from 16.
        var r = run(TinySchedules.plain().withSlots(1, 4).schedule(), 2);
        assertCycles(cycles(4, 13), starts(r, 0, 2));
        assertCycles(cycles(7, 16), starts(r, 1, 2));
    }

    @Test
    void needIsMoreThanFree() {
        // Kernel of 2 rows over 3: two firings, the first needs 2 rows and frees 1, the second needs and frees 2.
        var r = run(TinySchedules.plain().withMap(3, 3).withKernelRows(2).schedule(), 2);
        // Rows visible 6, 10, 14. 2 segments of 3 pixels.
        assertCycles(cycles(11, 17), starts(r, 1, 2));
        assertEquals(16, r.firing(1, 0).readEnd());
    }

    @Test
    void hostsTakeSeveralBeats() {
        // 3 elements on a lane of 1: 3 beats. In: 4 to 6, visible 8; the unit rests a cycle: 8 to 10, visible 12.
        var r = run(TinySchedules.plain().withHost(1, 1).schedule(), 2);
        assertCycles(cycles(4, 8, 12), starts(r, 0, 3));
        assertCycles(cycles(8, 12, 16), ends(r, 0, 3));
        assertCycles(cycles(9, 13), starts(r, 1, 2));
        // Drain 9 + 2 + 9 = 20 to 22, commit 29, read 30 to 32, out 36 to 38.
        assertCycles(cycles(30, 35), starts(r, 2, 2));
        assertCycles(cycles(32, 37), ends(r, 2, 2));
        assertCycles(cycles(36, 37, 38, 41), r.hostBeats(2).limit(4).toArray());
        assertCycles(cycles(4, 5, 6, 8), r.hostBeats(0).limit(4).toArray());
    }

    @Test
    void hostInWaitsForTheLink() {
        // Willing 0 to 4, not in 5 to 9, willing in 10, not in 11 to 12.
        var r = run(TinySchedules.plain().withHost(1, 4).schedule(), 2, new LinkTrace(List.of(5, 5, 1, 2), List.of()));
        assertCycles(cycles(4, 10, 13), r.hostBeats(0).limit(3).toArray());
        assertEquals(15, r.firing(0, 0).end());
        assertEquals(15, r.firing(0, 1).start());
    }

    @Test
    void hostOutReadsAheadOfTheLink() {
        // A row of 12 beats; the link is not ready before cycle 100: 8 beats are read, the ninth follows the first pop.
        var r = run(
                TinySchedules.plain().withMap(1, 12).withHost(16, 1).schedule(),
                1,
                new LinkTrace(List.of(), List.of(0, 100)));
        var f = r.firing(2, 0);
        // Row: received 4, visible 6, reads 7 to 18, drain 27 to 38, commit 45, read from 46 to 53; pop 100; read 101.
        assertEquals(46, f.start());
        assertEquals(104, f.readEnd());
        // Pops 100 to 107; the ninth beat was read in 101, the others a cycle later each: 107 + 1.
        assertEquals(111, r.completionCycle(0));
        assertEquals(100, r.hostBeats(2).findFirst().orElseThrow());
    }

    @Test
    void listsLoopAndJump() {
        // 4 rows as (1 row, 1 row) twice by a jump; the loop starts behind a first frame written out.
        var in = new FiringList(
                0,
                List.of(
                        new Entry(0, 3, 1, List.of(), List.of(), false),
                        new Entry(0, 1, 1, List.of(), List.of(), true),
                        new Entry(0, 1, 1, List.of(), List.of(), false),
                        new Entry(0, 1, 1, List.of(), List.of(), false, 1, 1),
                        new Entry(0, 1, 1, List.of(), List.of(), true)),
                2);
        var tiny = TinySchedules.plain().withMap(4, 3);
        // Rows of a looped frame: 2 x (1 + 1) + 1 = 5 would be a row too many, which the check refuses.
        var e = org.junit.jupiter.api.Assertions.assertThrows(
                io.millrace.ir.CompileException.class,
                () -> run(
                        tiny.schedule(
                                in,
                                TinySchedules.perRow(1, 4, List.of(1), List.of(1)),
                                TinySchedules.perRow(2, 4, List.of(1), List.of(1))),
                        3));
        assertEquals(
                "error[SIM-0003] tiny: a frame of 'image' ends after 5 of 4 rows\n"
                        + "  try: compile the model again; a schedule written by the scheduler does not look like this",
                e.getMessage());
    }

    @Test
    void aJumpIsTakenAsOftenAsItSays() {
        var tiny = TinySchedules.plain().withMap(5, 3);
        var jumping = new FiringList(
                0,
                List.of(
                        new Entry(0, 1, 1, List.of(), List.of(), false),
                        new Entry(0, 1, 1, List.of(), List.of(), false, 1, 1),
                        new Entry(0, 1, 1, List.of(), List.of(), true)),
                0);
        var convolution = TinySchedules.perRow(1, 5, List.of(1), List.of(1));
        var out = TinySchedules.perRow(2, 5, List.of(1), List.of(1));
        var plain = run(tiny.schedule(), 5);
        var r = run(tiny.schedule(jumping, convolution, out), 5);
        assertEquals(plain.firings().toList(), r.firings().toList());
    }
}
