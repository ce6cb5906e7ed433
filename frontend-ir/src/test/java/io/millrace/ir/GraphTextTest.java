package io.millrace.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.text.GraphText;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

class GraphTextTest {
    static final List<String> MODELS = Samples.MODELS;

    @ParameterizedTest
    @FieldSource("MODELS")
    void modelsReadBackEqual(String model) {
        for (Graph g : List.of(Samples.graph(model), Passes.canonicalise(Samples.graph(model)))) {
            String text = GraphText.print(g);
            assertEquals(g, GraphText.parse(text, "t.graph"));
            assertTrue(text.chars().allMatch(c -> c == '\n' || c >= ' ' && c <= '~'));
        }
    }

    @Test
    void randomGraphsReadBackEqual() {
        for (int seed = 0; seed < 300; seed++) {
            Graph g = Gen.graph(seed, 12);
            assertEquals(g, GraphText.parse(GraphText.print(g), "t.graph"), "seed " + seed);
        }
    }

    @Test
    void oddNumbersAndNamesReadBackEqual() {
        var values = new float[] {
            Float.MIN_VALUE, -Float.MIN_VALUE, -0f, Float.MAX_VALUE, 0.1f, Float.NaN, Float.NEGATIVE_INFINITY, 1e-40f
        };
        String name = "\"q\" \\ \n\r\t \u0001 \u00e9 \ud83d\ude00 \ud800 %0";
        var source = new SourceRef(name, List.of("", name));
        var builder = new GraphBuilder();
        int x = builder.input(name, Shape.of(1, values.length), source);
        int y = builder.add(
                "",
                new Op.ChannelAffine(Tensor.of(Shape.of(values.length), values), Tensor.zeros(Shape.of(values.length))),
                source,
                x);
        for (float v : values) {
            y = builder.add(name, new Op.Activation(new Pointwise.Clip(v, Float.POSITIVE_INFINITY)), source, y);
        }
        Graph g = builder.build(name, List.of(y, y), List.of(name, ""));
        assertEquals(g, GraphText.parse(GraphText.print(g), "t.graph"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "graph|IMP-0601|t.graph: line 1:6: mismatched input '<EOF>' expecting STRING",
                "graph \"g\" { %0 \"x\": [1, 2] = inptu () from \"f\"; }|IMP-0601|t.graph: line 1:30: token recognition error at: 'inpt'",
                "graph \"g\" { %1 \"x\": [1, 2] = input () from \"f\"; }|IMP-0602|t.graph: node at 0 has id 1",
                "graph \"g\" { %0 \"x\": [1, -2] = input () from \"f\"; }|IMP-0602|t.graph: line 1: negative dimension in [1, -2]",
                "graph \"g\" { %0 \"x\": [1, 2] = relu (%0) from \"f\"; }|IMP-0602|t.graph: line 1: node 0 'x' reads node 0",
                "graph \"g\" { %0 \"x\": [1, 2] = channelAffine { gain [1] \"AAA\" bias [1] \"AAAA\" } () from \"f\"; }|IMP-0602|t.graph: line 1: a tensor of shape 1 needs 4 bytes, has 2",
                "graph \"g\" { %0 \"x\": [1, 99999999999] = input () from \"f\"; }|IMP-0602|t.graph: line 1: For input string: \"99999999999\""
            })
    void wrongTextIsRefusedWithItsPlace(String text, String code, String message) {
        var e = assertThrows(CompileException.class, () -> GraphText.parse(text, "t.graph"));
        assertEquals(3, e.exitCode());
        Diagnostic first = e.diagnostics().getFirst();
        assertEquals(code, first.code());
        assertEquals(message, first.where() + ": " + first.problem());
    }
}
