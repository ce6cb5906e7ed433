package io.millrace.cli;

import io.millrace.benchmarks.Ledger;
import io.millrace.benchmarks.NetsBench;
import io.millrace.benchmarks.NetsPage;
import io.millrace.benchmarks.NetsPage.Entry;
import io.millrace.boards.Boards;
import io.millrace.boards.flow.Targets;
import io.millrace.cli.internal.TemporaryFolder;
import io.millrace.cli.internal.TextTable;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.nets.StandardNet;
import io.millrace.scheduler.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

@CommandLine.Command(
        name = "nets",
        description = "Measure how long the standard nets take to compile, and what their designs do.",
        footer = {
            "",
            "Nets of the literature with random weights, from the quantized net to Verilog and program, in seconds; the most heap in",
            "use meanwhile; cycles a frame as simulated in steady state; the seconds that simulating a frame takes, without values and",
            "with them on all processors, and that the integer evaluator takes; codes that differ between the two. A net that does",
            "not fit the board is a row that says so. docs/nets.md is what --page writes."
        })
final class BenchNetsCommand extends Command {
    @Parameters(arity = "0..*", paramLabel = "NET", description = "Standard nets, such as resnet50; default all.")
    private List<String> names = List.of();

    @Option(names = "--board", defaultValue = "vc707", description = "Board; repeatable; default ${DEFAULT-VALUE}.")
    private List<String> boards = List.of("vc707");

    @Option(names = "--page", paramLabel = "FILE", description = "Write the figures as a page of Markdown, too.")
    private Optional<Path> page = Optional.empty();

    @Option(
            names = "--batch",
            converter = Numbers.Batch.class,
            defaultValue = "1",
            paramLabel = "N",
            description = "Compute fully-connected layers for N frames together; default 1.")
    private int batch = 1;

    @Mixin
    private final LedgerOption ledger = new LedgerOption();

    BenchNetsCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    int run(Output output) throws IOException {
        var targets = boards.stream().map(Boards::byName).map(Targets::of).toList();
        var nets = names.isEmpty()
                ? List.of(StandardNet.values())
                : names.stream().map(ModelFile::net).toList();
        page.ifPresent(PageFile::require); // before the long work
        // Taken first: the sources may change during the long work.
        var origin = Ledger.Origin.here(Version.number(), LedgerOption.sources());
        var all = new ArrayList<Entry>();
        for (var target : targets) {
            var entries = new ArrayList<Entry>();
            for (var net : nets) {
                output.progress(net.netName() + ": compiling for " + target.name());
                entries.add(measure(net, target));
            }
            if (targets.size() > 1) {
                output.line(target.name());
            }
            print(output, entries);
            all.addAll(entries);
        }
        output.line("seconds and heap are measured here, cycles are simulated");
        if (page.isPresent()) {
            Files.writeString(page.get(), NetsPage.of(command(), origin, all));
            output.line("written to " + page.get());
        }
        var rows = all.stream().map(BenchNetsCommand::json).toList();
        ledger.publish(output, rows, origin, rows);
        boolean exact = all.stream().noneMatch(e -> e instanceof Entry.Compiled(var r) && r.differences() > 0);
        return exact ? 0 : 6;
    }

    private Entry measure(StandardNet net, Target target) throws IOException {
        try (var folder = TemporaryFolder.create("millrace-bench-")) {
            return new Entry.Compiled(NetsBench.run(net, target, batch, folder.path()));
        } catch (CompileException e) {
            var reasons = e.diagnostics().stream().map(Diagnostic::problem).toList();
            return new Entry.Refused(net.netName(), target.name(), reasons);
        }
    }

    private String command() {
        var words = new StringBuilder("./millrace bench nets");
        names.forEach(name -> words.append(' ').append(name));
        boards.forEach(board -> words.append(" --board ").append(board));
        if (batch > 1) {
            words.append(" --batch ").append(batch);
        }
        return words + page.map(file -> " --page " + file).orElse("");
    }

    private static void print(Output output, List<Entry> entries) {
        var table = new TextTable(
                "net",
                ">quantize s",
                ">schedule s",
                ">Verilog s",
                ">program s",
                ">compile s",
                ">heap MiB",
                ">multipliers",
                ">cycles/frame",
                ">simulated in s",
                ">with values s",
                ">evaluated in s",
                ">differ");
        for (var entry : entries) {
            switch (entry) {
                case Entry.Compiled(var r) ->
                    table.row(
                            r.net(),
                            seconds(r.quantize()),
                            seconds(r.schedule()),
                            seconds(r.verilog()),
                            seconds(r.program()),
                            seconds(r.compile()),
                            r.heapMegabytes(),
                            r.multipliers(),
                            "%.0f".formatted(r.cyclesPerFrame()),
                            seconds(r.simulateFrame()),
                            seconds(r.valuesFrame()),
                            seconds(r.evaluateFrame()),
                            r.differences());
                case Entry.Refused refused ->
                    table.row(Stream.concat(
                                    Stream.of(refused.net()),
                                    Stream.generate(() -> "-").limit(12))
                            .toArray());
            }
        }
        table.lines().forEach(output::line);
        for (var entry : entries) {
            if (entry instanceof Entry.Refused refused) {
                refused.reasons().forEach(reason -> output.line(refused.net() + ": " + reason));
            }
        }
    }

    private static String seconds(double value) {
        return "%.2f".formatted(value);
    }

    private static ObjectNode json(Entry entry) {
        return switch (entry) {
            case Entry.Refused(var net, var board, var reasons) ->
                JsonNodeFactory.instance
                        .objectNode()
                        .put("model", net)
                        .put("board", board)
                        .put("refused", String.join("; ", reasons));
            case Entry.Compiled(var r) -> {
                var json = JsonNodeFactory.instance
                        .objectNode()
                        .put("model", r.net())
                        .put("board", r.board())
                        .put("quantizeSeconds", r.quantize())
                        .put("scheduleSeconds", r.schedule())
                        .put("verilogSeconds", r.verilog())
                        .put("programSeconds", r.program())
                        .put("compileSeconds", r.compile())
                        .put("heapMegabytes", r.heapMegabytes())
                        .put("multipliers", r.multipliers())
                        .put("dsp", r.cost().resources().dsp())
                        .put("blockRams36", r.cost().resources().bram36Total())
                        .put("dramBytesPerFrame", r.cost().dramBytesPerFrame())
                        .put("spilledBytesPerFrame", r.cost().spilledBytesPerFrame())
                        .put("cyclesPerFrame", r.cyclesPerFrame())
                        .put("framesPerSecond", r.framesPerSecond())
                        .put("simulateSecondsPerFrame", r.simulateFrame())
                        .put("simulateValuesSecondsPerFrame", r.valuesFrame())
                        .put("evaluateSecondsPerFrame", r.evaluateFrame())
                        .put("differences", r.differences());
                json.putObject("kinds")
                        .put("compileSeconds", "measured")
                        .put("heapMegabytes", "measured")
                        .put("blockRams36", "estimated")
                        .put("cyclesPerFrame", "simulated")
                        .put("framesPerSecond", "simulated");
                yield json;
            }
        };
    }
}
