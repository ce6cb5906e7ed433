package io.millrace.cli;

import picocli.CommandLine.Option;

/** The options every command has. */
final class CommonOptions {
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    private boolean help;

    @Option(names = "--json", description = "Print one JSON document on stdout in place of text.")
    private boolean json;

    @Option(
            names = {"-q", "--quiet"},
            description = "No progress on stderr; errors still.")
    private boolean quiet;

    @Option(
            names = {"-v", "--verbose"},
            description = "More about each step on stderr.")
    private boolean verbose;

    boolean json() {
        return json;
    }

    boolean quiet() {
        return quiet;
    }

    boolean verbose() {
        return verbose;
    }
}
