package io.millrace.cli;

import io.millrace.benchmarks.PeerFigure;
import io.millrace.benchmarks.PeersBench;
import io.millrace.benchmarks.PeersBench.Entry;
import io.millrace.boards.Boards;
import io.millrace.boards.flow.Targets;
import io.millrace.cli.internal.TextTable;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

@CommandLine.Command(
        name = "peers",
        description = "Measure the nets that other compilers were measured on, with as many multipliers as theirs.",
        footer = {
            "",
            "Multiply-accumulates of a frame over what so many multipliers could do in its cycles. Ours are simulated in steady state",
            "at int8 with a host that never waits, on a part where weights may stay on chip (DRAM bytes say whether they do); the limit",
            "is of the products a clock of all matrix engines. Theirs are of one frame by itself, with their source and kind."
        })
final class BenchPeersCommand extends Command {
    @Option(
            names = "--net",
            paramLabel = "NAME",
            description = "Rows of this net, such as lenet5; repeatable; default all.")
    private List<String> names = List.of();

    @Option(names = "--board", defaultValue = "vc707", description = "Board; default ${DEFAULT-VALUE}.")
    private String board = "vc707";

    @Mixin
    private final LedgerOption ledger = new LedgerOption();

    BenchPeersCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    int run(Output output) throws IOException {
        var all = PeersBench.figures().stream().map(PeerFigure::net).distinct().toList();
        names.forEach(name -> TableNames.require(name, "net", all));
        var figures = PeersBench.figures().stream()
                .filter(figure -> names.isEmpty() || names.contains(figure.net()))
                .toList();
        var entries = measure(output, figures, board);
        print(output, entries);
        ledger.publish(output, entries.stream().map(this::json).toList());
        return 0;
    }

    /** Our designs beside the figures, on a board. */
    static List<Entry> measure(Output output, List<PeerFigure> figures, String board) {
        return PeersBench.run(
                figures,
                Targets.of(Boards.byName(board)),
                figure -> output.progress(figure.net() + ": searching and simulating for "
                        + figure.multipliers().orElseThrow() + " multipliers"));
    }

    private static void print(Output output, List<Entry> entries) {
        var table = new TextTable(
                "net",
                ">multipliers",
                ">MACs/frame",
                ">used",
                ">cycles/frame",
                ">efficiency",
                ">bound",
                ">DRAM bytes",
                "peer",
                ">its cycles",
                ">efficiency",
                "kind");
        for (var entry : entries) {
            var peer = entry.peer();
            var ours = switch (entry) {
                case Entry.Measured m ->
                    Stream.<Object>of(
                            m.figures().macsPerFrame(),
                            m.figures().cost().multipliers(),
                            "%.1f".formatted(m.figures().cyclesPerFrame()),
                            percent(m.figures().efficiency()),
                            percent(m.figures().efficiencyBound()),
                            m.figures().cost().dramBytesPerFrame());
                case Entry.Refused _ -> Stream.<Object>generate(() -> "-").limit(6);
            };
            table.row(Stream.of(
                            Stream.of(peer.net(), peer.multipliers().orElseThrow()),
                            ours,
                            Stream.of(
                                    peer.peer(),
                                    peer.cycles().orElseThrow(),
                                    percent(peer.efficiency()),
                                    peer.kind().text()))
                    .flatMap(it -> it)
                    .toArray());
        }
        table.lines().forEach(output::line);
        for (var entry : entries) {
            if (entry instanceof Entry.Refused(var peer, var reasons)) {
                reasons.forEach(reason -> output.line(
                        peer.net() + " at " + peer.multipliers().orElseThrow() + " multipliers: " + reason));
            }
        }
        output.line("our cycles are simulated; --json has each figure's source");
    }

    private static String percent(double part) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * part);
    }

    private ObjectNode json(Entry entry) {
        var peer = entry.peer();
        var json = JsonNodeFactory.instance
                .objectNode()
                .put("model", peer.net())
                .put("board", board)
                .put("multipliersMax", peer.multipliers().orElseThrow());
        json.putObject("peer")
                .put("name", peer.peer())
                .put("cyclesPerFrame", peer.cycles().orElseThrow())
                .put("macEfficiency", peer.efficiency())
                .put("kind", peer.kind().text())
                .put("source", peer.source());
        switch (entry) {
            case Entry.Refused(var _, var reasons) -> json.put("refused", String.join("; ", reasons));
            case Entry.Measured(var _, var figures) -> {
                json.put("multipliers", figures.cost().multipliers())
                        .put("macsPerFrame", figures.macsPerFrame())
                        .put("peakMacsPerCycle", figures.productsPerCycle())
                        .put("cyclesPerFrame", figures.cyclesPerFrame())
                        .put("cyclesPerFrameBound", figures.bound().cyclesPerFrame())
                        .put("latencyCycles", figures.latencyCycles())
                        .put("macEfficiency", figures.efficiency())
                        .put("macEfficiencyBound", figures.efficiencyBound())
                        .put("dramBytesPerFrame", figures.cost().dramBytesPerFrame())
                        .put("weightsOnChip", figures.cost().weightBytesPerFrame() == 0);
                json.putObject("kinds")
                        .put("cyclesPerFrame", "simulated")
                        .put("latencyCycles", "simulated")
                        .put("macEfficiency", "simulated")
                        .put("dramBytesPerFrame", "estimated");
            }
        }
        return json;
    }
}
