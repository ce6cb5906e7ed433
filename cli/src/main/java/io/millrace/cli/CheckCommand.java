package io.millrace.cli;

import io.millrace.boards.Boards;
import io.millrace.boards.flow.Targets;
import io.millrace.cli.internal.OpText;
import io.millrace.cli.internal.OperatorStatus;
import io.millrace.cli.internal.TextTable;
import io.millrace.ir.CompileException;
import io.millrace.ir.Cut;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Passes;
import io.millrace.ir.Workload;
import io.millrace.ir.onnx.Imported;
import io.millrace.ir.onnx.Survey;
import io.millrace.quantizer.IntegerForm;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.Quantizer;
import io.millrace.scheduler.Fit;
import io.millrace.scheduler.Objective;
import io.millrace.scheduler.Scheduler;
import io.millrace.scheduler.Target;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

@CommandLine.Command(
        name = "check",
        description = "Read a model and say of each of its operators what becomes of it, and why not.",
        footer = {
            "",
            "integer: an integer layer of its own; folded: part of another layer, or known beforehand; host: computed by",
            "the host, before --from; refused: with the reason and a remedy below; unknown: reads a refused one. A layer",
            "with an integer form that no engine computes is refused too; with --board, so is what the board cannot have",
            "room for. No value is computed: how large and fast a machine is found by compile, how well integers do by",
            "evaluate."
        })
final class CheckCommand extends Command {
    private static final int EXIT_UNSUPPORTED = 4;
    private static final int EXIT_DOES_NOT_FIT = 5;

    @Mixin
    private final ModelFile model = new ModelFile();

    @Option(
            names = "--board",
            description = {
                "Refuse what this board, or board file, has no room for by lower bounds: of multipliers, memory on chip,",
                "DRAM. What passes may still be found not to fit by compile."
            })
    private Optional<String> board = Optional.empty();

    CheckCommand(Terminal terminal) {
        super(terminal);
    }

    /**
     * What was found.
     *
     * @param graph as it is compiled; empty if nothing of the model could be read
     * @param problems everything that is refused
     */
    private record Finding(
            Optional<Graph> graph,
            List<OperatorStatus> operators,
            List<String> notes,
            List<Diagnostic> problems,
            int exitCode) {}

    @Override
    int run(Output output) {
        var target = board.map(Boards::byName).map(Targets::of);
        output.progress("reading " + model.name());
        var finding = find(model.survey(), target);
        print(output, finding);
        output.document(document(model.name(), finding));
        if (finding.problems().isEmpty()) {
            output.line("every operator has an integer form and an engine"
                    + target.map(it -> "; nothing shows that " + it.name() + " has no room")
                            .orElse(""));
            return 0;
        }
        if (output.json()) {
            return finding.exitCode();
        }
        throw new CompileException(finding.exitCode(), finding.problems());
    }

    private Finding find(Survey survey, Optional<Target> target) {
        var problems = new ArrayList<>(survey.problems());
        var part = survey.model().map(this::part);
        var canonical = part.map(it -> Passes.canonicalise(it.second()));
        var graph = canonical.map(Passes::compose);
        List<IntegerForm> forms =
                graph.map(it -> Quantizer.forms(it, Precision.INT8)).orElse(List.of());
        forms.forEach(form -> form.refusal().ifPresent(problems::add));
        var outline = graph.filter(
                        _ -> forms.stream().allMatch(form -> form.refusal().isEmpty()))
                .map(it -> Quantizer.outline(it, Precision.INT8));
        var noEngine = outline.map(Scheduler::refusals).orElse(List.of());
        problems.addAll(noEngine);
        int exitCode = survey.problems().isEmpty() ? EXIT_UNSUPPORTED : survey.exitCode();
        if (problems.isEmpty() && target.isPresent()) {
            var share = Objective.FASTEST.share();
            outline.ifPresent(it -> problems.addAll(Fit.impossible(it, target.get(), share)));
            exitCode = EXIT_DOES_NOT_FIT;
        }
        return new Finding(
                graph,
                OperatorStatus.of(
                        survey.operators(), refused(forms, noEngine), composed(canonical, graph), part.map(Cut::first)),
                survey.model().map(Imported::notes).orElse(List.of()),
                problems,
                exitCode);
    }

    /** The forms, with what the scheduler says of those that no engine computes. */
    private static List<IntegerForm> refused(List<IntegerForm> forms, List<Diagnostic> noEngine) {
        return forms.stream()
                .map(form -> {
                    var why = noEngine.stream()
                            .filter(it -> it.where().equals(form.source()))
                            .findFirst();
                    return new IntegerForm(
                            form.head(), form.source(), form.refusal().or(() -> why));
                })
                .toList();
    }

    /** Operations of the canonical graph that became others, by the layer that they come from. */
    private static Map<String, Op> composed(Optional<Graph> canonical, Optional<Graph> graph) {
        var left = new HashMap<String, Op>();
        graph.ifPresent(it -> it.nodes().forEach(n -> left.put(n.name(), n.op())));
        var composed = new HashMap<String, Op>();
        canonical.ifPresent(it -> it.nodes().stream()
                .filter(n -> !(n.op() instanceof Op.Reshape) && !n.op().equals(left.get(n.name())))
                .forEach(n -> composed.putIfAbsent(n.source().layers().getFirst(), n.op())));
        return composed;
    }

    /** The part asked for; of a model with refused operators, what could be read. */
    private Cut part(Imported imported) {
        return model.part(imported).part();
    }

    private static void print(Output output, Finding finding) {
        var table = new TextTable("operator", "type", "status", "", "shape", ">MACs", ">parameters");
        for (var it : finding.operators()) {
            var nodes = it.forms().stream().map(IntegerForm::head).toList();
            table.row(
                    it.operator().name(),
                    it.operator().type(),
                    status(it),
                    it.detail(),
                    nodes.isEmpty() ? "" : nodes.getLast().shape().toString(),
                    count(nodes.stream().mapToLong(Workload::macs).sum()),
                    count(nodes.stream().mapToLong(Workload::parameters).sum()));
        }
        finding.graph()
                .ifPresent(
                        graph -> table.row("in all", "", "", "", "", Workload.macs(graph), Workload.parameters(graph)));
        table.lines().forEach(output::line);
        finding.notes().forEach(note -> output.line("note: " + note));
    }

    private static String status(OperatorStatus it) {
        return it.status().name().toLowerCase(Locale.ROOT);
    }

    private static String count(long count) {
        return count == 0 ? "" : Long.toString(count);
    }

    private static ObjectNode document(String name, Finding finding) {
        var document = JsonNodeFactory.instance
                .objectNode()
                .put("model", name)
                .put("supported", finding.problems().isEmpty())
                .put("macsPerFrame", finding.graph().map(Workload::macs).orElse(0L))
                .put("parameters", finding.graph().map(Workload::parameters).orElse(0L));
        var operators = document.putArray("operators");
        for (var it : finding.operators()) {
            operators
                    .addObject()
                    .put("name", it.operator().name())
                    .put("type", it.operator().type())
                    .put("status", status(it))
                    .put("detail", it.detail());
        }
        var layers = document.putArray("layers");
        finding.graph().map(Graph::nodes).orElse(List.of()).forEach(node -> layer(layers.addObject(), node));
        var outputs = document.putArray("outputs");
        finding.graph().map(Graph::outputNames).orElse(List.of()).forEach(outputs::add);
        var notes = document.putArray("notes");
        finding.notes().forEach(notes::add);
        var errors = document.putArray("errors");
        finding.problems().forEach(it -> error(errors.addObject(), it));
        return document;
    }

    private static void layer(ObjectNode layer, Node node) {
        layer.put("name", node.name()).put("operation", OpText.describe(node.op()));
        node.shape().dims().forEach(layer.putArray("shape")::add);
        layer.put("macs", Workload.macs(node)).put("parameters", Workload.parameters(node));
    }

    private static void error(ObjectNode error, Diagnostic it) {
        error.put("code", it.code());
        it.where().layers().forEach(error.putArray("layers")::add);
        error.put("problem", it.problem()).put("remedy", it.remedy());
    }
}
