package io.millrace.ir.onnx.internal;

import io.millrace.ir.ImportCode;

/** Ends the import of one operator or tensor; the importer turns it into a diagnostic and goes on with the next. */
public final class Rejection extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final ImportCode code;
    private final String problem;
    private final String remedy;

    public Rejection(ImportCode code, String problem, String remedy) {
        super(problem, null, false, false);
        this.code = code;
        this.problem = problem;
        this.remedy = remedy;
    }

    public ImportCode code() {
        return code;
    }

    public String problem() {
        return problem;
    }

    public String remedy() {
        return remedy;
    }

    static Rejection unsupported(String problem, String remedy) {
        return new Rejection(ImportCode.OPERATOR, problem, remedy);
    }

    static Rejection operands(String problem) {
        return new Rejection(
                ImportCode.OPERANDS, problem, "correct the model; it breaks the ONNX operator's definition");
    }

    static Rejection attribute(String problem) {
        return new Rejection(
                ImportCode.ATTRIBUTE, problem, "correct the model; it breaks the ONNX operator's definition");
    }
}
