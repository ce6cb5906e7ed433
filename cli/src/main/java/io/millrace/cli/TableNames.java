package io.millrace.cli;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import io.millrace.ir.Suggestion;
import java.util.List;

/** The names that {@code --net} of a benchmark takes: those of its table. */
final class TableNames {
    private TableNames() {}

    /**
     * Asks that a name is one of the table's.
     *
     * @param kind what a name stands for: a row, a net
     * @throws CompileException CFG-0027 if it is not
     */
    static void require(String name, String kind, List<String> names) {
        if (!names.contains(name)) {
            throw new CompileException(
                    2,
                    new Diagnostic(
                            "CFG-0027",
                            SourceRef.file("--net"),
                            "'" + name + "' is no " + kind + " of the table",
                            Suggestion.didYouMean(name, names) + "give one of " + String.join(", ", names)));
        }
    }
}
