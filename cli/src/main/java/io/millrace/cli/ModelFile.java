package io.millrace.cli;

import io.millrace.boards.BundledModel;
import io.millrace.boards.BundledModels;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import io.millrace.ir.Suggestion;
import io.millrace.ir.onnx.ImportOptions;
import io.millrace.ir.onnx.Imported;
import io.millrace.ir.onnx.OnnxImporter;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The model a command works on: a path, or the name of a bundled one. */
final class ModelFile {
    @Parameters(
            paramLabel = "MODEL",
            description = "Path of an ONNX file, or a bundled model: lenet5, lenet5_dynview, lenet1, lenet1_plain.")
    @SuppressWarnings("NullAway.Init") // picocli fills it
    private String model;

    @Option(names = "--external-data", description = "Allow weights in files beside the model.")
    private boolean externalData;

    /** As the user named it. */
    String name() {
        return model;
    }

    /**
     * Reads it.
     *
     * @throws CompileException CFG-0010 if it is neither a bundled name nor a file; the importer's refusals
     */
    Imported read() {
        return read(model);
    }

    /** Reads another model under the same options. */
    Imported read(String model) {
        var options = ImportOptions.DEFAULT.withExternalData(externalData);
        var bundled = BundledModels.find(model);
        if (bundled.isPresent()) {
            var it = bundled.get();
            return OnnxImporter.importBytes(it.bytes(), it.fileName(), options);
        }
        return OnnxImporter.importFile(path(model), options);
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
