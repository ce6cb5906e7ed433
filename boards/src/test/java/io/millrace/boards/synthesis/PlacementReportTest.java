package io.millrace.boards.synthesis;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class PlacementReportTest {
    /** An HX8K has neither multipliers nor 256-kbit RAMs. */
    @Test
    void kindsThatTheDeviceLacksCountAsNone() {
        var report = PlacementReport.parse("""
                {"fmax": {"clk": {"achieved": 41.5, "constraint": 40}, "clk2": {"achieved": 38.25, "constraint": 12}},
                 "utilization": {"ICESTORM_LC": {"available": 7680, "used": 1234}, "ICESTORM_RAM": {"available": 32, "used": 9}}}
                """);
        assertEquals(new PlacementReport(1234, 9, 0, 0, 38.25), report);
    }

    @Test
    void aLogSaysWhatIsTooMuch() {
        String log = """
                Info: Device utilisation:
                Info: 	         ICESTORM_LC:  5400/ 5280   102%
                Info: 	        ICESTORM_RAM:    33/   30   110%
                Info: 	        ICESTORM_DSP:     8/    8   100%
                """;
        assertEquals(List.of("5400 of 5280 logic cells", "33 of 30 4-kbit block RAMs"), PlacementReport.tooMany(log));
    }
}
