package io.millrace.ir.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.FloatEvaluator;
import io.millrace.ir.Gen;
import io.millrace.ir.Graph;
import io.millrace.ir.GraphShrinking;
import io.millrace.ir.GraphVerifier;
import io.millrace.ir.Node;
import io.millrace.ir.Passes;
import io.millrace.ir.Samples;
import io.millrace.ir.Tensor;
import io.millrace.ir.oracle.Batch;
import io.millrace.ir.oracle.OnnxRuntimeChild;
import io.millrace.ir.text.GraphText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The float evaluator against ONNX Runtime, which runs in a child process. */
class OnnxRuntimeTest {
    @TempDir
    private Path folder = Path.of("");

    @Test
    void everyModelAgrees() throws IOException {
        var cases = new ArrayList<Batch.Case>();
        for (String model : Samples.MODELS) {
            var inputs = Gen.inputs(Samples.graph(model), 7);
            cases.add(new Batch.Case(Files.readAllBytes(Samples.model(model)), inputs));
        }
        var outcomes = OnnxRuntimeChild.run(cases, folder);
        for (int i = 0; i < cases.size(); i++) {
            Graph graph = Samples.graph(Samples.MODELS.get(i));
            // one rounding step of the last FakeQuantize may fall the other way in lenet5_qdq
            double tolerance = Samples.MODELS.get(i).equals("lenet5_qdq") ? 0.2 : 2e-5;
            compare(Samples.MODELS.get(i), graph, cases.get(i).inputs(), outcomes.get(i), tolerance);
        }
        assertEquals(14, outcomes.size());
    }

    @Test
    void randomGraphsAgree() {
        randomGraphsAgree(0, 300);
    }

    @Test
    @Tag("slow")
    void manyRandomGraphsAgree() {
        randomGraphsAgree(1000, 2000);
    }

    private void randomGraphsAgree(int from, int to) {
        agree(
                IntStream.range(from, to)
                        .mapToObj(seed -> Gen.smoothGraph(seed, 4 + seed % 9))
                        .toList(),
                2e-5);
    }

    @Test
    void roundingsAgree() {
        agree(IntStream.range(0, 40).mapToObj(Gen::roundings).toList(), 1e-6);
    }

    private void agree(List<Graph> graphs, double tolerance) {
        var cases = new ArrayList<Batch.Case>();
        for (int i = 0; i < graphs.size(); i++) {
            cases.add(new Batch.Case(OnnxWriter.write(graphs.get(i)), Gen.inputs(graphs.get(i), i)));
        }
        var outcomes = OnnxRuntimeChild.run(cases, folder);
        for (int i = 0; i < graphs.size(); i++) {
            try {
                agrees("graph " + i, graphs.get(i), cases.get(i), outcomes.get(i), tolerance);
            } catch (AssertionError e) {
                int seed = i;
                Graph small = GraphShrinking.shrink(graphs.get(i), g -> !agrees(g, seed, tolerance));
                throw new AssertionError(e.getMessage() + "; the same with " + GraphText.print(small), e);
            }
        }
        assertEquals(graphs.size(), outcomes.size());
    }

    private boolean agrees(Graph graph, int seed, double tolerance) {
        var one = new Batch.Case(OnnxWriter.write(graph), Gen.inputs(graph, seed));
        try {
            agrees("", graph, one, OnnxRuntimeChild.run(List.of(one), folder).getFirst(), tolerance);
            return true;
        } catch (AssertionError _) {
            return false;
        }
    }

    private static void agrees(String what, Graph graph, Batch.Case one, Batch.Outcome outcome, double tolerance) {
        Graph read = OnnxImporter.importBytes(one.model(), "random.onnx", ImportOptions.DEFAULT)
                .graph();
        assertEquals(List.of(), GraphVerifier.verify(read));
        compare(what + " as read", read, one.inputs(), outcome, tolerance);
        compare(what, graph, one.inputs(), outcome, tolerance);
    }

    static void compare(String what, Graph graph, List<Tensor> inputs, Batch.Outcome outcome, double tolerance) {
        if (!(outcome instanceof Batch.Outcome.Values(var expected))) {
            throw new AssertionError(what + ": ONNX Runtime says " + outcome);
        }
        List<Tensor> actual = FloatEvaluator.run(graph, inputs);
        Graph canonical = Passes.canonicalise(graph);
        var mapInputs = new ArrayList<Tensor>();
        for (int i = 0; i < inputs.size(); i++) {
            Node input = canonical.inputs().get(i);
            mapInputs.add(inputs.get(i).reshape(input.shape()));
        }
        List<Tensor> folded = FloatEvaluator.run(canonical, mapInputs);
        assertEquals(expected.size(), actual.size());
        for (int o = 0; o < expected.size(); o++) {
            Tensor e = expected.get(o);
            assertEquals(e.shape(), actual.get(o).shape(), what);
            double scale = 1;
            for (int i = 0; i < e.size(); i++) {
                scale = Math.max(scale, Math.abs(e.get(i)));
            }
            for (int i = 0; i < e.size(); i++) {
                assertClose(what, e.get(i), actual.get(o).get(i), tolerance * scale);
                assertClose(what + " (canonical)", e.get(i), folded.get(o).get(i), tolerance * scale);
            }
        }
    }

    private static void assertClose(String what, float expected, float actual, double tolerance) {
        assertTrue(Math.abs(expected - actual) <= tolerance, what + ": " + expected + " became " + actual);
    }
}
