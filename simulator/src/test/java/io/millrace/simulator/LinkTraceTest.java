package io.millrace.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.simulator.internal.LinkClock;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LinkTraceTest {
    @Test
    void theNextWillingCycleIsTheFirst() {
        for (int seed = 0; seed < 500; seed++) {
            var random = new SplittableRandom(seed);
            var runs = IntStream.range(0, random.nextInt(9))
                    .map(_ -> random.nextInt(4))
                    .boxed()
                    .toList();
            var clock = new LinkClock(runs);
            for (int c = 0; c < 40; c++) {
                int first = c;
                while (!willing(runs, first)) {
                    first++;
                }
                assertEquals(first, clock.willing(c), runs + " from " + c);
            }
        }
    }

    private static boolean willing(List<Integer> runs, int cycle) {
        boolean willing = true;
        int left = cycle;
        for (int run : runs) {
            if (left < run) {
                return willing;
            }
            left -= run;
            willing = !willing;
        }
        return true;
    }

    @Test
    void seedsGiveTraces() {
        assertEquals(LinkTrace.seeded(1, 20, 5, 5), LinkTrace.seeded(1, 20, 5, 5));
        assertNotEquals(LinkTrace.seeded(1, 20, 5, 5), LinkTrace.seeded(2, 20, 5, 5));
        assertEquals(40, LinkTrace.seeded(1, 20, 5, 5).in().size());
        assertThrows(IllegalArgumentException.class, () -> new LinkTrace(List.of(-1), List.of()));
    }
}
