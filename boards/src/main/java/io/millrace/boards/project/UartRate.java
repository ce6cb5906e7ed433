package io.millrace.boards.project;

import io.millrace.boards.BoardSpec;
import io.millrace.boards.LinkKind;
import io.millrace.hdl.DesignGenerator;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * The rate of a serial line and the clocks of a bit in the core's clock. Half a bit in ten is 5 %, of which either side gets some: the board is kept within
 * 2 % of the rate.
 */
record UartRate(long baud, int clocksPerBit) {
    private static final double ERROR_MAX = 0.02;
    private static final int BITS_PER_BYTE = 10;
    /** What USB bridges and hosts offer below a board's best rate. */
    private static final long[] FALLBACKS = {3_000_000, 2_000_000, 1_000_000, 921_600, 460_800, 230_400, 115_200};

    /** The highest rate that the board's UART carries, and that this clock makes; empty if the board has no UART or no rate will do. */
    static Optional<UartRate> of(BoardSpec board, double clockMhz) {
        long best = board.links().stream()
                .filter(link -> link.kind() == LinkKind.UART)
                .mapToLong(link -> link.payloadBytesPerSecond() * BITS_PER_BYTE)
                .max()
                .orElse(0);
        return LongStream.concat(LongStream.of(best), LongStream.of(FALLBACKS))
                .filter(baud -> baud > 0 && baud <= best)
                .mapToObj(baud -> at(baud, clockMhz))
                .flatMap(Optional::stream)
                .findFirst();
    }

    private static Optional<UartRate> at(long baud, double clockMhz) {
        double exact = clockMhz * 1e6 / baud;
        long clocks = Math.round(exact);
        return clocks >= DesignGenerator.CLOCKS_PER_BIT_MIN && Math.abs(clocks / exact - 1) <= ERROR_MAX
                ? Optional.of(new UartRate(baud, Math.toIntExact(clocks)))
                : Optional.empty();
    }
}
