package io.millrace.simulator.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.quantizer.Precision;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.Scheduler;
import io.millrace.scheduler.Target;
import io.millrace.simulator.LinkTrace;
import io.millrace.simulator.SimulationOptions;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Where all rows are in place, computing firing by firing gives the maps that computing frame by frame gives. */
class FiringByFiringTest {
    private static final Target TARGET =
            new Target("none", Target.Family.SERIES7, 100, 4000, 4000, 0, 0, 1 << 20, 1 << 20, 0);

    @Test
    void bothWaysGiveTheSameMaps() {
        for (long seed = 5000; seed < 5040; seed++) {
            var graph = RandomQuantizedGraphs.generate(seed, 5, seed % 4 == 0 ? Precision.INT16 : Precision.INT8);
            long first = seed;
            var frames = IntStream.range(0, 3)
                    .mapToObj(i -> RandomQuantizedGraphs.randomFrame(graph, first * 10 + i))
                    .toList();
            int rows = 1 + (int) (seed % 3);
            var schedule = Scheduler.schedule(
                    graph, TARGET, MachineOptions.oneEngine(3, 4, 1, 2, 6).withRows(rows));
            var program = new CompiledSchedule(schedule);
            var options = SimulationOptions.values(frames).withThreads(1);
            var engine = new TimingEngine(program, LinkTrace.NONE, 3, 1_000_000, true, true);
            engine.run();
            var times = new RowTimes[program.actors];
            for (var a : schedule.actors()) {
                times[a.id()] = RowTimes.of(program, engine.firings(a.unit()), a.id());
            }
            var layers = new ValueLayers(program);
            var whole = new short[3][][];
            var single = new short[3][][];
            new FrameByFrame(program, layers).run(options, (f, maps) -> whole[f] = maps);
            new FiringByFiring(program, layers, times).run(engine, options, (f, maps) -> single[f] = maps);
            for (int f = 0; f < 3; f++) {
                assertEquals(whole[f].length, single[f].length);
                for (int a = 0; a < program.actors; a++) {
                    assertArrayEquals(whole[f][a], single[f][a], "seed " + seed + ", frame " + f + ", actor " + a);
                }
            }
        }
    }
}
