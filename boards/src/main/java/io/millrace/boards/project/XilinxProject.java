package io.millrace.boards.project;

import io.millrace.boards.BoardSpec;
import io.millrace.boards.Dram;
import io.millrace.boards.Family;
import io.millrace.boards.LinkKind;
import io.millrace.boards.MemoryController;
import io.millrace.boards.flow.Compilation;
import io.millrace.boards.internal.FolderTrouble;
import io.millrace.boards.internal.ToolCache;
import io.millrace.hdl.Design;
import io.millrace.hdl.DesignGenerator;
import io.millrace.hdl.EthernetOptions;
import io.millrace.hdl.EthernetOptions.Wires;
import io.millrace.hdl.HostPortOptions;
import io.millrace.hdl.bridge.Rtl;
import io.millrace.hdl.bridge.RtlOptions;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import io.millrace.scheduler.Schedule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;

/**
 * A complete project for the vendor's tool that builds with {@code make}: ISE 14.7 for Virtex-6, Vivado for the 7 series; for parts that openXC7 knows its Makefile
 * too. The same schedule and board give the same bytes.
 *
 * <pre>
 * project.json      what this is: tool, part, top, clock, rate of the UART; why without pins, if so
 * README.md         how to build, and each pin with its source
 * rtl/*.v           Verilog 2001: the machine, its host port, the board's top
 * build.tcl, millrace.xdc, Makefile                    with Vivado
 * mig.prj, sim/mig_7series_0.v                         and DRAM: what makes its controller; its ports, for open tools
 * millrace.prj, millrace.xst, millrace.ucf, Makefile   with ISE
 * coregen.cgp, mig_v6.xco, mig.prj, sim/mig_v6.v       and DRAM: what makes its controller; its modules' ports, for open tools
 * openxc7/          the same for openXC7, untested
 * </pre>
 *
 * <p>A pin without a source is not in a board's file, and no project invents one: where clock or UART have none, the project is out of context: the machine with
 * its host port is synthesised, placed and timed without pins, and there is no bitstream.
 *
 * @param tool what builds it
 * @param top name of the top module
 * @param clockMhz the core's clock
 * @param baud bits a second of the UART, 0 without one
 * @param ethernet address and port on Ethernet, such as {@code 192.168.1.128:19794}; empty without one
 * @param outOfContext why it stands on no pins, in a sentence; empty where it does
 */
public record XilinxProject(
        Tool tool, String top, double clockMhz, long baud, Optional<String> ethernet, Optional<String> outOfContext) {
    private static final String MARK = "project.json";
    private static final String RTL = "rtl";
    private static final int AXI_BITS_MIN = 32;

    /** Beats in a burst that AXI allows. */
    private static final int AXI_BEATS_MAX = 256;

    private static final String UNUSED_LIGHTS = """
            // What the board could show of its work stands on no pins.
            /* verilator lint_off UNUSEDSIGNAL */
            """;

    private static final String UNUSED_LENGTHS = """
            // A beat of the machine is several of the memory's, and a burst of these has 256 at most.
            /* verilator lint_off UNUSEDSIGNAL */
            """;

    private static final String UNUSED_ADDRESSES = """
            // Addresses are of bytes, and beats are whole.
            /* verilator lint_off UNUSEDSIGNAL */
            """;

    /** The vendor's tools. */
    public enum Tool {
        ISE,
        VIVADO;

        /** The command that must be on the PATH. */
        public String command() {
            return switch (this) {
                case ISE -> "xst";
                case VIVADO -> "vivado";
            };
        }
    }

    /** What builds projects for a family; empty for families of other vendors. */
    public static Optional<Tool> toolFor(Family family) {
        return switch (family) {
            case VIRTEX6 -> Optional.of(Tool.ISE);
            case VIRTEX7, KINTEX7, ARTIX7, ZYNQ7 -> Optional.of(Tool.VIVADO);
            case ICE40UP, ICE40HX -> Optional.empty();
        };
    }

    /**
     * Writes the project of a compilation for the board it was made for; see {@link #write(Schedule, BoardSpec, LinkKind, Path)}.
     */
    public static XilinxProject write(Compilation compilation, LinkKind link, Path folder) {
        return write(compilation.schedule(), compilation.board(), link, folder);
    }

    /** The wires between a board's device and its Ethernet PHY where its file knows them. */
    public static Optional<Wires> ethernetWires(BoardSpec board) {
        return BoardPorts.ethernet(board).flatMap(BoardPorts.Host::wires);
    }

    /** With the UART as the link to the host; see {@link #write(Schedule, BoardSpec, LinkKind, Path)}. */
    public static XilinxProject write(Schedule schedule, BoardSpec board, Path folder) {
        return write(schedule, board, LinkKind.UART, folder);
    }

    /**
     * Writes a project, whole or not at all.
     *
     * @param link to the host: the UART, or Ethernet
     * @param folder replaced if it holds a project, else it must not exist
     * @throws CompileException exit code 11, CFG-0020, if the folder can't be used; 4, BLD-0401, for families of other vendors; 4, BLD-0402, if the core's clock
     *     can't be made from the board's; 4, BLD-0406, if the board's file knows no way to such a link
     */
    public static XilinxProject write(Schedule schedule, BoardSpec board, LinkKind link, Path folder) {
        Tool tool = toolFor(board.family()).orElseThrow(() -> otherVendor(board));
        BoardPorts.Host host = host(board, link);
        Path parent = requireWritable(folder);
        try {
            Files.createDirectories(parent);
            Path work = Files.createTempDirectory(parent, "." + folder.getFileName() + "-");
            try {
                XilinxProject project = fill(schedule, board, host, tool, work);
                if (Files.exists(folder)) {
                    ToolCache.delete(folder);
                }
                Files.move(work, folder);
                return project;
            } finally {
                ToolCache.delete(work);
            }
        } catch (IOException e) {
            throw FolderTrouble.notWritten(folder, e);
        }
    }

    private static BoardPorts.Host host(BoardSpec board, LinkKind link) {
        return switch (link) {
            case UART -> BoardPorts.Host.UART;
            case ETHERNET -> BoardPorts.ethernet(board).orElseThrow(() -> noLink(board, link));
            case SPI, PCIE -> throw noLink(board, link);
        };
    }

    private static XilinxProject fill(Schedule schedule, BoardSpec board, BoardPorts.Host host, Tool tool, Path work)
            throws IOException {
        Optional<String> reason = withoutPins(schedule, board, host);
        TopDesign design = reason.isPresent() ? bare(schedule, board, work) : onBoard(schedule, board, host, work);
        var project = new XilinxProject(
                tool,
                design.top(),
                design.clockMhz(),
                design.onBoard()
                        .flatMap(TopDesign.OnBoard::uart)
                        .map(UartRate::baud)
                        .orElse(0L),
                design.onBoard().flatMap(TopDesign.OnBoard::ethernet).map(it -> it.dottedAddress() + ":" + it.port()),
                reason);
        var files = new ProjectFiles();
        switch (tool) {
            case ISE -> IseProject.write(design, files);
            case VIVADO -> VivadoProject.write(design, files);
        }
        if (OpenXc7Project.covers(design)) {
            OpenXc7Project.write(design, files);
        }
        files.put(MARK, project.toJson(board)).put("README.md", ProjectReadme.of(project, design));
        files.writeTo(work);
        return project;
    }

    /** Why a design stands on no pins of a board. */
    private static Optional<String> withoutPins(Schedule schedule, BoardSpec board, BoardPorts.Host host) {
        List<String> missing = BoardPorts.missing(board, host);
        if (!missing.isEmpty()) {
            return Optional.of("No source is known for the pins of " + String.join(", ", missing) + " on "
                    + board.title() + "; the design is built without pins, and there is no bitstream.");
        }
        if (!schedule.machine().dramClients().isEmpty()) {
            Optional<String> lack = withoutMemory(schedule, board);
            if (lack.isPresent()) {
                return Optional.of("The machine reads DRAM, and " + lack.get()
                        + "; the design is built without pins, and there is no bitstream.");
            }
        }
        if (board.oscillatorsMhz().isEmpty()) {
            return Optional.of("The file of " + board.title()
                    + " names no oscillator; the design is built without pins, and there is no bitstream.");
        }
        return Optional.empty();
    }

    /** Why a board's DRAM can't be joined to a machine. */
    private static Optional<String> withoutMemory(Schedule schedule, BoardSpec board) {
        var controller = controller(board);
        if (controller.isEmpty()) {
            return Optional.of(
                    "no source is known for the pins and settings of a memory controller on " + board.title());
        }
        boolean virtex6 = board.family() == Family.VIRTEX6;
        List<String> missing = virtex6 ? Mig6Project.missing(controller.get()) : MigProject.missing(controller.get());
        if (!missing.isEmpty()) {
            return Optional.of(
                    "the memory controller of " + board.title() + " lacks settings: " + String.join(", ", missing));
        }
        if (virtex6
                && !board.oscillatorsMhz().isEmpty()
                && Mig6Project.clock(
                                controller.get(),
                                board.oscillatorsMhz().getFirst().value())
                        .isEmpty()) {
            return Optional.of("its clock can't be made of the oscillator of " + board.title());
        }
        var port = schedule.machine().dram();
        int bits = port.dataBytes() * 8;
        int most = MigProject.dataBitsMax(controller.get());
        return bits < AXI_BITS_MIN || port.burstBytes() * 8 > AXI_BEATS_MAX * most
                ? Optional.of("its bursts of " + port.burstBeats() + " beats of " + bits + " bits are not the up to "
                        + AXI_BEATS_MAX + " beats of " + AXI_BITS_MIN + " to " + most
                        + " bits that the memory controller of " + board.title() + " takes")
                : Optional.empty();
    }

    private static Optional<MemoryController> controller(BoardSpec board) {
        return board.dram().stream().findFirst().flatMap(Dram::controller);
    }

    private static TopDesign bare(Schedule schedule, BoardSpec board, Path work) throws IOException {
        double clockMhz = schedule.target().clockMhz();
        Design design = DesignGenerator.board(schedule, options(BoardPorts.Host.UART, clockMhz), work.resolve(RTL));
        return new TopDesign(board, design.top(), sources(design.files()), clockMhz, Optional.empty());
    }

    private static TopDesign onBoard(Schedule schedule, BoardSpec board, BoardPorts.Host host, Path work)
            throws IOException {
        double oscillator = board.oscillatorsMhz().getFirst().value();
        double wanted = schedule.target().clockMhz();
        boolean dram = !schedule.machine().dramClients().isEmpty();
        var ports = BoardPorts.of(board, host);
        var plan = ClockPlan.of(oscillator, wanted, otherClocks(ports, dram))
                .orElseThrow(() -> noClock(board, oscillator, wanted));
        Optional<EthernetOptions> ethernet = host.wires().map(EthernetOptions::defaults);
        Optional<UartRate> uart = ethernet.isPresent()
                ? Optional.empty()
                : Optional.of(UartRate.of(board, plan.outMhz()).orElseThrow(() -> noRate(board, plan.outMhz())));
        Path rtl = work.resolve(RTL);
        Design design = DesignGenerator.board(schedule, options(host, plan.outMhz()), rtl);
        List<Path> link = new ArrayList<>();
        uart.ifPresent(it -> link.addAll(DesignGenerator.uart(it.clocksPerBit(), rtl)));
        ethernet.ifPresent(it -> link.addAll(DesignGenerator.ethernet(it, rtl)));
        Optional<XilinxTop.Memory> memory = dram
                ? Optional.of(memory(board, DramPins.of(rtl.resolve(DesignGenerator.BOARD + ".v"))))
                : Optional.empty();
        var top = Rtl.generate(rtl, RtlOptions.defaults(), () -> new XilinxTop(board.family(), ports, plan, memory));
        begin(rtl.resolve(XilinxTop.NAME + ".v"), UNUSED_LIGHTS);
        if (memory.isPresent() && memory.get().inParts()) {
            begin(rtl.resolve(AxiCrossing.MODULE + ".v"), UNUSED_LENGTHS);
        }
        var files = new ArrayList<>(design.files());
        if (board.family() == Family.VIRTEX6 && memory.isPresent()) {
            files.add(wrapper(memory.get(), oscillator, rtl));
        }
        files.addAll(link);
        files.addAll(top.files());
        return new TopDesign(
                board,
                XilinxTop.NAME,
                sources(files),
                plan.outMhz(),
                Optional.of(new TopDesign.OnBoard(ports, ports.pins(board), plan, uart, ethernet, memory)));
    }

    /** What stands around the modules that MIG makes for Virtex-6; addresses within a beat have no use in the port to it. */
    private static Path wrapper(XilinxTop.Memory memory, double oscillatorMhz, Path rtl) throws IOException {
        begin(rtl.resolve(NativePort.MODULE + ".v"), UNUSED_ADDRESSES);
        var clock = Mig6Project.clock(memory.controller(), oscillatorMhz).orElseThrow();
        return Files.writeString(rtl.resolve(Mig6Wrapper.MODULE + ".v"), Mig6Wrapper.text(memory, clock));
    }

    /** Begins a file with some lines. */
    private static void begin(Path file, String lines) throws IOException {
        Files.writeString(file, lines + Files.readString(file));
    }

    private static XilinxTop.Memory memory(BoardSpec board, DramPins core) {
        var controller = controller(board).orElseThrow();
        return new XilinxTop.Memory(
                core,
                core.withDataBits(Math.min(core.dataBits(), MigProject.dataBitsMax(controller))),
                controller,
                MigProject.addressBits(controller));
    }

    /** What the clock manager makes besides the core's clock. */
    private static List<Double> otherClocks(BoardPorts ports, boolean dram) {
        var clocks = new ArrayList<Double>();
        if (dram) {
            clocks.add(Primitives.REFERENCE_MHZ);
        }
        double line = XilinxTop.lineMhz(ports);
        if (line > 0) {
            clocks.add(line);
        }
        return clocks;
    }

    private static HostPortOptions options(BoardPorts.Host host, double clockMhz) {
        var options = host.wires().isPresent() ? HostPortOptions.ETHERNET : HostPortOptions.WIDE;
        return options.withClockKhz((int) Math.round(clockMhz * 1000));
    }

    private static List<String> sources(List<Path> files) {
        return files.stream()
                .map(file -> RTL + "/" + file.getFileName())
                .sorted()
                .toList();
    }

    private String toJson(BoardSpec board) {
        var out = JsonMapper.shared()
                .createObjectNode()
                .put("board", board.name())
                .put("part", board.part().value())
                .put("tool", tool.name().toLowerCase(Locale.ROOT))
                .put("top", top)
                .put("clockMhz", clockMhz)
                .put("baud", baud);
        ethernet.ifPresent(place -> out.put("ethernet", place));
        outOfContext.ifPresent(reason -> out.put("outOfContext", reason));
        return out.toPrettyString();
    }

    private static Path requireWritable(Path folder) {
        Path parent = folder.toAbsolutePath().getParent();
        if (parent == null) {
            throw FolderTrouble.of(folder, "is a root", "name a folder below it");
        }
        if (Files.exists(folder) && !Files.isRegularFile(folder.resolve(MARK))) {
            throw FolderTrouble.of(
                    folder, "exists and holds no project of Millrace's", "name another folder, or remove it yourself");
        }
        return parent;
    }

    private static CompileException otherVendor(BoardSpec board) {
        return new CompileException(
                4,
                new Diagnostic(
                        "BLD-0401",
                        SourceRef.file(board.name()),
                        "its part " + board.part().value() + " is none of Xilinx'",
                        "build it with the open tools for iCE40, or name a board with a Virtex-6 or 7-series part"));
    }

    private static CompileException noLink(BoardSpec board, LinkKind link) {
        return new CompileException(
                4,
                new Diagnostic(
                        "BLD-0406",
                        SourceRef.file(board.name()),
                        link == LinkKind.ETHERNET
                                ? "its file does not know the pins of a PHY with GMII or MII"
                                : "no host port is generated for " + link,
                        "build it with --link uart, or add the pins to the board's file"));
    }

    private static CompileException noClock(BoardSpec board, double oscillator, double wanted) {
        return new CompileException(
                4,
                new Diagnostic(
                        "BLD-0402",
                        SourceRef.file(board.name()),
                        "no clock manager makes " + VivadoProject.number(wanted)
                                + " MHz or somewhat less of the board's " + VivadoProject.number(oscillator) + " MHz",
                        "compile for another core clock"));
    }

    private static CompileException noRate(BoardSpec board, double clock) {
        return new CompileException(
                4,
                new Diagnostic(
                        "BLD-0403",
                        SourceRef.file(board.name()),
                        "no rate of a UART that the board's file allows is within 2 % of a whole number of clocks at "
                                + VivadoProject.number(clock) + " MHz",
                        "name a UART among the board's links, or compile for another core clock"));
    }
}
