package io.millrace.scheduler.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.nets.StandardNet;
import io.millrace.scheduler.Actor;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.VectorSize;
import io.millrace.scheduler.TestNets;
import io.millrace.scheduler.Unit;
import io.millrace.scheduler.Work;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Orders of firings where the blocks of a stage are of two frames by turns. */
class GlobalOrderTest {
    private static List<Integer> turns(int earlier, int later) {
        return GlobalOrder.byTurns(IntStream.range(0, earlier + later).boxed().toList(), earlier);
    }

    /** No phase comes right behind the one of its frame that it needs, but for over the end of the loop, where it is another frame's. */
    @Test
    void phasesOfOneFrameHaveOthersBetweenThem() {
        assertEquals(List.of(0, 3, 1, 4, 2, 5), turns(3, 3));
        assertEquals(List.of(0, 3, 1, 4, 2), turns(3, 2));
        assertEquals(List.of(2, 0, 3, 1, 4), turns(2, 3));
        assertEquals(List.of(2, 0, 3, 4, 1, 5, 6), turns(2, 5));
    }

    /** The first rows of a turn, which another stage makes, are loaded while the turn before has rows of its own to load. */
    @Test
    void firstRowsOfATurnAreLoadedInTheTurnBefore() {
        var graph = TestNets.standard(StandardNet.RESNET50, 64);
        var blocks = Blocks.of(graph).orElseThrow();
        int border = blocks.firstNodes().get(2);
        int classifier = graph.nodes().size() - 2;
        var engines = new MachineOptions.Engines.Assigned(
                List.of(
                        MatrixSize.of(16, 4, 1, 16, 16),
                        MatrixSize.of(16, 16, 1, 16, 16),
                        MatrixSize.of(2, 2, 1, 1, 2)),
                List.of(VectorSize.of(4), VectorSize.of(16), VectorSize.of(2)),
                graph.nodes().stream()
                        .map(n -> n.id() < border ? 0 : n.id() < classifier ? 1 : 2)
                        .toList());
        var inBlocks = blocks.firstNodes().stream()
                .filter(n -> n >= border && n < classifier)
                .toList();
        var options = blocks.in(
                MachineOptions.of("stages", engines).withHost(4, 4).withRows(4),
                BlocksTest.part(700, 300),
                List.of(border, classifier),
                inBlocks);
        options = options.withPacing(options.pacing().foldedAt(List.of(inBlocks.get(inBlocks.size() / 2))));
        var flow = ScheduleBuilder.map(graph, Skeleton.of(graph, options), options);
        var none = new int[flow.actors().size()];
        var first = new int[flow.actors().size()];
        for (var a : flow.actors()) {
            first[a.id()] = a.work() instanceof Work.Reload && reader(flow, a).node() == border ? 1 : 0;
        }
        long inTurn = behindTheFirst(flow, options, none);
        long before = behindTheFirst(flow, options, first);
        assertTrue(
                before > inTurn, before + " firings of the turn before behind the first, " + inTurn + " if not early");
    }

    /** In the loop, firings that load rows for phases of the turn before behind the first one for the first phase, before any for the second. */
    private static long behindTheFirst(Flow flow, MachineOptions options, int[] early) {
        var network = GlobalOrder.Network.of(flow);
        var lists = GlobalOrder.folded(network, options.pacing(), 0, early).lists();
        var unit = flow.units().stream()
                .filter(u -> u instanceof Unit.Load)
                .findFirst()
                .orElseThrow();
        var list = lists.get(unit.id());
        var phases = options.pacing().phases();
        var loads = list.entries().subList(list.loopStart(), list.entries().size()).stream()
                .map(e -> reader(flow, flow.actors().get(e.actor())).node())
                .map(n -> (int) phases.stream().filter(cut -> cut <= n).count() - 1)
                .toList();
        return loads.stream()
                .takeWhile(phase -> phase != phases.size() / 2)
                .filter(phase -> phase > 0)
                .count();
    }

    private static Actor reader(Flow flow, Actor load) {
        return flow.actors().get(flow.links().get(load.outputs().getFirst()).consumer());
    }
}
