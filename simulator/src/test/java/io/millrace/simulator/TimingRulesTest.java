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
        // Head fetched in 4, start 5, one beat, visible 5 + 3. Next head 5 + 4, start 10.
        assertCycles(cycles(5, 10, 15, 20), starts(r, 0, 4));
        assertCycles(cycles(8, 13, 18, 23), ends(r, 0, 4));
        // Visible 8, start 9, reads 9 to 11, drain from 11 + 9 to 22, commit 22 + 9, since it shifts before it
        // saturates. Next head 9 + 4, start 14: drain 25 is
        // pushed to 22 + 4 = 26, ends 28, commit 37. Group 2 may start in 22 + 2 = 24, group 3 in 28 + 2 = 30; they are
        // drained from 26 + 9 = 35 to 37 and from 41 to 43, so groups 4 and 5 start in 39 and 45.
        assertCycles(cycles(9, 14, 24, 30, 39, 45), starts(r, 1, 6));
        assertCycles(cycles(31, 37, 46, 52), ends(r, 1, 4));
        // Visible 31, read 32, out 38.
        assertCycles(cycles(32, 38), starts(r, 2, 2));
        assertCycles(cycles(32, 38), ends(r, 2, 2));
        assertEquals(44, r.completionCycle(0));
        assertEquals(45, r.latencyCycles());
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
        // Loaded from 4 to 7, so start 8 at the earliest; the row is visible in 8: start 9. Tile 1 starts at 9 + 4 and
        // reads until 15. The next load begins at 13, so the second firing starts at 17.
        assertEquals(9, first.start());
        assertEquals(15, first.readEnd());
        assertEquals(17, r.firing(1, 1).start());
    }

    @Test
    void firstWeightsAreWaitedFor() {
        // 12 weights on a bus of 1, first load from 4 to 15.
        var r = run(
                TinySchedules.plain()
                        .withChannels(3, 4)
                        .withEngine(4, 3, 1, 4, Work.TileOrder.OUTPUTS_OUTER)
                        .withHost(16, 16)
                        .schedule(),
                2);
        assertEquals(16, r.firing(1, 0).start());
        // One tile a firing: the next load begins at max(16, 16 + 4) = 20 and takes 12.
        assertEquals(32, r.firing(1, 1).start());
    }

    @Test
    void groupsWaitForTheirHalf() {
        // Order outer, 3 output tiles of 1 channel, 1 segment: 3 groups a firing of 3 pixels, drained in 3 + 3.
        var r = run(
                TinySchedules.plain()
                        .withChannels(1, 3)
                        .withEngine(1, 1, 1, 1, Work.TileOrder.OUTPUTS_OUTER)
                        .withHost(4, 16)
                        .schedule(),
                2);
        // Groups start 9, 12; drains 20..22, 26..28; group 2 starts at 22 + 2 = 24, reads to 26, drains 35..37.
        assertEquals(9, r.firing(1, 0).start());
        assertEquals(26, r.firing(1, 0).readEnd());
        assertEquals(46, r.firing(1, 0).end());
        // Group 3 may start at 28 + 2 = 30, group 4 at 37 + 2 = 39.
        assertEquals(30, r.firing(1, 1).start());
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
        assertEquals(9, r.firing(1, 0).start());
        assertEquals(17, r.firing(1, 0).readEnd());
        // Drain 17 + 9 = 26 to 34.
        assertEquals(43, r.firing(1, 0).end());
        assertEquals(18, r.firing(1, 1).start());
        // 26 + 9 = 35, pushed to 34 + 4 = 38; to 46.
        assertEquals(55, r.firing(1, 1).end());
        // Half 0 is free in 34 + 2.
        assertEquals(36, r.firing(1, 2).start());
    }

    @Test
    void accumulatorsAreNotMetTooEarly() {
        // One pixel a tile, 2 segments: a tile still lasts 3 cycles in order outer, 2 in inner with 2 tiles.
        var tiny = TinySchedules.plain().withMap(2, 1).withChannels(2, 2).withHost(4, 4);
        var outer =
                run(tiny.withEngine(2, 1, 2, 2, Work.TileOrder.OUTPUTS_OUTER).schedule(), 2);
        assertEquals(9, outer.firing(1, 0).start());
        assertEquals(14, outer.firing(1, 0).readEnd());
        var inner =
                run(tiny.withEngine(1, 1, 1, 1, Work.TileOrder.OUTPUTS_INNER).schedule(), 2);
        assertEquals(16, inner.firing(1, 0).readEnd());
    }

    @Test
    void outputSpaceIsWaitedFor() {
        // One slot for the result: it is freed 3 cycles after the sender's read in 32, so visible 35, start 36.
        var r = run(TinySchedules.plain().withSlots(4, 1).schedule(), 2);
        assertCycles(cycles(9, 36), starts(r, 1, 2));
        assertCycles(cycles(31, 58), ends(r, 1, 2));
    }

    @Test
    void inputSpaceIsWaitedFor() {
        // One slot for the image: read 9 to 11, freed 14, received in 15, visible 18, read from 19.
        var r = run(TinySchedules.plain().withSlots(1, 4).schedule(), 2);
        assertCycles(cycles(5, 15), starts(r, 0, 2));
        assertCycles(cycles(9, 19), starts(r, 1, 2));
    }

    @Test
    void needIsMoreThanFree() {
        // Kernel of 2 rows over 3: two firings, the first needs 2 rows and frees 1, the second needs and frees 2.
        var r = run(TinySchedules.plain().withMap(3, 3).withKernelRows(2).schedule(), 2);
        // Rows visible 8, 13, 18. 2 segments of 3 pixels.
        assertCycles(cycles(14, 20), starts(r, 1, 2));
        assertEquals(19, r.firing(1, 0).readEnd());
    }

    @Test
    void hostsTakeSeveralBeats() {
        // 3 elements on a lane of 1: 3 beats. In: 5 to 7, visible 10; the next head is there in 9: 10 to 12, visible
        // 15.
        var r = run(TinySchedules.plain().withHost(1, 1).schedule(), 2);
        assertCycles(cycles(5, 10, 15), starts(r, 0, 3));
        assertCycles(cycles(10, 15, 20), ends(r, 0, 3));
        assertCycles(cycles(11, 16), starts(r, 1, 2));
        // Drain 11 + 2 + 9 = 22 to 24, commit 33, read 34 to 36, out 40 to 42; the next drain is pushed to 28.
        assertCycles(cycles(34, 40), starts(r, 2, 2));
        assertCycles(cycles(36, 42), ends(r, 2, 2));
        assertCycles(cycles(40, 41, 42, 46), r.hostBeats(2).limit(4).toArray());
        assertCycles(cycles(5, 6, 7, 10), r.hostBeats(0).limit(4).toArray());
    }

    @Test
    void hostInWaitsForTheLink() {
        // Willing 0 to 4, not in 5 to 9, willing in 10, not in 11 to 12.
        var r = run(TinySchedules.plain().withHost(1, 4).schedule(), 2, new LinkTrace(List.of(5, 5, 1, 2), List.of()));
        assertCycles(cycles(10, 13, 14), r.hostBeats(0).limit(3).toArray());
        assertEquals(17, r.firing(0, 0).end());
        assertEquals(16, r.firing(0, 1).start());
    }

    @Test
    void hostOutReadsAheadOfTheLink() {
        // A row of 12 beats; the link is not ready before cycle 100: 8 beats are read, the ninth follows the first pop.
        var r = run(
                TinySchedules.plain().withMap(1, 12).withHost(16, 1).schedule(),
                1,
                new LinkTrace(List.of(), List.of(0, 100)));
        var f = r.firing(2, 0);
        // Row: received 5, visible 8, reads 9 to 20, drain 29 to 40, commit 49, read from 50 to 57; pop 100; read 101.
        assertEquals(50, f.start());
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
