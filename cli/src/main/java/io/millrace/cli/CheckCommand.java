package io.millrace.cli;

import io.millrace.cli.internal.OpText;
import io.millrace.cli.internal.TextTable;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Passes;
import io.millrace.ir.Tensor;
import io.millrace.ir.Workload;
import io.millrace.quantizer.Calibration;
import io.millrace.quantizer.NumberFormat;
import io.millrace.quantizer.QuantizeOptions;
import io.millrace.quantizer.Quantizer;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.ToLongFunction;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

@CommandLine.Command(
        name = "check",
        description = "Read a model, list its layers, and say whether all of them can be compiled.",
        footer = {
            "",
            "Whether a layer has an integer form is found by quantizing the model on one frame of seeded noise. How well",
            "it does is not said here: see evaluate."
        })
final class CheckCommand extends Command {
    private static final long NOISE_SEED = 1;

    @Mixin
    private final ModelFile model = new ModelFile();

    CheckCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    int run(Output output) {
        output.progress("reading " + model.name());
        var imported = model.read();
        var graph = Passes.canonicalise(imported.graph());
        output.progress("trying an integer form");
        var refusal = integerForm(graph);
        print(output, graph, imported.notes());
        output.document(document(model.name(), graph, imported.notes(), refusal));
        if (refusal.isEmpty()) {
            output.line("every layer can be compiled");
            return 0;
        }
        if (output.json()) {
            return refusal.get().exitCode();
        }
        throw refusal.get();
    }

    private static Optional<CompileException> integerForm(Graph graph) {
        try {
            var random = new Random(NOISE_SEED);
            List<Tensor> noise =
                    graph.inputs().stream().map(input -> noise(input, random)).toList();
            var options = QuantizeOptions.of(NumberFormat.INT8).withInput(Optional.empty());
            Quantizer.quantize(graph, Calibration.of(graph, List.of(noise)), options);
            return Optional.empty();
        } catch (CompileException e) {
            return Optional.of(e);
        }
    }

    private static Tensor noise(Node input, Random random) {
        var values = new float[input.shape().volume()];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat();
        }
        return Tensor.wrap(input.shape(), values);
    }

    private static void print(Output output, Graph graph, List<String> notes) {
        var table = new TextTable("layer", "operation", "shape", ">MACs", ">parameters");
        for (var node : graph.nodes()) {
            table.row(
                    node.name(),
                    OpText.describe(node.op()),
                    node.shape(),
                    count(Workload.macs(node)),
                    count(Workload.parameters(node)));
        }
        table.row("in all", "", "", sum(graph, Workload::macs), sum(graph, Workload::parameters));
        table.lines().forEach(output::line);
        notes.forEach(note -> output.line("note: " + note));
    }

    private static String count(long count) {
        return count == 0 ? "" : Long.toString(count);
    }

    private static long sum(Graph graph, ToLongFunction<Node> count) {
        return graph.nodes().stream().mapToLong(count).sum();
    }

    private static ObjectNode document(
            String name, Graph graph, List<String> notes, Optional<CompileException> refusal) {
        var document = JsonNodeFactory.instance
                .objectNode()
                .put("model", name)
                .put("supported", refusal.isEmpty())
                .put("macsPerFrame", sum(graph, Workload::macs))
                .put("parameters", sum(graph, Workload::parameters));
        var layers = document.putArray("layers");
        for (var node : graph.nodes()) {
            var layer = layers.addObject().put("name", node.name()).put("operation", OpText.describe(node.op()));
            node.shape().dims().forEach(layer.putArray("shape")::add);
            layer.put("macs", Workload.macs(node)).put("parameters", Workload.parameters(node));
        }
        graph.outputNames().forEach(document.putArray("outputs")::add);
        notes.forEach(document.putArray("notes")::add);
        var errors = document.putArray("errors");
        refusal.map(CompileException::diagnostics).orElse(List.of()).forEach(it -> error(errors.addObject(), it));
        return document;
    }

    private static void error(ObjectNode error, Diagnostic it) {
        error.put("code", it.code());
        it.where().layers().forEach(error.putArray("layers")::add);
        error.put("problem", it.problem()).put("remedy", it.remedy());
    }
}
