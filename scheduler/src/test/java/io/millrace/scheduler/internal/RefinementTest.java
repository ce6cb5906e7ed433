package io.millrace.scheduler.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.nets.StandardNet;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.CostModel;
import io.millrace.scheduler.Fit;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.DrainSize;
import io.millrace.scheduler.MachineOptions.Engines;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.VectorSize;
import io.millrace.scheduler.Objective;
import io.millrace.scheduler.Optimizer;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.ScheduleVerifier;
import io.millrace.scheduler.Target;
import io.millrace.scheduler.TestNets;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Machines made faster step by step. */
class RefinementTest {
    private static final int DSPS = 240;
    private static final Target PART =
            new Target("part", Target.Family.SERIES7, 100, DSPS, 135, 0, 0, 63_400, 126_800, 0);
    private static final Objective THOROUGH = Objective.FASTEST.withThorough(true);

    private final QuantizedGraph graph = TestNets.standard(StandardNet.RESNET8, 32);
    private final Placer placer = new Placer(
            graph,
            PART,
            THOROUGH,
            (s, need) -> Fit.check(s).isEmpty() ? List.of() : Fit.explained(s, THOROUGH),
            Optimizer.Cycles.ESTIMATED);

    /** Two matrix engines of unequal load, one requantizer each, and a vector engine of one lane. */
    private Found slow() {
        var array = MatrixSize.of(16, 8, 1, 1, 64).withPacking();
        var layers = Skeleton.live(graph).stream().filter(Skeleton::onMatrix).toList();
        var engineOf = IntStream.range(0, graph.nodes().size())
                .mapToObj(node -> node == layers.getLast().id() ? 1 : 0)
                .toList();
        var engines = new Engines.Assigned(
                List.of(array, array), List.of(new VectorSize(new DrainSize(1, 1, false))), engineOf);
        return placer.placed(MachineOptions.of("slow", engines)).orElseThrow();
    }

    private static int dsps(Found found) {
        return ((Engines.Assigned) found.options().engines())
                .matrices().stream().mapToInt(MatrixSize::dsps).sum();
    }

    @Test
    void stepsMakeASlowMachineSeveralTimesAsFast() {
        var slow = slow();
        var refined = Refinement.of(graph, PART, placer, DSPS, slow);
        assertTrue(refined.cycles() * 3 < slow.cycles(), refined.cycles() + " of " + slow.cycles());
        assertEquals(CostModel.estimate(refined.schedule()).cyclesPerFrame(), refined.cycles());
        assertEquals(List.of(), Fit.check(refined.schedule()));
        assertEquals(List.of(), ScheduleVerifier.verify(refined.schedule()));
    }

    @Test
    void noStepTakesMoreDspsThanThereAre() {
        var machine = Refinement.of(graph, PART, placer, DSPS, slow());
        assertTrue(dsps(machine) > DSPS * 3 / 4, dsps(machine) + " DSPs");
        var neighbours = Neighbours.of(graph, PART, DSPS, machine).orElseThrow();
        for (var kind : Neighbours.KINDS) {
            for (var options : kind.apply(neighbours)) {
                Schedule least = ScheduleBuilder.leanest(graph, PART, options);
                assertTrue(CostModel.resources(least.machine(), PART).dsp() <= DSPS, options.toString());
            }
        }
    }

    @Test
    void stepsAreTheSameEveryTime() {
        var slow = slow();
        assertEquals(
                Refinement.of(graph, PART, placer, DSPS, slow).options(),
                Refinement.of(graph, PART, placer, DSPS, slow).options());
    }
}
