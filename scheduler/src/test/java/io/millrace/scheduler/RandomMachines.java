package io.millrace.scheduler;

import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import io.millrace.scheduler.MachineOptions.DrainSize;
import io.millrace.scheduler.MachineOptions.Engines;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.Order;
import io.millrace.scheduler.MachineOptions.VectorSize;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Seeded small graphs on seeded small machines of all shapes. */
public final class RandomMachines {
    public static final Target TARGET =
            new Target("test", Target.Family.VIRTEX6, 200, 768, 416, 0, 0, 150_720, 301_440, 0);

    private RandomMachines() {}

    public static Schedule schedule(long seed, int maxNodes) {
        var graph = graph(seed, maxNodes);
        return Scheduler.schedule(graph, TARGET, options(seed, graph));
    }

    static QuantizedGraph graph(long seed, int maxNodes) {
        return RandomQuantizedGraphs.generate(seed, maxNodes, seed % 3 == 0 ? Precision.INT16 : Precision.INT8);
    }

    static MachineOptions options(long seed, QuantizedGraph graph) {
        var random = new SplittableRandom(seed * 7919 + 1);
        Engines engines = switch (random.nextInt(4)) {
            case 0 -> new Engines.EachLayer(List.of(matrix(random), matrix(random)), List.of(vector(random)));
            case 1 -> new Engines.CycleTarget(random.nextInt(50, 3000));
            case 2 -> assigned(random, graph);
            default -> new Engines.One(matrix(random), vector(random));
        };
        var rows = new ArrayList<Integer>();
        for (int i = 0; i < graph.nodes().size(); i++) {
            rows.add(random.nextInt(1, 5));
        }
        var options = MachineOptions.of("random-" + seed, engines)
                .withRows(random.nextBoolean() ? List.of(1) : rows)
                .withHost(random.nextInt(1, 9), random.nextInt(1, 5))
                .withDescriptorBits(List.of(16, 64, 512).get(random.nextInt(3)))
                .withPacing(
                        random.nextBoolean()
                                ? new MachineOptions.Pacing(
                                        random.nextBoolean() ? Order.LAYERED : Order.SPREAD,
                                        random.nextInt(0, 300),
                                        random.nextInt(0, 3))
                                : MachineOptions.Pacing.AUTOMATIC);
        var ranges = new ArrayList<Integer>();
        for (int i = 0; i < graph.nodes().size(); i++) {
            ranges.add(random.nextInt(1, 5));
        }
        return random.nextBoolean() ? options : options.withRanges(ranges);
    }

    private static Engines assigned(SplittableRandom random, QuantizedGraph graph) {
        var engineOf = new ArrayList<Integer>();
        for (int i = 0; i < graph.nodes().size(); i++) {
            engineOf.add(random.nextInt(2));
        }
        return new Engines.Assigned(
                List.of(matrix(random), matrix(random)), List.of(vector(random), vector(random)), engineOf);
    }

    private static MatrixSize matrix(SplittableRandom random) {
        int p = random.nextInt(1, 7);
        int s = random.nextInt(1, 8);
        int weightLanes = random.nextInt(1, p * s + 1);
        var size = MatrixSize.of(p, s, random.nextInt(1, 4), 1, weightLanes)
                .withDrain(new DrainSize(random.nextInt(1, p + 1), random.nextInt(1, 4), random.nextBoolean()));
        return random.nextInt(3) == 0 ? size.withChain(random.nextInt(1, s + 1)) : size;
    }

    private static VectorSize vector(SplittableRandom random) {
        int lanes = random.nextInt(4) == 0 ? random.nextInt(6, 25) : random.nextInt(1, 6);
        int q = random.nextBoolean() ? lanes : random.nextInt(1, lanes + 1);
        return new VectorSize(
                lanes, random.nextBoolean(), new DrainSize(q, random.nextInt(1, 3), random.nextBoolean()));
    }
}
