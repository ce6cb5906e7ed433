package io.millrace.simulator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.quantizer.IntegerEvaluator;
import io.millrace.scheduler.Schedule;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The simulator against the integer evaluator: every output code, and every row of every row buffer. */
class RandomGraphsTest {
    private static final int FRAMES = 3;

    @Test
    void chains() {
        for (long seed = 0; seed < 100; seed++) {
            check(seed, Machines.random(seed));
        }
    }

    @Test
    void graphsOfEverything() {
        everything(0, 200);
    }

    @Test
    @Tag("slow")
    void manyGraphsOfEverything() {
        everything(1000, 2000);
    }

    private static void everything(long from, long to) {
        for (long seed = from; seed < to; seed++) {
            check(seed, Machines.ofEverything(seed));
        }
    }

    private static void check(long seed, Schedule schedule) {
        var graph = schedule.graph();
        var frames = Machines.frames(graph, FRAMES, seed);
        var evaluator = new IntegerEvaluator(graph);
        var expected = frames.stream().map(evaluator::runAll).toList();
        long[] rowsTold = {0};
        var link = seed % 3 == 0 ? LinkTrace.seeded(seed, 40, 5, 9) : LinkTrace.NONE;
        var options = SimulationOptions.values(frames)
                .withThreads(1 + (int) (seed % 2))
                .withLink(link)
                .withListener((edge, actor, frame, row, cycle, codes) -> {
                    var map = expected.get(frame).get(schedule.actor(actor).node());
                    assertArrayEquals(
                            Arrays.copyOfRange(map, row * codes.length, (row + 1) * codes.length),
                            codes,
                            () -> "seed " + seed + ", edge " + edge + ", frame " + frame + ", row " + row);
                    rowsTold[0]++;
                });
        var result = Simulator.run(schedule, options);
        assertEquals(java.util.List.of(), result.hazards(), () -> "seed " + seed);
        for (int f = 0; f < FRAMES; f++) {
            for (int o = 0; o < graph.outputs().size(); o++) {
                assertArrayEquals(
                        expected.get(f).get(graph.outputs().get(o)),
                        result.outputs().get(f).get(o),
                        "seed " + seed + ", frame " + f);
            }
        }
        long rows = FRAMES
                * schedule.edges().stream()
                        .mapToLong(e ->
                                schedule.geometry(schedule.actor(e.producer())).outputRows())
                        .sum();
        assertEquals(rows, rowsTold[0]);
    }
}
