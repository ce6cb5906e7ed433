package io.millrace.scheduler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.Window;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QOp;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BoundTest {
    private static final DramPort DDR = new DramPort(32, 16, 40, 8192, 6, 1560, 38);

    private static Target part(int dsp) {
        return new Target("part", Target.Family.SERIES7, 200, dsp, 135, 0, 0, 63_400, 126_800, 0);
    }

    private static Objective limit(int multipliers) {
        return Objective.FASTEST.withMultipliersMax(multipliers);
    }

    @Test
    void aLayerThatFillsItsTilesTakesItsProducts() {
        var graph = TestNets.oneConv(Precision.INT8, 16, 8, 16, Window.of(1, 1));
        assertEquals(new Bound(512, 512, 0), Bound.of(graph, part(240), limit(32)));
    }

    @ParameterizedTest
    @CsvSource({"INT8, 240, 480", "INT16, 240, 240"})
    void allDspsAreTwoProductsEachAtInt8(Precision precision, int dsp, int products) {
        var graph = TestNets.oneConv(precision, 16, 8, 16, Window.of(1, 1));
        assertEquals(
                16_384.0 / products,
                Bound.of(graph, part(dsp), Objective.FASTEST).products());
    }

    /** 35 products on 16 multipliers: 5 x 3 and 2 x 7 take three cycles, no shape takes two. */
    @Test
    void tilesThatNoShapeFillsCount() {
        var graph = TestNets.oneConv(Precision.INT8, 7, 1, 5, Window.of(1, 1));
        assertEquals(new Bound(35 / 16.0, 3, 0), Bound.of(graph, part(240), limit(16)));
    }

    @Test
    void weightsBeyondEveryBitOnChipPassThePort() {
        var graph = TestNets.heavy(Precision.INT8);
        double weights = graph.nodes().stream()
                .filter(n -> n.op() instanceof QOp.Conv)
                .mapToDouble(n -> ((QOp.Conv) n.op()).weights().size())
                .sum();
        var small = new Target("small", Target.Family.SERIES7, 200, 1000, 10, 0, 0, 1000, 8000, 0);
        double room = 10 * 4608 + 1000 * 8 + 1000;
        double rate = 32 * DDR.efficiencyMost();
        assertEquals(0, Bound.of(graph, small, Objective.FASTEST).weights());
        var bound = Bound.of(graph, small.withDram(DDR, 512), Objective.FASTEST);
        assertEquals((weights - room) / rate, bound.weights(), 1e-6);
        assertEquals(Bound.Limit.WEIGHTS, bound.limit());
        assertEquals(bound.weights(), bound.cyclesPerFrame());
        assertEquals(
                Bound.Limit.MULTIPLIERS,
                Bound.of(graph, small, Objective.FASTEST).limit());
    }

    /** Those of the fully-connected layer are read once a batch; the others have the room on chip first. */
    @Test
    void aBatchSharesItsWeights() {
        var graph = TestNets.heavy(Precision.INT8);
        long fullyConnected = 160L * 64 * 49;
        var small = new Target("small", Target.Family.SERIES7, 200, 100, 20, 0, 0, 1000, 8000, 0).withDram(DDR, 512);
        double room = 20 * 4608 + 1000 * 8 + 1000;
        double others = 9L * 64 * 16 + 9L * 64 * 64;
        double expected = (fullyConnected - (room - others)) / 8 / (32 * DDR.efficiencyMost());
        assertEquals(
                expected, Bound.of(graph, small, Objective.FASTEST.withBatch(8)).weights(), 1e-6);
    }

    /** Where it is streamed, an array of logic may compute the fully-connected layer. */
    @Test
    void aClassifierMayTakeNoDsps() {
        var graph = TestNets.heavy(Precision.INT8);
        var resident = part(100);
        var streamed = resident.withDram(DDR, 512);
        double all = Bound.of(graph, resident, Objective.FASTEST).products();
        double others = Bound.of(graph, streamed, Objective.FASTEST).products();
        assertEquals(160L * 64 * 49 / 200.0, all - others, 1e-6);
        assertEquals(
                all, Bound.of(graph, streamed, Objective.FASTEST.withBatch(2)).products());
        assertEquals(Bound.of(graph, resident, limit(100)), Bound.of(graph, streamed, limit(100)), "all are limited");
    }

    @Test
    void withoutAMultiplierThereIsNone() {
        var graph = TestNets.lenet5(Precision.INT8);
        assertThrows(IllegalArgumentException.class, () -> Bound.of(graph, part(0), Objective.FASTEST));
    }

    /** Machines of all shapes, each held against the bound for as many multipliers as it has itself. */
    @Test
    void noMachineIsFaster() {
        int near = 0;
        for (long seed = 0; seed < 300; seed++) {
            var schedule = RandomMachines.schedule(seed, 6);
            var cost = CostModel.estimate(schedule);
            if (cost.multipliers() == 0) {
                continue;
            }
            var bound = Bound.of(schedule.graph(), RandomMachines.TARGET, limit(cost.multipliers()));
            assertTrue(
                    bound.cyclesPerFrame() <= cost.cyclesPerFrame(),
                    "seed " + seed + ": " + bound + ", but " + cost.cyclesPerFrame());
            assertTrue(bound.products() <= bound.multipliers(), "seed " + seed + ": " + bound);
            near += 2 * bound.cyclesPerFrame() > cost.cyclesPerFrame() ? 1 : 0;
        }
        assertTrue(near > 10, "only " + near + " machines are within twice the bound");
    }

    @Test
    void noDesignThatIsFoundIsFaster() {
        for (long seed = 0; seed < 40; seed++) {
            var graph = RandomMachines.graph(seed, 6);
            for (int dsp : new int[] {4, 30}) {
                var target = new Target("t", Target.Family.SERIES7, 100, dsp, 135, 0, 0, 63_400, 126_800, 0);
                var cost = CostModel.estimate(Optimizer.optimize(graph, target, Objective.FASTEST));
                var bound = Bound.of(graph, target, Objective.FASTEST);
                var limited = Bound.of(graph, target, limit(Math.max(1, cost.multipliers())));
                assertTrue(
                        bound.cyclesPerFrame() <= cost.cyclesPerFrame(),
                        "seed " + seed + " on " + dsp + ": " + bound + ", but " + cost.cyclesPerFrame());
                assertTrue(
                        limited.cyclesPerFrame() <= cost.cyclesPerFrame(),
                        "seed " + seed + " on " + dsp + ": " + limited + ", but " + cost.cyclesPerFrame());
            }
        }
    }
}
