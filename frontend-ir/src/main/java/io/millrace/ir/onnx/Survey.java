package io.millrace.ir.onnx;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.ImportCode;
import java.util.List;
import java.util.Optional;

/**
 * Every operator of a model and what the importer makes of it, whether or not the model as a whole can be read.
 *
 * @param operators in model order
 * @param model what was read, empty if that is nothing; if there are problems, the part that they leave, its outputs the values that
 *     nothing in that part reads
 * @param problems every reason for which the model is refused
 */
public record Survey(List<Operator> operators, Optional<Imported> model, List<Diagnostic> problems) {
    public Survey {
        operators = List.copyOf(operators);
        problems = List.copyOf(problems);
    }

    /** What becomes of an operator. */
    public enum Fate {
        /** Nodes of the graph, whose sources name the operator. */
        COMPUTED,
        /** A value known before the machine is built. */
        CONSTANT,
        /** Nothing: its result is its operand, or the operator that reads it takes it in. */
        PASSED_ON,
        /** It is refused. */
        REFUSED,
        /** It reads the result of a refused operator, so that nothing more can be said. */
        UNKNOWN
    }

    /**
     * An operator of the model.
     *
     * @param name its own, or its first result's; cleaned of control characters
     * @param type as ONNX calls it
     */
    public record Operator(String name, String type, Fate fate) {}

    /**
     * The whole model.
     *
     * @throws CompileException with the problems, if there are any; exit code 3 if the file is malformed, 9 if a limit was hit, otherwise 4
     */
    public Imported orElseThrow() {
        if (!problems.isEmpty() || model.isEmpty()) {
            throw new CompileException(exitCode(), problems);
        }
        return model.get();
    }

    /** Malformed counts before limit, limit before unsupported: the first is the user's file, whatever else is the matter. */
    public int exitCode() {
        var codes = problems.stream()
                .map(p -> ImportCode.of(p.code()).exitCode())
                .distinct()
                .toList();
        return codes.contains(3) ? 3 : codes.contains(9) ? 9 : 4;
    }
}
