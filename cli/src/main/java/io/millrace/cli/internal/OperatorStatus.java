package io.millrace.cli.internal;

import io.millrace.ir.Diagnostic;
import io.millrace.ir.Graph;
import io.millrace.ir.Op;
import io.millrace.ir.onnx.Survey;
import io.millrace.quantizer.IntegerForm;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What becomes of one operator of a model.
 *
 * @param detail in a few words: as what, into what, or why not
 * @param form the integer layer that the operator is the first of
 */
public record OperatorStatus(Survey.Operator operator, Status status, String detail, Optional<IntegerForm> form) {
    /** In the words that users see, in lower case. */
    public enum Status {
        INTEGER,
        FOLDED,
        REFUSED,
        UNKNOWN,
        HOST
    }

    /**
     * The status of each operator, from what the importer and the quantizer say.
     *
     * @param forms of the part that is compiled
     * @param before what the host computes to get the inputs of that part
     */
    public static List<OperatorStatus> of(
            List<Survey.Operator> operators, List<IntegerForm> forms, Optional<Graph> before) {
        Set<String> host = new HashSet<>();
        before.ifPresent(
                graph -> graph.nodes().forEach(n -> host.addAll(n.source().layers())));
        Map<String, List<IntegerForm>> byLayer = new HashMap<>();
        for (var form : forms) {
            form.source()
                    .layers()
                    .forEach(layer -> byLayer.computeIfAbsent(layer, _ -> new ArrayList<>())
                            .add(form));
        }
        return operators.stream()
                .map(it -> host.contains(it.name())
                        ? new OperatorStatus(it, Status.HOST, "before the part", Optional.empty())
                        : of(it, byLayer.getOrDefault(it.name(), List.of())))
                .toList();
    }

    private static OperatorStatus of(Survey.Operator operator, List<IntegerForm> forms) {
        return switch (operator.fate()) {
            case REFUSED -> new OperatorStatus(operator, Status.REFUSED, "by the importer", Optional.empty());
            case UNKNOWN -> new OperatorStatus(operator, Status.UNKNOWN, "reads a refused operator", Optional.empty());
            case CONSTANT -> folded(operator, "known beforehand");
            case PASSED_ON -> folded(operator, "no work of its own");
            case COMPUTED -> computed(operator, forms);
        };
    }

    private static OperatorStatus computed(Survey.Operator operator, List<IntegerForm> forms) {
        var refused = forms.stream().filter(it -> it.refusal().isPresent()).findFirst();
        if (refused.isPresent()) {
            var why = refused.get().refusal().map(Diagnostic::code).orElse("");
            return new OperatorStatus(operator, Status.REFUSED, why, Optional.empty());
        }
        var working = forms.stream()
                .filter(it -> !(it.head().op() instanceof Op.Reshape))
                .toList();
        var own = working.stream()
                .filter(it -> it.source().layers().getFirst().equals(operator.name()))
                .findFirst();
        if (own.isPresent()) {
            return new OperatorStatus(
                    operator, Status.INTEGER, OpText.describe(own.get().head().op()), own);
        }
        return folded(
                operator,
                working.isEmpty()
                        ? "no work of its own"
                        : "into " + working.getFirst().source().layers().getFirst());
    }

    private static OperatorStatus folded(Survey.Operator operator, String detail) {
        return new OperatorStatus(operator, Status.FOLDED, detail, Optional.empty());
    }
}
