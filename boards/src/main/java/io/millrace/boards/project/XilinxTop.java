package io.millrace.boards.project;

import io.millrace.boards.Family;
import io.millrace.hdl.DesignGenerator;
import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.BlackBox;
import io.millrace.hdl.bridge.ClockDomain;
import io.millrace.hdl.bridge.Hardware;
import io.millrace.hdl.bridge.Type;

/**
 * What stands on a board's pins: its clock, made into the core's by a clock manager; reset until that clock is there, and by the button where there is
 * one; and the machine behind its UART.
 */
final class XilinxTop extends Hardware {
    static final String NAME = "millrace_top";
    private static final int RESET_CLOCKS = 8;

    XilinxTop(Family family, BoardPorts ports, ClockPlan plan) {
        super(NAME);
        var manager = inst("clock_manager", () -> new Primitives.ClockManager(family, plan));
        var tree = inst("clock_tree", Primitives.ClockBuffer::new);
        manager.in.set(clockIn(ports));
        manager.feedbackIn.set(manager.feedbackOut);
        manager.powerDown.set(false);
        manager.reset.set(resetIn(ports));
        tree.in.set(manager.out);
        Bit clock = wire("core_clock", tree.out);

        ClockDomain beforeReset = clockDomain("core_without_reset", clock, Bit.of(false));
        Bit reset = inDomain(beforeReset, () -> resetUntil(manager.locked));
        ClockDomain core = clockDomain("core", clock, reset);
        inDomain(core, this::joinLink);
    }

    private Bit clockIn(BoardPorts ports) {
        return switch (ports.clock()) {
            case DIFFERENTIAL -> {
                var pads = inst("clock_pads", Primitives.DifferentialBuffer::new);
                pads.p.set(in(BoardPorts.CLOCK_P, Type.bit()));
                pads.n.set(in(BoardPorts.CLOCK_N, Type.bit()));
                yield pads.out;
            }
            case SINGLE -> in(BoardPorts.CLOCK, Type.bit());
        };
    }

    private Bit resetIn(BoardPorts ports) {
        return switch (ports.reset()) {
            case ACTIVE_HIGH -> in(BoardPorts.RESET, Type.bit());
            case ACTIVE_LOW -> in(BoardPorts.RESET_N, Type.bit()).not();
            case NONE -> Bit.of(false);
        };
    }

    /** 1 from power-up and while the clock is not stable, and so many clocks longer. */
    private Bit resetUntil(Bit locked) {
        Bits stages = reg("reset_stages", Type.bits(RESET_CLOCKS))
                .initial((1L << RESET_CLOCKS) - 1)
                .attribute("async_reg", "true");
        stages.set(Bits.concat(stages.slice(0, RESET_CLOCKS - 1), locked.not().asBits()));
        return stages.bit(RESET_CLOCKS - 1);
    }

    private void joinLink() {
        Board board = inst("board", Board::new);
        board.rx.set(in(BoardPorts.UART_RX, Type.bit()));
        out(BoardPorts.UART_TX, board.tx);
    }

    /** The machine with its host port and the UART, as {@link DesignGenerator#uartBoard} writes it. */
    private static final class Board extends BlackBox {
        final Bit rx = in("uart_rx", Type.bit());
        final Bit tx = out("uart_tx", Type.bit());

        Board() {
            super(DesignGenerator.UART_BOARD);
            out("running", Type.bit());
            out("activity", Type.bit());
            clock("clk", "reset");
        }
    }
}
