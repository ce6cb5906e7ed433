package io.millrace.scheduler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.CompileException;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QOp;
import io.millrace.scheduler.MachineOptions.Streams;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Engines whose weights come from DRAM: the choice of them, where weights lie, and what is refused. */
class StreamingTest {
    private static final DramPort DDR = new DramPort(32, 16, 40, 8192, 6, 1560, 38);

    /** A part whose 40 block RAMs are a quarter of what the weights of {@link TestNets#heavy} take. */
    private static final Target SMALL =
            new Target("small", Target.Family.SERIES7, 200, 200, 40, 0, 0, 63_400, 126_800, 0);

    private static Schedule heavy(MachineOptions options) {
        return Scheduler.schedule(TestNets.heavy(Precision.INT8), SMALL, options);
    }

    private static MachineOptions oneStreamed() {
        return MachineOptions.oneEngine(8, 16, 1, 4, 32).withStreams(new Streams(DDR, List.of(0), 0));
    }

    @Test
    void whatDoesNotFitIsStreamed() {
        var graph = TestNets.heavy(Precision.INT8);
        var refused = assertThrows(CompileException.class, () -> Optimizer.optimize(graph, SMALL, Objective.FASTEST));
        assertEquals(5, refused.exitCode());
        var target = SMALL.withDram(DDR, 512);
        var schedule = Optimizer.optimize(graph, target, Objective.FASTEST);
        assertEquals(List.of(), Fit.check(schedule));
        assertTrue(!schedule.machine().streamed().isEmpty());
        var cost = CostModel.estimate(schedule);
        assertTrue(cost.dramBytesPerFrame() >= 500_000, cost.dramBytesPerFrame() + " bytes a frame");
        double port = cost.dramBytesPerFrame() / (DDR.dataBytes() * DDR.efficiency());
        assertTrue(cost.cyclesPerFrame() >= port, cost.cyclesPerFrame() + " cycles, the port needs " + port);
        RowTags.run(schedule, 3, 1);
    }

    @Test
    void weightsThatFitStayOnChip() {
        var schedule = Optimizer.optimize(TestNets.lenet5(Precision.INT8), SMALL.withDram(DDR, 512), Objective.FASTEST);
        assertEquals(List.of(), schedule.machine().streamed());
        assertEquals(0, CostModel.estimate(schedule).dramBytesPerFrame());
    }

    @Test
    void aDramTooSmallIsNamed() {
        var target = SMALL.withDram(DDR, 0);
        var schedule = Scheduler.schedule(TestNets.heavy(Precision.INT8), target, oneStreamed());
        assertTrue(Fit.check(schedule).toString().contains("MiB of DRAM"));
    }

    /** A firing reads all weights of its layer, so more rows a firing are fewer bytes a frame. */
    @Test
    void rowsAreChosenToHideTheStream() {
        var options = MachineOptions.oneEngine(32, 32, 1, 8, 32).withStreams(new Streams(DDR, List.of(0), 0));
        assertEquals(List.of(1, 1, 1, 1, 1), Scheduler.rowsFor(TestNets.heavy(Precision.INT8), oneStreamed()));
        var rows = Scheduler.rowsFor(TestNets.heavy(Precision.INT8), options);
        var one = heavy(options);
        var several = heavy(options.withRows(rows));
        long bytes = DramLayout.bytesPerFrame(one);
        assertEquals(bytes(one), bytes);
        // Tiles of 32 words behind rows of 14 pixels.
        assertTrue(rows.get(1) >= 3, "rows " + rows);
        assertTrue(DramLayout.bytesPerFrame(several) * 4 < bytes * 3, "rows " + rows);
        assertTrue(CostModel.estimate(several).cyclesPerFrame()
                < CostModel.estimate(one).cyclesPerFrame());
    }

    private static long bytes(Schedule s) {
        var layout = DramLayout.of(s);
        var list = s.lists().get(1);
        var cursor = new ListCursor(list);
        while (cursor.position() < list.loopStart()) {
            cursor.advance();
        }
        long frames = 0;
        long words = 0;
        int last = s.actors().stream()
                .filter(a -> a.unit() == 1)
                .reduce((_, b) -> b)
                .orElseThrow()
                .id();
        do {
            words += layout.words().get(cursor.head().actor());
            frames += cursor.head().endsFrame() && cursor.head().actor() == last ? 1 : 0;
            cursor.advance();
        } while (cursor.position() != list.loopStart() || cursor.inside());
        return words * 32 / frames;
    }

    @Test
    void noBurstCrossesARowAndNothingOverlaps() {
        var s = heavy(oneStreamed());
        var layout = DramLayout.of(s);
        long next = 0;
        for (var a : s.actors()) {
            if (a.work() instanceof Work.Multiply w) {
                assertEquals(next, layout.firstBurst().get(a.id()));
                assertEquals(w.tiles() * 4, layout.words().get(a.id()));
                next += Math.ceilDiv(w.tiles() * 4, DDR.burstBeats());
            } else {
                assertEquals(-1, layout.firstBurst().get(a.id()));
            }
        }
        assertEquals(next, layout.bursts());
        assertEquals(0, DDR.rowBytes() % DDR.burstBytes());
    }

    /** A beat of 32 weights is one tile of 20, two of 12 or 16, and four of 8; an actor's last beat may have room left. */
    @Test
    void smallTilesShareABeat() {
        for (var size : List.of(new int[] {4, 5, 1}, new int[] {4, 3, 2}, new int[] {4, 4, 2}, new int[] {8, 1, 4})) {
            var s = heavy(
                    MachineOptions.oneEngine(size[0], size[1], 1, 1, 1).withStreams(new Streams(DDR, List.of(0), 0)));
            var m = s.machine().streamed().getFirst();
            assertEquals(size[2], m.tilesPerBeat());
            assertEquals(size[0] * size[1], m.weightLanes());
            for (var a : s.actors()) {
                if (a.work() instanceof Work.Multiply w) {
                    assertEquals(
                            Math.ceilDiv(w.tiles(), size[2]),
                            DramLayout.of(s).words().get(a.id()));
                }
            }
            assertEquals(s, ScheduleText.parse("x.schedule", ScheduleText.print(s), s.graph()));
        }
    }

    /** The fetcher's list has the engine's firings, in no more entries. */
    @Test
    void theStreamIsTheListOfTheEngine() {
        for (long seed = 0; seed < 60; seed++) {
            var graph = RandomMachines.graph(seed, 6);
            if (graph.nodes().stream().noneMatch(n -> n.op() instanceof QOp.Conv)) {
                continue;
            }
            var s = Scheduler.schedule(
                    graph,
                    RandomMachines.TARGET,
                    MachineOptions.oneEngine(4, 8, 1, 2, 1)
                            .withRows(1 + (int) (seed % 3))
                            .withStreams(new Streams(new DramPort(4, 4, 9, 64, 2, 0, 0), List.of(0), 0)));
            var layout = DramLayout.of(s);
            var stream = WeightStream.of(s, s.machine().streamed().getFirst(), layout);
            var list = s.lists().get(1);
            assertTrue(stream.entries().size() <= list.entries().size());
            var cursor = new ListCursor(list);
            var fetched = new Walk(stream);
            for (int i = 0; i < 500; i++) {
                var e = fetched.next();
                assertEquals(layout.firstBurst().get(cursor.head().actor()), e.burst());
                assertEquals(layout.words().get(cursor.head().actor()), e.words());
                cursor.advance();
            }
        }
    }

    private static final class Walk {
        private final WeightStream stream;
        private int at;
        private int times;
        private int jumps;

        Walk(WeightStream stream) {
            this.stream = stream;
        }

        WeightStream.Entry next() {
            var e = stream.entries().get(at);
            if (++times == e.times()) {
                times = 0;
                if (e.jumpBack() > 0 && jumps < e.jumpTimes()) {
                    jumps++;
                    at -= e.jumpBack();
                } else {
                    jumps = e.jumpBack() > 0 ? 0 : jumps;
                    at = at + 1 == stream.entries().size() ? stream.loopStart() : at + 1;
                }
            }
            return e;
        }
    }

    @Test
    void theTextReadsBack() {
        var s = Scheduler.schedule(TestNets.heavy(Precision.INT8), SMALL.withDram(DDR, 512), oneStreamed());
        String text = ScheduleText.print(s);
        assertTrue(text.contains("dram dataBytes 32 burstBeats 16 latency 40 rowBytes 8192 rowMissGap 6"), text);
        assertEquals(s, ScheduleText.parse("x.schedule", text, s.graph()));
    }

    @Test
    void machinesThatCannotStreamAreRefused() {
        var bytes = new DramPort(1, 16, 40, 8192, 6, 1560, 38);
        var wide = MachineOptions.oneEngine(4, 4, 1, 2, 4).withStreams(new Streams(bytes, List.of(0), 0));
        var refused = assertThrows(
                CompileException.class, () -> Scheduler.schedule(TestNets.heavy(Precision.INT16), SMALL, wide));
        assertTrue(String.valueOf(refused.getMessage()).contains("SCH-0006"), refused::getMessage);
        var fixed = oneStreamed().withControl(Machine.Control.FIXED);
        assertTrue(message(fixed).contains("SCH-0005"), message(fixed));
    }

    private static String message(MachineOptions options) {
        return String.valueOf(
                assertThrows(CompileException.class, () -> heavy(options)).getMessage());
    }

    @Test
    void theVerifierKnowsFifoAndBeat() {
        var s = heavy(oneStreamed());
        assertEquals(List.of(), ScheduleVerifier.verify(s));
        var port = new DramPort(16, 16, 40, 8192, 6, 1560, 38);
        assertEquals(
                List.of("SCH-0903"), codes(withMachine(s, s.machine().streamed().getFirst(), port)));
        var m = s.machine().streamed().getFirst();
        var narrow = new Unit.Matrix(
                m.id(),
                m.name(),
                m.outputs(),
                m.lanes(),
                m.pixels(),
                m.pixelSteps(),
                m.chain(),
                m.packed(),
                m.multipliersInDsp(),
                m.weightLanes(),
                0,
                16,
                m.tilesPerBeat(),
                m.weightTiles(),
                m.accumulatorWords(),
                m.slots(),
                m.accumulatorBits(),
                m.ownSegments(),
                m.drain(),
                m.capacity());
        assertEquals(List.of("SCH-0903"), codes(withMachine(s, narrow, DDR)));
        assertEquals(List.of("SCH-0903"), codes(withMachine(s, m, DramPort.NONE)));
    }

    private static List<String> codes(Schedule s) {
        return ScheduleVerifier.verify(s).stream().map(d -> d.code()).toList();
    }

    private static Schedule withMachine(Schedule s, Unit.Matrix matrix, DramPort port) {
        var m = s.machine();
        var units = new ArrayList<>(m.units());
        units.set(matrix.id(), matrix);
        var machine =
                new Machine(m.name(), m.precision(), units, m.memories(), m.edges(), m.limits(), m.control(), port);
        return new Schedule(s.graph(), s.target(), machine, s.actors(), s.edges(), s.lists());
    }

    /** A port of 128 bytes whose memory brings 85 and a third a cycle: three cycles for two beats. */
    @Test
    void aMemoryMayBeSlowerThanItsPort() {
        var port = new DramPort(128, 32, 40, 8192, 5, 0, 0, 24);
        assertEquals(48, port.busy(32));
        assertEquals(2, port.busy(1));
        assertEquals(32 / 53.0, port.efficiency(), 1e-12);
        assertEquals(32, new DramPort(128, 32, 40, 8192, 5, 0, 0).busy(32));
        assertThrows(IllegalArgumentException.class, () -> new DramPort(128, 32, 40, 8192, 5, 0, 0, 15));
    }

    @Test
    void refreshesKeepTheirCalendar() {
        var port = new DramPort(4, 4, 1, 16, 0, 100, 10);
        assertEquals(5, port.afterRefresh(5));
        assertEquals(99, port.afterRefresh(99));
        assertEquals(110, port.afterRefresh(100));
        assertEquals(210, port.afterRefresh(209));
        assertEquals(110, port.afterRefresh(110));
        assertThrows(IllegalArgumentException.class, () -> new DramPort(3, 4, 1, 16, 0, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> new DramPort(4, 4, 1, 8, 0, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> new DramPort(4, 4, 1, 16, 0, 10, 10));
    }
}
