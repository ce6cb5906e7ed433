package io.millrace.boards.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.hdl.ProgramAssembler;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import io.millrace.scheduler.DramPort;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.Order;
import io.millrace.scheduler.MachineOptions.Pacing;
import io.millrace.scheduler.MachineOptions.Spill;
import io.millrace.scheduler.MachineOptions.Streams;
import io.millrace.scheduler.Operands;
import io.millrace.scheduler.Scheduler;
import io.millrace.scheduler.SharedProgram;
import io.millrace.scheduler.Work;
import io.millrace.simulator.LinkTrace;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Machines that spill maps to DRAM: evaluator, simulator and RTL agree on random graphs. */
class SpilledProofTest {
    private static final int PROGRAMS = 8;
    private static final int FRAMES = 3;
    private static final int[] ROWS = {1, 2, 3};

    /** Little bandwidth is left between gaps and refreshes, and the first beat is long in coming. */
    private static final DramPort SLOW = new DramPort(4, 4, 40, 64, 12, 500, 60, 22);

    private static final DramPort FAST = new DramPort(8, 8, 3, 1024, 0, 0, 0);

    @TempDir
    Path folder;

    /** A chain, one map of which is spilled. */
    @Test
    void oneMapOfAChain() {
        var graph = ProofNets.random(2000, Precision.INT8);
        var spill = edges(graph).get(1);
        ProofNets.prove(
                MachineOptions.oneEngine(2, 3, 1, 2, 1).withHost(2, 2).withSpills(SLOW, List.of()),
                List.of(new SharedProgram(graph, List.of(1), List.of(spill))),
                FRAMES,
                folder);
    }

    @Test
    void slowDram() {
        prove(
                MachineOptions.oneEngine(3, 4, 1, 2, 1).withHost(2, 2).withDescriptorBits(64),
                SLOW,
                programs(71_000, Precision.INT8));
    }

    /** A beat a burst, as wide as a row is long and wider. */
    @Test
    void fastDramOfSingleBeats() {
        prove(
                MachineOptions.oneEngine(5, 4, 2, 3, 7).withHost(4, 3),
                new DramPort(32, 1, 5, 32, 3, 0, 0),
                programs(72_000, Precision.INT8));
    }

    @Test
    void int16() {
        prove(
                MachineOptions.oneEngine(2, 5, 1, 2, 1).withHost(2, 2).withDescriptorBits(32),
                FAST,
                programs(73_000, Precision.INT16));
    }

    /** Beside an engine whose weights come over the same port. */
    @Test
    void besideStreamedWeights() {
        var streams = new Streams(SLOW, List.of(0), 0);
        prove(
                MachineOptions.oneEngine(3, 4, 1, 2, 1)
                        .withHost(2, 2)
                        .withDescriptorBits(64)
                        .withStreams(streams),
                SLOW,
                programs(74_000, Precision.INT8));
    }

    @Test
    void besideStreamedWeightsInt16() {
        var streams = new Streams(FAST, List.of(0), 16);
        prove(
                MachineOptions.oneEngine(3, 4, 1, 2, 1).withHost(3, 2).withStreams(streams),
                FAST,
                programs(75_000, Precision.INT16));
    }

    /** Bursts of several store units follow each other with no cycle between, and answers come in their order. */
    @Test
    void severalStoreAndLoadUnits() {
        prove(
                MachineOptions.oneEngine(3, 4, 1, 2, 1)
                        .withHost(2, 2)
                        .withDescriptorBits(64)
                        .withStreams(new Streams(SLOW, List.of(0), 0)),
                SLOW,
                programs(79_000, Precision.INT8, 2));
    }

    @Test
    void severalStoreAndLoadUnitsOfSingleBeats() {
        prove(
                MachineOptions.oneEngine(5, 4, 2, 3, 7).withHost(4, 3),
                new DramPort(32, 1, 5, 32, 3, 0, 0),
                programs(80_000, Precision.INT8, 3));
    }

    @Test
    void severalStoreAndLoadUnitsInPhases() {
        prove(
                MachineOptions.oneEngine(2, 5, 1, 2, 1)
                        .withHost(2, 2)
                        .withPacing(Pacing.AUTOMATIC.withPhases(List.of(2, 5))),
                FAST,
                programs(81_000, Precision.INT16, 3));
    }

    /** Regions of one firing's rows: each is written, answered and read before the next. */
    @Test
    void regionsOfOneFiring() {
        var options = MachineOptions.oneEngine(3, 5, 1, 3, 5)
                .withHost(2, 4)
                .withPacing(new Pacing(Order.SPREAD, 0, 0))
                .withSpills(FAST, List.of());
        var programs = programs(77_000, Precision.INT8);
        var smallest = Scheduler.scheduleTogether(programs, ProofNets.TARGET, options).stream()
                .filter(s -> s.actors().stream()
                        .filter(a -> a.work() instanceof Work.Spill)
                        .anyMatch(a -> s.edge(a.outputs().getFirst()).slots() == a.rowsPerFiring()))
                .count();
        assertTrue(smallest >= 2, smallest + " programs have such a region");
        prove(options, FAST, programs);
    }

    /** Where rows wait for nobody: buffers as small as can be, in DRAM too. */
    @Test
    void leastBuffers() {
        prove(
                MachineOptions.oneEngine(4, 4, 1, 4, 16).withHost(1, 1).withPacing(new Pacing(Order.LAYERED, 0, 0)),
                SLOW,
                programs(76_000, Precision.INT8));
    }

    /** Maps that cross from one phase to the next, and some within one; phases overlap where that is faster. */
    @Test
    void betweenPhases() {
        prove(
                MachineOptions.oneEngine(3, 4, 1, 2, 1)
                        .withHost(2, 2)
                        .withDescriptorBits(64)
                        .withStreams(new Streams(SLOW, List.of(0), 0))
                        .withPacing(Pacing.AUTOMATIC.withPhases(List.of(3, 6))),
                SLOW,
                programs(78_000, Precision.INT8));
    }

    /** One too many in any field of the two units' lists and descriptors shows in cycles or codes: a wrong address in DRAM among them. */
    @Test
    void faultsInTheWayToDramShow() {
        var options = MachineOptions.oneEngine(3, 4, 1, 2, 1).withHost(2, 2).withDescriptorBits(64);
        var programs = programs(71_000, Precision.INT8);
        var spilling = options.withSpills(SLOW, List.of());
        var schedule =
                Scheduler.scheduleTogether(programs, ProofNets.TARGET, spilling).get(2);
        var image = ProgramAssembler.assemble(schedule);
        var core = Proof.Cores.GENERATED.of(schedule, folder);
        var frames = ProofNets.randomFrames(schedule.graph(), FRAMES, 1);
        var planted = ProgramFaults.of(schedule, image).stream()
                .filter(f -> f.name().startsWith("store ") || f.name().startsWith("load "))
                .filter(f -> f.shown().isEmpty())
                .toList();
        for (String field :
                List.of("store sequence burstBase", "load sequence burstBase", "store sequence rowBursts")) {
            assertTrue(planted.stream().anyMatch(f -> f.name().equals(field)), planted::toString);
        }
        var silent = planted.stream()
                .filter(f -> Verifier.verify(schedule, f.image(), core, frames, LinkTrace.NONE)
                        .passed())
                .map(ProgramFaults.Fault::name)
                .toList();
        assertEquals(List.of(), silent);
    }

    private void prove(MachineOptions options, DramPort dram, List<SharedProgram> programs) {
        ProofNets.prove(options.withSpills(dram, options.streams().spills()), programs, FRAMES, folder);
    }

    /** Graphs of all kinds, a part of whose maps is spilled: from one to nearly all. */
    private static List<SharedProgram> programs(long seed, Precision precision) {
        return programs(seed, precision, 1);
    }

    /**
     * The same.
     *
     * @param movers store units, and load units: each map goes by one of either
     */
    private static List<SharedProgram> programs(long seed, Precision precision, int movers) {
        return IntStream.range(0, PROGRAMS)
                .mapToObj(i -> {
                    var graph = i % 2 == 0
                            ? RandomQuantizedGraphs.mixed(seed + i, 8, precision)
                            : RandomQuantizedGraphs.wide(seed + i, 8, precision);
                    var random = new Random(seed + i);
                    var all = new ArrayList<>(edges(graph));
                    Collections.shuffle(all, random);
                    var spills = all.subList(0, 1 + random.nextInt(all.size())).stream()
                            .map(s -> new Spill(s.node(), s.reader(), s.node() % movers, s.node() / movers % movers))
                            .toList();
                    return new SharedProgram(graph, List.of(ROWS[i % ROWS.length]), spills);
                })
                .toList();
    }

    /** All that a layer reads, in the order of the graph. */
    private static List<Spill> edges(QuantizedGraph graph) {
        var live = new TreeSet<Integer>(graph.outputs());
        for (int n = graph.nodes().size() - 1; n >= 0; n--) {
            if (live.contains(n)) {
                live.addAll(graph.node(n).inputs());
            }
        }
        var edges = new ArrayList<Spill>();
        for (QNode node : graph.nodes()) {
            boolean layer = !(node.op() instanceof QOp.Input
                    || node.op() instanceof QOp.View
                    || node.op() instanceof QOp.Concat);
            if (layer && live.contains(node.id())) {
                Operands.of(graph, node).stream()
                        .map(o -> new Spill(Operands.source(graph, o), node.id()))
                        .distinct()
                        .forEach(edges::add);
            }
        }
        return edges;
    }
}
