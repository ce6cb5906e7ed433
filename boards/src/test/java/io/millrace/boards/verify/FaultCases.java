package io.millrace.boards.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.millrace.boards.verilator.VerilatedCore;
import io.millrace.hdl.ProgramAssembler;
import io.millrace.ir.CompileException;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.Actor;
import io.millrace.scheduler.FiringList;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.DrainSize;
import io.millrace.scheduler.MachineOptions.Engines;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.VectorSize;
import io.millrace.scheduler.ProgramImage;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.ScheduleVerifier;
import io.millrace.scheduler.Scheduler;
import io.millrace.scheduler.SharedProgram;
import io.millrace.scheduler.Work;
import io.millrace.simulator.LinkTrace;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** Machines and programs on which planted faults have to show: together they use all that the machine can do. */
final class FaultCases {
    private static final int FRAMES = 5;
    private static final int SMALL = 60;
    private static final int LARGE = 900;
    private static final int STEP = 4;
    private static final int ROWS = 9;
    /** Entries of the host's list with a jump. */
    private static final int JUMPED_ENTRIES = 4;

    private static final int ROWS_TALL = 25;
    private static final List<Integer> DENSE_ROWS = List.of(1, 2, 3, 9);

    private FaultCases() {}

    /** A program, its frames over one link, and what has to come out. */
    record Case(
            String name,
            Schedule schedule,
            ProgramImage image,
            List<List<short[]>> frames,
            LinkTrace link,
            Expectation expectation) {
        static Case of(String name, Schedule schedule, List<List<short[]>> frames, LinkTrace link) {
            return new Case(
                    name,
                    schedule,
                    ProgramAssembler.assemble(schedule),
                    frames,
                    link,
                    Expectation.of(schedule, frames, link));
        }

        /** The same over a link that stalls for long, so that buffers run full and empty, or over a free one. */
        Case onAnotherLink() {
            var other = link.equals(LinkTrace.NONE) ? LinkTrace.seeded(frames.size(), 12, 150, 1500) : LinkTrace.NONE;
            return of(name, schedule, frames, other);
        }
    }

    /** Descriptors in many words, an engine of one pixel. */
    static MachineOptions narrow() {
        return MachineOptions.oneEngine(3, 3, 1, 2, 2).withHost(2, 2).withDescriptorBits(32);
    }

    /** Two pixels a clock, a cascade, requantizers in the fabric, wide host beats. */
    static MachineOptions wide() {
        var matrix = MatrixSize.of(3, 4, 2, 2, 5).withChain(2).withDrain(new DrainSize(2, 3, false));
        return MachineOptions.of("wide", new Engines.One(matrix, new VectorSize(new DrainSize(3, 2, false))))
                .withHost(16, 3);
    }

    /** Programs for one machine, each over a free link and over one that stalls. */
    static List<Case> of(MachineOptions options, long firstSeed, int programs) {
        var shared = new ArrayList<SharedProgram>();
        for (int rows : DENSE_ROWS) {
            shared.add(new SharedProgram(DenseNet.of(firstSeed + rows, ROWS), List.of(rows)));
        }
        shared.add(new SharedProgram(DenseNet.of(firstSeed, ROWS_TALL), List.of(1)));
        shared.add(new SharedProgram(DenseNet.ofTwoInputs(firstSeed, ROWS), List.of(1)));
        for (long seed = firstSeed; shared.size() < programs; seed++) {
            var graph = ProofNets.random(seed, Precision.INT8);
            if (busy(graph)) {
                shared.add(new SharedProgram(graph, List.of(1 + (int) (seed % 3))));
            }
        }
        var roomForJumps = options.withReserve(new MachineOptions.Reserve(0, JUMPED_ENTRIES, 0, 0, 0, 0, 0, 0));
        var schedules = Scheduler.scheduleTogether(shared, ProofNets.TARGET, roomForJumps);
        var cases = new ArrayList<Case>();
        for (int i = 0; i < schedules.size(); i++) {
            var schedule = schedules.get(i);
            var frames = ProofNets.randomFrames(schedule.graph(), FRAMES, i);
            var link = switch (i % 3) {
                case 0 -> LinkTrace.NONE;
                case 1 -> LinkTrace.seeded(i, 300, 9, 7);
                default -> LinkTrace.seeded(i, 12, 150, 1500);
            };
            cases.add(Case.of(
                    schedule.graph().name() + ", R = " + shared.get(i).rows().getFirst(), schedule, frames, link));
        }
        // The last firing of a frame has fewer rows than the others, so that it shows where a list goes wrong.
        var uneven = cases.get(DENSE_ROWS.indexOf(2));
        cases.add(Case.of(
                uneven.name() + ", written in another way",
                writtenOtherwise(uneven.schedule()),
                uneven.frames(),
                uneven.link()));
        return cases;
    }

    /** The same firings by a jump in the host's list, and with output tiles inside: what the scheduler chooses for none of these. */
    private static Schedule writtenOtherwise(Schedule s) {
        var actors = s.actors().stream().map(FaultCases::withTilesInside).toList();
        var lists = new ArrayList<>(s.lists());
        lists.set(0, withJump(lists.getFirst()));
        var other = new Schedule(s.graph(), s.target(), s.machine(), actors, s.edges(), lists);
        assertEquals(List.of(), ScheduleVerifier.verify(other));
        assertNotEquals(s.lists(), lists);
        assertNotEquals(s.actors(), actors);
        return other;
    }

    private static Actor withTilesInside(Actor a) {
        if (!(a.work() instanceof Work.Multiply w) || w.ownSegments()) {
            return a;
        }
        var inside = new Work.Multiply(
                Work.TileOrder.OUTPUTS_INNER, w.outputTiles(), w.segments(), w.pixelsPerClock(), w.pixelStep());
        return new Actor(
                a.id(),
                a.name(),
                a.unit(),
                a.node(),
                inside,
                a.inputs(),
                a.outputs(),
                a.rowsPerFiring(),
                a.batch(),
                a.planes(),
                a.ranges());
    }

    /** The firings of the first entry that is fired several times as two entries, gone over several times. */
    private static FiringList withJump(FiringList list) {
        var entries = list.entries();
        int at = IntStream.range(0, entries.size())
                .filter(i -> entries.get(i).times() >= STEP)
                .findFirst()
                .orElseThrow();
        var e = entries.get(at);
        var written = new ArrayList<>(entries.subList(0, at));
        if (e.times() % 2 == 1) {
            written.add(once(e, 0, 0));
        }
        written.add(once(e, 0, 0));
        written.add(once(e, 1, e.times() / 2 - 1));
        written.addAll(entries.subList(at + 1, entries.size()));
        int more = written.size() - entries.size();
        return new FiringList(list.unit(), written, list.loopStart() + (at < list.loopStart() ? more : 0));
    }

    private static FiringList.Entry once(FiringList.Entry e, int back, int times) {
        return new FiringList.Entry(e.actor(), 1, e.rows(), e.need(), e.free(), e.endsFrame(), back, times, e.range());
    }

    private static boolean busy(QuantizedGraph graph) {
        int most =
                graph.nodes().stream().mapToInt(n -> n.type().elements()).max().orElse(0);
        return most <= LARGE
                && graph.nodes().stream().allMatch(n -> smallStep(graph, n))
                && graph.nodes().stream()
                        .filter(n -> n.op() instanceof QOp.Conv)
                        .anyMatch(n -> n.type().elements() > SMALL);
    }

    /** Whether neighbouring windows lie so near that an engine of several pixels reads few lanes, and all of them count. */
    private static boolean smallStep(QuantizedGraph graph, QNode n) {
        return !(n.op() instanceof QOp.Conv c)
                || c.window().stride().getLast()
                                * graph.node(n.inputs().getFirst()).type().channels()
                        <= STEP;
    }

    /** The first difference in any of the cases with another image, empty if there is none. */
    static String verdict(List<Case> cases, VerilatedCore core, ProgramImage image) {
        return first(cases, c -> c.expectation.compare(image, core));
    }

    /** The first difference where the simulator runs another schedule. */
    static String simulatorVerdict(List<Case> cases, VerilatedCore core, Schedule wrong) {
        return first(
                cases, c -> Expectation.of(c.schedule, wrong, c.frames, c.link).compare(c.image, core));
    }

    /** The first difference in any of the cases, empty if there is none. */
    static String verdict(List<Case> cases, VerilatedCore core) {
        return first(cases, c -> c.expectation.compare(c.image, core));
    }

    private static String first(List<Case> cases, Function<Case, VerificationReport> proof) {
        for (var c : cases) {
            String found = run(() -> proof.apply(c));
            if (!found.isEmpty()) {
                return found;
            }
        }
        return "";
    }

    /** The first difference, empty if there is none. */
    static String run(Supplier<VerificationReport> proof) {
        try {
            var report = proof.get();
            return report.passed() ? "" : report.firstDifference().orElseThrow();
        } catch (CompileException e) {
            return String.valueOf(e.getMessage());
        }
    }
}
