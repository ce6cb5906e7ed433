package io.millrace.boards.project;

import io.millrace.boards.BoardPin;
import io.millrace.boards.BoardSpec;
import io.millrace.hdl.EthernetOptions;
import java.util.List;
import java.util.Optional;

/**
 * What a vendor's tool is given: Verilog, and how its top stands on the board.
 *
 * @param top name of the top module
 * @param sources paths of the Verilog files in the project's folder
 * @param clockMhz the core's clock
 * @param onBoard how the top stands on pins; empty for a design that is placed and timed without any (out of context)
 */
record TopDesign(BoardSpec board, String top, List<String> sources, double clockMhz, Optional<OnBoard> onBoard) {
    /** Port of the clock where there are no pins. */
    static final String CORE_CLOCK = "clk";

    TopDesign {
        sources = List.copyOf(sources);
    }

    /** Ports with their pins, in the order of the top's ports, without those of a memory; the clock that comes in at one of them. */
    record OnBoard(
            BoardPorts ports,
            List<BoardPin> pins,
            ClockPlan clock,
            Optional<UartRate> uart,
            Optional<EthernetOptions> ethernet,
            Optional<XilinxTop.Memory> memory) {
        OnBoard {
            pins = List.copyOf(pins);
        }

        /** Ports that nothing is timed at: levels that are synchronised inside, and registers in pads beside the clock's own. */
        List<String> untimed() {
            return pins.stream()
                    .map(BoardPin::port)
                    .filter(port -> !port.startsWith(BoardPorts.CLOCK)
                            && !ports.host().clocks().contains(port))
                    .toList();
        }

        /** Period of the clocks that come from the PHY, in ns. */
        double lineNanoseconds() {
            return ethernet.map(e -> 1000.0 / e.wires().clockMhz()).orElse(0.0);
        }

        /** Whether the clock of what is sent over Ethernet is made of the board's. */
        boolean makesLineClock() {
            return ports.host() == BoardPorts.Host.GMII;
        }
    }

    /** The memory behind the top's controller. */
    Optional<XilinxTop.Memory> memory() {
        return onBoard.flatMap(OnBoard::memory);
    }

    /** Where the clock comes in. */
    String clockPort() {
        return onBoard.map(board -> board.ports().clockPort()).orElse(CORE_CLOCK);
    }

    /** Period of the clock that comes in, in ns. */
    double periodNanoseconds() {
        return onBoard.map(board -> board.clock().inNanoseconds()).orElse(1000 / clockMhz);
    }
}
