package io.millrace.hdl;

import io.millrace.hdl.bridge.Hardware;
import io.millrace.hdl.bridge.Rtl;
import io.millrace.hdl.bridge.RtlOptions;
import io.millrace.hdl.internal.BoardCore;
import io.millrace.hdl.internal.Core;
import io.millrace.hdl.internal.EthernetBoard;
import io.millrace.hdl.internal.EthernetLink;
import io.millrace.hdl.internal.LeanBoard;
import io.millrace.hdl.internal.UartBoard;
import io.millrace.hdl.internal.UartLink;
import io.millrace.scheduler.Identity;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.ProgramImage.Section;
import io.millrace.scheduler.Schedule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** Writes the Verilog of a machine. */
public final class DesignGenerator {
    /** Name of the core's module. */
    public static final String CORE = "millrace_core";

    /** Name of the module of a machine with its host port. */
    public static final String BOARD = "millrace_board";

    /** Name of the module of a machine with its host port behind a serial line. */
    public static final String UART_BOARD = "millrace_uart_board";

    /** Name of the module that makes byte streams of a serial line. */
    public static final String UART = "millrace_uart";

    /** Name of the module of a machine with its host port on Ethernet. */
    public static final String ETHERNET_BOARD = "millrace_ethernet_board";

    /** Name of the module that makes packets of Ethernet. */
    public static final String ETHERNET = "millrace_ethernet";

    /** Fewest clocks of a bit on a serial line: one at its middle, with a margin for edges that come up to a clock late. */
    public static final int CLOCKS_PER_BIT_MIN = 4;

    /** Part of a design's identity: changes whenever the RTL of an unchanged machine does. */
    private static final String RTL_VERSION = "17";

    /** Said of each memory read in the same cycle. Synthesis sees that by itself, and parts without LUT memory can't obey. */
    private static final String LUT_MEMORY = " , ram_style = \"distributed\"";

    private static final String UNUSED_BITS = """
            // Descriptor fields travel whole, and sums keep their carry: not every machine uses every bit of them.
            /* verilator lint_off UNUSEDSIGNAL */
            """;

    private DesignGenerator() {}

    /**
     * Writes the bare core (the machine behind its synchronous boundary) of a schedule's machine to a folder. Where control is fixed, it is fixed to
     * the schedule's program.
     *
     * @throws io.millrace.hdl.bridge.RtlException if the machine breaks a rule of the hardware description
     */
    public static Design core(Schedule schedule, Path directory) {
        return core(schedule.machine(), ProgramAssembler.constants(schedule), directory);
    }

    /**
     * Writes the bare core of a machine that is loaded, with no program in sight.
     *
     * @throws IllegalArgumentException if the machine's control is fixed
     * @throws io.millrace.hdl.bridge.RtlException if the machine breaks a rule of the hardware description
     */
    public static Design core(Machine machine, Path directory) {
        if (machine.control() == Machine.Control.FIXED) {
            throw new IllegalArgumentException("a machine with fixed control is made for a program");
        }
        return core(machine, List.of(), directory);
    }

    private static Design core(Machine machine, List<Section> constants, Path directory) {
        return write(machine, identity(machine, constants), directory, () -> new Core(CORE, machine, constants));
    }

    private static Design write(Machine machine, Identity identity, Path directory, Supplier<? extends Hardware> top) {
        var report = Rtl.generate(directory, RtlOptions.defaults(), top);
        report.files().forEach(DesignGenerator::finish);
        return new Design(machine, identity, report.topName(), report.files());
    }

    /**
     * Writes a machine with its host port to a folder. The boundary is {@code clk}, {@code reset}, and two byte streams {@code link_in_} and
     * {@code link_out_} with valid and ready; {@code running} is 1 between START and the end of the session,
     * {@code activity} whenever a unit starts or ends something. A machine with streamed engines or spilled maps has an AXI4 master {@code dram_} besides: reads with the
     * client's number as id, writes of single beats, and of bursts with {@code awlen} and {@code wlast} where maps are spilled; {@code arsize} and {@code awsize} are those of its data width, bursts are incrementing, all bytes are written.
     *
     * @throws io.millrace.hdl.bridge.RtlException if the machine breaks a rule of the hardware description
     * @throws IllegalArgumentException if the packets are too small for the machine's beats
     */
    public static Design board(Schedule schedule, HostPortOptions options, Path directory) {
        var machine = schedule.machine();
        var constants = ProgramAssembler.constants(schedule);
        var identity = identity(machine, constants);
        return write(
                machine, identity, directory, () -> new BoardCore(BOARD, CORE, machine, constants, identity, options));
    }

    /**
     * Writes a machine with its host port behind a serial line to a folder. The boundary is {@code clk}, {@code reset}, the line in {@code uart_rx},
     * which may come from a pin as it is, and the line out {@code uart_tx}; {@code running} and {@code activity} as in {@link #board}.
     *
     * @param clocksPerBit clocks of a bit on the line
     * @throws io.millrace.hdl.bridge.RtlException if the machine breaks a rule of the hardware description
     * @throws IllegalArgumentException if the packets are too small for the machine's beats, a bit has fewer than 4 clocks or the machine has DRAM
     */
    public static Design uartBoard(Schedule schedule, HostPortOptions options, int clocksPerBit, Path directory) {
        requireClocks(clocksPerBit);
        var machine = schedule.machine();
        var constants = ProgramAssembler.constants(schedule);
        var identity = identity(machine, constants);
        return write(
                machine,
                identity,
                directory,
                () -> options.sequenced()
                        ? new LeanBoard(UART_BOARD, CORE, machine, constants, identity, options, clocksPerBit)
                        : new UartBoard(UART_BOARD, BOARD, CORE, machine, constants, identity, options, clocksPerBit));
    }

    /**
     * Writes byte streams over a serial line to a folder, for tops that join {@link #board} to more than the line. The boundary is {@code clk}, {@code reset}, the
     * lines {@code uart_rx} and {@code uart_tx}, and streams {@code received_} and {@code send_} with valid, data and ready.
     *
     * @param clocksPerBit clocks of a bit on the line
     * @return the files, children before parents
     * @throws IllegalArgumentException if a bit has fewer than 4 clocks
     */
    public static List<Path> uart(int clocksPerBit, Path directory) {
        requireClocks(clocksPerBit);
        return Rtl.generate(directory, RtlOptions.defaults(), () -> new UartLink(UART, clocksPerBit))
                .files();
    }

    /**
     * Writes a machine with its host port on Ethernet to a folder. The boundary is {@code clk}, {@code reset}, the PHY's clocks {@code eth_rx_clk} and {@code eth_tx_clk},
     * which need no relation to each other, what comes from it in {@code eth_rx_dv}, {@code eth_rx_er}, {@code eth_rxd}, and what goes to it,
     * {@code eth_tx_en}, {@code eth_txd}; {@code running}, {@code activity} and {@code dram_} as in {@link #board}.
     *
     * @param options of a packet link, such as {@link HostPortOptions#ETHERNET}
     * @throws io.millrace.hdl.bridge.RtlException if the machine breaks a rule of the hardware description
     * @throws IllegalArgumentException if the packets are too small for the machine's beats, or the options are those of a byte stream
     */
    public static Design ethernetBoard(
            Schedule schedule, HostPortOptions options, EthernetOptions ethernet, Path directory) {
        if (!options.packets()) {
            throw new IllegalArgumentException("Ethernet is a packet link");
        }
        var machine = schedule.machine();
        var constants = ProgramAssembler.constants(schedule);
        var identity = identity(machine, constants);
        return write(
                machine,
                identity,
                directory,
                () -> new EthernetBoard(
                        ETHERNET_BOARD, ETHERNET, BOARD, CORE, machine, constants, identity, options, ethernet));
    }

    /**
     * Writes packets over Ethernet to a folder, for tops that join {@link #board} to it: the wires to the PHY as in {@link #ethernetBoard}, streams {@code received_} and
     * {@code send_} with valid, data, last and ready, and what a host port of a packet link has besides.
     *
     * @return the files, children before parents
     */
    public static List<Path> ethernet(EthernetOptions ethernet, Path directory) {
        List<Path> files = Rtl.generate(directory, RtlOptions.defaults(), () -> new EthernetLink(ETHERNET, ethernet))
                .files();
        files.forEach(DesignGenerator::finish);
        return files;
    }

    /** Whether {@link HostPortOptions#LEAN} will do for a machine: beats of a byte, one output, narrow program words, no DRAM. */
    public static boolean servesLean(Machine machine) {
        return LeanBoard.serves(machine);
    }

    private static void requireClocks(int clocksPerBit) {
        if (clocksPerBit < CLOCKS_PER_BIT_MIN) {
            throw new IllegalArgumentException(clocksPerBit + " clocks a bit, fewer than " + CLOCKS_PER_BIT_MIN);
        }
    }

    private static void finish(Path file) {
        try {
            Files.writeString(file, UNUSED_BITS + Files.readString(file).replace(LUT_MEMORY, ""));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The identity of the design that runs a schedule, without generating it: that of its machine, and where control is fixed of the program that it
     * is fixed to.
     */
    public static Identity identity(Schedule schedule) {
        return identity(schedule.machine(), ProgramAssembler.constants(schedule));
    }

    /** The identity of a machine with these words as constants. */
    static Identity identity(Machine machine, List<Section> constants) {
        var parts = new ArrayList<byte[]>();
        parts.add(RTL_VERSION.getBytes(StandardCharsets.UTF_8));
        parts.add(machine.toString().getBytes(StandardCharsets.UTF_8));
        for (Section s : constants) {
            parts.add((s + Arrays.toString(s.chunks())).getBytes(StandardCharsets.UTF_8));
        }
        return Identity.ofContent(parts.toArray(byte[][]::new));
    }
}
