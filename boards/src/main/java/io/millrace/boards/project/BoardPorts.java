package io.millrace.boards.project;

import io.millrace.boards.BoardPin;
import io.millrace.boards.BoardSpec;
import io.millrace.hdl.EthernetOptions.Wires;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The ports that a board's top has, which are those that its file knows the pins of.
 *
 * @param phyClock whether the board's PHY takes its clock from the device
 */
record BoardPorts(Clock clock, Reset reset, Host host, boolean phyClock) {
    static final String CLOCK = "clock";
    static final String CLOCK_P = "clock_p";
    static final String CLOCK_N = "clock_n";
    static final String RESET = "reset";
    static final String RESET_N = "reset_n";
    static final String UART_RX = "uart_rx";
    static final String UART_TX = "uart_tx";
    static final String ETH_RX_CLOCK = "eth_rx_clk";
    static final String ETH_TX_CLOCK = "eth_tx_clk";
    /** Clock of what is sent over GMII. */
    static final String ETH_GTX_CLOCK = "eth_gtx_clk";
    /** The PHY's own clock. */
    static final String ETH_REFERENCE = "eth_ref_clk";

    static final String ETH_TX_ENABLE = "eth_tx_en";
    static final String ETH_TX_ERROR = "eth_tx_er";
    static final String ETH_TX_DATA = "eth_txd";
    static final String ETH_RX_VALID = "eth_rx_dv";
    static final String ETH_RX_ERROR = "eth_rx_er";
    static final String ETH_RX_DATA = "eth_rxd";
    static final String ETH_RESET_N = "eth_reset_n";

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

    /** The way to the host. */
    enum Host {
        UART(List.of(), List.of(UART_RX), List.of(UART_TX)),
        GMII(
                List.of(ETH_RX_CLOCK),
                received(Wires.GMII),
                sent(Wires.GMII, ETH_GTX_CLOCK, ETH_TX_ENABLE, ETH_TX_ERROR, ETH_RESET_N)),
        MII(List.of(ETH_RX_CLOCK, ETH_TX_CLOCK), received(Wires.MII), sent(Wires.MII, ETH_TX_ENABLE, ETH_RESET_N));

        private final List<String> clocks;
        private final List<String> ports;
        private final List<String> outputs;

        Host(List<String> clocks, List<String> inputs, List<String> outputs) {
            this.clocks = clocks;
            this.ports =
                    Stream.of(clocks, inputs, outputs).flatMap(List::stream).toList();
            this.outputs = outputs;
        }

        private static List<String> received(Wires wires) {
            return Stream.concat(Stream.of(ETH_RX_VALID, ETH_RX_ERROR), bus(ETH_RX_DATA, wires))
                    .toList();
        }

        private static List<String> sent(Wires wires, String... single) {
            return Stream.concat(Stream.of(single), bus(ETH_TX_DATA, wires)).toList();
        }

        private static Stream<String> bus(String name, Wires wires) {
            return IntStream.range(0, wires.bits()).mapToObj(i -> name + "[" + i + "]");
        }

        /** Clocks that come in here. */
        List<String> clocks() {
            return clocks;
        }

        /** Wires of Ethernet; empty for the UART. */
        Optional<Wires> wires() {
            return switch (this) {
                case UART -> Optional.empty();
                case GMII -> Optional.of(Wires.GMII);
                case MII -> Optional.of(Wires.MII);
            };
        }
    }

    /** The wires of Ethernet that a board's file knows all pins of, the faster ones first. */
    static Optional<Host> ethernet(BoardSpec board) {
        return Stream.of(Host.GMII, Host.MII)
                .filter(host -> has(board, host.ports))
                .findFirst();
    }

    /** What a board lacks for a top of its own: names of ports whose pins nobody has named a source for. */
    static List<String> missing(BoardSpec board, Host host) {
        var missing = new ArrayList<String>();
        if (!has(board, Clock.DIFFERENTIAL.ports) && !has(board, Clock.SINGLE.ports)) {
            missing.add(CLOCK_P + " and " + CLOCK_N + ", or " + CLOCK);
        }
        host.ports.stream().filter(port -> board.pin(port).isEmpty()).forEach(missing::add);
        return missing;
    }

    /** The ports of a board that lacks none. */
    static BoardPorts of(BoardSpec board, Host host) {
        var reset = has(board, Reset.ACTIVE_HIGH.ports)
                ? Reset.ACTIVE_HIGH
                : has(board, Reset.ACTIVE_LOW.ports) ? Reset.ACTIVE_LOW : Reset.NONE;
        return new BoardPorts(
                has(board, Clock.DIFFERENTIAL.ports) ? Clock.DIFFERENTIAL : Clock.SINGLE,
                reset,
                host,
                host != Host.UART && board.pin(ETH_REFERENCE).isPresent());
    }

    /** The pins, in the order of the top's ports. */
    List<BoardPin> pins(BoardSpec board) {
        return Stream.of(clock.ports, reset.ports, host.ports, phyClock ? List.of(ETH_REFERENCE) : List.<String>of())
                .flatMap(List::stream)
                .map(port -> board.pin(port).orElseThrow())
                .toList();
    }

    /** The port that the board's clock is timed at. */
    String clockPort() {
        return clock.ports.getFirst();
    }

    /** Whether a port drives its pin. */
    boolean drives(String port) {
        return host.outputs.contains(port) || port.equals(ETH_REFERENCE);
    }

    private static boolean has(BoardSpec board, List<String> ports) {
        return ports.stream().allMatch(port -> board.pin(port).isPresent());
    }
}
