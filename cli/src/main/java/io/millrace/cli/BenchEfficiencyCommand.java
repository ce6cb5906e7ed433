package io.millrace.cli;

import io.millrace.benchmarks.EfficiencyBench;
import io.millrace.benchmarks.EfficiencyBench.Entry;
import io.millrace.benchmarks.EfficiencyBench.Subject;
import io.millrace.benchmarks.EfficiencyPage;
import io.millrace.benchmarks.Ledger;
import io.millrace.benchmarks.Losses;
import io.millrace.benchmarks.PeersBench;
import io.millrace.boards.Boards;
import io.millrace.boards.flow.Targets;
import io.millrace.cli.internal.OpText;
import io.millrace.cli.internal.TextTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

@CommandLine.Command(
        name = "efficiency",
        description =
                "Measure how much of a board's DSPs the designs for well-known nets use, and what the rest is lost to.",
        footer = {
            "",
            "Multiply-accumulates of a frame over those that all DSPs of the board could do in its cycles, two a DSP at int8: simulated,",
            "steady state of several frames, DRAM model on, a host that never waits. Beside it the bound that no machine of this",
            "architecture exceeds, and the points of efficiency lost to each cause. A net that does not compile is a row that says why."
        })
final class BenchEfficiencyCommand extends Command {
    /** With block RAMs for the weights of most. */
    private static final String PEERS_BOARD = "vc707";

    /** Long, and no figure of its own: not kept. */
    private static final String ENGINES = "engines";

    @Option(
            names = "--net",
            paramLabel = "NAME",
            description = "Row of the table, such as resnet50; repeatable; default all.")
    private List<String> names = List.of();

    @Option(
            names = "--board",
            paramLabel = "NAME",
            description = "Board, repeatable; default ml605 and vc707, for resnet8 arty-a7-100.")
    private List<String> boards = List.of();

    @Option(
            names = "--engines",
            description =
                    "Print what each matrix engine and each of its layers does in the cycles of a frame, too (--json always has it).")
    private boolean engines;

    @Option(
            names = "--page",
            paramLabel = "FILE",
            description = {
                "Write the figures as a page of Markdown with pictures beside it, those of `bench peers` included, for which",
                "it is run too."
            })
    private Optional<Path> page = Optional.empty();

    @Mixin
    private final LedgerOption ledger = new LedgerOption();

    BenchEfficiencyCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    int run(Output output) throws IOException {
        var subjects = names.isEmpty()
                ? EfficiencyBench.SUBJECTS
                : names.stream().map(BenchEfficiencyCommand::subject).toList();
        boards.forEach(Boards::byName);
        page.ifPresent(PageFile::require); // before the long work
        // Taken first: the sources may change during the long work.
        var origin = Ledger.Origin.here(Version.number(), LedgerOption.sources());
        var entries = new ArrayList<Entry>();
        for (var subject : subjects) {
            for (var board : boards.isEmpty() ? subject.boards() : boards) {
                output.progress(subject.name() + ": searching and simulating for " + board);
                entries.add(EfficiencyBench.run(subject, Targets.of(Boards.byName(board))));
            }
        }
        print(output, entries);
        if (engines) {
            output.line("");
            engines(entries).lines().forEach(output::line);
            output.line("");
            layers(entries).lines().forEach(output::line);
        }
        if (page.isPresent()) {
            write(
                    page.get(),
                    new EfficiencyPage(entries, BenchPeersCommand.measure(output, PeersBench.figures(), PEERS_BOARD)),
                    origin);
            output.line("written to " + page.get());
        }
        var rows = entries.stream().map(BenchEfficiencyCommand::json).toList();
        var kept = rows.stream().map(ObjectNode::deepCopy).toList();
        kept.forEach(row -> row.remove(ENGINES));
        ledger.publish(output, rows, origin, kept);
        return 0;
    }

    private void write(Path file, EfficiencyPage efficiency, Ledger.Origin origin) throws IOException {
        var boardsPicture = PageFile.picture(file, "boards");
        var peersPicture = PageFile.picture(file, "peers");
        Files.writeString(boardsPicture, efficiency.boardsPicture());
        Files.writeString(peersPicture, efficiency.peersPicture());
        Files.writeString(
                file,
                efficiency.page(
                        command(),
                        origin,
                        String.valueOf(boardsPicture.getFileName()),
                        String.valueOf(peersPicture.getFileName())));
    }

    private String command() {
        var words = new StringBuilder("./millrace bench efficiency");
        names.forEach(name -> words.append(" --net ").append(name));
        boards.forEach(board -> words.append(" --board ").append(board));
        return words + page.map(file -> " --page " + file).orElse("");
    }

    private static Subject subject(String name) {
        var all = EfficiencyBench.SUBJECTS;
        TableNames.require(name, "row", all.stream().map(Subject::name).toList());
        return all.stream().filter(it -> it.name().equals(name)).findFirst().orElseThrow();
    }

    private static void print(Output output, List<Entry> entries) {
        var table = new TextTable(
                "net",
                "board",
                ">MACs/frame",
                ">cycles/frame",
                ">cycles bound",
                ">efficiency",
                ">its bound",
                ">frames/s",
                ">link allows",
                ">latency",
                ">DSP",
                ">BRAM36",
                ">LUT",
                ">search s");
        for (var entry : entries) {
            switch (entry) {
                case Entry.Measured m ->
                    table.row(
                            m.subject().name(),
                            m.board(),
                            m.figures().macsPerFrame(),
                            "%.0f".formatted(m.figures().cyclesPerFrame()),
                            "%.0f".formatted(m.figures().bound().cyclesPerFrame()),
                            OpText.percent(m.figures().efficiency()),
                            OpText.percent(m.figures().efficiencyBound()),
                            "%.1f".formatted(m.figures().framesPerSecond()),
                            "%.0f".formatted(m.figures().cost().linkFramesPerSecond()),
                            m.figures().latencyCycles(),
                            m.figures().cost().resources().dsp(),
                            m.figures().cost().resources().bram36Total(),
                            m.figures().cost().resources().lut(),
                            "%.1f".formatted(m.searchSeconds()));
                case Entry.Refused refused ->
                    table.row(Stream.concat(
                                    Stream.of(refused.subject().name(), refused.board()),
                                    Stream.generate(() -> "-").limit(12))
                            .toArray());
            }
        }
        table.lines().forEach(output::line);
        output.line("");
        losses(entries).lines().forEach(output::line);
        for (var entry : entries) {
            if (entry instanceof Entry.Refused(var subject, var board, var reasons)) {
                reasons.forEach(reason -> output.line(subject.name() + " on " + board + ": " + reason));
            }
        }
        output.line("cycles are simulated, frames/s are these at the assumed clock, DSP, BRAM36 and LUT are estimated");
    }

    private static TextTable losses(List<Entry> entries) {
        var headings = Stream.concat(
                Stream.of("points of efficiency lost to", "board", ">used"),
                Stream.of(Losses.Cause.values()).map(cause -> ">" + cause.text()));
        var table = new TextTable(headings.toArray(String[]::new));
        for (var entry : entries) {
            if (entry instanceof Entry.Measured m) {
                table.row(Stream.concat(
                                Stream.of(
                                        m.subject().name(),
                                        m.board(),
                                        points(m.figures().efficiency())),
                                Stream.of(Losses.Cause.values())
                                        .map(cause -> points(m.losses().of(cause))))
                        .toArray());
            }
        }
        return table;
    }

    private static TextTable engines(List<Entry> entries) {
        var table = new TextTable(
                "cycles a frame of",
                "board",
                "engine",
                ">P x S x X",
                "weights",
                ">reads",
                ">filled",
                "waits, by cause");
        for (var entry : entries) {
            if (entry instanceof Entry.Measured m) {
                for (var engine : m.losses().engines()) {
                    var unit = engine.unit();
                    table.row(
                            m.subject().name(),
                            m.board(),
                            unit.name(),
                            unit.outputs() + " x " + unit.lanes() + " x " + unit.pixels(),
                            unit.streamed() ? "streamed" : "on chip",
                            "%.0f".formatted(engine.reads()),
                            OpText.percent(engine.fill()),
                            engine.waits().entrySet().stream()
                                    .map(it -> "%s %.0f".formatted(it.getKey().text(), it.getValue()))
                                    .collect(Collectors.joining(", ")));
                }
            }
        }
        return table;
    }

    private static TextTable layers(List<Entry> entries) {
        var table = new TextTable(
                "cycles a frame of", "board", "engine", "layer", ">reads", ">waits", ">efficiency on the engine");
        for (var entry : entries) {
            if (entry instanceof Entry.Measured m) {
                for (var engine : m.losses().engines()) {
                    for (var layer : engine.layers()) {
                        table.row(
                                m.subject().name(),
                                m.board(),
                                engine.unit().name(),
                                layer.name(),
                                "%.0f".formatted(layer.reads()),
                                "%.0f".formatted(layer.waits()),
                                OpText.percent(layer.efficiency()));
                    }
                }
            }
        }
        return table;
    }

    private static String points(double part) {
        return String.format(Locale.ROOT, "%.2f", 100 * part);
    }

    private static ObjectNode json(Entry entry) {
        var json = JsonNodeFactory.instance
                .objectNode()
                .put("model", entry.subject().name())
                .put("board", entry.board())
                .put("batch", entry.subject().batch());
        switch (entry) {
            case Entry.Refused(var _, var _, var reasons) -> json.put("refused", String.join("; ", reasons));
            case Entry.Measured m -> measured(json, m);
        }
        return json;
    }

    private static void measured(ObjectNode json, Entry.Measured m) {
        var target = Targets.of(Boards.byName(m.board()));
        var figures = m.figures();
        var cost = figures.cost();
        json.put("clockMhz", cost.clockMhz())
                .put("macsPerFrame", figures.macsPerFrame())
                .put("cyclesPerFrame", figures.cyclesPerFrame())
                .put("cyclesPerFrameBound", figures.bound().cyclesPerFrame())
                .put("boundBy", figures.bound().limit().name().toLowerCase(Locale.ROOT))
                .put("latencyCycles", figures.latencyCycles())
                .put("framesPerSecond", figures.framesPerSecond())
                .put("linkFramesPerSecond", cost.linkFramesPerSecond())
                .put("bottleneck", cost.bottleneck())
                .put("peakMacsPerCycle", cost.peakMacsPerCycle())
                .put("multipliers", cost.multipliers())
                .put("macEfficiency", figures.efficiency())
                .put("macEfficiencyBound", figures.efficiencyBound())
                .put("dramBytesPerFrame", cost.dramBytesPerFrame());
        Summary.resource(json, "dsp", cost.resources().dsp(), target.dsp());
        Summary.resource(json, "bram36", cost.resources().bram36Total(), target.bram36());
        Summary.resource(json, "lut", cost.resources().lut(), target.lut());
        Summary.resource(json, "ff", cost.resources().ff(), target.ff());
        var losses = json.putObject("losses");
        for (var cause : Losses.Cause.values()) {
            losses.put(cause.name().toLowerCase(Locale.ROOT), m.losses().of(cause));
        }
        var engines = json.putArray(ENGINES);
        for (var engine : m.losses().engines()) {
            var unit = engine.unit();
            var object = engines.addObject()
                    .put("name", unit.name())
                    .put("outputs", unit.outputs())
                    .put("lanes", unit.lanes())
                    .put("pixels", unit.pixels())
                    .put("multipliers", unit.multipliers())
                    .put("streamed", unit.streamed())
                    .put("readCycles", engine.reads())
                    .put("fill", engine.fill());
            var waits = object.putObject("waitCycles");
            engine.waits().forEach((cause, cycles) -> waits.put(cause.name().toLowerCase(Locale.ROOT), cycles));
            var layers = object.putArray("layers");
            for (var layer : engine.layers()) {
                layers.addObject()
                        .put("name", layer.name())
                        .put("macs", layer.macs())
                        .put("readCycles", layer.reads())
                        .put("waitCycles", layer.waits())
                        .put("macEfficiency", layer.efficiency());
            }
        }
        json.putObject("seconds").put("search", m.searchSeconds());
        json.putObject("kinds")
                .put("cyclesPerFrame", "simulated")
                .put("latencyCycles", "simulated")
                .put("macEfficiency", "simulated")
                .put("framesPerSecond", "simulated")
                .put("linkFramesPerSecond", "estimated")
                .put("dramBytesPerFrame", "estimated")
                .put("seconds", "measured");
    }
}
