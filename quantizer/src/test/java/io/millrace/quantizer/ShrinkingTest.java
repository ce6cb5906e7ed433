package io.millrace.quantizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.quantizer.random.RandomQuantizedGraphs;
import io.millrace.quantizer.random.Shrinking;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** A fault planted in one kind of node is left alone with an input or two. */
class ShrinkingTest {
    private static boolean computesWrong(QuantizedGraph graph) {
        return graph.nodes().stream().anyMatch(n -> n.op() instanceof QOp.Extreme e && e.least());
    }

    private static boolean negates(QuantizedGraph graph) {
        return graph.nodes().stream()
                .anyMatch(n ->
                        n.op() instanceof QOp.Add add && add.terms().stream().anyMatch(t -> t.multiplier() < 0));
    }

    @Test
    void aFaultInMinima() {
        shrinks(ShrinkingTest::computesWrong, 6);
    }

    @Test
    void aFaultInDifferences() {
        shrinks(ShrinkingTest::negates, 6);
    }

    /** A fault that two nodes make together keeps both. */
    @Test
    void aFaultOfTwoNodes() {
        Predicate<QuantizedGraph> both =
                g -> negates(g) && g.nodes().stream().anyMatch(n -> n.op() instanceof QOp.Conv c && c.groups() > 1);
        int seen = 0;
        for (long seed = 0; seed < 60; seed++) {
            var graph = RandomQuantizedGraphs.wide(seed, 8, Precision.INT8);
            if (both.test(graph)) {
                seen++;
                var small = Shrinking.shrink(graph, both);
                assertTrue(both.test(small));
                // Where one is read by way of a concatenation, that stays, with what else reads it
                assertTrue(Shrinking.operations(small) <= 4, small::toString);
            }
        }
        assertTrue(seen > 3, seen + " graphs");
    }

    private static void shrinks(Predicate<QuantizedGraph> fails, int least) {
        int seen = 0;
        for (long seed = 0; seed < 60; seed++) {
            var graph = RandomQuantizedGraphs.wide(seed, 8, Precision.INT8);
            if (fails.test(graph)) {
                seen++;
                var small = Shrinking.shrink(graph, fails);
                assertTrue(fails.test(small));
                assertEquals(1, Shrinking.operations(small), small::toString);
                assertEquals(java.util.List.of(), QuantizedGraphVerifier.check(small));
            }
        }
        assertTrue(seen >= least, seen + " graphs");
    }
}
