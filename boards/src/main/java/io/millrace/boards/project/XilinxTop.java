package io.millrace.boards.project;

import io.millrace.boards.Family;
import io.millrace.boards.MemoryController;
import io.millrace.hdl.DesignGenerator;
import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.BlackBox;
import io.millrace.hdl.bridge.ClockDomain;
import io.millrace.hdl.bridge.Hardware;
import io.millrace.hdl.bridge.Type;
import io.millrace.hdl.bridge.UInt;
import io.millrace.hdl.bridge.Value;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What stands on a board's pins: its clock, made into the core's by a clock manager; reset until that clock is there, and by the button where there is
 * one; the UART; the machine with its host port; and a memory controller where the machine has DRAM, which holds the reset until it is calibrated.
 */
final class XilinxTop extends Hardware {
    static final String NAME = "millrace_top";
    private static final int RESET_CLOCKS = 8;

    private final Optional<Memory> memory;

    /** The machine's way to DRAM and the controller there. */
    record Memory(DramPins axi, MemoryController controller, int addressBits) {}

    XilinxTop(Family family, BoardPorts ports, ClockPlan plan, Optional<Memory> memory) {
        super(NAME);
        this.memory = memory;
        var manager = inst("clock_manager", () -> new Primitives.ClockManager(family, plan, memory.isPresent()));
        var tree = inst("clock_tree", Primitives.ClockBuffer::new);
        Bit boardClock = clockIn(ports);
        manager.in.set(memory.isPresent() ? buffered("board_clock_tree", boardClock) : boardClock);
        manager.feedbackIn.set(manager.feedbackOut);
        manager.powerDown.set(false);
        manager.reset.set(resetIn(ports));
        tree.in.set(manager.out);
        Bit clock = wire("core_clock", tree.out);

        MigController controller =
                memory.map(m -> controller(m, boardClock, manager)).orElse(null);
        Bit ready = controller == null ? manager.locked : manager.locked.and(controller.calibrated);
        ClockDomain beforeReset = clockDomain("core_without_reset", clock, Bit.of(false));
        Bit reset = inDomain(beforeReset, () -> resetUntil(ready));
        ClockDomain core = clockDomain("core", clock, reset);
        inDomain(core, () -> joinMachine(controller));
    }

    private Bit clockIn(BoardPorts ports) {
        return switch (ports.clock()) {
            case DIFFERENTIAL -> {
                var pads = inst("clock_pads", Primitives.DifferentialBuffer::new);
                pads.p.set(in(BoardPorts.CLOCK_P, Type.bit()));
                pads.n.set(in(BoardPorts.CLOCK_N, Type.bit()));
                yield wire("board_clock", pads.out);
            }
            case SINGLE -> in(BoardPorts.CLOCK, Type.bit());
        };
    }

    private Bit buffered(String name, Bit clock) {
        var tree = inst(name, Primitives.ClockBuffer::new);
        tree.in.set(clock);
        return tree.out;
    }

    private Bit resetIn(BoardPorts ports) {
        return switch (ports.reset()) {
            case ACTIVE_HIGH -> in(BoardPorts.RESET, Type.bit());
            case ACTIVE_LOW -> in(BoardPorts.RESET_N, Type.bit()).not();
            case NONE -> Bit.of(false);
        };
    }

    private MigController controller(Memory memory, Bit boardClock, Primitives.ClockManager manager) {
        MigController mig =
                inst("memory", () -> new MigController(memory.controller(), memory.axi(), memory.addressBits()));
        mig.driveConstants();
        mig.systemClock.set(boardClock);
        mig.referenceClock.set(buffered("reference_tree", manager.reference));
        mig.systemReset.set(manager.locked);
        mig.axiReset.set(mig.reset.not());
        mig.pins.forEach(this::pass);
        return mig;
    }

    private <V extends Value<V>> void pass(MigController.Wire<V> wire) {
        if (wire.both()) {
            inout(wire.name(), wire.port().type()).set(wire.port());
        } else {
            out(wire.name(), wire.port());
        }
    }

    /** 1 from power-up and until clock and memory are there, and so many clocks longer. */
    private Bit resetUntil(Bit ready) {
        Bits stages = reg("reset_stages", Type.bits(RESET_CLOCKS))
                .initial((1L << RESET_CLOCKS) - 1)
                .attribute("async_reg", "true");
        stages.set(Bits.concat(stages.slice(0, RESET_CLOCKS - 1), ready.not().asBits()));
        return stages.bit(RESET_CLOCKS - 1);
    }

    private void joinMachine(@Nullable MigController controller) {
        Board board = inst("board", () -> new Board(memory.map(Memory::axi)));
        Uart uart = inst("uart", Uart::new);
        uart.rx.set(in(BoardPorts.UART_RX, Type.bit()));
        out(BoardPorts.UART_TX, uart.tx);
        board.linkInValid.set(uart.receivedValid);
        board.linkInData.set(uart.receivedData);
        uart.receivedReady.set(board.linkInReady);
        uart.sendValid.set(board.linkOutValid);
        uart.sendData.set(board.linkOutData);
        board.linkOutReady.set(uart.sendReady);
        if (controller != null && board.dram != null && memory.isPresent()) {
            joinMemory(board.dram, controller, memory.get());
        }
    }

    private void joinMemory(Dram dram, MigController mig, Memory memory) {
        AxiCrossing crossing = inst("crossing", () -> new AxiCrossing(memory.axi()));
        dram.join(crossing);
        crossing.memoryClock.set(mig.clock);
        crossing.memoryReset.set(mig.reset);
        mig.readAddress.set(crossing.readAddress.resize(memory.addressBits()));
        mig.readLength.set(crossing.readLength);
        mig.readId.set(crossing.readId.resize(MigController.ID_BITS));
        mig.readAddressValid.set(crossing.readAddressValid);
        crossing.readAddressReady.set(mig.readAddressReady);
        crossing.readData.set(mig.readData);
        crossing.readDataId.set(mig.readDataId.resize(memory.axi().idBits()));
        crossing.readValid.set(mig.readValid);
        mig.readReady.set(crossing.readReady);
        mig.writeAddress.set(crossing.writeAddress.resize(memory.addressBits()));
        mig.writeLength.set(crossing.writeLength);
        mig.writeAddressValid.set(crossing.writeAddressValid);
        crossing.writeAddressReady.set(mig.writeAddressReady);
        mig.writeData.set(crossing.writeData);
        mig.writeLast.set(crossing.writeLast);
        mig.writeValid.set(crossing.writeValid);
        crossing.writeReady.set(mig.writeReady);
        crossing.answerValid.set(mig.answerValid);
        mig.answerReady.set(crossing.answerReady);
    }

    /** The machine with its host port, as {@link DesignGenerator#board} writes it. */
    static final class Board extends BlackBox {
        final Bit linkInValid = in("link_in_valid", Type.bit());
        final Bits linkInData = in("link_in_data", Type.bits(8));
        final Bit linkInReady = out("link_in_ready", Type.bit());
        final Bit linkOutValid = out("link_out_valid", Type.bit());
        final Bits linkOutData = out("link_out_data", Type.bits(8));
        final Bit linkOutReady = in("link_out_ready", Type.bit());

        final @Nullable Dram dram;

        Board(Optional<DramPins> pins) {
            super(DesignGenerator.BOARD);
            clock("clk", "reset");
            out("running", Type.bit());
            out("activity", Type.bit());
            dram = pins.map(this::dram).orElse(null);
        }

        private Dram dram(DramPins pins) {
            Type<UInt> address = Type.uint(pins.addressBits());
            Type<UInt> length = Type.uint(8);
            Type<Bits> data = Type.bits(pins.dataBits());
            Type<UInt> id = Type.uint(pins.idBits());
            out("dram_rready", Type.bit());
            out("dram_bready", Type.bit());
            return new Dram(
                    out("dram_arvalid", Type.bit()),
                    out("dram_araddr", address),
                    out("dram_arlen", length),
                    out("dram_arid", id),
                    in("dram_arready", Type.bit()),
                    in("dram_rvalid", Type.bit()),
                    in("dram_rdata", data),
                    in("dram_rid", id),
                    out("dram_awvalid", Type.bit()),
                    out("dram_awaddr", address),
                    pins.bursts() ? Optional.of(out("dram_awlen", length)) : Optional.empty(),
                    in("dram_awready", Type.bit()),
                    out("dram_wvalid", Type.bit()),
                    out("dram_wdata", data),
                    pins.bursts() ? Optional.of(out("dram_wlast", Type.bit())) : Optional.empty(),
                    in("dram_wready", Type.bit()),
                    in("dram_bvalid", Type.bit()));
        }
    }

    /** The machine's AXI4 master; one that writes single beats alone says no length and no last beat. */
    record Dram(
            Bit arvalid,
            UInt araddr,
            UInt arlen,
            UInt arid,
            Bit arready,
            Bit rvalid,
            Bits rdata,
            UInt rid,
            Bit awvalid,
            UInt awaddr,
            Optional<UInt> awlen,
            Bit awready,
            Bit wvalid,
            Bits wdata,
            Optional<Bit> wlast,
            Bit wready,
            Bit bvalid) {
        void join(AxiCrossing crossing) {
            crossing.coreReadAddressValid.set(arvalid);
            crossing.coreReadAddress.set(araddr);
            crossing.coreReadLength.set(arlen);
            crossing.coreReadId.set(arid);
            arready.set(crossing.coreReadAddressReady);
            rvalid.set(crossing.coreReadValid);
            rdata.set(crossing.coreReadData);
            rid.set(crossing.coreReadDataId);
            crossing.coreWriteAddressValid.set(awvalid);
            crossing.coreWriteAddress.set(awaddr);
            crossing.coreWriteLength.set(awlen.orElseGet(() -> UInt.of(0, 8)));
            awready.set(crossing.coreWriteAddressReady);
            crossing.coreWriteValid.set(wvalid);
            crossing.coreWriteData.set(wdata);
            crossing.coreWriteLast.set(wlast.orElseGet(() -> Bit.of(true)));
            wready.set(crossing.coreWriteReady);
            bvalid.set(crossing.coreAnswered);
        }
    }

    /** Byte streams over the serial line, as {@link DesignGenerator#uart} writes them. */
    private static final class Uart extends BlackBox {
        final Bit rx = in("uart_rx", Type.bit());
        final Bit tx = out("uart_tx", Type.bit());
        final Bit receivedValid = out("received_valid", Type.bit());
        final Bits receivedData = out("received_data", Type.bits(8));
        final Bit receivedReady = in("received_ready", Type.bit());
        final Bit sendValid = in("send_valid", Type.bit());
        final Bits sendData = in("send_data", Type.bits(8));
        final Bit sendReady = out("send_ready", Type.bit());

        Uart() {
            super(DesignGenerator.UART);
            clock("clk", "reset");
        }
    }
}
