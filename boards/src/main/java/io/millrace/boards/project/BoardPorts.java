package io.millrace.boards.project;

import io.millrace.boards.BoardPin;
import io.millrace.boards.BoardSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The ports that a board's top has, which are those that its file knows the pins of. */
record BoardPorts(Clock clock, Reset reset) {
    static final String CLOCK = "clock";
    static final String CLOCK_P = "clock_p";
    static final String CLOCK_N = "clock_n";
    static final String RESET = "reset";
    static final String RESET_N = "reset_n";
    static final String UART_RX = "uart_rx";
    static final String UART_TX = "uart_tx";

    /** How the board's clock comes in. */
    enum Clock {
        SINGLE(CLOCK),
        DIFFERENTIAL(CLOCK_P, CLOCK_N);

        private final List<String> ports;

        Clock(String... ports) {
            this.ports = List.of(ports);
        }
    }

    /** The board's reset button. */
    enum Reset {
        ACTIVE_HIGH(RESET),
        ACTIVE_LOW(RESET_N),
        NONE();

        private final List<String> ports;

        Reset(String... ports) {
            this.ports = List.of(ports);
        }
    }

    /** What a board lacks for a top of its own: names of ports whose pins nobody has named a source for. */
    static List<String> missing(BoardSpec board) {
        var missing = new ArrayList<String>();
        if (!has(board, Clock.DIFFERENTIAL.ports) && !has(board, Clock.SINGLE.ports)) {
            missing.add(CLOCK_P + " and " + CLOCK_N + ", or " + CLOCK);
        }
        Stream.of(UART_RX, UART_TX).filter(port -> board.pin(port).isEmpty()).forEach(missing::add);
        return missing;
    }

    /** The ports of a board that lacks none. */
    static BoardPorts of(BoardSpec board) {
        var reset = has(board, Reset.ACTIVE_HIGH.ports)
                ? Reset.ACTIVE_HIGH
                : has(board, Reset.ACTIVE_LOW.ports) ? Reset.ACTIVE_LOW : Reset.NONE;
        return new BoardPorts(has(board, Clock.DIFFERENTIAL.ports) ? Clock.DIFFERENTIAL : Clock.SINGLE, reset);
    }

    /** The pins, in the order of the top's ports. */
    List<BoardPin> pins(BoardSpec board) {
        return Stream.of(clock.ports, reset.ports, List.of(UART_RX, UART_TX))
                .flatMap(List::stream)
                .map(port -> board.pin(port).orElseThrow())
                .toList();
    }

    /** The port that the board's clock is timed at. */
    String clockPort() {
        return clock.ports.getFirst();
    }

    private static boolean has(BoardSpec board, List<String> ports) {
        return ports.stream().allMatch(port -> board.pin(port).isPresent());
    }
}
