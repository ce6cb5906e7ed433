package io.millrace.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.benchmarks.EfficiencyBench.Entry;
import io.millrace.benchmarks.EfficiencyBench.Subject;
import io.millrace.boards.Boards;
import io.millrace.boards.flow.Targets;
import io.millrace.ir.nets.StandardNet;
import io.millrace.scheduler.Cost;
import io.millrace.scheduler.Target;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class EfficiencyBenchTest {
    private static final Target ML605 = Targets.of(Boards.byName("ml605"));

    private static Subject subject(StandardNet net, int batch) {
        return new Subject(net.netName(), net, batch, List.of("ml605"));
    }

    /** Sums on vector lanes, streamed weights with a batch, depthwise layers on vector lanes, and engines of uneven load. */
    static Stream<Subject> subjects() {
        return Stream.of(
                subject(StandardNet.RESNET8, 1),
                subject(StandardNet.ALEXNET, 4),
                subject(StandardNet.MOBILENET_V2, 1),
                subject(StandardNet.ALEXNET_CONV, 1));
    }

    @ParameterizedTest
    @MethodSource("subjects")
    void efficiencyAndLossesAreAll(Subject subject) {
        var m = assertInstanceOf(Entry.Measured.class, EfficiencyBench.run(subject, ML605, false));
        var figures = m.figures();
        double lost = m.losses().parts().values().stream()
                .mapToDouble(Double::doubleValue)
                .sum();
        assertEquals(1, figures.efficiency() + lost, 1e-4, m.losses().toString());
        // What vector engines multiply in logic is more than the DSPs do.
        double ofArrays = m.losses().engines().stream()
                .flatMap(e -> e.layers().stream())
                .mapToDouble(Losses.Layer::macs)
                .sum();
        double inLogic = (figures.macsPerFrame() - ofArrays) / (figures.cyclesPerFrame() * 1536);
        m.losses()
                .parts()
                .forEach((cause, part) -> assertTrue(
                        part > -1e-9 - (cause == Losses.Cause.OTHER_DSPS ? inLogic : 0), cause + " " + part));
        assertTrue(
                figures.efficiency() <= figures.efficiencyBound(),
                figures.efficiency() + " of " + figures.efficiencyBound());
        assertTrue(
                figures.efficiencyBound() * ofArrays / figures.macsPerFrame() <= 1 + 1e-9,
                "bound " + figures.efficiencyBound());
        for (var engine : m.losses().engines()) {
            double waits = engine.waits().values().stream()
                    .mapToDouble(Double::doubleValue)
                    .sum();
            assertEquals(
                    figures.cyclesPerFrame(),
                    engine.reads() + waits,
                    1e-4 * figures.cyclesPerFrame(),
                    engine.toString());
            double layers =
                    engine.layers().stream().mapToDouble(Losses.Layer::reads).sum();
            assertEquals(engine.reads(), layers, 1e-9 * layers);
            for (var layer : engine.layers()) {
                assertTrue(layer.efficiency() > 0 && layer.efficiency() <= 1, layer.toString());
            }
            assertTrue(engine.fill() > 0 && engine.fill() <= 1 + 1e-12, engine.toString());
        }
        assertEquals(1536, figures.cost().peakMacsPerCycle());
        assertEquals(figures.macsPerFrame() / (figures.cyclesPerFrame() * 1536), figures.efficiency(), 1e-12);
    }

    /** Rows of docs/efficiency.md that are found in seconds. */
    @ParameterizedTest
    @CsvSource({"ALEXNET_CONV, ml605, 0.97", "ALEXNET_CONV, vc707, 0.97", "VGG16_CONV, ml605, 0.98"})
    void nearlyAllDspsWork(StandardNet net, String board, double least) {
        var m = assertInstanceOf(
                Entry.Measured.class, EfficiencyBench.run(subject(net, 1), Targets.of(Boards.byName(board))));
        assertTrue(m.figures().efficiency() >= least, m.figures().efficiency() + " on " + board);
    }

    @Test
    void aNetThatDoesNotFitIsARow() {
        var refused = assertInstanceOf(
                Entry.Refused.class,
                EfficiencyBench.run(subject(StandardNet.RESNET8, 1), Targets.of(Boards.byName("icebreaker"))));
        assertEquals("icebreaker", refused.board());
        assertTrue(refused.reasons().getFirst().contains("icebreaker has"), refused.toString());
    }

    /** A run starts with buffered rows to spare: no engine is ever found to do more than it can. */
    @Test
    void theSlowestEngineSetsThePaceAtLast() {
        var m = assertInstanceOf(
                Entry.Measured.class, EfficiencyBench.run(subject(StandardNet.ALEXNET_CONV, 1), ML605));
        var figures = m.figures();
        var reads = figures.cost().layers().stream()
                .collect(Collectors.groupingBy(Cost.LayerLoad::unit, Collectors.summingLong(Cost.LayerLoad::reads)));
        long most = Collections.max(reads.values());
        assertTrue(
                figures.cyclesPerFrame() >= most,
                figures.cyclesPerFrame() + " cycles, of which one engine reads " + most);
    }
}
