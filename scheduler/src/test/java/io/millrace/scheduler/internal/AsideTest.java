package io.millrace.scheduler.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.nets.StandardNet;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.CostModel;
import io.millrace.scheduler.DramPort;
import io.millrace.scheduler.Objective;
import io.millrace.scheduler.Optimizer;
import io.millrace.scheduler.Target;
import io.millrace.scheduler.TestNets;
import io.millrace.scheduler.Unit;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which layers have an engine of their own because each weight is there for one product, and how large it is. */
class AsideTest {
    private static final QuantizedGraph MOBILE = TestNets.standard(StandardNet.MOBILENET_V2, 224, 1000);
    private static final int DSPS = 768;
    private static final int BEAT = 32;

    /** Where multipliers are limited, those of the engine are DSPs as all others. */
    private static final Objective LIMITED = Objective.FASTEST.withMultipliersMax(2 * DSPS);

    private static List<String> names(QuantizedGraph graph, Aside aside) {
        return aside.nodes().stream().map(n -> graph.node(n).name()).toList();
    }

    /** 1,280,000 weights in 0.9 times the 195,830 cycles that 1,536 products a clock take at least: 8 a clock are the fewest of 1, 2, 4... */
    @Test
    void theClassifierOfAFastNetworkIsAside() {
        var aside = Aside.of(MOBILE, LIMITED, DSPS, true, BEAT);
        assertEquals(List.of("fc"), names(MOBILE, aside));
        var size = aside.engines().getFirst();
        assertEquals(8, size.outputs() * size.lanes());
        assertEquals(4, aside.dsps());
        assertEquals(Aside.NONE, Aside.of(MOBILE, LIMITED.withBatch(2), DSPS, true, BEAT));
        assertEquals(0, Aside.of(MOBILE, Objective.FASTEST, DSPS, true, BEAT).dsps(), "of logic");
        double cycles = CostModel.macsPerFrame(MOBILE) / (2.0 * DSPS);
        assertTrue(1_280_000 / 8 <= cycles && 1_280_000 / 4 > cycles, "of " + cycles);
    }

    /** ResNet-18's 512,000 weights take the port 1.4 % of its frame, ResNet-50's 2,048,000 2.4 %. */
    @Test
    void whereItMattersLittleNothingIsAside() {
        var small = TestNets.standard(StandardNet.RESNET18, 224, 1000);
        assertEquals(Aside.NONE, Aside.of(small, LIMITED, DSPS, true, BEAT));
        var large = TestNets.standard(StandardNet.RESNET50, 224, 1000);
        assertEquals(List.of("fc"), names(large, Aside.of(large, LIMITED, DSPS, true, BEAT)));
    }

    /** Weights that come slower than the frame: a small engine would take longer than a large one. */
    @Test
    void manyWeightsForFewProductsAreNotAside() {
        assertEquals(
                Aside.NONE, Aside.of(TestNets.standard(StandardNet.ALEXNET, 224, 1000), LIMITED, DSPS, true, BEAT));
        assertEquals(Aside.NONE, Aside.of(MOBILE, LIMITED, DSPS, true, 0));
        assertEquals(Aside.NONE, Aside.of(TestNets.lenet5(Precision.INT8), LIMITED, 9, true, 0));
    }

    /** The engine takes several tiles from a beat, and the others need not wait for the classifier's weights. */
    @Test
    void theSearchPutsItOnAnEngineOfItsOwn() {
        var target = new Target("part", Target.Family.VIRTEX6, 200, DSPS, 416, 0, 0, 150_720, 301_440, 0)
                .withDram(new DramPort(BEAT, 16, 40, 8192, 6, 1560, 38), 512);
        var schedule = Optimizer.optimize(MOBILE, target, Objective.FASTEST);
        int fc = MOBILE.nodes().stream()
                .filter(n -> n.name().equals("fc"))
                .findFirst()
                .orElseThrow()
                .id();
        var actor = schedule.actors().stream()
                .filter(a -> a.node() == fc)
                .findFirst()
                .orElseThrow();
        var engine = (Unit.Matrix) schedule.machine().unit(actor.unit());
        assertTrue(engine.tilesPerBeat() > 1, () -> "on " + engine);
        assertEquals(
                1,
                schedule.actors().stream().filter(a -> a.unit() == engine.id()).count());
    }
}
