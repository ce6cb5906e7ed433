package io.millrace.scheduler.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.scheduler.Edge;
import io.millrace.scheduler.RandomMachines;
import io.millrace.scheduler.Schedule;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.Test;

/** What an evaluation says of buffers that it did not try. */
class SelfTimedTest {
    private static final int FRAMES = 6;
    private static final int MACHINES = 60;

    private static Schedule withSlots(Schedule s, ToIntFunction<Edge> slots) {
        var edges = s.edges().stream()
                .map(e -> new Edge(
                        e.id(), e.producer(), e.consumer(), e.memory(), e.base(), e.rowPitch(), slots.applyAsInt(e)))
                .toList();
        return new Schedule(s.graph(), s.target(), s.machine(), s.actors(), edges, s.lists());
    }

    @Test
    void withoutSpareSlotsAllFramesEndWhenTheyDid() {
        int removed = 0;
        for (int seed = 0; seed < MACHINES; seed++) {
            int more = seed % 5;
            var deep = withSlots(RandomMachines.schedule(seed, 8), e -> e.slots() + more);
            var seen = SelfTimed.run(deep, FRAMES);
            var less =
                    withSlots(deep, e -> (int) Math.clamp(e.slots() - Math.max(0, seen.spare()[e.id()]), 1, e.slots()));
            assertArrayEquals(seen.frameEnds(), SelfTimed.run(less, FRAMES).frameEnds(), "seed " + seed);
            removed += less.edges().equals(deep.edges()) ? 0 : 1;
        }
        assertTrue(removed >= MACHINES / 2, removed + " machines have slots to spare");
    }

    @Test
    void moreSlotsSaveNoMoreThanWasWaitedForThem() {
        int saved = 0;
        for (int seed = 0; seed < MACHINES; seed++) {
            var schedule = RandomMachines.schedule(seed, 8);
            var seen = SelfTimed.run(schedule, FRAMES);
            long end = seen.frameEnds()[FRAMES - 1];
            for (var edge : schedule.edges()) {
                var deeper = withSlots(schedule, e -> e.id() == edge.id() ? e.slots() + 100 : e.slots());
                long sooner = end - SelfTimed.run(deeper, FRAMES).frameEnds()[FRAMES - 1];
                assertTrue(
                        sooner <= seen.blocked()[edge.id()],
                        "seed " + seed + ", edge " + edge.id() + ": " + sooner + " cycles sooner, waited "
                                + seen.blocked()[edge.id()]);
                saved += sooner > 0 ? 1 : 0;
            }
        }
        assertTrue(saved > 0, "no buffer is waited for");
    }

    @Test
    void moreSlotsSaveNothingOffThePathToTheEnd() {
        int off = 0;
        int saved = 0;
        for (int seed = 0; seed < MACHINES; seed++) {
            var schedule = RandomMachines.schedule(seed, 8);
            // Of one frame, the path goes back to the first firing.
            var seen = SelfTimed.run(schedule, 1);
            for (var edge : schedule.edges()) {
                var deeper = withSlots(schedule, e -> e.id() == edge.id() ? e.slots() + 100 : e.slots());
                long sooner = seen.frameEnds()[0] - SelfTimed.run(deeper, 1).frameEnds()[0];
                if (seen.critical()[edge.id()] == 0) {
                    assertEquals(0, sooner, "seed " + seed + ", edge " + edge.id());
                    off += seen.blocked()[edge.id()] > 0 ? 1 : 0;
                } else {
                    saved += sooner > 0 ? 1 : 0;
                }
            }
        }
        assertTrue(off > 0, "whatever is waited for is on the path");
        assertTrue(saved > 0, "no room on the path saves anything");
    }
}
