package io.millrace.cli;

import io.millrace.benchmarks.EstimatesBench;
import io.millrace.benchmarks.EstimatesBench.Errors;
import io.millrace.benchmarks.EstimatesBench.Row;
import io.millrace.benchmarks.EstimatesBench.Subject;
import io.millrace.benchmarks.EstimatesPage;
import io.millrace.benchmarks.Ledger;
import io.millrace.cli.internal.TemporaryFolder;
import io.millrace.cli.internal.TextTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

@CommandLine.Command(
        name = "estimates",
        description = "Hold resource estimates against yosys' synthesis and nextpnr-ice40's placement.",
        footer = {
            "",
            "Nineteen machines over Virtex-6, 7 series and iCE40, each its core alone, one that fills an ML605:",
            "one to ten minutes a design the first time, seconds after, since counts are kept for designs that did",
            "not change. Exit code 6 if DSPs or memories differ, or LUTs or flip-flops are off by more than 10 %%",
            "in the median or 25 %% at worst. docs/estimates.md is what --page writes."
        })
final class BenchEstimatesCommand extends Command {
    private static final double MEDIAN_MAX = 0.10;
    private static final double WORST_MAX = 0.25;

    @Spec
    @SuppressWarnings("NullAway.Init") // injected by picocli
    private CommandSpec spec;

    @Parameters(
            arity = "0..*",
            paramLabel = "DESIGN",
            description = "Designs, by the start of their names, such as lenet5-ml605; default all.")
    private List<String> names = List.of();

    @Option(names = "--page", paramLabel = "FILE", description = "Write the figures as a page of Markdown, too.")
    private Optional<Path> page = Optional.empty();

    @Mixin
    private final LedgerOption ledger = new LedgerOption();

    BenchEstimatesCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    int run(Output output) throws IOException {
        var subjects = subjects();
        page.ifPresent(PageFile::require); // before the long work
        // Taken first: the sources may change during the long work.
        var origin = Ledger.Origin.here(Version.number(), LedgerOption.sources());
        var rows = new ArrayList<Row>();
        for (var subject : subjects) {
            output.progress(subject.name() + ": searching, synthesising");
            try (var folder = TemporaryFolder.create("millrace-bench-")) {
                rows.add(EstimatesBench.run(subject, folder.path()));
            }
        }
        print(output, rows);
        if (page.isPresent()) {
            Files.writeString(page.get(), EstimatesPage.of(command(), origin, rows));
            output.line("written to " + page.get());
        }
        var documents = rows.stream().map(BenchEstimatesCommand::json).toList();
        ledger.publish(output, documents, origin, documents);
        return isGood(rows) ? 0 : 6;
    }

    /** @throws ParameterException for a name that no design begins with */
    private List<Subject> subjects() {
        for (var name : names) {
            if (EstimatesBench.SUBJECTS.stream().noneMatch(it -> it.name().startsWith(name))) {
                throw new ParameterException(
                        spec.commandLine(),
                        "no design's name begins with '" + name + "': give some of "
                                + String.join(
                                        ", ",
                                        EstimatesBench.SUBJECTS.stream()
                                                .map(Subject::name)
                                                .toList()));
            }
        }
        return EstimatesBench.SUBJECTS.stream()
                .filter(it -> names.isEmpty() || names.stream().anyMatch(it.name()::startsWith))
                .toList();
    }

    private static boolean isGood(List<Row> rows) {
        return rows.stream().allMatch(row -> EstimatesBench.differing(row).isEmpty())
                && Stream.of("lut", "ff")
                        .map(part -> Errors.of(rows, part))
                        .allMatch(it -> it.median() <= MEDIAN_MAX && it.worst() <= WORST_MAX);
    }

    private static void print(Output output, List<Row> rows) {
        var table = new TextTable("design", ">multipliers", "part", ">estimated", ">counted", ">error");
        for (var row : rows) {
            for (var part : row.parts()) {
                table.row(
                        row.subject().name(),
                        row.multipliers(),
                        part.name(),
                        part.estimated(),
                        part.counted(),
                        part.estimated() == part.counted() ? "" : percent(part.error()));
            }
        }
        table.lines().forEach(output::line);
        for (var part : List.of("lut", "ff")) {
            var errors = Errors.of(rows, part);
            output.line(String.format(
                    Locale.ROOT,
                    "%s: median error %.1f %%, worst %.1f %%",
                    part,
                    100 * errors.median(),
                    100 * errors.worst()));
        }
        output.line("counted by yosys, not placed; logicCells placed by nextpnr-ice40 with a shell around the core");
    }

    private static String percent(double part) {
        return String.format(Locale.ROOT, "%+.1f %%", 100 * part);
    }

    private String command() {
        var words = new StringBuilder("./millrace bench estimates");
        names.forEach(name -> words.append(' ').append(name));
        return words + page.map(file -> " --page " + file).orElse("");
    }

    private static ObjectNode json(Row row) {
        var json = JsonNodeFactory.instance
                .objectNode()
                .put("bench", "estimates")
                .put("model", row.subject().net())
                .put("board", row.subject().board())
                .put("design", row.subject().name())
                .put("multipliers", row.multipliers());
        for (var part : row.parts()) {
            json.putObject(part.name()).put("estimated", part.estimated()).put("synthesised", part.counted());
        }
        return json;
    }
}
