package io.millrace.cli;

import io.millrace.cli.internal.OpText;
import io.millrace.cli.internal.TextTable;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import io.millrace.quantizer.AccuracyReport;
import io.millrace.quantizer.Precision;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

@CommandLine.Command(
        name = "evaluate",
        description = "Compare the accuracy of a model as floats and as integers, on labelled images.")
final class EvaluateCommand extends Command {
    private static final int EXIT_VERIFICATION = 6;

    @Mixin
    private final QuantizeChoices choices = new QuantizeChoices();

    @Mixin
    private final LabelledOption labelled = new LabelledOption();

    @Option(
            names = "--max-drop",
            paramLabel = "POINTS",
            description = "Exit with 6 if integers are right on this many per cent of the images less than floats.")
    private Optional<Double> maxDrop = Optional.empty();

    EvaluateCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    int run(Output output) {
        var quantized = choices.quantize(output);
        var samples = labelled.read();
        var frames = choices.frames(quantized.reference(), samples.images(), labelled.origin());
        output.progress("evaluating " + frames.size() + " frames twice");
        var labels = samples.labels().stream().mapToInt(Integer::intValue).toArray();
        var report = AccuracyReport.measure(quantized, frames, labels);
        print(output, report);
        if (choices.endsInside()) {
            output.line("note: the part ends inside the model, so that its largest value is no answer: judge by SQNR");
        }
        output.document(document(report));
        return judge(output, report);
    }

    private int judge(Output output, AccuracyReport report) {
        double drop = 100 * (report.floatTop1() - report.integerTop1());
        if (maxDrop.isEmpty() || drop <= maxDrop.get()) {
            return 0;
        }
        if (output.json()) {
            return EXIT_VERIFICATION;
        }
        throw new CompileException(
                EXIT_VERIFICATION,
                new Diagnostic(
                        "CFG-0015",
                        SourceRef.file(choices.modelName()),
                        String.format(Locale.ROOT, "loses %.2f points, over the %s allowed", drop, maxDrop.get()),
                        "calibrate on more frames, choose another --method, or --format int16"));
    }

    private void print(Output output, AccuracyReport report) {
        var table = new TextTable("tensor", ">SQNR dB", ">clipped");
        for (var it : report.tensors()) {
            table.row(it.name(), String.format(Locale.ROOT, "%.1f", it.sqnrDb()), OpText.percent(it.clipped()));
        }
        table.lines().forEach(output::line);
        output.line("");
        output.line("float    " + OpText.percent(report.floatTop1()) + " of " + report.samples() + " right");
        output.line("%-8s %s right, %s alike with float (integer evaluator)"
                .formatted(
                        choices.formatName(),
                        OpText.percent(report.integerTop1()),
                        OpText.percent(report.agreement())));
    }

    private ObjectNode document(AccuracyReport report) {
        var document = JsonNodeFactory.instance
                .objectNode()
                .put("model", choices.modelName())
                .put("format", choices.formatName());
        document.putObject("accuracy")
                .put("float", report.floatTop1())
                .put(report.format().precision() == Precision.INT8 ? "int8" : "int16", report.integerTop1())
                .put("samples", report.samples());
        document.put("agreement", report.agreement());
        document.putObject("kinds").put("accuracy", "measured");
        var tensors = document.putArray("tensors");
        for (var it : report.tensors()) {
            var row = tensors.addObject().put("name", it.name()).put("clipped", it.clipped());
            if (Double.isFinite(it.sqnrDb())) {
                row.put("sqnrDb", it.sqnrDb());
            }
        }
        return document;
    }
}
