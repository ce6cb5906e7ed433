package io.millrace.scheduler.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.CostModel;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.DrainSize;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.VectorSize;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Scheduler;
import io.millrace.scheduler.Target;
import io.millrace.scheduler.TestNets;
import io.millrace.scheduler.Unit;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Where rows are cut, and where that would cost cycles. */
class RangeChoiceTest {
    private static final QuantizedGraph WIDE = TestNets.wide(Precision.INT8);
    /** Of so few block RAMs that accumulators take a large part of them. */
    private static final Target PART =
            new Target("part", Target.Family.VIRTEX6, 200, 768, 60, 0, 0, 150_720, 301_440, 0);

    @Test
    void accumulatorsTakeFewerBlockRamsAndAFrameNoMoreCycles() {
        var options = engine(16, 16, 32, 8);
        var whole = schedule(options);
        var cut = schedule(choose(WIDE, options));
        assertTrue(accumulatorWords(whole) > 512);
        assertTrue(accumulatorWords(cut) <= 512);
        int before = CostModel.resources(whole.machine(), PART).bram36Total();
        int after = CostModel.resources(cut.machine(), PART).bram36Total();
        assertTrue(after < 0.8 * before, before + " block RAMs, in ranges " + after);
        double more = CostModel.estimate(cut).cyclesPerFrame()
                / CostModel.estimate(whole).cyclesPerFrame();
        assertTrue(more < 1.005, more + " times the cycles");
    }

    /** A tile of 256 weights, one a clock, takes as long as a range of 256 columns is read. */
    @Test
    void rangesAreAsLongAsWeightsAreLoaded() {
        var options = choose(WIDE, engine(16, 16, 1, 8));
        int words = accumulatorWords(schedule(options));
        assertTrue(words >= 256 && words <= 512, words + " accumulators");
    }

    @Test
    void narrowRowsAndSmallSavingsAreLeftAlone() {
        var narrow = TestNets.lenet5(Precision.INT8);
        assertEquals(List.of(1), choose(narrow, engine(16, 16, 32, 8)).ranges());
        var small = new MachineOptions.Engines.One(
                MatrixSize.of(1, 4, 1, 1, 4), new VectorSize(new DrainSize(1, 1, false)));
        var large = new Target("large", Target.Family.VIRTEX6, 200, 768, 2000, 0, 0, 300_000, 600_000, 0);
        var options = MachineOptions.of("small", small);
        assertEquals(
                1,
                new RangeChoice(WIDE, large).choose(options).rangesOf(1),
                "a narrow engine's accumulators are hardly a part of the chip");
    }

    private static MachineOptions engine(int p, int s, int weightLanes, int q) {
        return MachineOptions.oneEngine(p, s, 1, q, weightLanes);
    }

    private static MachineOptions choose(QuantizedGraph graph, MachineOptions options) {
        return new RangeChoice(graph, PART).choose(options);
    }

    private static Schedule schedule(MachineOptions options) {
        return Scheduler.schedule(WIDE, PART, options);
    }

    private static int accumulatorWords(Schedule schedule) {
        return schedule.machine().units().stream()
                .mapToInt(u -> u instanceof Unit.Matrix m ? m.accumulatorWords() : 0)
                .max()
                .orElseThrow();
    }
}
