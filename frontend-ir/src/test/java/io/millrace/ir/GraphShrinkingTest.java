package io.millrace.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A fault planted in an operation is left alone with its inputs, and the generator draws every operation. */
class GraphShrinkingTest {
    @Test
    void aPlantedFaultIsLeftAlone() {
        shrinks(g -> g.nodes().stream().anyMatch(n -> n.op() instanceof Op.ConvTranspose), 20);
        shrinks(g -> g.nodes().stream().anyMatch(n -> n.op() instanceof Op.Softmax), 10);
        shrinks(
                g -> g.nodes().stream()
                        .anyMatch(n -> n.op() instanceof Op.Binary(BinaryFunction f) && f == BinaryFunction.SUB),
                10);
    }

    /** One that shows on large maps only keeps a map as large as it needs. */
    @Test
    void sizesShrink() {
        Predicate<Graph> fails = g -> g.nodes().stream()
                .anyMatch(n -> n.op() instanceof Op.Activation && n.shape().volume() >= 8);
        for (int seed = 0; seed < 60; seed++) {
            Graph graph = Gen.smoothGraph(seed, 10);
            if (fails.test(graph)) {
                Graph small = GraphShrinking.shrink(graph, fails);
                assertEquals(2, small.nodes().size(), small::toString);
                assertTrue(small.nodes().getFirst().shape().volume() < 32, small::toString);
            }
        }
    }

    private static void shrinks(Predicate<Graph> fails, int least) {
        int seen = 0;
        for (int seed = 0; seed < 200; seed++) {
            Graph graph = Gen.smoothGraph(seed, 10);
            if (fails.test(graph)) {
                seen++;
                Graph small = GraphShrinking.shrink(graph, fails);
                assertTrue(fails.test(small));
                long operations = small.nodes().stream()
                        .filter(n -> !(n.op() instanceof Op.Input))
                        .count();
                assertEquals(1, operations, small::toString);
            }
        }
        assertTrue(seen >= least, seen + " graphs");
    }

    /** Those of the default suite, seeds 0 to 299, and the roundings. */
    @Test
    void everyOperationIsDrawn() {
        var drawn = IntStream.range(0, 300)
                .mapToObj(seed -> Gen.smoothGraph(seed, 4 + seed % 9))
                .flatMap(g -> g.nodes().stream())
                .map(n -> n.op().getClass().getSimpleName())
                .collect(Collectors.toCollection(TreeSet::new));
        Gen.roundings(1).nodes().forEach(n -> drawn.add(n.op().getClass().getSimpleName()));
        var all = IntStream.range(0, Op.class.getPermittedSubclasses().length)
                .mapToObj(i -> Op.class.getPermittedSubclasses()[i].getSimpleName())
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(all, drawn);
    }
}
