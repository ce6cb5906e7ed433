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
 * @param forms the integer layers that the operator is the first of: one, or all that it is composed of
 */
public record OperatorStatus(Survey.Operator operator, Status status, String detail, List<IntegerForm> forms) {
    public OperatorStatus {
        forms = List.copyOf(forms);
    }

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
     * @param composed of that part, by layer: what the operator was before it was written as several others
     * @param before what the host computes to get the inputs of that part
     */
    public static List<OperatorStatus> of(
            List<Survey.Operator> operators,
            List<IntegerForm> forms,
            Map<String, Op> composed,
            Optional<Graph> before) {
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
                        ? new OperatorStatus(it, Status.HOST, "before the part", List.of())
                        : of(
                                it,
                                byLayer.getOrDefault(it.name(), List.of()),
                                Optional.ofNullable(composed.get(it.name()))))
                .toList();
    }

    private static OperatorStatus of(Survey.Operator operator, List<IntegerForm> forms, Optional<Op> composed) {
        return switch (operator.fate()) {
            case REFUSED -> new OperatorStatus(operator, Status.REFUSED, "by the importer", List.of());
            case UNKNOWN -> new OperatorStatus(operator, Status.UNKNOWN, "reads a refused operator", List.of());
            case CONSTANT -> folded(operator, "known beforehand");
            case PASSED_ON -> folded(operator, "no work of its own");
            case COMPUTED -> computed(operator, forms, composed);
        };
    }

    private static OperatorStatus computed(Survey.Operator operator, List<IntegerForm> forms, Optional<Op> composed) {
        var refused = forms.stream().filter(it -> it.refusal().isPresent()).findFirst();
        if (refused.isPresent()) {
            var why = refused.get().refusal().map(Diagnostic::code).orElse("");
            return new OperatorStatus(operator, Status.REFUSED, why, List.of());
        }
        var working = forms.stream()
                .filter(it -> !(it.head().op() instanceof Op.Reshape))
                .toList();
        var own = working.stream()
                .filter(it -> it.source().layers().getFirst().equals(operator.name()))
                .toList();
        if (!own.isEmpty() && composed.isPresent()) {
            var parts = own.size() == 1 ? "1 layer" : own.size() + " layers";
            return new OperatorStatus(operator, Status.INTEGER, OpText.describe(composed.get()) + ", in " + parts, own);
        }
        if (!own.isEmpty()) {
            var first = own.getFirst();
            return new OperatorStatus(
                    operator, Status.INTEGER, OpText.describe(first.head().op()), List.of(first));
        }
        return folded(
                operator,
                working.isEmpty()
                        ? "no work of its own"
                        : "into " + working.getFirst().source().layers().getFirst());
    }

    private static OperatorStatus folded(Survey.Operator operator, String detail) {
        return new OperatorStatus(operator, Status.FOLDED, detail, List.of());
    }
}
