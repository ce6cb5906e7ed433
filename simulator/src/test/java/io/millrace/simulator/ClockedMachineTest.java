package io.millrace.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.scheduler.Schedule;
import java.util.ArrayList;
import java.util.Comparator;
import org.junit.jupiter.api.Test;

/** The simulator against the contract clocked out cycle by cycle: every firing of every unit, with and without stalls. */
class ClockedMachineTest {
    private static final int CASES = 120;
    private static final Comparator<FiringRecord> ORDER =
            Comparator.comparingInt(FiringRecord::unit).thenComparingLong(FiringRecord::start);

    @Test
    void everyFiringIsInTheSameCycles() {
        for (long seed = 1000; seed < 1000 + CASES; seed++) {
            check(
                    seed,
                    Machines.random(seed),
                    seed % 2 == 0 ? LinkTrace.NONE : LinkTrace.seeded(seed, 60, 1 + (int) (seed % 7), 12));
        }
    }

    @Test
    void weightsFromDramToo() {
        for (long seed = 7000; seed < 7000 + 2 * CASES; seed++) {
            check(
                    seed,
                    Machines.streamed(seed),
                    seed % 2 == 0 ? LinkTrace.NONE : LinkTrace.seeded(seed, 60, 1 + (int) (seed % 7), 12));
        }
    }

    private static void check(long seed, Schedule schedule, LinkTrace link) {
        int frames = 5;
        var result = Simulator.run(schedule, SimulationOptions.timing(frames).withLink(link));
        var clocked = new ClockedMachine(schedule, link);
        clocked.run(frames, result.endCycle() + 1000);
        assertEquals(clocked.completion, result.endCycle(), () -> "end of seed " + seed);
        // What the clocked machine has not yet committed is not on its list.
        var seen = new ArrayList<>(clocked.firings);
        seen.sort(ORDER);
        var expected = result.firings()
                .filter(f -> seen.contains(f) || f.end() <= result.endCycle())
                .sorted(ORDER)
                .toList();
        assertEquals(seen, expected, () -> "firings of seed " + seed);
    }
}
