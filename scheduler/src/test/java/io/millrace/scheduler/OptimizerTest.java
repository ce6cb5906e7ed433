package io.millrace.scheduler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.CompileException;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import io.millrace.scheduler.Objective.Goal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class OptimizerTest {
    private static final Target ML605 =
            new Target("ml605", Target.Family.VIRTEX6, 200, 768, 416, 0, 0, 150_720, 301_440, 0);

    private static final Target VC707 =
            new Target("vc707", Target.Family.SERIES7, 200, 2_800, 1_030, 0, 0, 303_600, 607_200, 0);

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

    /** Efficiency is against all multipliers that are allowed, whether the machine has them or not. */
    @ParameterizedTest
    @CsvSource({
        "LENET5, 25, .98",
        "LENET5, 64, .89",
        "LENET5, 100, .97",
        "CIFAR3, 9, .98",
        "CIFAR3, 64, .96",
        "CIFAR3, 144, .98",
        "CIFAR3, 1024, .95",
        "RESNET8, 9, .98",
        "RESNET8, 64, .98",
        "RESNET8, 144, .98",
        "RESNET8, 1024, .97",
        "RESNET20V2, 64, .98",
        "RESNET20V2, 1024, .95"
    })
    void theMultipliersThatAreAllowedAreBusy(Net net, int multipliers, double efficiency) {
        var objective = Objective.FASTEST.withMultipliersMax(multipliers);
        var schedule = Optimizer.optimize(net.graph(), VC707, objective);
        var cost = CostModel.estimate(schedule);
        assertTrue(cost.multipliers() <= multipliers);
        assertEquals(List.of(), Fit.check(schedule));
        assertEquals(List.of(), ScheduleVerifier.verify(schedule));
        double found = cost.macsPerFrame() / (cost.cyclesPerFrame() * multipliers);
        assertTrue(found >= efficiency, "efficiency " + found);
    }

    /** A beat of DRAM has more weights than the arrays may have multipliers. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3, 16, 64, 100})
    void noMoreMultipliersThanAllowedWhereWeightsAreStreamed(int multipliers) {
        var graph = TestNets.heavy(Precision.INT8);
        var part = new Target("part", Target.Family.SERIES7, 200, 700, 60, 0, 0, 203_800, 407_600, 0)
                .withDram(new DramPort(128, 32, 46, 8192, 5, 1170, 29), 512);
        var schedule = Optimizer.optimize(graph, part, Objective.FASTEST.withMultipliersMax(multipliers));
        var cost = CostModel.estimate(schedule);
        assertTrue(cost.multipliers() <= multipliers, () -> cost.multipliers() + " multipliers");
        assertTrue(!schedule.machine().streamed().isEmpty());
        assertEquals(List.of(), Fit.check(schedule));
        assertEquals(List.of(), ScheduleVerifier.verify(schedule));
        assertTrue(cost.macEfficiencyUsed() > .85, () -> "efficiency " + cost.macEfficiencyUsed());
    }

    /** Machines are built and phases measured side by side; how many at once changes nothing. */
    @ParameterizedTest
    @CsvSource({"LENET5, 100", "RESNET8, 64", "RESNET20V2, 1024"})
    void theDesignIsTheSameForAnyNumberOfThreads(Net net, int multipliers) throws Exception {
        var graph = net.graph();
        var objective = Objective.FASTEST.withMultipliersMax(multipliers);
        var texts = new ArrayList<String>();
        for (int threads : new int[] {1, 4}) {
            try (var pool = new ForkJoinPool(threads)) {
                texts.add(ScheduleText.print(pool.submit(() -> Optimizer.optimize(graph, ML605, objective))
                        .get()));
            }
        }
        assertEquals(texts.getFirst(), texts.getLast());
    }

    /** Branches and sums too: whatever engines the search finds, rows come in order and nothing stops. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void randomGraphsRunOnWhatIsFound(long seed) {
        var graph = seed % 2 == 0
                ? RandomQuantizedGraphs.mixed(seed, 10, Precision.INT8)
                : RandomQuantizedGraphs.generateTree(seed, 7, Precision.INT8);
        var objective = Objective.FASTEST.withMultipliersMax((int) (8 + 4 * seed));
        var schedule = Optimizer.optimize(graph, ML605, objective);
        assertEquals(List.of(), Fit.check(schedule));
        assertEquals(List.of(), ScheduleVerifier.verify(schedule));
        RowTags.run(schedule, 3, seed);
    }

    private enum Net {
        LENET5(TestNets::lenet5),
        CIFAR3(TestNets::cifar3),
        RESNET8(TestNets::resnet8),
        RESNET20V2(TestNets::resnet20v2);

        private final Function<Precision, QuantizedGraph> of;

        Net(Function<Precision, QuantizedGraph> of) {
            this.of = of;
        }

        QuantizedGraph graph() {
            return of.apply(Precision.INT8);
        }
    }

    /** Lanes of vector engines and requantizers multiply in logic where arrays leave them no DSPs, and each of these does two products. */
    @Test
    void arraysHaveAllDsps() {
        var part = new Target("t", Target.Family.SERIES7, 100, 9, 135, 0, 0, 63_400, 126_800, 0);
        var schedule = Optimizer.optimize(TestNets.resnet8(Precision.INT8), part, Objective.FASTEST);
        assertEquals(18, CostModel.estimate(schedule).multipliers());
        assertEquals(9, CostModel.estimate(schedule).resources().dsp());
        assertEquals(List.of(), Fit.check(schedule));
    }

    /** Layers that are not neighbours share an engine where that is faster, and rows still come in order. */
    @Test
    void layersThatAreNotNeighboursShareAnEngine() {
        var objective = Objective.FASTEST.withMultipliersMax(64);
        var schedule = Optimizer.optimize(TestNets.resnet8(Precision.INT8), VC707, objective);
        var units = schedule.actors().stream()
                .filter(a -> a.work() instanceof Work.Multiply)
                .map(Actor::unit)
                .toList();
        long changes = IntStream.range(1, units.size())
                .filter(i -> !units.get(i).equals(units.get(i - 1)))
                .count();
        assertTrue(changes >= units.stream().distinct().count(), "engines of the convolutions in order: " + units);
        RowTags.run(schedule, 4, 1);
    }

    @Test
    void anObjectiveInCyclesTakesASmallerMachine() {
        var graph = TestNets.lenet5(Precision.INT8);
        var fast = CostModel.estimate(Optimizer.optimize(graph, ML605, Objective.FASTEST));
        var enough = CostModel.estimate(Optimizer.optimize(graph, ML605, Objective.FASTEST.withCycles(5_000)));
        assertTrue(enough.cyclesPerFrame() <= 5_000, "cycles " + enough.cyclesPerFrame());
        assertTrue(enough.multipliers() * 3 < fast.multipliers(), enough.multipliers() + " multipliers");
    }

    private static Target withoutMultipliers(int ebr, int cells) {
        return new Target("hx", Target.Family.ICE40, 36, 0, 0, ebr, 0, cells, cells, 0);
    }

    /** Multipliers are logic, and as many as there is logic and memory for. */
    /** No machine that another goal or the rate finds is better by a goal. */
    @ParameterizedTest
    @CsvSource({"LENET5, 0", "LENET5, 20000", "RESNET8, 0", "RESNET8, 100000"})
    void eachGoalFindsWhatIsBestByIt(Net net, long enough) {
        var rate = found(net, Goal.RATE, enough);
        var latency = found(net, Goal.LATENCY, enough);
        var energy = found(net, Goal.ENERGY, enough);
        for (var cost : List.of(rate, latency, energy)) {
            assertTrue(enough == 0 || cost.cyclesPerFrame() <= enough, cost::toString);
            assertTrue(latency.latencyCycles() <= cost.latencyCycles(), () -> cost + " is done sooner than " + latency);
            assertTrue(
                    millijoules(energy, enough) <= millijoules(cost, enough),
                    () -> cost + " takes less than " + energy);
        }
        assertTrue(latency.latencyCycles() < rate.latencyCycles(), () -> rate + " is done as soon as " + latency);
    }

    private static Cost found(Net net, Goal goal, long enough) {
        var objective = Objective.FASTEST.withGoal(goal).withCycles(enough);
        var schedule = Optimizer.optimize(net.graph(), ML605, objective);
        assertEquals(List.of(), Fit.check(schedule));
        return CostModel.estimate(schedule);
    }

    private static double millijoules(Cost cost, long enough) {
        return PowerEstimate.of(ML605.family(), cost.resources(), ML605.clockMhz())
                .millijoulesPerFrame(Math.max(enough, cost.cyclesPerFrame()), ML605.clockMhz());
    }

    /** Cells and multipliers that stand still draw nothing, so fewer of them are taken where they are fast enough. */
    @Test
    void aSmallPartHasTheSmallestMachineThatIsFastEnough() {
        var graph = TestNets.lenet5(Precision.INT8);
        int before = 8;
        for (long enough : new long[] {100_000, 200_000, 400_000}) {
            var schedule = Optimizer.optimize(graph, ICE, Objective.FASTEST.withCycles(enough));
            var cost = CostModel.estimate(schedule);
            assertTrue(cost.cyclesPerFrame() <= enough, () -> cost.cyclesPerFrame() + " of " + enough);
            assertTrue(cost.multipliers() < before, () -> cost.multipliers() + " multipliers for " + enough);
            before = cost.multipliers();
        }
        // None is fast enough.
        var fastest = Optimizer.optimize(graph, ICE, Objective.FASTEST.withCycles(1));
        assertEquals(Optimizer.optimize(graph, ICE, Objective.FASTEST), fastest);
    }

    @Test
    void aPartWithoutMultipliersGetsSomeOfLookUpTables() {
        var graph = TestNets.lenet1(Precision.INT8, 28, 28);
        double slower = Double.POSITIVE_INFINITY;
        for (int ebr : List.of(32, 60)) {
            var schedule = Optimizer.optimize(graph, withoutMultipliers(ebr, 7_440), Objective.FASTEST);
            assertEquals(List.of(), Fit.check(schedule));
            assertEquals(List.of(), ScheduleVerifier.verify(schedule));
            var cost = CostModel.estimate(schedule);
            assertEquals(0, cost.resources().dsp());
            assertTrue(cost.cyclesPerFrame() < slower, cost::toString);
            slower = cost.cyclesPerFrame();
            var blocks = new Target("up", Target.Family.ICE40, 36, 8, 0, ebr, 0, 7_440, 7_440, 0);
            var inBlocks = CostModel.resources(schedule.machine(), blocks);
            assertEquals(cost.multipliers(), inBlocks.dsp());
            assertEquals(
                    inBlocks.lut() + 182 * cost.multipliers(), cost.resources().lut());
        }
    }

    @Test
    void whatDoesNotFitASmallPartIsRefusedWithItsLargestParts() {
        var graph = TestNets.lenet1(Precision.INT8, 28, 28);
        var refusal = assertThrows(
                CompileException.class,
                () -> Optimizer.optimize(graph, withoutMultipliers(10, 3_000), Objective.FASTEST));
        assertEquals(5, refusal.exitCode());
        var message = refusal.diagnostics().toString();
        assertTrue(
                message.matches(
                        "(?s).*needs about \\d+ 4-kbit block RAMs, hx has 10: \\d+ too many; \\d+ for matrix_0, .*"),
                message);
        assertTrue(
                message.matches(
                        "(?s).*needs about \\d+ logic cells, hx has 2910 .97 % of 3000.: \\d+ too many; \\d+ for .*"),
                message);
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
                message.matches(
                        "(?s)error\\[SCH-0301\\] lenet5: .* needs about \\d+ 36-kbit block RAMs, tiny has 0 "
                                + "\\(90 % of 1\\): \\d+ too many; \\d+ for [^\n]*\n  try: .*a board with at least \\d+ 36-kbit block RAMs"),
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
