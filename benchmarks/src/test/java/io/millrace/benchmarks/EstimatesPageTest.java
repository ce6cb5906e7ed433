package io.millrace.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.benchmarks.EstimatesBench.Errors;
import io.millrace.benchmarks.EstimatesBench.Row;
import io.millrace.benchmarks.EstimatesBench.Subject;
import io.millrace.boards.synthesis.SynthesisReport;
import io.millrace.scheduler.Cost.Resources;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class EstimatesPageTest {
    private static final Ledger.Origin ORIGIN =
            new Ledger.Origin("c0ffee", "0.1.0", "2026-11-28T00:00:00Z", "a processor", 2, "25");

    private static Subject on(String board) {
        return EstimatesBench.SUBJECTS.stream()
                .filter(it -> it.board().equals(board))
                .findFirst()
                .orElseThrow();
    }

    private static Row xilinx(int estimated, int counted, int blocks) {
        var cells = Map.of("LUT6", counted, "FDRE", 200, "DSP48E1", 8, "RAMB36E1", 2, "RAMB18E1", 1);
        return new Row(
                on("ml605"),
                8,
                new Resources(8, blocks, 1, 0, 0, estimated, 200),
                new SynthesisReport("xc6v", cells),
                OptionalInt.empty());
    }

    @Test
    void errorsAreTakenWithoutSign() {
        var rows = List.of(xilinx(90, 100, 2), xilinx(100, 100, 2), xilinx(130, 100, 2), xilinx(104, 100, 2));
        var errors = Errors.of(rows, "lut");
        assertEquals(0.07, errors.median(), 1e-9);
        assertEquals(0.30, errors.worst(), 1e-9);
        assertEquals(0.04, Errors.of(rows.subList(1, 4), "lut").median(), 1e-9);
        assertThrows(IllegalArgumentException.class, () -> Errors.of(rows, "ebr4k"));
    }

    @Test
    void memoriesThatDifferAreSeen() {
        assertEquals(List.of(), EstimatesBench.differing(xilinx(90, 100, 2)));
        assertEquals(List.of("bram36"), EstimatesBench.differing(xilinx(90, 100, 1)));
    }

    @Test
    void thePageHasATableAFamily() {
        var ice = new Row(
                on("icebreaker"),
                4,
                new Resources(4, 0, 0, 20, 3, 1_000, 500),
                new SynthesisReport(
                        "ice40",
                        Map.of("SB_LUT4", 1_100, "SB_DFF", 500, "SB_MAC16", 4, "SB_RAM40_4K", 21, "SB_SPRAM256KA", 3)),
                OptionalInt.of(1_350));
        var page = EstimatesPage.of("./millrace bench estimates", ORIGIN, List.of(xilinx(90, 100, 2), ice));
        assertTrue(page.contains("| Virtex-6 | 1 | all equal | 10.0 % | 10.0 % | 0.0 % | 0.0 % |"), page);
        assertTrue(page.contains("| iCE40 | 1 | 1 differ | 9.1 % |"), page);
        assertTrue(page.contains("| 8 | 8 | 3 | 90 / 100 (-10.0 %) | 200 |"), page);
        assertTrue(page.contains("20 / 21 (-4.8 %) | 3 | 1,000 / 1,100 (-9.1 %) | 500 | 1,350 |"), page);
        assertTrue(page.contains("c0ffee"), page);
    }

    /** As many as the estimates are promised for, over three families, each by a name of its own. */
    @Test
    void theDesignsAreManyAndDiffer() {
        var names = new HashSet<String>();
        var families = new HashSet<EstimatesBench.Group>();
        for (var subject : EstimatesBench.SUBJECTS) {
            assertTrue(names.add(subject.name()), subject::name);
            families.add(new Row(subject, 0, Resources.NONE, new SynthesisReport("", Map.of()), OptionalInt.empty())
                    .family());
        }
        assertTrue(names.size() >= 12);
        assertEquals(3, families.size());
    }
}
