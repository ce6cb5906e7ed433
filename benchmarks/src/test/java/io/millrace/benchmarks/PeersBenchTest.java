package io.millrace.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.benchmarks.PeersBench.Entry;
import io.millrace.boards.Boards;
import io.millrace.boards.flow.Targets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PeersBenchTest {
    private static final List<PeerFigure> LENET5 =
            PeersBench.figures().stream().filter(f -> f.net().equals("lenet5")).toList();

    @Test
    void designsKeepToThePeersMultipliers() {
        var told = new ArrayList<PeerFigure>();
        var entries = PeersBench.run(LENET5, Targets.of(Boards.byName("vc707")), told::add);
        assertEquals(LENET5, told);
        assertEquals(
                List.of(25, 100, 64),
                told.stream().map(f -> f.multipliers().orElseThrow()).toList());
        for (var entry : entries) {
            var figures = assertInstanceOf(Entry.Measured.class, entry).figures();
            assertTrue(
                    figures.cost().multipliers() <= figures.productsPerCycle(),
                    figures.cost().multipliers() + " of " + figures.productsPerCycle());
            assertEquals(
                    416_520 / (figures.cyclesPerFrame() * figures.productsPerCycle()), figures.efficiency(), 1e-12);
            assertTrue(
                    figures.efficiency() <= figures.efficiencyBound(),
                    figures.efficiency() + " of " + figures.efficiencyBound());
            assertTrue(figures.efficiencyBound() <= 1, "bound " + figures.efficiencyBound());
        }
    }

    @Test
    void aNetThatDoesNotFitIsARow() {
        var entries = PeersBench.run(
                PeersBench.figures().stream()
                        .filter(f -> f.net().equals("resnet20v2"))
                        .limit(1)
                        .toList(),
                Targets.of(Boards.byName("icebreaker")),
                _ -> {});
        var refused = assertInstanceOf(Entry.Refused.class, entries.getFirst());
        assertTrue(refused.reasons().getFirst().contains("icebreaker has"), refused.toString());
    }
}
