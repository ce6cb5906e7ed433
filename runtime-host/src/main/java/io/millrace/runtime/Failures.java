package io.millrace.runtime;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;

/** What can go wrong between host and board, in words; exit code 8. */
final class Failures {
    private Failures() {}

    static CompileException of(Diagnostic diagnostic) {
        return new CompileException(8, diagnostic);
    }

    static Diagnostic diagnostic(String code, String link, String problem, String remedy) {
        return new Diagnostic(code, SourceRef.file(link), problem, remedy);
    }

    static CompileException broken(String link, String problem, String remedy) {
        return of(diagnostic("LNK-0111", link, problem, remedy));
    }
}
