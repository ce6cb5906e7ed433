package io.millrace.cli;

import io.millrace.boards.LinkKind;
import io.millrace.boards.build.BoardBuild;
import io.millrace.boards.build.BuildOptions;
import io.millrace.boards.build.BuildReport;
import io.millrace.boards.build.BuildResult;
import io.millrace.boards.build.CellCount;
import io.millrace.boards.build.ProjectReport;
import io.millrace.boards.flow.Compilation;
import io.millrace.boards.flow.CompiledFolder;
import io.millrace.cli.internal.TextTable;
import io.millrace.cli.internal.ToolProbe;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

@CommandLine.Command(
        name = "build",
        description =
                "Build the bitstream of a compiled folder for its board: of an iCE40 by yosys, nextpnr-ice40 and icepack; of a Xilinx part write ISE's or Vivado's project, and run it where the tool is on the PATH, or count its cells with yosys.",
        footer = {
            "",
            "All of it stays in DIR/build: Verilog, pins, logs, reports and top.bin, the file to load. The same folder gives",
            "the same bytes. Weights are not in it: millrace run sends them over the serial line."
        })
final class BuildCommand extends Command {
    private static final int EXIT_TOO_LARGE = 5;

    @Parameters(paramLabel = "DIR", description = "A folder that compile wrote.")
    @SuppressWarnings("NullAway.Init") // picocli fills it
    private Path folder;

    @Option(
            names = "--clock",
            paramLabel = "MHZ",
            description = "Core clock; default the one the folder was compiled for. The PLL takes the nearest below.")
    private Optional<Double> clock = Optional.empty();

    @Option(
            names = "--baud",
            converter = Numbers.Count.class,
            paramLabel = "N",
            description = "Rate of the serial line; default the board's first that the clock makes.")
    private Optional<Integer> baud = Optional.empty();

    /** Links that projects are written for. */
    private enum Link {
        uart(LinkKind.UART),
        ethernet(LinkKind.ETHERNET);

        private final LinkKind kind;

        Link(LinkKind kind) {
            this.kind = kind;
        }
    }

    @Option(
            names = "--link",
            defaultValue = "uart",
            description =
                    "Link to the host: uart (default), or ethernet on boards whose PHY's pins are known, at 192.168.1.128.")
    private Link link = Link.uart;

    @Option(
            names = "--seed",
            converter = Numbers.Count.class,
            defaultValue = "1",
            paramLabel = "N",
            description = "Seed of the placement; default ${DEFAULT-VALUE}.")
    private int seed = 1;

    @Option(
            names = "--attempts",
            converter = Numbers.Count.class,
            defaultValue = "4",
            paramLabel = "N",
            description = "Seeds to try until the clock is met; default ${DEFAULT-VALUE}.")
    private int attempts = 4;

    @Option(
            names = "--tool",
            paramLabel = "TOOL",
            description =
                    "yosys: of a Xilinx board count the cells by yosys' synthesis, without the vendor's tool; nothing is placed or timed.")
    private Optional<Tool> tool = Optional.empty();

    @Option(names = "--allow-timing-failure", description = "Keep a bitstream that misses its clock.")
    private boolean allowTimingFailure;

    /** Tools that take the place of a board's own. */
    enum Tool {
        YOSYS
    }

    BuildCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    int run(Output output) {
        var options = new BuildOptions(
                clock.map(OptionalDouble::of).orElse(OptionalDouble.empty()),
                baud.map(OptionalInt::of).orElse(OptionalInt.empty()),
                link.kind,
                seed,
                attempts,
                allowTimingFailure);
        Compilation compilation = CompiledFolder.read(folder);
        BuildResult result = tool.isPresent()
                ? BoardBuild.count(compilation, folder, link.kind, output::progress)
                : BoardBuild.run(
                        compilation,
                        folder,
                        options,
                        output::progress,
                        it -> ToolProbe.onPath(it).isPresent());
        return switch (result) {
            case BuildReport report -> {
                print(output, report, compilation);
                yield 0;
            }
            case ProjectReport report -> {
                print(output, report, compilation);
                yield 0;
            }
            case CellCount count -> print(output, count, compilation);
        };
    }

    /** Returns the exit code: 5 if the device has too little. */
    private static int print(Output output, CellCount count, Compilation c) {
        var project = count.project();
        var parts = count.parts(c.cost().resources(), c.schedule().target());
        var table = new TextTable("part", ">estimated", ">machine", ">with host port", ">budget", ">used");
        var document = design(c)
                .put("project", count.folder().toString())
                .put("tool", "yosys")
                .put("placed", false)
                .put("clockMhz", project.clockMhz())
                .put("baud", project.baud());
        for (var part : parts) {
            table.row(
                    part.name(),
                    part.estimated(),
                    part.machine(),
                    part.whole(),
                    part.budget(),
                    used(part.whole(), part.budget()));
            document.putObject(part.name())
                    .put("estimated", part.estimated())
                    .put("synthesised", part.whole())
                    .put("machine", part.machine())
                    .put("budget", part.budget());
        }
        table.lines().forEach(output::line);
        output.line("");
        output.line("synthesised by yosys, not placed and not timed; the estimate is the machine's, without host port");
        project.outOfContext().ifPresent(why -> {
            output.line("without pins: " + why);
            document.put("outOfContext", why);
        });
        var tooMany = parts.stream().filter(part -> !part.fits()).toList();
        tooMany.forEach(part -> output.line(String.format(
                Locale.ROOT, "DOES NOT FIT: %,d %s, the device has %,d", part.whole(), part.name(), part.budget())));
        document.put("fits", tooMany.isEmpty()).putObject("seconds").put("yosys", count.seconds());
        document.putObject("kinds").put("synthesised", "synthesised by yosys, not placed");
        output.document(document);
        return tooMany.isEmpty() ? 0 : EXIT_TOO_LARGE;
    }

    private static ObjectNode design(Compilation c) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("model", c.model())
                .put("board", c.board().name())
                .put("part", c.board().part().value())
                .put("design", c.manifest().design().toString());
    }

    private static String used(int count, int budget) {
        return budget == 0 ? "" : String.format(Locale.ROOT, "%.1f %%", 100.0 * count / budget);
    }

    private static void print(Output output, ProjectReport report, Compilation c) {
        var project = report.project();
        var document = report.placed()
                .map(placed -> placed.toJson(c.cost().resources(), c.schedule().target()))
                .orElseGet(JsonNodeFactory.instance::objectNode)
                .put("model", c.model())
                .put("board", c.board().name())
                .put("part", c.board().part().value())
                .put("design", c.manifest().design().toString())
                .put("project", report.folder().toString())
                .put("tool", project.tool().command())
                .put("clockMhz", project.clockMhz())
                .put("baud", project.baud());
        project.ethernet().ifPresent(place -> {
            output.line("host: millrace run --link udp:" + place);
            document.put("ethernet", place);
        });
        project.outOfContext().ifPresent(why -> {
            output.line("without pins, and so without a bitstream: " + why);
            document.put("outOfContext", why);
        });
        report.placed()
                .ifPresentOrElse(
                        placed -> output.line(String.format(
                                Locale.ROOT,
                                "%,d LUTs, %,d flip-flops, %,d DSPs, %,d block RAMs; clock %s MHz%s",
                                placed.lut(),
                                placed.ff(),
                                placed.dsp(),
                                placed.bram36(),
                                project.clockMhz(),
                                placed.timingMet() ? "" : ": TIMING NOT MET")),
                        () -> output.line("written to " + report.folder() + "; "
                                + project.tool().command()
                                + " is not on the PATH here: run make in that folder where it is"));
        output.document(document);
    }

    private void print(Output output, BuildReport report, Compilation c) {
        var table = new TextTable("part", ">estimated", ">placed", ">budget", ">used");
        var document = design(c);
        for (var part : report.parts()) {
            table.row(part.name(), part.estimated(), part.placed(), part.budget(), used(part.placed(), part.budget()));
            document.putObject(part.name())
                    .put("estimated", part.estimated())
                    .put("synthesised", part.placed())
                    .put("budget", part.budget());
        }
        table.lines().forEach(output::line);
        double cycles = c.cost().cyclesPerFrame();
        double rate = report.clockMhz() * 1e6 / cycles;
        output.line("");
        output.line(String.format(
                Locale.ROOT,
                "clock %s MHz, the placed design reaches %.1f MHz%s; seed %d",
                report.clockMhz(),
                report.fmaxMhz(),
                report.timingMet() ? "" : ": TIMING NOT MET",
                report.seed()));
        output.line(String.format(
                Locale.ROOT,
                "%.1f cycles a frame (estimated): %.1f frames/s at this clock; serial line of %,d bits a second",
                cycles,
                rate,
                report.baud()));
        output.line(String.format(Locale.ROOT, "%s, %,d bytes", report.bitstream(), report.bitstreamBytes()));
        document.put("clockMhz", report.clockMhz())
                .put("fmaxMhz", report.fmaxMhz())
                .put("timingMet", report.timingMet())
                .put("baud", report.baud())
                .put("seed", report.seed())
                .put("cyclesPerFrame", cycles)
                .put("framesPerSecond", rate)
                .put("bitstream", report.bitstream().toString())
                .put("bitstreamBytes", report.bitstreamBytes());
        var seconds = document.putObject("seconds");
        report.seconds().forEach(seconds::put);
        document.putObject("kinds")
                .put("fmaxMhz", "estimated")
                .put("cyclesPerFrame", "estimated")
                .put("framesPerSecond", "estimated");
        output.document(document);
    }
}
