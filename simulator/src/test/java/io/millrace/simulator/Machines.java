package io.millrace.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.ir.CompileException;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import io.millrace.scheduler.DramPort;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.DrainSize;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.VectorSize;
import io.millrace.scheduler.Operands;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Scheduler;
import io.millrace.scheduler.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Random graphs on random machines. */
final class Machines {
    static final Target TARGET = new Target("none", Target.Family.SERIES7, 100, 4000, 4000, 0, 0, 1 << 20, 1 << 20, 0);

    private Machines() {}

    static Schedule random(long seed) {
        var random = new SplittableRandom(seed);
        var precision = random.nextInt(4) == 0 ? Precision.INT16 : Precision.INT8;
        return on(random, RandomQuantizedGraphs.generate(seed, 1 + random.nextInt(6), precision));
    }

    /** A graph of any operations on a machine. */
    static Schedule ofEverything(long seed) {
        var random = new SplittableRandom(seed);
        var precision = random.nextInt(4) == 0 ? Precision.INT16 : Precision.INT8;
        return switch (random.nextInt(3)) {
            case 0 -> on(random, RandomQuantizedGraphs.mixed(seed, 8, precision));
            case 1 -> on(random, RandomQuantizedGraphs.wide(seed, 8, precision));
            default -> withMoves(random, seed, precision);
        };
    }

    /** A graph on a machine of this seed. */
    static Schedule of(long seed, QuantizedGraph graph) {
        return on(new SplittableRandom(seed), graph);
    }

    /** Of the moves and products that there are, engines have only some. */
    private static Schedule withMoves(SplittableRandom random, long seed, Precision precision) {
        for (long other = seed; ; other += 1_000_000) {
            try {
                return on(random.split(), RandomQuantizedGraphs.everything(other, 5, precision));
            } catch (CompileException e) {
                assertEquals(4, e.exitCode(), e::toString);
            }
        }
    }

    private static VectorSize vector(SplittableRandom random) {
        int lanes = random.nextInt(3) == 0 ? 5 + random.nextInt(20) : 1 + random.nextInt(4);
        return new VectorSize(lanes, DrainSize.of(1 + random.nextInt(lanes)));
    }

    /** Whole rows, or by node one to four ranges of columns. */
    private static List<Integer> ranges(SplittableRandom random, QuantizedGraph graph) {
        boolean whole = random.nextBoolean();
        return graph.nodes().stream()
                .map(_ -> whole ? 1 : 1 + random.nextInt(4))
                .toList();
    }

    private static Schedule on(SplittableRandom random, QuantizedGraph graph) {
        int p = 1 + random.nextInt(8);
        int s = 1 + random.nextInt(9);
        int q = 1 + random.nextInt(p);
        int weightLanes = 1 + random.nextInt(p * s);
        int x = Math.max(1, random.nextInt(6) - 2);
        var options = switch (random.nextInt(5)) {
            case 0, 1 -> MachineOptions.oneEngine(p, s, x, q, weightLanes);
            case 2 -> MachineOptions.engineForEachLayer(200 + random.nextInt(2000));
            default -> MachineOptions.engineForEachLayer(MatrixSize.of(p, s, x, q, weightLanes), vector(random));
        };
        options = options.withRows(1 + random.nextInt(4))
                .withHost(1 << random.nextInt(3), 1 << random.nextInt(3))
                .withDescriptorBits(32 << random.nextInt(3))
                .withRanges(ranges(random, graph));
        return Scheduler.schedule(graph, TARGET, options);
    }

    /** A machine with one to four engines, most of which take their weights from a DRAM of any kind. */
    static Schedule streamed(long seed) {
        return dram(seed, false);
    }

    /** The same, or all weights on chip, and some maps spilled to that DRAM. */
    static Schedule spilled(long seed) {
        return dram(seed, true);
    }

    private static Schedule dram(long seed, boolean spilled) {
        var random = new SplittableRandom(seed);
        var precision = random.nextInt(4) == 0 ? Precision.INT16 : Precision.INT8;
        var graph = RandomQuantizedGraphs.generate(seed, 2 + random.nextInt(7), precision);
        int beat = 1 << random.nextInt(1, 4);
        int lanes = beat * 8 / precision.bits();
        int burst = 1 << random.nextInt(0, 5);
        boolean refreshes = random.nextInt(3) == 0;
        var port = new DramPort(
                beat,
                burst,
                1 + random.nextInt(50),
                beat * burst << random.nextInt(3),
                random.nextInt(15),
                refreshes ? 100 + random.nextInt(400) : 0,
                refreshes ? 1 + random.nextInt(60) : 0,
                DramPort.CYCLE + (seed % 4 == 0 ? (int) (seed % 23) : 0));
        int engines = 1 + random.nextInt(4);
        var matrices = new ArrayList<MatrixSize>();
        var streamed = new ArrayList<Integer>();
        int words = 1;
        for (int i = 0; i < engines; i++) {
            int p = 1 + random.nextInt(5);
            int s = random.nextInt(3) == 0
                    ? 1 + random.nextInt(Math.ceilDiv(lanes, p))
                    : Math.ceilDiv(lanes, p) + random.nextInt(4);
            matrices.add(MatrixSize.of(p, s, 1, 1 + random.nextInt(p), 1 + random.nextInt(p * s)));
            if (i == 0 || random.nextInt(3) > 0) {
                streamed.add(i);
                words = Math.max(words, Math.ceilDiv(p * s, lanes));
            }
        }
        int fifo = Integer.highestOneBit(words + burst - 1) << 1 + random.nextInt(3);
        var engineOf = new ArrayList<Integer>();
        for (int i = 0; i < graph.nodes().size(); i++) {
            boolean conv = graph.node(i).op() instanceof QOp.Conv;
            engineOf.add(conv ? random.nextInt(engines) : 0);
        }
        var spills = new ArrayList<MachineOptions.Spill>();
        if (spilled) {
            boolean resident = random.nextBoolean();
            fifo = resident ? 0 : fifo;
            streamed = resident ? new ArrayList<>() : streamed;
            for (var node : graph.nodes()) {
                if (spills.isEmpty() || random.nextInt(3) == 0) {
                    Operands.of(graph, node).stream()
                            .map(o -> new MachineOptions.Spill(Operands.source(graph, o), node.id()))
                            .filter(_ -> !(node.op() instanceof QOp.View))
                            .forEach(spills::add);
                }
            }
        }
        var options = MachineOptions.of(
                        "streamed",
                        new MachineOptions.Engines.Assigned(
                                matrices, List.of(VectorSize.of(1 + random.nextInt(4))), engineOf))
                .withRows(1 + random.nextInt(4))
                .withHost(1 << random.nextInt(3), 1 << random.nextInt(3))
                .withDescriptorBits(32 << random.nextInt(3))
                .withStreams(new MachineOptions.Streams(port, streamed, fifo, spills))
                .withRanges(ranges(random, graph));
        return Scheduler.schedule(graph, TARGET, options);
    }

    static List<List<short[]>> frames(QuantizedGraph graph, int count, long seed) {
        return IntStream.range(0, count)
                .mapToObj(i -> RandomQuantizedGraphs.randomFrame(graph, seed * 1000 + i))
                .toList();
    }
}
