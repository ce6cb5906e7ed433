package io.millrace.cli;

import io.millrace.benchmarks.NetsBench;
import io.millrace.boards.Boards;
import io.millrace.boards.flow.Targets;
import io.millrace.cli.internal.TemporaryFolder;
import io.millrace.cli.internal.TextTable;
import io.millrace.ir.CompileException;
import io.millrace.ir.nets.StandardNet;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
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
            "use meanwhile; cycles a frame as simulated in steady state, and the seconds that simulating a frame takes. A net that",
            "does not fit the board is a row that says so."
        })
final class BenchNetsCommand extends Command {
    @Parameters(arity = "0..*", paramLabel = "NET", description = "Standard nets, such as resnet50; default all.")
    private List<String> names = List.of();

    @Option(names = "--board", defaultValue = "vc707", description = "Board; default ${DEFAULT-VALUE}.")
    private String board = "vc707";

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

    /** What became of a net: measured, or refused. */
    private sealed interface Outcome {
        record Compiled(NetsBench.Row row) implements Outcome {}

        record Refused(String net, CompileException reason) implements Outcome {}
    }

    @Override
    int run(Output output) throws IOException {
        var target = Targets.of(Boards.byName(board));
        var nets = names.isEmpty()
                ? List.of(StandardNet.values())
                : names.stream().map(ModelFile::net).toList();
        var outcomes = new ArrayList<Outcome>();
        for (var net : nets) {
            output.progress(net.netName() + ": compiling for " + target.name());
            try (var folder = TemporaryFolder.create("millrace-bench-")) {
                outcomes.add(new Outcome.Compiled(NetsBench.run(net, target, batch, folder.path())));
            } catch (CompileException e) {
                outcomes.add(new Outcome.Refused(net.netName(), e));
            }
        }
        print(output, outcomes);
        ledger.publish(output, outcomes.stream().map(this::json).toList());
        return 0;
    }

    private static void print(Output output, List<Outcome> outcomes) {
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
                ">simulated in s");
        for (var outcome : outcomes) {
            switch (outcome) {
                case Outcome.Compiled(var r) ->
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
                            seconds(r.simulateFrame()));
                case Outcome.Refused refused ->
                    table.row(Stream.concat(
                                    Stream.of(refused.net()),
                                    Stream.generate(() -> "-").limit(9))
                            .toArray());
            }
        }
        table.lines().forEach(output::line);
        for (var outcome : outcomes) {
            if (outcome instanceof Outcome.Refused(var net, var reason)) {
                output.line(net + ": " + reason.diagnostics().getFirst().problem());
            }
        }
        output.line("seconds and heap are measured here, cycles are simulated");
    }

    private static String seconds(double value) {
        return "%.2f".formatted(value);
    }

    private ObjectNode json(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Refused(var net, var reason) ->
                JsonNodeFactory.instance
                        .objectNode()
                        .put("model", net)
                        .put("board", board)
                        .put("refused", reason.diagnostics().getFirst().problem());
            case Outcome.Compiled(var r) -> {
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
                        .put("blockRams36", r.cost().resources().bram36Total())
                        .put("dramBytesPerFrame", r.cost().dramBytesPerFrame())
                        .put("spilledBytesPerFrame", r.cost().spilledBytesPerFrame())
                        .put("cyclesPerFrame", r.cyclesPerFrame())
                        .put("simulateSecondsPerFrame", r.simulateFrame());
                json.putObject("kinds")
                        .put("compileSeconds", "measured")
                        .put("heapMegabytes", "measured")
                        .put("blockRams36", "estimated")
                        .put("cyclesPerFrame", "simulated");
                yield json;
            }
        };
    }
}
