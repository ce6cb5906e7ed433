package io.millrace.cli;

import io.millrace.benchmarks.JmhBench;
import io.millrace.cli.internal.TextTable;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

@CommandLine.Command(
        name = "jmh",
        description = "Measure each phase of the compiler and the simulator, on lenet5, with JMH.",
        footer = {"", "All of them take about six minutes."})
final class BenchJmhCommand extends Command {
    @Parameters(
            paramLabel = "PATTERN",
            arity = "0..1",
            defaultValue = "",
            description =
                    "Only benchmarks whose name this regular expression finds, such as 'importModel' or 'Simulator'.")
    private String pattern = "";

    @Option(names = "--quick", description = "One short iteration: whether they run, not how fast.")
    private boolean quick;

    @Mixin
    private final LedgerOption ledger = new LedgerOption();

    BenchJmhCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    int run(Output output) throws IOException {
        requirePattern();
        var rows = JmhBench.run(pattern, quick, output.progressStream());
        if (rows.isEmpty()) {
            throw usage("no benchmark is called so", "leave it out to run all of them");
        }
        var table = new TextTable("benchmark", "parameters", ">ms", ">+-", ">calls");
        var documents = new ArrayList<ObjectNode>();
        for (var row : rows) {
            boolean known = Double.isFinite(row.error());
            table.row(
                    row.name(),
                    row.parameters(),
                    String.format(Locale.ROOT, "%.4f", row.milliseconds()),
                    known ? String.format(Locale.ROOT, "%.4f", row.error()) : "",
                    row.calls());
            var document = JsonNodeFactory.instance
                    .objectNode()
                    .put("model", "lenet5")
                    .put("board", "ml605")
                    .put("benchmark", row.name())
                    .put("parameters", row.parameters())
                    .put("milliseconds", row.milliseconds())
                    .put("calls", row.calls())
                    .put("quick", quick);
            if (known) {
                document.put("millisecondsError", row.error());
            }
            document.putObject("kinds").put("milliseconds", "measured");
            documents.add(document);
        }
        table.lines().forEach(output::line);
        ledger.publish(output, documents);
        return 0;
    }

    private void requirePattern() {
        try {
            Pattern.compile(pattern);
        } catch (PatternSyntaxException e) {
            throw usage("no regular expression: " + e.getDescription(), "give a part of a name, such as importModel");
        }
    }

    private CompileException usage(String problem, String remedy) {
        return new CompileException(
                2, new Diagnostic("CFG-0027", SourceRef.file("'" + pattern + "'"), problem, remedy));
    }
}
