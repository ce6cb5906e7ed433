package io.millrace.simulator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.scheduler.Schedule;
import java.util.function.LongFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Skipping whole periods changes nothing, and equal runs are equal. */
class RepeatTest {
    @Test
    void skippedFramesAreThoseOfTheFullRun() {
        skips(2000, Machines::random, 55, 20);
    }

    /** A refresh seldom meets a frame's end at the same place twice. */
    @Test
    void skippedFramesWithWeightsFromDram() {
        skips(8000, Machines::streamed, 36, 12);
    }

    @Test
    void skippedFramesWithMapsInDram() {
        skips(8500, Machines::spilled, 36, 12);
    }

    private static void skips(long first, LongFunction<Schedule> schedules, int repeats, int frames) {
        int periodic = 0;
        long skipped = 0;
        for (long seed = first; seed < first + 60; seed++) {
            var simulator = new Simulator(schedules.apply(seed));
            var link = seed % 2 == 0 ? LinkTrace.NONE : LinkTrace.seeded(seed, 10, 4, 6);
            var options = SimulationOptions.timing(60).withLink(link);
            var quick = simulator.run(options);
            var full = simulator.run(options.withFastForward(false));
            long s = seed;
            assertEquals(full.endCycle(), quick.endCycle(), () -> "seed " + s);
            assertEquals(full.firings().toList(), quick.firings().toList(), () -> "seed " + s);
            assertArrayEquals(
                    IntStream.range(0, 60).mapToLong(full::completionCycle).toArray(),
                    IntStream.range(0, 60).mapToLong(quick::completionCycle).toArray());
            assertEquals(full.account().units(), quick.account().units(), () -> "seed " + s);
            assertEquals(full.account().layers(), quick.account().layers(), () -> "seed " + s);
            periodic += quick.isPeriodic() ? 1 : 0;
            skipped += quick.framesSkipped();
        }
        int found = periodic;
        assertTrue(periodic >= repeats, () -> found + " of 60 runs repeat");
        assertTrue(skipped >= 60L * frames, skipped + " frames were skipped");
    }

    @Test
    void aPeriodHoldsForEver() {
        var simulator = new Simulator(Machines.random(2001));
        var r = simulator.run(SimulationOptions.timing(1_000_000));
        assertTrue(r.isPeriodic());
        int warm = 1000;
        double rate = (double) (r.completionCycle(999_999) - r.completionCycle(warm)) / (999_999 - warm);
        assertEquals(r.cyclesPerFrame(), rate, 0.01 * rate);
        assertTrue(r.firingsComputed() < 1_000_000);
    }

    @Test
    void equalRunsAreEqual() {
        var schedule = Machines.random(2002);
        var frames = Machines.frames(schedule.graph(), 20, 1);
        var options = SimulationOptions.values(frames).withLink(LinkTrace.seeded(5, 50, 3, 3));
        var one = Simulator.run(schedule, options.withThreads(1));
        var two = Simulator.run(schedule, options.withThreads(3));
        assertEquals(one.firings().toList(), two.firings().toList());
        for (int f = 0; f < 20; f++) {
            assertArrayEquals(
                    one.outputs().get(f).getFirst(), two.outputs().get(f).getFirst());
        }
        assertEquals(one.account(), two.account());
    }

    @Test
    void firingsAreInOrder() {
        var r = Simulator.run(Machines.random(2003), SimulationOptions.timing(10));
        var all = r.firings().toList();
        for (int i = 1; i < all.size(); i++) {
            var a = all.get(i - 1);
            var b = all.get(i);
            assertTrue(a.start() < b.start() || (a.start() == b.start() && a.unit() < b.unit()));
        }
        assertTrue(all.getLast().start() <= r.endCycle());
    }
}
