package io.millrace.cli;

import io.millrace.boards.BundledModel;
import io.millrace.boards.BundledModels;
import io.millrace.ir.CompileException;
import io.millrace.ir.Cut;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.ImportCode;
import io.millrace.ir.Op;
import io.millrace.ir.SourceRef;
import io.millrace.ir.Suggestion;
import io.millrace.ir.nets.StandardNet;
import io.millrace.ir.onnx.ImportOptions;
import io.millrace.ir.onnx.Imported;
import io.millrace.ir.onnx.OnnxImporter;
import io.millrace.ir.onnx.Survey;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The model a command works on: a path, the name of a bundled one, or of a standard net; and which part of it. */
final class ModelFile {
    private static final String NET = "net:";

    @Parameters(
            paramLabel = "MODEL",
            description = {
                "Path of an ONNX file, or a bundled model: lenet5, lenet5_dynview, lenet1, lenet1_plain; or a standard net",
                "with random weights, such as net:resnet50 (a wrong name lists them)."
            })
    @SuppressWarnings("NullAway.Init") // picocli fills it
    private String model;

    @Option(names = "--external-data", description = "Allow weights in files beside the model.")
    private boolean externalData;

    @Option(
            names = "--from",
            paramLabel = "NAME",
            description = {
                "Work on the part of the model behind this tensor, or this operator's result; repeatable. Other values",
                "that the part reads become inputs too."
            })
    private List<String> from = List.of();

    @Option(
            names = "--to",
            paramLabel = "NAME",
            description = "Work on the part up to this tensor, or this operator's result; repeatable.")
    private List<String> to = List.of();

    /**
     * A model and the part of it that is asked for.
     *
     * @param part as the file says, before the canonicalising passes; {@code first} computes its inputs from the model's
     * @param notes what was decided on the user's behalf
     */
    record Model(Cut part, List<String> notes) {}

    /** As the user named it. */
    String name() {
        return model;
    }

    /** Does a name stand for a standard net with random weights? */
    static boolean isNet(String name) {
        return name.startsWith(NET);
    }

    /** Is only what lies behind some value of the model asked for? */
    boolean startsInside() {
        return !from.isEmpty();
    }

    /** Is only what lies before some value asked for? */
    boolean endsInside() {
        return !to.isEmpty();
    }

    /** Every operator of the model, whether or not all can be compiled; the names of {@code --from} do not count. */
    Survey survey() {
        return survey(model);
    }

    /**
     * Reads a model under these options.
     *
     * @throws CompileException CFG-0010 if it is neither a bundled name nor a file; IMP-0801 and IMP-0802 for names that cut nothing
     *     off; the importer's refusals
     */
    Model read(String model) {
        return part(survey(model).orElseThrow());
    }

    /** The part of a model behind {@code --from}. */
    Model part(Imported model) {
        var ids = from.stream().map(name -> id(model, name)).toList();
        return new Model(Cut.between(model.graph(), ids, List.of()), model.notes());
    }

    private static int id(Imported model, String name) {
        var id = model.results().get(name);
        if (id == null) {
            throw ImportCode.NO_SUCH_VALUE.exception(
                    SourceRef.file(model.graph().node(0).source().file()),
                    "has no operator or tensor '" + name + "' that anything asked for needs",
                    Suggestion.didYouMean(name, new TreeSet<>(model.results().keySet()))
                            + "`millrace check` lists the operators");
        }
        return id;
    }

    private Survey survey(String model) {
        var options = ImportOptions.DEFAULT.withExternalData(externalData).withOutputs(to);
        if (isNet(model)) {
            return surveyNet(net(model.substring(NET.length())), to);
        }
        var bundled = BundledModels.find(model);
        if (bundled.isPresent()) {
            var it = bundled.get();
            return OnnxImporter.surveyBytes(it.bytes(), it.fileName(), options);
        }
        return OnnxImporter.surveyFile(path(model), options);
    }

    /** @throws CompileException CFG-0010 if there is no such net */
    static StandardNet net(String name) {
        var names = Stream.of(StandardNet.values()).map(StandardNet::netName).toList();
        return Stream.of(StandardNet.values())
                .filter(it -> it.netName().equals(name))
                .findFirst()
                .orElseThrow(() -> new CompileException(
                        2,
                        new Diagnostic(
                                "CFG-0010",
                                SourceRef.file("MODEL"),
                                "'" + name + "' is no standard net",
                                Suggestion.didYouMean(name, names) + "give one of " + String.join(", ", names))));
    }

    private static Survey surveyNet(StandardNet net, List<String> to) {
        var whole = net.graph();
        var names = new HashMap<String, Integer>();
        whole.nodes().forEach(n -> names.put(n.name(), n.id()));
        var all = new Imported(whole, List.of("standard net with random weights"), names);
        var outputs = to.stream().map(name -> id(all, name)).toList();
        var graph = Cut.between(whole, List.of(), outputs).second();
        names.clear();
        graph.nodes().forEach(n -> names.put(n.name(), n.id()));
        var operators = graph.nodes().stream()
                .filter(n -> !(n.op() instanceof Op.Input))
                .map(n -> new Survey.Operator(n.name(), n.op().getClass().getSimpleName(), Survey.Fate.COMPUTED))
                .toList();
        return new Survey(operators, Optional.of(new Imported(graph, all.notes(), names)), List.of());
    }

    private static Path path(String model) {
        try {
            var path = Path.of(model);
            if (Files.exists(path)) {
                return path;
            }
        } catch (InvalidPathException _) {
            // Not a path, so no file is called this.
        }
        List<String> names =
                BundledModels.all().stream().map(BundledModel::name).toList();
        throw new CompileException(
                2,
                new Diagnostic(
                        "CFG-0010",
                        SourceRef.file("MODEL"),
                        "'" + model + "' is neither a file nor a bundled model",
                        Suggestion.didYouMean(model, names) + "give a path, or one of " + String.join(", ", names)));
    }
}
