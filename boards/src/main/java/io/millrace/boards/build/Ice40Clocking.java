package io.millrace.boards.build;

import io.millrace.boards.Fact;
import io.millrace.boards.Ice40Wiring;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Core clock and serial rate of a build.
 *
 * @param pll empty where the core runs at the oscillator's frequency
 * @param clocksPerBit of the serial line
 */
record Ice40Clocking(Optional<Pll> pll, double mhz, int baud, int clocksPerBit) {
    /** What a receiver of ten bits takes: half a bit at the last one's middle, less two clocks for edges and noise. */
    private static final double RATE_ERROR_MAX = 0.02;

    /**
     * The clock nearest to the wanted one and not above it, and the serial rate.
     *
     * @param baud the one to take; empty: the first of the board that the clock makes
     * @param clocksPerBitMin fewest clocks of a bit that the host port keeps up with
     * @throws CompileException exit code 2, BLD-0211, if there is no such clock; BLD-0212 if there is no such rate
     */
    static Ice40Clocking of(String board, Ice40Wiring wiring, double wantedMhz, OptionalInt baud, int clocksPerBitMin) {
        double in = wiring.clockMhz().value();
        Optional<Pll> pll = wantedMhz == in ? Optional.empty() : Pll.atMost(in, wantedMhz);
        if (wantedMhz != in && pll.isEmpty()) {
            throw refused(
                    "BLD-0211",
                    board,
                    "no setting of the PLL makes " + wantedMhz + " MHz or a little less of " + in + " MHz",
                    "give --clock from 16 to 275 MHz, or " + in);
        }
        double mhz = pll.map(Pll::mhz).orElse(in);
        var rates = wiring.bauds().stream().map(Fact::value).toList();
        if (baud.isPresent() && !rates.contains(baud.getAsInt())) {
            throw refused(
                    "BLD-0212",
                    board,
                    "its serial line has no rate of " + baud.getAsInt() + " bits a second",
                    "choose of " + rates);
        }
        return rates.stream()
                .filter(rate -> baud.isEmpty() || rate == baud.getAsInt())
                .filter(rate -> makes(mhz, rate, clocksPerBitMin))
                .findFirst()
                .map(rate -> new Ice40Clocking(pll, mhz, rate, clocksPerBit(mhz, rate)))
                .orElseThrow(() -> refused(
                        "BLD-0212",
                        board,
                        String.format(
                                Locale.ROOT,
                                "a clock of %s MHz makes no serial rate of %s within %.0f %%",
                                mhz,
                                baud.isPresent() ? baud.getAsInt() : rates,
                                100 * RATE_ERROR_MAX),
                        "take another clock or rate with --clock or --baud: a whole number of clocks a bit, at least "
                                + clocksPerBitMin));
    }

    private static int clocksPerBit(double mhz, int baud) {
        return (int) Math.round(mhz * 1e6 / baud);
    }

    private static boolean makes(double mhz, int baud, int clocksPerBitMin) {
        int clocks = clocksPerBit(mhz, baud);
        return clocks >= clocksPerBitMin && Math.abs(mhz * 1e6 / clocks / baud - 1) <= RATE_ERROR_MAX;
    }

    private static CompileException refused(String code, String board, String problem, String remedy) {
        return new CompileException(2, new Diagnostic(code, SourceRef.file(board), problem, remedy));
    }
}
