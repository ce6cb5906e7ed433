package io.millrace.cli.internal;

import io.millrace.cli.Terminal;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.FileTrouble;
import io.millrace.ir.SourceRef;
import java.nio.file.FileSystemException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;
import tools.jackson.databind.node.JsonNodeFactory;

/** Turns whatever ended a command into words on stderr, with {@code --json} a document on stdout, and an exit code. */
public final class Failures {
    private static final int SAME_CODE_MAX = 20;
    private static final int EXIT_BUG = 1;
    private static final int EXIT_USAGE = 2;
    private static final int EXIT_MALFORMED = 3;
    private static final int EXIT_LIMIT = 9;
    private static final int EXIT_INTERRUPTED = 130;

    private final Terminal terminal;
    private final List<String> args;

    public Failures(Terminal terminal, List<String> args) {
        this.terminal = terminal;
        this.args = List.copyOf(args);
    }

    /** A command line that can't be understood: what is wrong, a guess, and where to read on. */
    public int usage(ParameterException failure) {
        var command = failure.getCommandLine();
        var problem = Objects.requireNonNullElse(failure.getMessage(), "the command line is not understood")
                .replaceFirst("^Error: ", "");
        say(red("error") + ": " + TerminalText.escape(problem));
        UnmatchedArgumentException.printSuggestions(failure, command.getErr());
        say("  try: " + command.getCommandSpec().qualifiedName() + " --help");
        document(EXIT_USAGE, List.of(), problem);
        return EXIT_USAGE;
    }

    /** Anything thrown while a command ran. */
    public int report(Throwable failure) {
        if (failure instanceof InterruptedException || Thread.currentThread().isInterrupted()) {
            return EXIT_INTERRUPTED;
        }
        return switch (failure) {
            case CompileException refusal -> refuse(refusal.exitCode(), refusal.diagnostics());
            case FileSystemException e -> refuse(EXIT_MALFORMED, List.of(fileProblem(e)));
            case OutOfMemoryError _ -> refuse(EXIT_LIMIT, List.of(outOfMemory()));
            default -> crash(failure);
        };
    }

    private int refuse(int exitCode, List<Diagnostic> diagnostics) {
        for (var line : lines(diagnostics)) {
            say(line);
        }
        document(exitCode, diagnostics, "");
        return exitCode;
    }

    /** At most {@value #SAME_CODE_MAX} of one code, then how many more. */
    private List<String> lines(List<Diagnostic> diagnostics) {
        var lines = new ArrayList<String>();
        var seen = new HashMap<String, Integer>();
        for (var it : diagnostics) {
            if (seen.merge(it.code(), 1, Integer::sum) <= SAME_CODE_MAX) {
                lines.add(
                        red("error") + "[" + it.code() + "] " + TerminalText.escape(it.where() + ": " + it.problem()));
                lines.add("  try: " + TerminalText.escape(it.remedy()));
            }
        }
        seen.forEach((code, count) -> {
            if (count > SAME_CODE_MAX) {
                lines.add("and " + (count - SAME_CODE_MAX) + " more of " + code);
            }
        });
        diagnostics.stream()
                .map(Diagnostic::code)
                .findFirst()
                .ifPresent(code -> lines.add("  more: millrace explain " + code));
        return lines;
    }

    private int crash(Throwable failure) {
        var file = CrashReport.write(failure, args);
        var problem = failure.getClass().getSimpleName() + ": " + failure.getMessage();
        say(red("error") + ": this is a bug in Millrace, not in what you gave it");
        say("  " + TerminalText.escape(problem));
        say(file.map(path ->
                        "  try: report it with the file " + path + " (it holds the command line, versions and a trace)")
                .orElse("  its trace could not be written to the folder for temporary files"));
        document(EXIT_BUG, List.of(), problem);
        return EXIT_BUG;
    }

    private static Diagnostic fileProblem(FileSystemException e) {
        return new Diagnostic(
                "CFG-0013",
                SourceRef.file(Objects.requireNonNullElse(e.getFile(), "a file")),
                "can't be read or written (" + FileTrouble.words(e) + ")",
                "check the path, its permissions and the space left on the disk");
    }

    private static Diagnostic outOfMemory() {
        return new Diagnostic(
                "CFG-0012",
                SourceRef.file("memory"),
                "the heap of " + (Runtime.getRuntime().maxMemory() >> 20) + " MiB is full",
                "allow more, such as MILLRACE_JAVA_OPTS=-Xmx8g, or give fewer frames at a time");
    }

    private void document(int exitCode, List<Diagnostic> diagnostics, String message) {
        if (!args.contains("--json")) {
            return;
        }
        var document = JsonNodeFactory.instance.objectNode().put("exitCode", exitCode);
        if (!message.isEmpty()) {
            document.put("message", message);
        }
        var errors = document.putArray("errors");
        for (var it : diagnostics) {
            var error = errors.addObject()
                    .put("code", it.code())
                    .put("file", it.where().file());
            it.where().layers().forEach(error.withArray("layers")::add);
            error.put("problem", it.problem()).put("remedy", it.remedy());
        }
        terminal.out().println(document.toPrettyString());
    }

    private void say(String line) {
        terminal.err().println(line);
    }

    private String red(String word) {
        return terminal.colourErr() ? "\u001b[31m" + word + "\u001b[0m" : word;
    }
}
