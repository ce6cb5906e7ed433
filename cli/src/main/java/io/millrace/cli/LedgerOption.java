package io.millrace.cli;

import io.millrace.benchmarks.Ledger;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Where the rows of a measurement go: the document, and a file that keeps them. */
final class LedgerOption {
    @Option(
            names = "--append",
            paramLabel = "FILE",
            description = "Append each row to a file of JSON lines, with commit, version, date and machine.")
    private Optional<Path> file = Optional.empty();

    /** Prints the document {@code {"rows": [...]}} and appends the rows to the file, if there is one. */
    void publish(Output output, List<ObjectNode> rows) throws IOException {
        publish(output, rows, Ledger.Origin.here(Version.number(), sources()), rows);
    }

    /**
     * The same, with other rows for the file.
     *
     * @param origin of the rows, taken before anything was written
     * @param kept what is worth keeping of the document's rows
     */
    void publish(Output output, List<ObjectNode> rows, Ledger.Origin origin, List<ObjectNode> kept) throws IOException {
        if (file.isPresent()) {
            Ledger.append(file.get(), origin, kept);
        }
        var document = JsonNodeFactory.instance.objectNode();
        document.putArray("rows").addAll(rows);
        output.document(document);
    }

    /** The folder of this program's sources. */
    static Path sources() {
        return Path.of(System.getProperty("millrace.home", "."));
    }
}
