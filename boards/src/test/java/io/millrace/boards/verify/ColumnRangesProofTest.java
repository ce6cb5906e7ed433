package io.millrace.boards.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.hdl.ProgramAssembler;
import io.millrace.quantizer.NumberFormat;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import io.millrace.scheduler.Actor;
import io.millrace.scheduler.DramPort;
import io.millrace.scheduler.FiringList;
import io.millrace.scheduler.Machine.Control;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.DrainSize;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.Order;
import io.millrace.scheduler.MachineOptions.Pacing;
import io.millrace.scheduler.MachineOptions.Streams;
import io.millrace.scheduler.MachineOptions.VectorSize;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.ScheduleVerifier;
import io.millrace.scheduler.Scheduler;
import io.millrace.scheduler.SharedProgram;
import io.millrace.scheduler.Work;
import io.millrace.simulator.LinkTrace;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Evaluator, simulator and RTL agree on random graphs whose layers compute their rows in ranges of columns. */
class ColumnRangesProofTest {
    private static final int PROGRAMS = 8;
    private static final int FRAMES = 3;
    private static final int RANGES_MAX = 4;

    @TempDir
    Path folder;

    /** Windows with padding left and right, and strides. */
    @Test
    void onePixelAClock() {
        prove(
                MachineOptions.oneEngine(3, 4, 1, 2, 3).withHost(2, 2).withDescriptorBits(32),
                programs(91_000, seed -> RandomQuantizedGraphs.mixed(seed, 8, Precision.INT8)));
    }

    /** Ranges of whole steps, of which the last may have fewer pixels. */
    @Test
    void severalPixelsAClock() {
        prove(
                MachineOptions.oneEngine(3, 4, 3, 2, 9).withHost(4, 3),
                programs(92_000, seed -> ProofNets.random(seed, Precision.INT8)));
    }

    @Test
    void twoProductsAMultiplier() {
        var matrix = MatrixSize.of(5, 6, 2, 3, 30).withPacking();
        prove(
                MachineOptions.of("packed", new MachineOptions.Engines.One(matrix, VectorSize.of(3)))
                        .withHost(4, 8),
                programs(93_000, seed -> RandomQuantizedGraphs.mixed(seed, 8, Precision.INT8)));
    }

    /** Vector lanes that take the channels of several pixels at once. */
    @Test
    void pixelsSideBySide() {
        var vector = new VectorSize(7, new DrainSize(3, 1, false));
        var machine =
                MachineOptions.of("wide-vector", new MachineOptions.Engines.One(MatrixSize.of(4, 5, 1, 3, 4), vector));
        prove(machine.withHost(3, 4), programs(94_000, seed -> RandomQuantizedGraphs.wide(seed, 8, Precision.INT8)));
    }

    /** Among moves, which compute whole rows, and products with maps of one pixel. */
    @Test
    void besideMoves() {
        prove(
                MachineOptions.oneEngine(3, 4, 1, 2, 4).withHost(2, 2).withDescriptorBits(64),
                programs(95_000, seed -> MovesNet.of(seed, Precision.INT8)));
    }

    @Test
    void int16() {
        prove(
                MachineOptions.oneEngine(2, 3, 1, 2, 3).withHost(3, 2).withDescriptorBits(64),
                programs(96_000, seed -> RandomQuantizedGraphs.mixed(seed, 8, Precision.INT16)));
    }

    /** Layers computed an input channel at a time, and maps written channel by channel. */
    @Test
    void singleChannels() {
        var matrix = MatrixSize.of(4, 3, 2, 1, 8).withPacking().withSlots();
        var one = new MachineOptions.Engines.One(matrix, new VectorSize(4, DrainSize.of(1)));
        var options = MachineOptions.of("slots", one).withHost(3, 4).withDescriptorBits(64);
        var programs = IntStream.range(99_000, 99_300)
                .mapToObj(seed -> program(
                        RandomQuantizedGraphs.withTables(ProofNets.random(seed, Precision.INT8), seed),
                        seed,
                        2 + seed % 2))
                .filter(program -> ranged(options, List.of(program))
                        .anyMatch(a -> a.planes() || a.work() instanceof Work.Multiply w && w.single()))
                .limit(PROGRAMS)
                .toList();
        assertEquals(PROGRAMS, programs.size());
        assertTrue(ranged(options, programs).anyMatch(Actor::planes));
        prove(options, programs);
    }

    /** Every range fetches the weights anew. */
    @Test
    void streamedWeights() {
        var dram = new DramPort(4, 4, 40, 64, 12, 500, 60);
        prove(
                MachineOptions.oneEngine(3, 4, 2, 2, 1)
                        .withHost(2, 2)
                        .withDescriptorBits(64)
                        .withStreams(new Streams(dram, List.of(0), 0)),
                programs(97_000, seed -> RandomQuantizedGraphs.mixed(seed, 8, Precision.INT8)));
    }

    @Test
    void fixedControl() {
        var options = MachineOptions.oneEngine(2, 4, 1, 2, 8).withControl(Control.FIXED);
        IntStream.range(98_000, 98_100)
                .mapToObj(seed -> program(ProofNets.random(seed, Precision.INT8), seed, 1 + seed % 2))
                .filter(program -> ranged(options, List.of(program)).anyMatch(a -> a.work() instanceof Work.Multiply))
                .limit(3)
                .forEach(program -> prove(options, List.of(program)));
    }

    /** The first range waits until the buffers are empty that lie where its rows will. */
    @Test
    void inPhases() {
        var options = MachineOptions.oneEngine(3, 4, 1, 2, 1)
                .withHost(2, 2)
                .withDescriptorBits(64)
                .withPacing(new Pacing(Order.SPREAD, 0, 0).withPhases(List.of(4)));
        var programs = programs(81_000, seed -> RandomQuantizedGraphs.mixed(seed, 8, Precision.INT8));
        assertTrue(
                Scheduler.scheduleTogether(programs, ProofNets.TARGET, options).stream()
                        .anyMatch(s -> s.actors().stream()
                                .anyMatch(a -> a.ranges() > 1 && !s.sharing(a).isEmpty())),
                "no layer in ranges shares its buffer");
        prove(options, programs);
    }

    /** Layers of a batch compute their one pixel as before. */
    @Test
    void besideABatch() {
        var graph = ProofNets.bundled("lenet5", NumberFormat.INT8);
        var options = MachineOptions.oneEngine(10, 8, 1, 2, 8).withHost(4, 1).withBatch(3);
        var schedule = Scheduler.schedule(graph, ProofNets.TARGET, options.withRanges(3));
        assertTrue(schedule.batch() == 3 && schedule.actors().stream().anyMatch(a -> a.ranges() == 3));
        prove("batch", schedule, ProofNets.digits(graph, 6));
    }

    /** Firings of other layers between the ranges of a row. */
    @Test
    void otherFiringsBetweenRanges() {
        var options = MachineOptions.oneEngine(3, 4, 1, 2, 3).withHost(2, 2).withDescriptorBits(32);
        var programs = programs(91_000, seed -> RandomQuantizedGraphs.mixed(seed, 8, Precision.INT8));
        var schedules = Scheduler.scheduleTogether(programs, ProofNets.TARGET, options).stream()
                .map(ColumnRangesProofTest::interleaved)
                .filter(s -> s.lists().stream().anyMatch(ColumnRangesProofTest::interrupts))
                .toList();
        assertTrue(schedules.size() >= 3, schedules.size() + " programs fire between ranges");
        var cases = IntStream.range(0, schedules.size())
                .mapToObj(i -> new ProofCase(
                        "interleaved " + i,
                        schedules.get(i),
                        ProofNets.randomFrames(schedules.get(i).graph(), FRAMES, i),
                        i % 2 == 0 ? LinkTrace.NONE : LinkTrace.seeded(i, 300, 9, 7)))
                .toList();
        var result = Proof.run(cases, folder, _ -> {});
        assertTrue(result.passed(), result::toString);
    }

    /** One too many in any field in which a range differs from the others shows in cycles or codes. */
    @Test
    void faultsInARangeShow() {
        var options = MachineOptions.oneEngine(2, 3, 1, 2, 6).withHost(2, 2);
        var schedule = programs(92_000, seed -> ProofNets.random(seed, Precision.INT8)).stream()
                .map(p -> Scheduler.schedule(p.graph(), ProofNets.TARGET, options.withRanges(3)))
                .filter(s -> matrixActors(s).findFirst().orElseThrow().ranges() == 3)
                .findFirst()
                .orElseThrow();
        var actor = matrixActors(schedule).findFirst().orElseThrow();
        var unit = schedule.machine().unit(actor.unit());
        var written = schedule.machine()
                .memories()
                .get(schedule.edge(actor.outputs().getFirst()).memory());
        int memory = schedule.machine().memoriesFrom(unit.id()).indexOf(written);
        var faults = ProgramFaults.ofRange(schedule, ProgramAssembler.assemble(schedule), unit, 1, memory);
        assertEquals(6, faults.size());
        var core = Proof.Cores.GENERATED.of(schedule, folder);
        var frames = ProofNets.randomFrames(schedule.graph(), FRAMES, 1);
        for (var fault : faults) {
            var report = Verifier.verify(schedule, fault.image(), core, frames, LinkTrace.NONE);
            assertFalse(report.passed(), fault::name);
        }
    }

    private static Stream<Actor> matrixActors(Schedule schedule) {
        return schedule.actors().stream().filter(a -> a.work() instanceof Work.Multiply);
    }

    /** The schedule with firings of different layers exchanged where they may be. */
    private static Schedule interleaved(Schedule schedule) {
        var best = schedule;
        for (int unit = 0; unit < schedule.lists().size(); unit++) {
            for (int i = 0; i + 1 < schedule.lists().get(unit).entries().size(); i++) {
                var list = best.lists().get(unit);
                var entries = new ArrayList<>(list.entries());
                Collections.swap(entries, i, i + 1);
                boolean others = entries.get(i).actor() != entries.get(i + 1).actor();
                boolean jumps = entries.get(i).jumpBack() + entries.get(i + 1).jumpBack() > 0;
                var lists = new ArrayList<>(best.lists());
                lists.set(unit, new FiringList(unit, entries, list.loopStart()));
                var swapped =
                        new Schedule(best.graph(), best.target(), best.machine(), best.actors(), best.edges(), lists);
                if (others && !jumps && ScheduleVerifier.verify(swapped).isEmpty()) {
                    best = swapped;
                }
            }
        }
        return best;
    }

    /** Whether a range follows another layer's firing, not the range before it. */
    private static boolean interrupts(FiringList list) {
        return IntStream.range(1, list.entries().size())
                .anyMatch(i -> list.entries().get(i).range() > 0
                        && list.entries().get(i - 1).actor()
                                != list.entries().get(i).actor());
    }

    /** On a machine that exists, layers are cut into as many ranges as its accumulators ask for. */
    @Test
    void accumulatorsThatAreNotDeepEnough() {
        var graph = RandomQuantizedGraphs.mixed(99_000, 8, Precision.INT8);
        var reserve = new MachineOptions.Reserve(40, 400, 0, 0, 0, 0, 4096, 0);
        var options = MachineOptions.oneEngine(3, 4, 1, 2, 3).withReserve(reserve);
        var whole = Scheduler.schedule(graph, ProofNets.TARGET, options);
        var machine = Scheduler.schedule(graph, ProofNets.TARGET, options.withRanges(3))
                .machine();
        var schedule = Scheduler.scheduleOn(graph, ProofNets.TARGET, machine);
        assertTrue(whole.actors().stream().allMatch(a -> a.ranges() == 1));
        assertTrue(schedule.actors().stream().anyMatch(a -> a.ranges() > 1));
        prove("shallow", schedule, ProofNets.randomFrames(graph, FRAMES, 1));
    }

    private void prove(String name, Schedule schedule, List<List<short[]>> frames) {
        var stalled = LinkTrace.seeded(1, 300, 9, 7);
        var result = Proof.run(List.of(new ProofCase(name, schedule, frames, stalled)), folder, _ -> {});
        assertTrue(result.passed(), result::toString);
    }

    private static List<SharedProgram> programs(long seed, LongFunction<QuantizedGraph> graph) {
        return IntStream.range(0, PROGRAMS)
                .mapToObj(i -> program(graph.apply(seed + i), seed + i, 1 + i % 3))
                .toList();
    }

    /** By node, one to four ranges of columns. */
    private static SharedProgram program(QuantizedGraph graph, long seed, int rows) {
        var random = new SplittableRandom(seed);
        return new SharedProgram(graph, List.of(rows))
                .withRanges(graph.nodes().stream()
                        .map(_ -> 1 + random.nextInt(RANGES_MAX))
                        .toList());
    }

    /** Layers in several ranges. */
    private static Stream<Actor> ranged(MachineOptions options, List<SharedProgram> programs) {
        return Scheduler.scheduleTogether(programs, ProofNets.TARGET, options).stream()
                .flatMap(s -> s.actors().stream())
                .filter(a -> a.ranges() > 1);
    }

    private void prove(MachineOptions options, List<SharedProgram> programs) {
        var actors = ranged(options, programs).toList();
        assertTrue(actors.stream().anyMatch(a -> a.work() instanceof Work.Multiply), "no matrix engine has ranges");
        assertTrue(
                programs.size() == 1 || actors.stream().anyMatch(a -> a.work() instanceof Work.Reduce),
                "no vector engine has ranges");
        ProofNets.prove(options, programs, FRAMES, folder);
    }
}
