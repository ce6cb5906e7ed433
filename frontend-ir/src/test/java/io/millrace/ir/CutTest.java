package io.millrace.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CutTest {
    @Test
    void bothPartsTogetherComputeWhatTheGraphDoes() {
        int cuts = 0;
        for (int seed = 0; seed < 300; seed++) {
            Graph graph = Gen.graph(seed, 12);
            var random = new Random(seed);
            int from = random.nextInt(graph.nodes().size());
            int to = from + random.nextInt(graph.nodes().size() - from);
            Cut cut;
            try {
                cut = Cut.between(graph, List.of(from), List.of(to));
            } catch (CompileException e) {
                assertEquals("IMP-0802", e.diagnostics().getFirst().code());
                continue;
            }
            cuts++;
            // A constant is known on both sides.
            assertTrue(graph.node(from).op() instanceof Op.Constant
                    || cut.second().inputs().stream()
                            .anyMatch(n -> n.name().equals(graph.node(from).name())));
            var frame = Gen.inputs(graph, seed);
            var expected = FloatEvaluator.runAll(graph, frame).get(to);
            assertEquals(List.of(expected), joined(cut, frame), "seed " + seed);
        }
        assertTrue(cuts > 50, cuts + " cuts");
    }

    @Test
    void anEndCutOffComputesTheOutputs() {
        int cuts = 0;
        for (int seed = 0; seed < 300; seed++) {
            Graph graph = Gen.graph(seed, 12);
            int unwanted = new Random(seed).nextInt(graph.nodes().size());
            if (graph.node(unwanted).op() instanceof Op.Input
                    || graph.node(unwanted).op() instanceof Op.Constant) {
                continue;
            }
            Cut cut = Cut.endingBefore(graph, n -> n.id() == unwanted);
            cuts++;
            String name = graph.node(unwanted).name();
            assertTrue(cut.first().nodes().stream().noneMatch(n -> n.name().equals(name)));
            var frame = Gen.inputs(graph, seed);
            assertEquals(FloatEvaluator.run(graph, frame), joined(cut, frame), "seed " + seed);
        }
        assertTrue(cuts > 50, cuts + " cuts");
    }

    private static List<Tensor> joined(Cut cut, List<Tensor> frame) {
        return FloatEvaluator.run(cut.second(), FloatEvaluator.run(cut.first(), frame));
    }

    @Test
    void withoutNamesThePartIsTheGraph() {
        Graph graph = Samples.graph(Samples.MODELS.getFirst());
        var cut = Cut.between(graph, List.of(), List.of());
        assertEquals(graph, cut.second());
        assertEquals(graph.inputs(), cut.first().nodes());
    }

    @Test
    void valuesReadBesideTheNamedOneBecomeInputs() {
        var builder = new GraphBuilder();
        var source = SourceRef.file("m");
        int x = builder.input("x", Shape.of(1, 2, 4, 4), source);
        int a = builder.add("a", new Op.Activation(new Pointwise.Relu()), source, x);
        int b = builder.add("b", new Op.Activation(new Pointwise.Tanh()), source, x);
        int sum = builder.add("sum", new Op.Binary(BinaryFunction.ADD), source, a, b);
        Graph graph = builder.build("m", List.of(sum, b), List.of("y", "z"));
        var cut = Cut.between(graph, List.of(a), List.of());
        assertEquals(
                List.of("a", "b"),
                cut.second().inputs().stream().map(Node::name).toList());
        assertEquals(List.of("y"), cut.second().outputNames());
        var e = assertThrows(CompileException.class, () -> Cut.between(graph, List.of(a), List.of(b)));
        assertEquals(2, e.exitCode());
        assertEquals("'b' does not depend on 'a'", e.diagnostics().getFirst().problem());
    }
}
