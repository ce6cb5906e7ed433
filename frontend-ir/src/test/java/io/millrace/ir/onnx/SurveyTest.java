package io.millrace.ir.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.CompileException;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import java.util.List;
import org.junit.jupiter.api.Test;

class SurveyTest {
    private static final ImportOptions DEFAULT = ImportOptions.DEFAULT;

    private static byte[] model() {
        return new TestModel(13)
                .in("x", 1, 3, 8, 8)
                .out("y")
                .weights("w", 4, 3, 3, 3)
                .weights("v", 4, 1, 1)
                .node("Abs", "v -> u")
                .node("Conv", "x w -> a")
                .node("Identity", "a -> b")
                .node("Mul", "b u -> c")
                .node("Det", "c -> d")
                .node("Relu", "d -> e")
                .node("Einsum", "e -> y")
                .bytes();
    }

    @Test
    void everyOperatorIsNamedWithWhatBecomesOfIt() {
        var survey = OnnxImporter.surveyBytes(model(), "m.onnx", DEFAULT);
        assertEquals(
                List.of(
                        "abs0 Abs CONSTANT",
                        "conv1 Conv COMPUTED",
                        "identity2 Identity PASSED_ON",
                        "mul3 Mul COMPUTED",
                        "det4 Det REFUSED",
                        "relu5 Relu UNKNOWN",
                        "einsum6 Einsum REFUSED"),
                survey.operators().stream()
                        .map(it -> it.name() + " " + it.type() + " " + it.fate())
                        .toList());
        assertEquals(2, survey.problems().size());
        var graph = survey.model().orElseThrow().graph();
        assertEquals(List.of("mul3"), graph.outputNames());
        assertThrows(CompileException.class, survey::orElseThrow);
    }

    @Test
    void whatNoWantedTensorNeedsIsPassedOver() {
        for (String name : List.of("c", "a")) {
            var read = OnnxImporter.importBytes(model(), "m.onnx", DEFAULT.withOutputs(List.of(name)));
            assertEquals(List.of(name), read.graph().outputNames());
            assertEquals(read.graph().outputs().getFirst(), read.results().get(name));
        }
        var all = OnnxImporter.importBytes(model(), "m.onnx", DEFAULT.withOutputs(List.of("c", "a")));
        assertEquals(List.of("c", "a"), all.graph().outputNames());
        assertTrue(all.graph().nodes().stream().map(Node::op).anyMatch(Op.Conv.class::isInstance));
    }

    @Test
    void unknownNamesAreGuessed() {
        var model = new TestModel(13)
                .in("x", 1, 3, 8, 8)
                .out("y")
                .node("Relu", "x -> first")
                .node("Relu", "first -> y");
        var e = assertThrows(
                CompileException.class,
                () -> OnnxImporter.importBytes(model.bytes(), "m.onnx", DEFAULT.withOutputs(List.of("frist"))));
        assertEquals(2, e.exitCode());
        assertTrue(e.diagnostics().getFirst().remedy().contains("did you mean 'first'?"), e::toString);
    }
}
