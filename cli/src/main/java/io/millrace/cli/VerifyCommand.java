package io.millrace.cli;

import io.millrace.boards.BundledDigits;
import io.millrace.boards.flow.MachineChoice;
import io.millrace.boards.flow.Targets;
import io.millrace.boards.verify.VerificationReport;
import io.millrace.boards.verify.Verifier;
import io.millrace.boards.verilator.VerilatedCore;
import io.millrace.cli.internal.TextTable;
import io.millrace.hdl.DesignGenerator;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import io.millrace.quantizer.HostCodes;
import io.millrace.quantizer.InputSpec;
import io.millrace.quantizer.Quantized;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.Schedule;
import io.millrace.simulator.LinkTrace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

@CommandLine.Command(
        name = "verify",
        description = "Prove a model bit- and cycle-exact: integer evaluator, simulator and Verilated RTL on the same frames.",
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

    @Option(names = "--frames", defaultValue = "20", description = "Frames to compare; default ${DEFAULT-VALUE}.")
    private int frames = 20;

    @Option(
            names = "--seed",
            defaultValue = "1",
            description = "Seed of the stalled link's trace and of the noise frames; default ${DEFAULT-VALUE}.")
    private long seed = 1;

    @Option(names = "--quick", description = "One machine only: one engine, one row a firing, both links.")
    private boolean quick;

    VerifyCommand(Terminal terminal) {
        super(terminal);
    }

    /** A machine to prove the model on. */
    private record Case(String name, MachineOptions options) {}

    private List<Case> cases() {
        var one = MachineOptions.oneEngine(4, 8, 1, 2, 8);
        if (quick) {
            return List.of(new Case("one engine, R = 1", one.withRows(1)));
        }
        var layers = MachineOptions.engineForEachLayer(8000);
        return List.of(
                new Case("one engine, R = 1", one.withRows(1)),
                new Case("one engine, own R", one),
                new Case("engine per layer, R = 1", layers.withRows(1)),
                new Case("engine per layer, own R", layers));
    }

    @Override
    int run(Output output) throws IOException {
        var quantized = choices.quantize(output);
        var inputs = inputs(quantized);
        var target = Targets.of(io.millrace.boards.Boards.byName("ml605"));
        var rows = new TextTable("machine", "link", ">frames", ">rows", ">values", ">differ", ">firings", ">cycles off");
        var document = JsonNodeFactory.instance.objectNode();
        document.put("model", choices.modelName());
        var list = document.putArray("rows");
        long mismatched = 0;
        long cycleDifference = 0;
        String first = "";
        long start = System.nanoTime();
        for (Case c : cases()) {
            Schedule schedule = new MachineChoice.Given(c.options).schedule(quantized.graph(), target);
            output.progress(c.name + ": translating the RTL with Verilator");
            var core = build(schedule);
            for (boolean stalled : new boolean[] {false, true}) {
                var link = stalled ? LinkTrace.seeded(seed, 20_000, 40, 20) : LinkTrace.NONE;
                output.progress(c.name + ": running " + inputs.size() + " frames" + (stalled ? ", link stalled" : ""));
                var report = Verifier.verify(schedule, core, inputs, link);
                rows.row(
                        c.name,
                        stalled ? "stalled" : "free",
                        report.framesCompared(),
                        report.hardware().rows(),
                        report.hardware().values(),
                        report.mismatchedValues(),
                        report.firings(),
                        report.cycleDifference());
                put(list.addObject(), c.name, stalled, report);
                mismatched += report.mismatchedValues();
                cycleDifference = Math.max(cycleDifference, report.cycleDifference());
                if (!report.passed() && first.isEmpty()) {
                    first = c.name + ", " + (stalled ? "stalled" : "free") + " link: "
                            + report.firstDifference().orElse("");
                }
            }
        }
        rows.lines().forEach(output::line);
        document.put("framesCompared", inputs.size())
                .put("mismatchedValues", mismatched)
                .put("cycleDifference", cycleDifference)
                .put("passed", first.isEmpty())
                .put("seconds", (System.nanoTime() - start) / 1e9);
        if (!first.isEmpty()) {
            document.put("firstDifference", first);
        }
        document.putObject("kinds").put("mismatchedValues", "simulated").put("cycleDifference", "simulated");
        output.document(document);
        if (first.isEmpty()) {
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
                        first,
                        "report this as a bug, with the model: the three must never differ"));
    }

    private static void put(ObjectNode row, String name, boolean stalled, VerificationReport report) {
        row.put("machine", name)
                .put("stalledLink", stalled)
                .put("framesCompared", report.framesCompared())
                .put("rows", report.hardware().rows())
                .put("values", report.hardware().values())
                .put("mismatchedValues", report.mismatchedValues())
                .put("firings", report.firings())
                .put("cycleDifference", report.cycleDifference())
                .put("cycles", report.cycles());
    }

    private static VerilatedCore build(Schedule schedule) throws IOException {
        Path folder = Files.createTempDirectory("millrace-rtl-");
        try {
            return VerilatedCore.build(DesignGenerator.core(schedule.machine(), folder));
        } finally {
            try (var paths = Files.walk(folder)) {
                for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
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
