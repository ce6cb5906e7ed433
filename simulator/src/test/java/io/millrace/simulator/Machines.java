package io.millrace.simulator;

import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.VectorSize;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Scheduler;
import io.millrace.scheduler.Target;
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
        var graph = RandomQuantizedGraphs.generate(seed, 1 + random.nextInt(6), precision);
        int p = 1 + random.nextInt(8);
        int s = 1 + random.nextInt(9);
        int q = 1 + random.nextInt(p);
        int weightLanes = 1 + random.nextInt(p * s);
        int x = Math.max(1, random.nextInt(6) - 2);
        var options = switch (random.nextInt(5)) {
            case 0, 1 -> MachineOptions.oneEngine(p, s, x, q, weightLanes);
            case 2 -> MachineOptions.engineForEachLayer(200 + random.nextInt(2000));
            default ->
                MachineOptions.engineForEachLayer(
                        MatrixSize.of(p, s, x, q, weightLanes), VectorSize.of(1 + random.nextInt(4)));
        };
        options = options.withRows(1 + random.nextInt(4))
                .withHost(1 << random.nextInt(3), 1 << random.nextInt(3))
                .withDescriptorBits(32 << random.nextInt(3));
        return Scheduler.schedule(graph, TARGET, options);
    }

    static List<List<short[]>> frames(QuantizedGraph graph, int count, long seed) {
        return IntStream.range(0, count)
                .mapToObj(i -> RandomQuantizedGraphs.randomFrame(graph, seed * 1000 + i))
                .toList();
    }
}
