package io.millrace.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.scheduler.CostModel;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Work;
import io.millrace.simulator.Account.Cause;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;

class AccountTest {
    @Test
    void causesAddUpToTheRun() {
        addUp(4000, Machines::random);
    }

    @Test
    void causesAddUpWithWeightsFromDram() {
        addUp(9000, Machines::streamed);
    }

    @Test
    void causesAddUpWithMapsInDram() {
        addUp(9500, Machines::spilled);
    }

    private static void addUp(long first, LongFunction<Schedule> schedules) {
        for (long seed = first; seed < first + 60; seed++) {
            var link = seed % 2 == 0 ? LinkTrace.NONE : LinkTrace.seeded(seed, 30, 4, 6);
            var result = Simulator.run(
                    schedules.apply(seed), SimulationOptions.timing(9).withLink(link));
            var account = result.account();
            assertEquals(result.endCycle() + 1, account.cycles());
            long layers = 0;
            for (var unit : account.units()) {
                assertEquals(account.cycles(), unit.total(), "unit " + unit.name() + " of seed " + seed);
                unit.cycles().forEach((cause, c) -> assertTrue(c >= 0, () -> cause + " of " + unit.name()));
                layers += account.cycles() - unit.of(Cause.IDLE);
            }
            assertEquals(
                    layers,
                    account.layers().stream().mapToLong(Account.Share::total).sum(),
                    "layers of seed " + seed);
        }
    }

    /**
     * What the estimate says clearly of each layer by itself, the run shows where the layer waits for no other: then weights come in the meantime.
     * The port that engines share can only make more layers wait.
     */
    @Test
    void layersAreWeightBoundAsEstimated() {
        int bound = 0;
        for (long seed = 9000; seed < 9120; seed++) {
            bound += weightBound(Machines.streamed(seed));
        }
        assertTrue(bound > 10, "only " + bound + " layers wait");
    }

    @Test
    void layersWhoseWeightsAreThereAreNotWeightBound() {
        for (long seed = 4000; seed < 4040; seed++) {
            weightBound(Machines.random(seed));
        }
    }

    private static int weightBound(Schedule schedule) {
        int bound = 0;
        var account = Simulator.run(schedule, SimulationOptions.timing(9)).account();
        boolean shared = schedule.machine().dram().exists();
        for (var layer : CostModel.estimate(schedule).layers()) {
            var share = account.layers().stream()
                    .filter(s -> s.name().equals(layer.layer()))
                    .findFirst()
                    .orElseThrow();
            long others = share.of(Cause.STARVED) + share.of(Cause.BLOCKED);
            if (5 * others < share.total()
                    && layer.weights() > 3 * layer.reads()
                    && layer.reads() + layer.weights() > 3 * layer.drain()) {
                assertTrue(share.isWeightBound(), () -> layer + " ran as " + share);
                bound++;
            }
            if (layer.weights() == 0 && !shared) {
                assertFalse(share.isWeightBound(), () -> layer + " ran as " + share);
            }
        }
        return bound;
    }

    @Test
    void aTinyRunByHand() {
        // Cycles of TimingRulesTest.oneConvolutionAtItsPace, one frame of two firings, ending with the pop in 44.
        var account = Simulator.run(TinySchedules.plain().schedule(), SimulationOptions.timing(1))
                .account();
        // m: 0..4 fetch, 5..8 starved, 9..11 busy, 12..13 fetch, 14..16 busy, 17..18 fetch until head 14 + 4, start 19
        // if
        // it were not for the half, free in 24: 19..23 drain, 24..26 busy; 27..28 fetch, 29 drain, 30..32 busy; 33..34
        // fetch, 35..38 drain, 39..41 busy, the rest idle.
        assertEquals(
                Map.of(
                        Cause.BUSY, 15L,
                        Cause.STARVED, 4L,
                        Cause.BLOCKED, 0L,
                        Cause.WEIGHTS, 0L,
                        Cause.DRAIN, 10L,
                        Cause.LINK, 0L,
                        Cause.DRAM, 0L,
                        Cause.OVERHEAD, 13L,
                        Cause.IDLE, 3L),
                account.units().get(1).cycles());
        // out: 0..4 fetch, 5..31 starved, 32 busy, 33..36 fetch, 37 starved, 38 busy, the rest idle.
        assertEquals(
                Map.of(
                        Cause.BUSY, 2L,
                        Cause.STARVED, 28L,
                        Cause.BLOCKED, 0L,
                        Cause.WEIGHTS, 0L,
                        Cause.DRAIN, 0L,
                        Cause.LINK, 0L,
                        Cause.DRAM, 0L,
                        Cause.OVERHEAD, 9L,
                        Cause.IDLE, 6L),
                account.units().get(2).cycles());
    }

    @Test
    void theBottleneckIsNamed() {
        var busy = TinySchedules.plain()
                .withMap(2, 3)
                .withChannels(4, 4)
                .withEngine(1, 1, 1, 1, Work.TileOrder.OUTPUTS_OUTER)
                .withHost(16, 16);
        assertEquals("m", bottleneck(busy, LinkTrace.NONE).name());
        assertEquals(Cause.BUSY, bottleneck(busy, LinkTrace.NONE).cause());
        var weights = TinySchedules.plain()
                .withMap(3, 1)
                .withChannels(8, 4)
                .withEngine(4, 8, 1, 4, Work.TileOrder.OUTPUTS_OUTER)
                .withHost(16, 16);
        assertEquals(Cause.WEIGHTS, bottleneck(weights, LinkTrace.NONE).cause());
        var drain = TinySchedules.plain()
                .withChannels(1, 4)
                .withEngine(4, 1, 4, 1, Work.TileOrder.OUTPUTS_OUTER)
                .withHost(16, 16);
        assertEquals(Cause.DRAIN, bottleneck(drain, LinkTrace.NONE).cause());
        var slowLink = new LinkTrace(
                java.util.stream.IntStream.range(0, 4000)
                        .map(i -> i % 2 == 0 ? 1 : 20)
                        .boxed()
                        .toList(),
                List.of());
        assertEquals(Cause.LINK, bottleneck(TinySchedules.plain(), slowLink).cause());
        assertEquals("in", bottleneck(TinySchedules.plain(), slowLink).name());
        assertTrue(bottleneck(busy, LinkTrace.NONE).toString().startsWith("unit 'm' ("));
    }

    private static Account.Bottleneck bottleneck(TinySchedules tiny, LinkTrace link) {
        return Simulator.run(tiny.schedule(), SimulationOptions.timing(20).withLink(link))
                .account()
                .bottleneck();
    }
}
