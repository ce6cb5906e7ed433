package io.millrace.scheduler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.quantizer.Precision;
import java.util.List;
import org.junit.jupiter.api.Test;

class CostModelTest {
    private static final Target ML605 =
            new Target("ml605", Target.Family.VIRTEX6, 200, 768, 416, 0, 0, 150_720, 301_440, 10_000_000);

    /** Counted by yosys 0.23, {@code synth_xilinx -family xc6v -noiopad -noclkbuf}, LUTs with those used as memory and shift registers. */
    @Test
    void aSmallMachineIsAsLargeAsSynthesisSays() {
        var schedule =
                Scheduler.schedule(TestNets.lenet5(Precision.INT8), ML605, MachineOptions.oneEngine(5, 5, 1, 2, 5));
        var r = CostModel.resources(schedule.machine(), ML605);
        assertEquals(27, r.dsp());
        assertEquals(List.of(0, 39), List.of(r.bram36(), r.bram18()));
        assertEquals(6327, r.lut(), 6327 * 0.1);
        assertEquals(5859, r.ff(), 5859 * 0.1);
    }

    @Test
    void cyclesAndBytesOfLenet5OnOneEngine() {
        var schedule =
                Scheduler.schedule(TestNets.lenet5(Precision.INT8), ML605, MachineOptions.oneEngine(5, 5, 1, 2, 5));
        var cost = CostModel.estimate(schedule);
        // conv1 2 x 5 tiles of 28 reads a row, conv2 4 x 30 of 10; fully connected tiles take their 5 clocks of
        // weights.
        long conv1 = 28 * 2 * 5 * 28;
        long conv2 = 10 * 4 * 30 * 10;
        long fc = 24 * 80 * 5 + 17 * 24 * 5 + 2 * 17 * 5;
        assertEquals(conv1 + conv2 + fc, cost.periodBound());
        assertTrue(cost.cyclesPerFrame() >= cost.periodBound());
        assertEquals(416_520, cost.macsPerFrame());
        assertEquals(1536, cost.peakMacsPerCycle());
        assertEquals(25, cost.multipliers());
        assertEquals(new Cost.HostBytes(784, 10), cost.host());
        assertEquals(10_000_000 / 784.0, cost.linkFramesPerSecond(), 1e-9);
        assertEquals(416_520 / (cost.cyclesPerFrame() * 1536), cost.macEfficiency(), 1e-12);
        assertEquals("matrix_0", cost.bottleneck());
    }

    /** A tile's weights take 13 clocks. conv2 reads ten pixels with them, the fully connected layers one; there the accumulators' revisit distance hides 3. */
    @Test
    void layersThatWaitForWeightsAreWeightBound() {
        var schedule =
                Scheduler.schedule(TestNets.lenet5(Precision.INT8), ML605, MachineOptions.oneEngine(5, 5, 1, 2, 2));
        var cost = CostModel.estimate(schedule);
        var layers =
                cost.layers().stream().filter(l -> l.unit().equals("matrix_0")).toList();
        assertEquals(5, layers.size());
        assertEquals(
                List.of(false, true, true, true, true),
                layers.stream().map(Cost.LayerLoad::isWeightBound).toList());
        var first = layers.get(2);
        assertEquals(24 * 80 * 3, first.reads());
        assertEquals(24 * 80 * 13, first.reads() + first.weights());
        assertEquals(
                cost.units().get(1).reads(),
                layers.stream().mapToLong(l -> l.reads() + l.weights()).sum());
        var wide = MachineOptions.oneEngine(5, 5, 1, 2, 25);
        var fast = CostModel.estimate(Scheduler.schedule(TestNets.lenet5(Precision.INT8), ML605, wide));
        assertEquals(
                0, fast.layers().stream().mapToLong(Cost.LayerLoad::weights).sum());
    }

    @Test
    void noOrderIsFasterThanTheLargestLoad() {
        for (long seed = 0; seed < 60; seed++) {
            var cost = CostModel.estimate(RandomMachines.schedule(seed, 5));
            assertTrue(cost.cyclesPerFrame() >= cost.periodBound() * 0.99, "seed " + seed + ": " + cost);
        }
    }
}
