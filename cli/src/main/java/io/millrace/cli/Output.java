package io.millrace.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.millrace.cli.internal.TerminalText;
import java.io.OutputStream;
import java.io.PrintStream;
import tools.jackson.databind.JsonNode;

/** What a command says, sorted by who wants to hear it. Text printed here may hold names from models: it is escaped. */
final class Output {
    private final Terminal terminal;
    private final CommonOptions options;

    Output(Terminal terminal, CommonOptions options) {
        this.terminal = terminal;
        this.options = options;
    }

    /** Is one JSON document wanted in place of text? */
    boolean json() {
        return options.json();
    }

    /** One line of the result, on stdout; nothing when JSON is wanted. */
    void line(String text) {
        if (!options.json()) {
            terminal.out().println(TerminalText.escape(text));
        }
    }

    /** The whole result as one document, on stdout; nothing when text is wanted. */
    void document(JsonNode document) {
        if (options.json()) {
            terminal.out().println(document.toPrettyString());
        }
    }

    /** Where a program that prints its own progress may do so: stderr, or nowhere with {@code --quiet}. */
    PrintStream progressStream() {
        return options.quiet() ? new PrintStream(OutputStream.nullOutputStream(), false, UTF_8) : terminal.err();
    }

    /** What is being done now, on stderr unless {@code --quiet}. */
    void progress(String text) {
        if (!options.quiet()) {
            terminal.err().println(TerminalText.escape(text));
        }
    }

    /** More about it, on stderr with {@code --verbose}. */
    void detail(String text) {
        if (options.verbose() && !options.quiet()) {
            terminal.err().println(TerminalText.escape(text));
        }
    }
}
