package io.millrace.boards.build;

import io.millrace.boards.BoardSpec;
import io.millrace.boards.Family;
import io.millrace.boards.Ice40Wiring;
import io.millrace.boards.MemoryKind;
import io.millrace.boards.flow.Compilation;
import io.millrace.boards.flow.Targets;
import io.millrace.boards.internal.FolderTrouble;
import io.millrace.boards.internal.ToolCache;
import io.millrace.boards.synthesis.PlacementReport;
import io.millrace.boards.synthesis.YosysSynthesis;
import io.millrace.hdl.DesignGenerator;
import io.millrace.hdl.HostPortOptions;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import io.millrace.scheduler.Fit;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/** An iCE40 board by yosys, nextpnr-ice40 and icepack. Everything is named relative to the build's folder, so that no path gets into a file. */
final class Ice40Build {
    private static final String NETLIST = "top.json";
    private static final String PINS = "top.pcf";
    private static final String CONFIGURATION = "top.asc";
    private static final String BITSTREAM = "top.bin";
    private static final String REPORT = "report.json";

    private final Compilation compilation;
    private final Path folder;
    private final BuildOptions options;
    private final Consumer<String> progress;
    private final Ice40Tools tools;
    private final Ice40Wiring wiring;
    private final HostPortOptions port;
    private final Ice40Clocking clocking;
    private final Map<String, Double> seconds = new LinkedHashMap<>();

    private Ice40Build(Compilation compilation, Path folder, BuildOptions options, Consumer<String> progress) {
        this.compilation = compilation;
        this.folder = folder;
        this.options = options;
        this.progress = progress;
        BoardSpec board = compilation.board();
        tools = new Ice40Tools(folder, board.name(), progress);
        wiring = board.ice40().orElseThrow(() -> unwired(board));
        double wanted =
                options.clockMhz().orElse(compilation.schedule().target().clockMhz());
        port = HostPortOptions.forSerialLine(compilation.schedule().machine());
        clocking = Ice40Clocking.of(board.name(), wiring, wanted, options.baud(), port.clocksPerBitMin());
    }

    static BuildReport run(Compilation compilation, Path folder, BuildOptions options, Consumer<String> progress) {
        var build = new Ice40Build(compilation, folder, options, progress);
        try {
            return build.run();
        } catch (InterruptedIOException e) {
            throw new UncheckedIOException(e);
        } catch (IOException e) {
            throw FolderTrouble.notWritten(folder, e);
        }
    }

    private BuildReport run() throws IOException {
        ToolCache.delete(folder);
        Files.createDirectories(folder);
        progress.accept(String.format(
                Locale.ROOT,
                "writing the board's Verilog: %s MHz, %,d bits a second",
                clocking.mhz(),
                clocking.baud()));
        List<String> sources = writeSources();
        synthesize(sources);
        Placement placement = place();
        PlacementReport placed = placement.report();
        seconds.put("icepack", tools.run("icepack", List.of(CONFIGURATION, BITSTREAM)));
        Path bitstream = folder.resolve(BITSTREAM);
        return new BuildReport(
                bitstream,
                clocking.mhz(),
                placed.fmaxMhz(),
                clocking.baud(),
                placement.seed(),
                parts(placed),
                Files.size(bitstream),
                seconds);
    }

    private List<String> writeSources() throws IOException {
        int khz = (int) Math.round(1000 * clocking.mhz());
        var design = DesignGenerator.uartBoard(
                compilation.schedule(), port.withClockKhz(khz), clocking.clocksPerBit(), folder.resolve("rtl"));
        var names = new ArrayList<String>();
        design.files().forEach(file -> names.add("rtl/" + file.getFileName()));
        Files.writeString(folder.resolve("rtl/" + Ice40Top.TOP + ".v"), Ice40Top.verilog(wiring, clocking));
        names.add("rtl/" + Ice40Top.TOP + ".v");
        Files.writeString(folder.resolve(PINS), Ice40Top.pins(wiring));
        return names;
    }

    private void synthesize(List<String> sources) throws IOException {
        boolean ultraPlus = compilation.board().family() == Family.ICE40UP;
        String script = "read_verilog " + String.join(" ", sources) + "\n"
                + (ultraPlus
                        ? YosysSynthesis.singlePortWeights(
                                compilation.schedule().machine())
                        : "")
                + YosysSynthesis.ice40Script(Ice40Top.TOP, ultraPlus).replace("; ", "\n")
                + "\nwrite_json " + NETLIST + "\nwrite_verilog -noattr top.synthesised.v\n";
        Files.writeString(folder.resolve("synthesise.ys"), script);
        seconds.put("yosys", tools.run("yosys", List.of("-s", "synthesise.ys")));
    }

    private record Placement(int seed, PlacementReport report) {}

    /** Places with one seed after the other until the clock is met. */
    private Placement place() throws IOException {
        double all = 0;
        for (int seed = options.seed(); ; seed++) {
            Files.deleteIfExists(folder.resolve(REPORT));
            all += place(seed);
            var report = PlacementReport.parse(Files.readString(folder.resolve(REPORT)));
            progress.accept(
                    String.format(Locale.ROOT, "seed %d: %.1f MHz of %s", seed, report.fmaxMhz(), clocking.mhz()));
            if (report.fmaxMhz() >= clocking.mhz() || options.allowTimingFailure()) {
                seconds.put("nextpnr-ice40", all);
                return new Placement(seed, report);
            }
            if (seed == options.seed() + options.attempts() - 1) {
                throw tooSlow(report);
            }
        }
    }

    private double place(int seed) throws IOException {
        return tools.run(
                "nextpnr-ice40",
                List.of(
                        "--" + wiring.device().name().toLowerCase(Locale.ROOT),
                        "--package",
                        wiring.packageName().value(),
                        "--json",
                        NETLIST,
                        "--pcf",
                        PINS,
                        "--asc",
                        CONFIGURATION,
                        "--report",
                        REPORT,
                        "--freq",
                        Double.toString(clocking.mhz()),
                        "--seed",
                        Integer.toString(seed),
                        "--timing-allow-fail"));
    }

    /** Estimates are those of the core, and of the host port as targets allow for it. */
    private List<BuildReport.Part> parts(PlacementReport placed) {
        var board = compilation.board();
        var need = compilation.cost().resources();
        return List.of(
                new BuildReport.Part(
                        "logicCells",
                        Fit.logicCells(need) + Targets.ICE40_PORT_CELLS,
                        placed.logicCells(),
                        board.luts().value()),
                new BuildReport.Part(
                        "dsp", need.dsp(), placed.dsp(), board.dsps().value()),
                new BuildReport.Part(
                        "ebr4k",
                        need.ebr4k() + Targets.ICE40_PORT_EBR,
                        placed.ebr(),
                        board.memoryBlocks(MemoryKind.EBR4K)),
                new BuildReport.Part(
                        "spram256k", need.spram256k(), placed.spram(), board.memoryBlocks(MemoryKind.SPRAM256K)));
    }

    private CompileException tooSlow(PlacementReport placed) {
        double reached = Math.floor(placed.fmaxMhz() * 10) / 10;
        return new CompileException(
                7,
                new Diagnostic(
                        "BLD-0215",
                        SourceRef.file(compilation.board().name()),
                        String.format(
                                Locale.ROOT,
                                "the placed design reaches %.1f MHz, less than its clock of %s MHz, with %d seeds",
                                reached,
                                clocking.mhz(),
                                options.attempts()),
                        String.format(
                                Locale.ROOT,
                                "build with --clock %.1f or less, with more --attempts, or keep it with --allow-timing-failure",
                                reached)));
    }

    private static CompileException unwired(BoardSpec board) {
        return new CompileException(
                4,
                new Diagnostic(
                        "BLD-0210",
                        SourceRef.file(board.name()),
                        "its board file does not say pins and clock of a bitstream",
                        "add \"ice40\" to the board file; `millrace boards icebreaker --json` shows one"));
    }
}
