package io.millrace.scheduler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.CompileException;
import io.millrace.quantizer.Precision;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OptimizerTest {
    private static final Target ML605 =
            new Target("ml605", Target.Family.VIRTEX6, 200, 768, 416, 0, 0, 150_720, 301_440, 0);

    /** As an iCE40 UP5K, with half as many block RAMs and LUTs again. */
    private static final Target ICE = new Target("ice", Target.Family.ICE40, 24, 8, 0, 45, 4, 7_920, 7_920, 0);

    @ParameterizedTest
    @EnumSource(Precision.class)
    void lenet5OnMl605NeedsLessThanAThousandCycles(Precision precision) {
        var schedule = Optimizer.optimize(TestNets.lenet5(precision), ML605, Objective.FASTEST);
        var cost = CostModel.estimate(schedule);
        assertTrue(cost.cyclesPerFrame() <= 1000, "cycles " + cost.cyclesPerFrame());
        assertEquals(List.of(), Fit.check(schedule));
        RowTags.run(schedule, 4, 1);
    }

    @Test
    void lenet5KeepsTwentyFiveMultipliersBusy() {
        var objective = Objective.FASTEST.withMultipliersMax(25);
        var cost = CostModel.estimate(Optimizer.optimize(TestNets.lenet5(Precision.INT8), ML605, objective));
        assertTrue(cost.multipliers() <= 25);
        assertTrue(cost.macEfficiencyUsed() >= 0.9, "efficiency " + cost.macEfficiencyUsed());
    }

    @Test
    void anObjectiveInCyclesTakesASmallerMachine() {
        var graph = TestNets.lenet5(Precision.INT8);
        var fast = CostModel.estimate(Optimizer.optimize(graph, ML605, Objective.FASTEST));
        var enough = CostModel.estimate(Optimizer.optimize(graph, ML605, Objective.FASTEST.withCycles(5_000)));
        assertTrue(enough.cyclesPerFrame() <= 5_000, "cycles " + enough.cyclesPerFrame());
        assertTrue(enough.multipliers() * 3 < fast.multipliers(), enough.multipliers() + " multipliers");
    }

    @Test
    void aBudgetOfEachSizeIsKept() {
        var graph = TestNets.lenet1(Precision.INT8, 28, 28);
        double slower = Double.POSITIVE_INFINITY;
        for (int dsp : List.of(1, 2, 7, 25, 100, 400)) {
            var target = new Target("t", Target.Family.SERIES7, 100, dsp, 135, 0, 0, 63_400, 126_800, 0);
            var schedule = Optimizer.optimize(graph, target, Objective.FASTEST);
            assertEquals(List.of(), Fit.check(schedule), "dsp " + dsp);
            double cycles = CostModel.estimate(schedule).cyclesPerFrame();
            assertTrue(cycles < slower, dsp + " DSPs need " + cycles + " cycles, fewer need " + slower);
            slower = cycles;
        }
    }

    @Test
    void lenet5OnEightMultipliersKeepsItsWeightsInFourSinglePortRams() {
        var schedule = Optimizer.optimize(TestNets.lenet5(Precision.INT8), ICE, Objective.FASTEST);
        var cost = CostModel.estimate(schedule);
        assertEquals(8, cost.multipliers());
        assertEquals(4, cost.resources().spram256k());
        assertTrue(cost.resources().ebr4k() <= 45);
        RowTags.run(schedule, 4, 1);
    }

    @Test
    void notFittingSaysByHowMuch() {
        var tiny = new Target("tiny", Target.Family.SERIES7, 100, 90, 1, 0, 0, 63_400, 126_800, 0);
        var refused = assertThrows(
                CompileException.class,
                () -> Optimizer.optimize(TestNets.lenet5(Precision.INT8), tiny, Objective.FASTEST));
        assertEquals(5, refused.exitCode());
        String message = String.valueOf(refused.getMessage());
        assertTrue(
                message.matches("(?s)error\\[SCH-0301\\] lenet5: .* needs about \\d+ 36-kbit block RAMs, tiny has 0 "
                        + "\\(90 % of 1\\): \\d+ too many\n  try: .*a board with at least \\d+ 36-kbit block RAMs"),
                message);
    }

    @Test
    void theSameQuestionHasTheSameAnswer() {
        var graph = TestNets.lenet1(Precision.INT8, 28, 28);
        assertEquals(
                Optimizer.optimize(graph, ML605, Objective.FASTEST),
                Optimizer.optimize(graph, ML605, Objective.FASTEST));
    }
}
