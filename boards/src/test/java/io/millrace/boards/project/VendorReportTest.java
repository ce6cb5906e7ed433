package io.millrace.boards.project;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.boards.Boards;
import io.millrace.boards.flow.Targets;
import io.millrace.ir.CompileException;
import io.millrace.scheduler.CostModel;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

/** Rows of real reports, each with where it is from; none is of a design of ours, since the tools were not at hand. */
class VendorReportTest {
    /** Embedded-Systems-2324/VeSPA, VGA/VGA.runs/impl_1/VgaTopLevel_utilization_placed.rpt (Vivado 2023.1.1, xc7z010). */
    private static final String VIVADO_2023_PARTS = """
            +----------------------------+------+-------+------------+-----------+-------+
            |          Site Type         | Used | Fixed | Prohibited | Available | Util% |
            +----------------------------+------+-------+------------+-----------+-------+
            | Slice LUTs                 |  124 |     0 |          0 |     17600 |  0.70 |
            |   LUT as Logic             |  123 |     0 |          0 |     17600 |  0.70 |
            |   LUT as Memory            |    1 |     0 |          0 |      6000 |  0.02 |
            | Slice Registers            |   54 |     0 |          0 |     35200 |  0.15 |
            |   Register as Flip Flop    |   54 |     0 |          0 |     35200 |  0.15 |
            +----------------------------+------+-------+------------+-----------+-------+
            | Block RAM Tile    |   36 |     0 |          0 |        60 | 60.00 |
            |   RAMB36/FIFO*    |   34 |     0 |          0 |        60 | 56.67 |
            |   RAMB18          |    4 |     0 |          0 |       120 |  3.33 |
            | DSPs      |    0 |     0 |          0 |        80 |  0.00 |
            """;

    /** Its VgaTopLevel_timing_summary_routed.rpt. */
    private static final String VIVADO_2023_TIMING = """
            ------------------------------------------------------------------------------------------------
            | Design Timing Summary
            | ---------------------
            ------------------------------------------------------------------------------------------------

                WNS(ns)      TNS(ns)  TNS Failing Endpoints  TNS Total Endpoints      WHS(ns)      THS(ns)  THS Failing Endpoints  THS Total Endpoints     WPWS(ns)     TPWS(ns)  TPWS Failing Endpoints  TPWS Total Endpoints \s
                -------      -------  ---------------------  -------------------      -------      -------  ---------------------  -------------------     --------     --------  ----------------------  -------------------- \s
                  6.369        0.000                      0                  713        0.061        0.000                      0                  713        2.000        0.000                       0                   139 \s


            All user specified timing constraints are met.
            """;

    /** enjoy-digital/litex, issue 132 (Vivado of 2019, Arty): without a column of prohibited sites. */
    private static final String VIVADO_2019_PARTS = """
            | Slice LUTs                 | 4144 |     0 |     20800 | 19.92 |
            |   LUT as Logic             | 3998 |     0 |     20800 | 19.22 |
            | Slice Registers            | 3183 |     0 |     41600 |  7.65 |
            """;

    /** timvideos/HDMI2USB-litex-firmware, issue 54 (XST, Spartan-6). */
    private static final String XST = """
            Selected Device : 6slx45tfgg484-3\s


            Slice Logic Utilization:\s
             Number of Slice Registers:           12865  out of  54576    23% \s
             Number of Slice LUTs:                24868  out of  27288    91% \s
                Number used as Logic:             14991  out of  27288    54% \s
            Specific Feature Utilization:
             Number of Block RAM/FIFO:              114  out of    116    98% \s
                Number using Block RAM only:        114
             Number of DSP48A1s:                     22  out of     58    37% \s
            """;

    /** The design summary of par in a public log of a Virtex-6 SX475T design. */
    private static final String PAR = """
              - Design Summary:
                - Number of Slice Registers:               210,668 out of 595,200   35%
                - Number of Slice LUTs:                    157,370 out of 297,600   52%
                - Number of RAMB36E1/FIFO36E1s:                187 out of   1,064   17%
                - Number of RAMB18E1/FIFO18E1s:                489 out of   2,128   22%
                - Number of DSP48E1s:                        1,477 out of   2,016   73%
            """;

    /** The end of a .twr in a public README (trce). */
    private static final String TRCE = """
            Timing summary:
            ---------------

            Timing errors: 0  Score: 0  (Setup/Max: 0, Hold: 0)

            Constraints cover 105333649 paths, 0 nets, and 7265 connections

            Design statistics:
               Minimum period:  24.919ns{1}   (Maximum frequency:  40.130MHz)
            """;

    @Test
    void vivadosReportsAreRead() {
        var report = VendorReport.ofVivado(VIVADO_2023_PARTS, VIVADO_2023_TIMING, 125);
        assertEquals(124, report.lut());
        assertEquals(54, report.ff());
        assertEquals(0, report.dsp());
        assertEquals(36, report.bram36());
        assertEquals(1000 / (8 - 6.369), report.fmaxMhz().orElseThrow(), 1e-9);
        assertEquals(OptionalDouble.of(0.061), report.worstSlackNs());
        assertTrue(report.timingMet());
        report.requireTiming("board");
    }

    @Test
    void halvesOfBlocksAreRoundedUpAndOlderTablesRead() {
        var parts = VIVADO_2019_PARTS + "| Block RAM Tile | 32.5 | 0 | 50 | 65.00 |\n| DSPs | 4 | 0 | 90 | 4.44 |\n";
        var report = VendorReport.ofVivado(parts, VIVADO_2023_TIMING, 100);
        assertEquals(4144, report.lut());
        assertEquals(3183, report.ff());
        assertEquals(33, report.bram36());
        assertEquals(4, report.dsp());
    }

    @Test
    void negativeSlackIsRefusedWithExitCode7() {
        var late = VIVADO_2023_TIMING.replace(
                "      6.369        0.000                      0", "     -1.234       -5.000                      5");
        var report = VendorReport.ofVivado(VIVADO_2023_PARTS, late, 125);
        assertFalse(report.timingMet());
        assertEquals(5, report.failing());
        assertEquals(1000 / (8 + 1.234), report.fmaxMhz().orElseThrow(), 1e-9);
        var refusal = assertThrows(CompileException.class, () -> report.requireTiming("kc705"));
        assertEquals(7, refusal.exitCode());
        assertEquals("BLD-0405", refusal.diagnostics().getFirst().code());
        var hold = VIVADO_2023_TIMING.replace(
                "0.061        0.000                      0", "-0.080       -0.200                      2");
        assertFalse(VendorReport.ofVivado(VIVADO_2023_PARTS, hold, 125).timingMet());
    }

    @Test
    void isesReportsAreRead() {
        var report = VendorReport.ofIse(PAR, TRCE);
        assertEquals(157_370, report.lut());
        assertEquals(210_668, report.ff());
        assertEquals(1_477, report.dsp());
        assertEquals(187 + 245, report.bram36());
        assertEquals(OptionalDouble.of(40.130), report.fmaxMhz());
        assertTrue(report.timingMet());
        var late = VendorReport.ofIse(PAR, TRCE.replace("errors: 0  Score: 0", "errors: 12  Score: 3456"));
        assertEquals(
                7,
                assertThrows(CompileException.class, () -> late.requireTiming("ml605"))
                        .exitCode());
        var synthesised = VendorReport.ofXst(XST);
        assertEquals(24_868, synthesised.lut());
        assertEquals(12_865, synthesised.ff());
        assertEquals(114, synthesised.bram36());
        assertEquals(22, synthesised.dsp());
    }

    @Test
    void otherTextIsRefused() {
        for (var broken : new Runnable[] {
            () -> VendorReport.ofVivado("", VIVADO_2023_TIMING, 100),
            () -> VendorReport.ofVivado(VIVADO_2023_PARTS, "", 100),
            () -> VendorReport.ofIse(PAR, "no timing"),
            () -> VendorReport.ofXst("")
        }) {
            var refusal = assertThrows(CompileException.class, broken::run);
            assertEquals("BLD-0404", refusal.diagnostics().getFirst().code());
            assertEquals(10, refusal.exitCode());
        }
    }

    @Test
    void theDocumentHoldsEstimatesBesideCounts() {
        var board = Boards.byName("kc705");
        var schedule = SmallDesign.of(board);
        var document = VendorReport.ofVivado(VIVADO_2023_PARTS, VIVADO_2023_TIMING, 125)
                .toJson(CostModel.estimate(schedule).resources(), Targets.of(board));
        assertEquals(124, document.get("lut").get("synthesised").asInt());
        assertEquals(203_800, document.get("lut").get("budget").asInt());
        assertTrue(document.get("dsp").get("estimated").asInt() > 0);
        assertEquals("estimated", document.get("kinds").get("fmaxMhz").stringValue());
        assertTrue(document.get("timingMet").booleanValue());
    }
}
