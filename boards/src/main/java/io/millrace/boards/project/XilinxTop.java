package io.millrace.boards.project;

import io.millrace.boards.Family;
import io.millrace.boards.MemoryController;
import io.millrace.hdl.DesignGenerator;
import io.millrace.hdl.EthernetOptions.Wires;
import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.BlackBox;
import io.millrace.hdl.bridge.ClockDomain;
import io.millrace.hdl.bridge.Hardware;
import io.millrace.hdl.bridge.Type;
import io.millrace.hdl.bridge.UInt;
import io.millrace.hdl.bridge.Value;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What stands on a board's pins: its clock, made into the core's by a clock manager; reset until that clock is there, and by the button where there is
 * one; the UART, or the pads to the PHY of an Ethernet; the machine with its host port; and a memory controller where the machine has DRAM, which holds the reset until it
 * is calibrated.
 */
final class XilinxTop extends Hardware {
    static final String NAME = "millrace_top";
    private static final int RESET_CLOCKS = 8;
    /** How long a PHY is held in reset at least: what Marvell's 88E1111 asks for, more than others. */
    private static final double PHY_RESET_SECONDS = 0.010;

    private final BoardPorts ports;
    private final ClockPlan plan;
    private final Optional<Memory> memory;

    /**
     * The machine's way to DRAM and the controller there.
     *
     * @param core the machine's port
     * @param axi the controller's, of as many bits or fewer
     */
    record Memory(DramPins core, DramPins axi, MemoryController controller, int addressBits) {
        /** Whether a beat of the machine is several of the controller's. */
        boolean inParts() {
            return core.dataBits() > axi.dataBits();
        }
    }

    XilinxTop(Family family, BoardPorts ports, ClockPlan plan, Optional<Memory> memory) {
        super(NAME);
        this.ports = ports;
        this.plan = plan;
        this.memory = memory;
        var manager = inst(
                "clock_manager", () -> new Primitives.ClockManager(family, plan, memory.isPresent(), lineMhz(ports)));
        var tree = inst("clock_tree", Primitives.ClockBuffer::new);
        Bit boardClock = clockIn(ports);
        Bit boardTree = memory.isPresent() ? buffered("board_clock_tree", boardClock) : boardClock;
        manager.in.set(boardTree);
        manager.feedbackIn.set(manager.feedbackOut);
        manager.powerDown.set(false);
        manager.reset.set(resetIn(ports));
        tree.in.set(manager.out);
        Bit clock = wire("core_clock", tree.out);

        Optional<Controller> controller = memory.map(m -> switch (family) {
            // From the tree, a clock reaches the memory's clock manager wherever that has its place.
            case VIRTEX6 -> nativeController(m, boardTree, manager);
            case VIRTEX7, KINTEX7, ARTIX7, ZYNQ7 -> axiController(m, boardClock, manager);
            case ICE40UP, ICE40HX -> throw new IllegalArgumentException(family + " has no memory controller");
        });
        Bit ready = controller.map(it -> manager.locked.and(it.calibrated())).orElse(manager.locked);
        ClockDomain beforeReset = clockDomain("core_without_reset", clock, Bit.of(false));
        Bit reset = inDomain(beforeReset, () -> resetUntil(ready));
        ClockDomain core = clockDomain("core", clock, reset);
        inDomain(core, () -> joinMachine(controller, manager));
    }

    /** Clock that a board's Ethernet needs of the clock manager: of what is sent, or the PHY's own; 0 for none. */
    static double lineMhz(BoardPorts ports) {
        boolean made = ports.host() == BoardPorts.Host.GMII || ports.phyClock();
        return made ? ports.host().wires().map(Wires::clockMhz).orElse(0) : 0;
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

    /**
     * A memory controller in the top.
     *
     * @param join joins it to the memory's side of the queues
     */
    private record Controller(Bit calibrated, Consumer<AxiCrossing> join) {}

    private Controller axiController(Memory memory, Bit boardClock, Primitives.ClockManager manager) {
        MigController mig =
                inst("memory", () -> new MigController(memory.controller(), memory.axi(), memory.addressBits()));
        mig.driveConstants();
        mig.systemClock.set(boardClock);
        mig.referenceClock.set(buffered("reference_tree", manager.reference));
        mig.systemReset.set(manager.locked);
        mig.axiReset.set(mig.reset.not());
        mig.pins.forEach(this::pass);
        return new Controller(mig.calibrated, crossing -> joinAxi(crossing, mig, memory));
    }

    private Controller nativeController(Memory memory, Bit boardClock, Primitives.ClockManager manager) {
        var controller = memory.controller();
        var mig = inst("memory", () -> new Mig6Controller(controller, memory.addressBits()));
        mig.systemClock.set(boardClock);
        mig.referenceClock.set(buffered("reference_tree", manager.reference));
        mig.systemReset.set(manager.locked);
        mig.pins.forEach(this::pass);
        Bit clock = wire(Mig6Project.CLOCK, mig.clock);
        int width = controller.number("DataWidth");
        var port = inDomain(
                clockDomain("memory", clock, mig.reset),
                () -> inst("native_port", () -> new NativePort(memory.axi(), memory.addressBits(), width)));
        port.join(mig);
        return new Controller(mig.calibrated, crossing -> {
            crossing.memoryClock.set(clock);
            crossing.memoryReset.set(mig.reset);
            port.join(crossing);
        });
    }

    private <V extends Value<V>> void pass(MemoryBlackBox.Wire<V> wire) {
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

    private void joinMachine(Optional<Controller> controller, Primitives.ClockManager manager) {
        Board board = inst(
                "board",
                () -> new Board(memory.map(Memory::core), ports.host().wires().isPresent()));
        ports.host().wires().ifPresentOrElse(wires -> joinEthernet(board, manager, wires), () -> joinUart(board));
        if (controller.isPresent() && board.dram != null && memory.isPresent()) {
            var ends = memory.get();
            AxiCrossing crossing = inst(
                    "crossing", () -> new AxiCrossing(ends.core(), ends.axi().dataBits()));
            board.dram.join(crossing);
            controller.get().join().accept(crossing);
        }
    }

    private void joinUart(Board board) {
        Uart uart = inst("uart", Uart::new);
        uart.rx.set(in(BoardPorts.UART_RX, Type.bit()));
        out(BoardPorts.UART_TX, uart.tx);
        board.linkInValid.set(uart.receivedValid);
        board.linkInData.set(uart.receivedData);
        uart.receivedReady.set(board.linkInReady);
        uart.sendValid.set(board.linkOutValid);
        uart.sendData.set(board.linkOutData);
        board.linkOutReady.set(uart.sendReady);
    }

    /** Registers stand in the pads, clocked as the PHY's data are. */
    private void joinEthernet(Board board, Primitives.ClockManager manager, Wires wires) {
        Ethernet link = inst("ethernet", () -> new Ethernet(wires));
        board.packets().join(board, link);
        Bit rxPin = in(BoardPorts.ETH_RX_CLOCK, Type.bit());
        Bits received = Bits.concat(
                in(BoardPorts.ETH_RX_DATA, Type.bits(wires.bits())),
                in(BoardPorts.ETH_RX_ERROR, Type.bit()).asBits(),
                in(BoardPorts.ETH_RX_VALID, Type.bit()).asBits());
        Bit padClock = switch (wires) {
            case GMII -> padClock(link, rxPin);
            case MII -> {
                link.rxClock.set(buffered("rx_tree", rxPin));
                yield link.rxClock;
            }
        };
        Bits pads = inDomain(
                clockDomain("pads", padClock, Bit.of(false)),
                () -> regNext("eth_rx_pads", received).attribute("IOB", "TRUE"));
        link.rxValid.set(pads.bit(0));
        link.rxError.set(pads.bit(1));
        link.rxData.set(pads.slice(2, wires.bits()));

        Bit line = switch (wires) {
            case GMII -> wire("line_clock", buffered("line_tree", manager.line));
            case MII -> wire("line_clock", buffered("tx_tree", in(BoardPorts.ETH_TX_CLOCK, Type.bit())));
        };
        link.txClock.set(line);
        ClockDomain lineDomain = clockDomain("line", line, Bit.of(false));
        inDomain(lineDomain, () -> {
            Bits sent = regNext("eth_tx_pads", Bits.concat(link.txData, link.txEnable.asBits()))
                    .attribute("IOB", "TRUE");
            out(BoardPorts.ETH_TX_ENABLE, sent.bit(0));
            out(BoardPorts.ETH_TX_DATA, sent.slice(1, wires.bits()));
            if (wires == Wires.GMII) {
                out(BoardPorts.ETH_TX_ERROR, Bit.of(false));
                // Falls where data change, so that it rises in their middle.
                out(BoardPorts.ETH_GTX_CLOCK, forwarded("gtx_pad", false));
            }
        });
        if (ports.phyClock()) {
            Bit reference = buffered("phy_tree", manager.line);
            inDomain(
                    clockDomain("phy", reference, Bit.of(false)),
                    () -> out(BoardPorts.ETH_REFERENCE, forwarded("phy_pad", true)));
        }
        out(BoardPorts.ETH_RESET_N, phyReady());
    }

    private Bit padClock(Ethernet link, Bit pin) {
        var region = inst("rx_region", Primitives.RegionalClockBuffer::new);
        region.in.set(pin);
        region.enable.set(true);
        region.clear.set(false);
        link.rxClock.set(region.out);
        var pads = inst("rx_pads", Primitives.PadClockBuffer::new);
        pads.in.set(pin);
        return pads.out;
    }

    /** The clock of the domain at a pin. */
    private Bit forwarded(String name, boolean inStep) {
        var pad = inst(name, Primitives.DoubleRateOutput::new);
        pad.whileHigh.set(inStep);
        pad.whileLow.set(!inStep);
        pad.enable.set(true);
        pad.reset.set(false);
        pad.set.set(false);
        return pad.out;
    }

    /** 0 from reset on until a PHY has had enough of it. */
    private Bit phyReady() {
        long clocks = (long) (plan.outMhz() * 1e6 * PHY_RESET_SECONDS);
        UInt left = reg("phy_reset_clocks", Type.uint(Long.SIZE - Long.numberOfLeadingZeros(clocks)))
                .init(clocks);
        Bit ready = reg("phy_ready", Type.bit()).init(0);
        when(left.eq(0), () -> ready.set(1)).otherwise(() -> left.set(left.minus(1)));
        return ready;
    }

    private static void joinAxi(AxiCrossing crossing, MigController mig, Memory memory) {
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
        private final @Nullable Packets packets;

        Board(Optional<DramPins> pins, boolean packetLink) {
            super(DesignGenerator.BOARD);
            clock("clk", "reset");
            out("running", Type.bit());
            out("activity", Type.bit());
            dram = pins.map(this::dram).orElse(null);
            packets = packetLink
                    ? new Packets(
                            in("link_in_last", Type.bit()),
                            in("link_in_bad", Type.bit()),
                            out("link_out_last", Type.bit()),
                            out("link_out_bytes", Type.uint(Ethernet.SIZE_BITS)),
                            out("link_out_to_stray", Type.bit()),
                            out("link_greets", Type.bit()),
                            out("link_strays", Type.bit()))
                    : null;
        }

        Packets packets() {
            if (packets == null) {
                throw new IllegalStateException("a board on a byte stream");
            }
            return packets;
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

    /** What the host port of a packet link has besides the bytes. */
    record Packets(Bit inLast, Bit inBad, Bit outLast, UInt outBytes, Bit toStray, Bit greets, Bit strays) {
        void join(Board board, Ethernet link) {
            board.linkInValid.set(link.receivedValid);
            board.linkInData.set(link.receivedData);
            inLast.set(link.receivedLast);
            inBad.set(link.receivedBad);
            link.receivedReady.set(board.linkInReady);
            link.greets.set(greets);
            link.strays.set(strays);
            link.sendValid.set(board.linkOutValid);
            link.sendData.set(board.linkOutData);
            link.sendLast.set(outLast);
            link.sendBytes.set(outBytes);
            link.sendToStray.set(toStray);
            board.linkOutReady.set(link.sendReady);
        }
    }

    /** Packets over Ethernet, as {@link DesignGenerator#ethernet} writes them. */
    private static final class Ethernet extends BlackBox {
        static final int SIZE_BITS = 11;

        final Bit rxClock = in("eth_rx_clk", Type.bit());
        final Bit rxValid = in("eth_rx_dv", Type.bit());
        final Bit rxError = in("eth_rx_er", Type.bit());
        final Bits rxData;
        final Bit txClock = in("eth_tx_clk", Type.bit());
        final Bit txEnable = out("eth_tx_en", Type.bit());
        final Bits txData;
        final Bit receivedValid = out("received_valid", Type.bit());
        final Bits receivedData = out("received_data", Type.bits(8));
        final Bit receivedLast = out("received_last", Type.bit());
        final Bit receivedBad = out("received_bad", Type.bit());
        final Bit receivedReady = in("received_ready", Type.bit());
        final Bit greets = in("greets", Type.bit());
        final Bit strays = in("strays", Type.bit());
        final Bit sendValid = in("send_valid", Type.bit());
        final Bits sendData = in("send_data", Type.bits(8));
        final Bit sendLast = in("send_last", Type.bit());
        final UInt sendBytes = in("send_bytes", Type.uint(SIZE_BITS));
        final Bit sendToStray = in("send_to_stray", Type.bit());
        final Bit sendReady = out("send_ready", Type.bit());

        Ethernet(Wires wires) {
            super(DesignGenerator.ETHERNET);
            rxData = in("eth_rxd", Type.bits(wires.bits()));
            txData = out("eth_txd", Type.bits(wires.bits()));
            clock("clk", "reset");
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
