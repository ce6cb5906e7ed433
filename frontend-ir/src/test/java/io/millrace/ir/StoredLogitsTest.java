package io.millrace.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

/** The float evaluator against logits that another framework computed, before and after the canonicalising passes. */
class StoredLogitsTest {
    static final List<String> MODELS = Samples.MODELS;

    @ParameterizedTest
    @CsvSource({
        "lenet5,digits,lenet5",
        "lenet5_dynview,digits,lenet5",
        "lenet1,digits,lenet1",
        "lenet1_plain,digits,lenet1_plain",
        "fashion_resdw,clothes,fashion_resdw",
        "fashion_resdw_bn,clothes,fashion_resdw",
        "colour_mobile,colour,colour_mobile",
        "colour_mobile_bn,colour,colour_mobile"
    })
    void evaluatorGivesTheStoredLogits(String model, String images, String logits) {
        Graph imported = Samples.graph(model);
        Graph canonical = Passes.canonicalise(imported);
        var idx = Samples.idx(images + "-test200-images.idx");
        float[] expected = Samples.floats(logits + "-test200-logits.f32");
        assertEquals(200 * 10, expected.length);
        double worst = 0;
        for (int i = 0; i < idx.count(); i++) {
            var image =
                    List.of(Samples.image(idx, i, imported.inputs().getFirst().shape()));
            Tensor a = FloatEvaluator.run(imported, image).getFirst();
            Tensor b = FloatEvaluator.run(canonical, image).getFirst();
            assertEquals(Shape.of(1, 10), a.shape());
            assertEquals(10, b.size());
            for (int c = 0; c < 10; c++) {
                worst = Math.max(worst, Math.abs(a.get(c) - expected[i * 10 + c]));
                worst = Math.max(worst, Math.abs(b.get(c) - expected[i * 10 + c]));
            }
        }
        assertTrue(worst < 5e-5, model + " differs by " + worst);
    }

    @ParameterizedTest
    @FieldSource("MODELS")
    void standardPassesKeepTheirPromise(String model) {
        Graph g = Samples.graph(model);
        assertEquals(List.of(), GraphVerifier.verify(g));
        for (var step : Passes.STANDARD) {
            g = step.pass().apply(g);
            assertEquals(List.of(), GraphVerifier.verify(g), step.name());
        }
        for (Node n : g.nodes()) {
            assertEquals(4, n.shape().rank(), n.name());
            assertTrue(!(n.op() instanceof Op.Dense || n.op() instanceof Op.Reshape), n.name());
            boolean foldable = n.op() instanceof Op.ChannelAffine
                    && g.node(n.inputs().getFirst()).op() instanceof Op.Conv;
            assertTrue(!foldable || model.equals("peers/r20v2"), n.name());
        }
        assertEquals(g, Passes.canonicalise(g), "canonicalising twice changes nothing");
    }
}
