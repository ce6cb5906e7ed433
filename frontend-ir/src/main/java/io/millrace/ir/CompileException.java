package io.millrace.ir;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A stage refuses its input. Carries every diagnostic the stage gathered, and the exit code the command line returns:
 * 3 malformed input, 4 valid but unsupported, 5 does not fit the board, 6 verification failed, 8 link or board,
 * 9 a limit was hit, 10 an external tool is missing or failed, 11 output folder busy or not ours.
 */
public final class CompileException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient List<Diagnostic> diagnostics;
    private final int exitCode;

    public CompileException(int exitCode, List<Diagnostic> diagnostics) {
        super(diagnostics.stream().map(Diagnostic::toString).collect(Collectors.joining("\n")));
        if (diagnostics.isEmpty()) {
            throw new IllegalArgumentException("a CompileException needs at least one diagnostic");
        }
        this.diagnostics = List.copyOf(diagnostics);
        this.exitCode = exitCode;
    }

    public CompileException(int exitCode, Diagnostic diagnostic) {
        this(exitCode, List.of(diagnostic));
    }

    public List<Diagnostic> diagnostics() {
        return diagnostics;
    }

    public int exitCode() {
        return exitCode;
    }
}
