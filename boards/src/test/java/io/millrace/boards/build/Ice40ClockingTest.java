package io.millrace.boards.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.boards.Boards;
import io.millrace.boards.Ice40Wiring;
import io.millrace.ir.CompileException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class Ice40ClockingTest {
    private static Ice40Wiring wiring() {
        return Boards.byName("icebreaker").ice40().orElseThrow();
    }

    private static Ice40Clocking at(double mhz, OptionalInt baud) {
        return Ice40Clocking.of("icebreaker", wiring(), mhz, baud, 8);
    }

    /** What icepll of the icestorm tools prints for -i 12 and these outputs. */
    @Test
    void pllSettingsAreThoseOfIcepll() {
        assertEquals(Optional.of(new Pll(63, 5, 1, 24)), Pll.atMost(12, 24));
        assertEquals(Optional.of(new Pll(63, 4, 1, 48)), Pll.atMost(12, 48));
        assertEquals(Optional.of(new Pll(55, 5, 1, 21)), Pll.atMost(12, 21));
    }

    @Test
    void theClockIsNeverAboveTheOneAskedFor() {
        for (double wanted = 16.5; wanted < 270; wanted += 0.7) {
            double got = Pll.atMost(12, wanted).orElseThrow().mhz();
            assertTrue(got <= wanted * (1 + 1e-9) && got > wanted * 0.95, wanted + " " + got);
        }
        assertEquals(Optional.empty(), Pll.atMost(12, 15));
        assertEquals(Optional.empty(), Pll.atMost(200, 100));
    }

    @Test
    void theSerialRateIsTheFirstThatTheClockMakes() {
        assertEquals(8, at(24, OptionalInt.empty()).clocksPerBit());
        var slower = at(21, OptionalInt.empty());
        assertEquals(1_000_000, slower.baud());
        assertEquals(21, slower.clocksPerBit());
        assertEquals(Optional.empty(), at(12, OptionalInt.of(1_000_000)).pll());
    }

    @Test
    void whatCannotBeMadeIsRefused() {
        assertEquals(List.of("BLD-0211"), codes(5, OptionalInt.empty()));
        assertEquals(List.of("BLD-0212"), codes(24, OptionalInt.of(115_200)));
        assertEquals(List.of("BLD-0212"), codes(24, OptionalInt.of(12_000_000)));
    }

    private static List<String> codes(double mhz, OptionalInt baud) {
        var refusal = assertThrows(CompileException.class, () -> at(mhz, baud));
        assertEquals(2, refusal.exitCode());
        return refusal.diagnostics().stream().map(d -> d.code()).toList();
    }
}
