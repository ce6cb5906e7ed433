package io.millrace.simulator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.ir.CompileException;
import io.millrace.quantizer.IntegerEvaluator;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.QuantizedGraphText;
import io.millrace.quantizer.random.Shrinking;
import io.millrace.scheduler.Schedule;
import java.util.Arrays;
import java.util.TreeSet;
import java.util.stream.Collectors;
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
        everything(0, 300);
    }

    @Test
    @Tag("slow")
    void manyGraphsOfEverything() {
        everything(1000, 2000);
    }

    /** Every operation is drawn; a graph that fails is made small first. */
    private static void everything(long from, long to) {
        var drawn = new TreeSet<String>();
        for (long seed = from; seed < to; seed++) {
            Schedule schedule = Machines.ofEverything(seed);
            schedule.graph().nodes().forEach(n -> drawn.add(n.op().getClass().getSimpleName()));
            try {
                check(seed, schedule);
            } catch (AssertionError e) {
                throw smallest(seed, schedule.graph(), e);
            }
        }
        var all = Arrays.stream(QOp.class.getPermittedSubclasses())
                .map(Class::getSimpleName)
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(all, drawn);
    }

    private static AssertionError smallest(long seed, QuantizedGraph graph, AssertionError e) {
        if (!fails(seed, graph)) {
            return e;
        }
        var small = Shrinking.shrink(graph, g -> fails(seed, g));
        return new AssertionError(e.getMessage() + "; the same with " + QuantizedGraphText.print(small), e);
    }

    private static boolean fails(long seed, QuantizedGraph graph) {
        try {
            check(seed, Machines.of(seed, graph));
            return false;
        } catch (AssertionError _) {
            return true;
        } catch (CompileException _) {
            return false; // no engine has what is left
        }
    }

    static void check(long seed, Schedule schedule) {
        var graph = schedule.graph();
        var frames = Machines.frames(graph, FRAMES, seed);
        var evaluator = new IntegerEvaluator(graph);
        var expected = frames.stream().map(evaluator::runAll).toList();
        long[] rowsTold = {0};
        var link = seed % 3 == 0 ? LinkTrace.seeded(seed, 40, 5, 9) : LinkTrace.NONE;
        var options = SimulationOptions.values(frames)
                .withThreads(1 + (int) (seed % (FRAMES + 1))) // more than frames share rows
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
