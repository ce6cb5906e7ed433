package io.millrace.cli;

import io.millrace.cli.internal.OpText;
import io.millrace.cli.internal.TextTable;
import io.millrace.quantizer.Quantized;
import io.millrace.quantizer.QuantizedGraphText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

@CommandLine.Command(name = "quantize", description = "Turn a model into integers, and show the range of every tensor.")
final class QuantizeCommand extends Command {
    @Mixin
    private final QuantizeChoices choices = new QuantizeChoices();

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "Write the quantized graph here, as text that reads back as the same value.")
    private Optional<Path> file = Optional.empty();

    QuantizeCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    int run(Output output) throws IOException {
        var quantized = choices.quantize(output);
        if (file.isPresent()) {
            try (var stream = Files.newOutputStream(file.get())) {
                QuantizedGraphText.write(quantized.graph(), stream);
            }
            output.progress("wrote " + file.get());
        }
        print(output, quantized);
        output.document(document(quantized));
        return 0;
    }

    private static void print(Output output, Quantized quantized) {
        var table = new TextTable(
                "tensor",
                ">scale",
                ">zero",
                ">code low",
                ">code high",
                ">seen low",
                ">seen high",
                ">clipped",
                ">acc bits");
        for (var it : quantized.tensors()) {
            table.row(
                    it.name(),
                    String.format(Locale.ROOT, "%.4g", it.type().scale()),
                    it.type().zeroPoint(),
                    real(it.low()),
                    real(it.high()),
                    real(it.seenLow()),
                    real(it.seenHigh()),
                    OpText.percent(it.clipped()),
                    it.accumulatorBits().map(String::valueOf).orElse(""));
        }
        table.lines().forEach(output::line);
    }

    private static String real(double value) {
        return String.format(Locale.ROOT, "%.4f", value);
    }

    private ObjectNode document(Quantized quantized) {
        var document = JsonNodeFactory.instance
                .objectNode()
                .put("model", choices.modelName())
                .put("format", choices.formatName());
        var tensors = document.putArray("tensors");
        for (var it : quantized.tensors()) {
            var row = tensors.addObject()
                    .put("name", it.name())
                    .put("scale", it.type().scale())
                    .put("zeroPoint", it.type().zeroPoint())
                    .put("low", it.low())
                    .put("high", it.high())
                    .put("seenLow", it.seenLow())
                    .put("seenHigh", it.seenHigh())
                    .put("clipped", it.clipped())
                    .put("clippedWeights", it.clippedWeights());
            it.accumulatorBits().ifPresent(bits -> row.put("accumulatorBits", bits));
        }
        return document;
    }
}
