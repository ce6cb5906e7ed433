package io.millrace.cli;

import io.millrace.cli.internal.CodeTexts;
import io.millrace.cli.internal.CodeTexts.CodeText;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import io.millrace.ir.Suggestion;
import java.util.Collection;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

@CommandLine.Command(
        name = "explain",
        description = "Tell what an error code means and what to do; without one, list them.")
final class ExplainCommand extends Command {
    @Parameters(paramLabel = "CODE", arity = "0..1", description = "A code such as CFG-0001.")
    @SuppressWarnings("OptionalUsedAsFieldOrParameterType") // picocli fills it
    private Optional<String> code = Optional.empty();

    ExplainCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    int run(Output output) {
        var texts = CodeTexts.all();
        if (code.isEmpty()) {
            list(output, texts.values());
            return 0;
        }
        var wanted = code.get().toUpperCase(Locale.ROOT);
        var text = texts.get(wanted);
        if (text == null) {
            throw new CompileException(
                    2,
                    new Diagnostic(
                            "CFG-0011",
                            SourceRef.file("explain"),
                            "there is no code '" + wanted + "'",
                            Suggestion.didYouMean(wanted, texts.keySet()) + "`millrace explain` lists the codes"));
        }
        output.line(text.code() + "  " + text.title());
        output.line("");
        output.line(text.text());
        output.document(document(text));
        return 0;
    }

    private static void list(Output output, Collection<CodeText> texts) {
        var document = JsonNodeFactory.instance.objectNode();
        var rows = document.putArray("codes");
        for (var text : texts) {
            output.line(text.code() + "  " + text.title());
            rows.add(document(text));
        }
        output.document(document);
    }

    private static ObjectNode document(CodeText text) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("code", text.code())
                .put("title", text.title())
                .put("text", text.text());
    }
}
