package io.millrace.cli;

import io.millrace.benchmarks.Frames;
import io.millrace.benchmarks.SpeedBench;
import io.millrace.boards.Boards;
import io.millrace.boards.BundledDigits;
import io.millrace.boards.flow.MachineChoice;
import io.millrace.boards.flow.Targets;
import io.millrace.cli.internal.TemporaryFolder;
import io.millrace.cli.internal.TextTable;
import io.millrace.quantizer.HostCodes;
import io.millrace.quantizer.InputSpec;
import io.millrace.quantizer.Quantized;
import io.millrace.scheduler.Objective;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

@CommandLine.Command(
        name = "speed",
        description = "Measure the simulator against Verilator on the same design and frames.",
        footer = {
            "",
            "A fast design for the board and one of 25 multipliers, or of what --multipliers says; cycles a second of Verilator",
            "(-O3, one thread, no tracing, build apart) and of the simulator, their ratio, and what differs, in one run. Frames",
            "are the bundled digits where the model takes such, else noise."
        })
final class BenchSpeedCommand extends Command {
    @Mixin
    private final QuantizeChoices choices = new QuantizeChoices();

    @Option(names = "--board", defaultValue = "ml605", description = "Board; default ${DEFAULT-VALUE}.")
    private String board = "ml605";

    @Option(
            names = "--frames",
            converter = Numbers.Frames.class,
            defaultValue = "400",
            description = "Frames to run; default ${DEFAULT-VALUE}.")
    private int frames = 400;

    @Option(
            names = "--multipliers",
            paramLabel = "N",
            split = ",",
            converter = Numbers.Bound.class,
            defaultValue = "0,25",
            description = "Most multipliers of each design, 0 for the board's; default ${DEFAULT-VALUE}.")
    private List<Integer> multipliers = List.of(0, 25);

    @Mixin
    private final LedgerOption ledger = new LedgerOption();

    BenchSpeedCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    int run(Output output) throws IOException {
        var quantized = choices.quantize(output);
        var codes = frames(quantized);
        var target = Targets.of(Boards.byName(board));
        var rows = new ArrayList<SpeedBench.Row>();
        for (int most : multipliers) {
            String design = most == 0 ? "fastest" : most + " multipliers";
            output.progress(design + ": building and measuring");
            var objective = Objective.FASTEST.withMultipliersMax(most);
            var schedule = new MachineChoice.Optimised(objective).schedule(quantized.graph(), target);
            try (var folder = TemporaryFolder.create("millrace-bench-")) {
                rows.add(SpeedBench.run(choices.modelName(), design, schedule, codes, folder.path()));
            }
        }
        print(output, rows);
        ledger.publish(output, rows.stream().map(BenchSpeedCommand::json).toList());
        return rows.stream().allMatch(r -> r.differences() == 0) ? 0 : 6;
    }

    /** Held-out digits, as often as there are; noise over all codes where the model takes something else. */
    private List<List<short[]>> frames(Quantized quantized) {
        var inputs = quantized.graph().inputs();
        var digits = BundledDigits.heldOut().images();
        var first = inputs.getFirst().type();
        if (inputs.size() == 1 && first.elements() == digits.imageBytes()) {
            var spec = quantized.options().input().orElse(InputSpec.UNIT);
            return IntStream.range(0, Math.min(frames, digits.count()))
                    .mapToObj(i -> List.of(HostCodes.encodePixels(
                            digits.image(i), spec, first, quantized.graph().precision())))
                    .toList();
        }
        return Frames.noise(quantized.graph(), frames);
    }

    private static void print(Output output, List<SpeedBench.Row> rows) {
        var table = new TextTable(
                "design",
                ">multipliers",
                ">cycles/frame",
                ">Verilator M/s",
                ">timing M/s",
                ">ratio",
                ">each firing",
                ">values M/s",
                ">ratio",
                ">values frames/s",
                ">differ");
        for (var r : rows) {
            table.row(
                    r.design(),
                    r.multipliers(),
                    "%.1f".formatted(r.cyclesPerFrame()),
                    mega(r.verilator()),
                    mega(r.timing()),
                    times(r.timingRatio()),
                    times(r.timingEachFiringRatio()),
                    mega(r.values()),
                    times(r.valuesRatio()),
                    "%.0f".formatted(r.valueFrames()),
                    r.differences());
        }
        table.lines().forEach(output::line);
        output.line(
                "M/s: million simulated cycles a second, measured here; values on one thread, frames/s with values on all");
    }

    private static String mega(double rate) {
        return "%.3f".formatted(rate / 1e6);
    }

    private static String times(double ratio) {
        return "%.0fx".formatted(ratio);
    }

    private static ObjectNode json(SpeedBench.Row row) {
        var json = JsonNodeFactory.instance
                .objectNode()
                .put("model", row.model())
                .put("board", row.board())
                .put("design", row.design())
                .put("multipliers", row.multipliers())
                .put("frames", row.frames())
                .put("cyclesPerFrame", row.cyclesPerFrame())
                .put("verilatorBuildSeconds", row.buildSeconds())
                .put("verilatorCyclesPerSecond", row.verilator())
                .put("timingCyclesPerSecond", row.timing())
                .put("timingRatio", row.timingRatio())
                .put("timingEachFiringRatio", row.timingEachFiringRatio())
                .put("valuesCyclesPerSecond", row.values())
                .put("valuesRatio", row.valuesRatio())
                .put("valuesFramesPerSecond", row.valueFrames())
                .put("differences", row.differences());
        json.putObject("kinds")
                .put("cyclesPerFrame", "simulated")
                .put("verilatorCyclesPerSecond", "measured")
                .put("timingCyclesPerSecond", "measured")
                .put("valuesCyclesPerSecond", "measured")
                .put("valuesFramesPerSecond", "measured");
        return json;
    }
}
