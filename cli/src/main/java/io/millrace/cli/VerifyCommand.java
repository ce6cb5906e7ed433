package io.millrace.cli;

import io.millrace.boards.Boards;
import io.millrace.boards.BundledDigits;
import io.millrace.boards.flow.Targets;
import io.millrace.boards.verify.Proof;
import io.millrace.boards.verify.ProofResult;
import io.millrace.cli.internal.TemporaryFolder;
import io.millrace.cli.internal.TextTable;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import io.millrace.quantizer.HostCodes;
import io.millrace.quantizer.InputSpec;
import io.millrace.quantizer.Quantized;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

@CommandLine.Command(
        name = "verify",
        description =
                "Prove a model bit- and cycle-exact: integer evaluator, simulator and Verilated RTL on the same frames.",
        footer = {
            "",
            "Runs two machines (one engine; an engine for each layer), each with one row a firing and with the",
            "scheduler's own rows, without and with a randomly stalled host link. Compares every row written to every",
            "row buffer, and the cycle of every start, last read and commit. Exit 6 if anything differs."
        })
final class VerifyCommand extends Command {
    private static final int EXIT_VERIFICATION = 6;

    @Mixin
    private final QuantizeChoices choices = new QuantizeChoices();

    @Option(
            names = "--frames",
            converter = Numbers.Count.class,
            defaultValue = "20",
            description = "Frames to compare; default ${DEFAULT-VALUE}.")
    private int frames = 20;

    @Option(
            names = "--seed",
            defaultValue = "1",
            description = "Seed of the stalled link's trace and of the noise frames; default ${DEFAULT-VALUE}.")
    private long seed = 1;

    private final Proof.Cores cores;

    /** @param cores the RTL that is to be proved */
    VerifyCommand(Terminal terminal, Proof.Cores cores) {
        super(terminal);
        this.cores = cores;
    }

    @Override
    int run(Output output) throws IOException {
        var quantized = choices.quantize(output);
        var inputs = inputs(quantized);
        var target = Targets.of(Boards.byName("ml605"));
        var cases = Proof.casesOf(quantized.graph(), target, Proof.machines(), inputs, seed);
        output.progress(
                cases.size() + " cases of " + inputs.size() + " frames; Verilator translates each machine once");
        ProofResult result;
        try (var folder = TemporaryFolder.create("millrace-rtl-")) {
            result = Proof.run(
                    cases,
                    cores,
                    folder.path(),
                    done -> output.progress("%s: %s in %.1f s"
                            .formatted(
                                    done.name(),
                                    done.passed() ? "agrees" : "DIFFERS",
                                    done.buildSeconds() + done.seconds())));
        }
        print(output, result);
        output.document(document(result));
        var difference = result.cases().stream().filter(c -> !c.passed()).findFirst();
        if (difference.isEmpty()) {
            output.line("evaluator, simulator and RTL agree in every value and every cycle");
            return 0;
        }
        if (output.json()) {
            return EXIT_VERIFICATION;
        }
        throw new CompileException(
                EXIT_VERIFICATION,
                new Diagnostic(
                        "CFG-0023",
                        SourceRef.file(choices.modelName()),
                        difference.get().name() + ": " + difference.get().firstDifference(),
                        "report this as a bug, with the model: the three must never differ"));
    }

    private static void print(Output output, ProofResult result) {
        var table = new TextTable("case", ">frames", ">rows", ">values", ">differ", ">cycles compared", ">off");
        for (var c : result.cases()) {
            table.row(
                    c.name(),
                    c.framesCompared(),
                    c.rowsCompared(),
                    c.valuesCompared(),
                    c.mismatchedValues(),
                    c.cyclesCompared(),
                    c.cycleDifference());
        }
        table.lines().forEach(output::line);
    }

    private ObjectNode document(ProofResult result) {
        var document = JsonNodeFactory.instance
                .objectNode()
                .put("model", choices.modelName())
                .put("format", choices.formatName())
                .put("passed", result.passed())
                .put("framesCompared", result.framesCompared())
                .put("mismatchedValues", result.mismatchedValues())
                .put("cycleDifference", result.cycleDifference())
                .put("seconds", result.seconds());
        var rows = document.putArray("rows");
        for (var c : result.cases()) {
            rows.addObject()
                    .put("model", choices.modelName())
                    .put("case", c.name())
                    .put("passed", c.passed())
                    .put("framesCompared", c.framesCompared())
                    .put("rowsCompared", c.rowsCompared())
                    .put("valuesCompared", c.valuesCompared())
                    .put("mismatchedValues", c.mismatchedValues())
                    .put("cyclesCompared", c.cyclesCompared())
                    .put("cycleDifference", c.cycleDifference())
                    .put("cycles", c.cycles())
                    .put("buildSeconds", c.buildSeconds())
                    .put("seconds", c.seconds())
                    .put("firstDifference", c.firstDifference());
        }
        document.putObject("kinds").put("mismatchedValues", "simulated").put("cycleDifference", "simulated");
        return document;
    }

    /** Bundled digits where the model takes them, else seeded noise. */
    private List<List<short[]>> inputs(Quantized quantized) {
        var graph = quantized.graph();
        var type = graph.inputs().getFirst().type();
        var digits = BundledDigits.heldOut().images();
        var random = new Random(seed);
        var out = new ArrayList<List<short[]>>();
        boolean digitsFit =
                graph.inputs().size() == 1 && type.channels() == 1 && type.rows() == 28 && type.columns() == 28;
        for (int f = 0; f < frames; f++) {
            if (digitsFit) {
                var input = quantized.options().input().orElse(InputSpec.UNIT);
                out.add(List.of(
                        HostCodes.encodePixels(digits.image(f % digits.count()), input, type, graph.precision())));
            } else {
                var tensors = new ArrayList<short[]>();
                for (var node : graph.inputs()) {
                    var codes = new short[node.type().elements()];
                    for (int i = 0; i < codes.length; i++) {
                        codes[i] = (short) (graph.precision().low()
                                + random.nextInt(1 << graph.precision().bits()));
                    }
                    tensors.add(codes);
                }
                out.add(tensors);
            }
        }
        return out;
    }
}
