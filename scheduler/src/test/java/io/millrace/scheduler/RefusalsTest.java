package io.millrace.scheduler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.Passes;
import io.millrace.ir.SourceRef;
import io.millrace.ir.Window;
import io.millrace.ir.nets.OperatorNet;
import io.millrace.ir.nets.StandardNet;
import io.millrace.quantizer.MapType;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.Quantizer;
import io.millrace.scheduler.internal.LeastNeeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What no machine runs and what no board has room for, found without a machine and without values. */
class RefusalsTest {
    private static final DramPort DRAM = new DramPort(8, 8, 30, 4096, 20, 1560, 40);

    private static Target target(int bram36, DramPort dram, int megabytes) {
        return new Target("small", Target.Family.VIRTEX6, 200, 100, bram36, 0, 0, 1_000, 1_000, 0)
                .withDram(dram, megabytes);
    }

    private static QuantizedGraph outline(StandardNet net, int size) {
        return Quantizer.outline(Passes.prepare(net.graph(size, 10, 1)), Precision.INT8);
    }

    /** An input and one operation on it. */
    private static QuantizedGraph graph(MapType in, MapType out, QOp op) {
        var source = SourceRef.file("net");
        var input = new QNode(0, "in", new QOp.Input(), List.of(), in, source);
        var node = new QNode(1, "layer", op, List.of(0), out, source);
        return new QuantizedGraph("net", Precision.INT8, List.of(input, node), List.of(1), List.of("out"));
    }

    private static MapType map(int channels, Integer... spatial) {
        return new MapType(channels, List.of(spatial), 1, 0);
    }

    private static List<Integer> all(int size) {
        return IntStream.range(0, size).boxed().toList();
    }

    /** What is refused beforehand is what the scheduler refuses, in the same words. */
    private static Diagnostic refused(QuantizedGraph graph) {
        var found = Scheduler.refusals(graph);
        var options = MachineOptions.oneEngine(2, 2, 1, 1, 2);
        var e = assertThrows(
                CompileException.class, () -> Scheduler.schedule(graph, target(100, DramPort.NONE, 0), options));
        assertEquals(4, e.exitCode());
        assertEquals(e.diagnostics(), found);
        assertEquals(1, found.size(), found::toString);
        return found.getFirst();
    }

    @ParameterizedTest
    @EnumSource(OperatorNet.class)
    void everyClaimedOperatorHasAnEngine(OperatorNet net) {
        for (var shape : OperatorNet.shapes()) {
            var outline = Quantizer.outline(Passes.prepare(net.graph(shape, 1)), Precision.INT8);
            assertEquals(List.of(), Scheduler.refusals(outline), () -> net + " at " + shape);
        }
    }

    @Test
    void rowsAtUnevenDistancesAreRefusedByName() {
        var op = new QOp.Gather(List.of(List.of(0, 1, 4, 2), all(3), all(2)), 0);
        var found = refused(graph(map(2, 5, 3), map(2, 4, 3), op));
        assertEquals("SCH-0105", found.code());
        assertTrue(found.problem().contains("'layer', which takes the rows of [5, 3] x 2 at uneven"), found.problem());
        assertTrue(found.remedy().contains("--to"), found.remedy());
    }

    @Test
    void channelsInAnotherOrderAreRefusedByName() {
        var op = new QOp.Gather(List.of(all(5), all(3), List.of(1, 0)), 0);
        var found = refused(graph(map(2, 5, 3), map(2, 5, 3), op));
        assertTrue(found.problem().contains("the channels of [5, 3] x 2 in another order"), found.problem());
    }

    @Test
    void movesOverThreeAxesAreRefusedByName() {
        var op = new QOp.Gather(List.of(all(2), all(5), all(3), all(2)), 0);
        var found = refused(graph(map(2, 2, 5, 3), map(2, 2, 5, 3), op));
        assertTrue(found.problem().contains("over 3 axes"), found.problem());
    }

    @Test
    void reductionsOfTooManyReadsAreRefusedBeforeTheyFillTheMemory() {
        var found = refused(pooled(1025));
        assertEquals("SCH-0106", found.code());
        assertTrue(found.problem().contains("'layer' takes at least 1050625 reads"), found.problem());
        assertEquals(List.of(), Scheduler.refusals(pooled(1024)));
    }

    private static QuantizedGraph pooled(int size) {
        var window = Window.of(size, size);
        return graph(map(1, size, size), map(1, 1, 1), new QOp.MaxPool(window, Optional.empty()));
    }

    @Test
    void anInputThatNothingReadsIsRefused() {
        var one = graph(map(2, 5, 3), map(2, 5, 3), new QOp.Gather(List.of(all(5), all(3), all(2)), 0));
        var nodes = new ArrayList<>(one.nodes());
        nodes.add(new QNode(2, "spare", new QOp.Input(), List.of(), map(1, 2, 2), SourceRef.file("net")));
        var found = refused(new QuantizedGraph("net", Precision.INT8, nodes, List.of(1), List.of("out")));
        assertEquals("SCH-0103", found.code());
    }

    @Test
    void windowsThatHoldMoreThanABoardAreRefusedWithTheLayerThatHoldsMost() {
        var outline = outline(StandardNet.UNET, 64);
        var found = Fit.impossible(outline, target(0, DRAM, 64), 0.9);
        assertEquals(List.of("SCH-0301"), found.stream().map(Diagnostic::code).toList());
        assertTrue(found.getFirst().problem().contains("rows that its layers' windows read"), found::toString);
        assertEquals(List.of(), Fit.impossible(outline, target(100, DRAM, 64), 0.9));
    }

    @Test
    void weightsThatFitNowhereAreRefused() {
        var outline = outline(StandardNet.ALEXNET, 64);
        var noDram = Fit.impossible(outline, target(50, DramPort.NONE, 0), 0.9);
        assertTrue(noDram.getFirst().problem().contains("no DRAM"), noDram::toString);
        var tooMuch = Fit.impossible(outline, target(50, DRAM, 1), 0.9);
        assertTrue(tooMuch.getFirst().problem().contains("1 MiB of DRAM"), tooMuch::toString);
        assertEquals(List.of(), Fit.impossible(outline, target(50, DRAM, 64), 0.9));
    }

    @Test
    void aBoardWithoutMultipliersRunsNoConvolution() {
        var none = new Target("none", Target.Family.SERIES7, 12, 0, 32, 0, 0, 7_680, 7_680, 0);
        var found = Fit.impossible(outline(StandardNet.RESNET18, 32), none, 0.9);
        assertTrue(found.getFirst().problem().contains("no multiplier blocks"), found::toString);
    }

    /** What is too large there is too large for its memories. */
    @Test
    void lookUpTablesMultiplyWhereAnIce40HasNoMultipliers() {
        var hx = new Target("hx", Target.Family.ICE40, 36, 0, 0, 29, 0, 7_440, 7_440, 0);
        var found = Fit.impossible(outline(StandardNet.RESNET18, 32), hx, 0.9);
        assertEquals(1, found.size(), found::toString);
        assertTrue(found.getFirst().problem().contains("KiB in all its memories"), found::toString);
    }

    /** A lower bound is one: machines need no less than it says. */
    @ParameterizedTest
    @CsvSource({"SQUEEZENET, 40", "RESNET18, 32", "UNET, 16", "MOBILENET_V2, 32"})
    void whatIsBuiltNeedsAtLeastThat(StandardNet net, int size) {
        var outline = outline(net, size);
        var large = new Target("large", Target.Family.VIRTEX6, 200, 4_096, 1 << 18, 0, 0, 1 << 24, 1 << 24, 0);
        var leanest = MachineOptions.oneEngine(4, 4, 1, 4, 4).withPacing(MachineOptions.Pacing.LEANEST);
        var schedule = Scheduler.schedule(outline, large, leanest);
        long elements = schedule.machine().memories().stream()
                .mapToLong(m -> m.elements())
                .sum();
        var need = LeastNeeds.of(outline);
        assertTrue(need.rowBits() <= 8 * elements, () -> need + " of " + elements);
        assertTrue(need.rowBits() > 0);
        long words = schedule.machine().units().stream()
                .filter(u -> u instanceof Unit.Matrix)
                .mapToLong(u -> (long) ((Unit.Matrix) u).weightWords() * ((Unit.Matrix) u).weightLanes())
                .sum();
        assertTrue(need.weightBits() <= 8 * words, () -> need + " of " + words);
    }
}
