package io.millrace.quantizer.internal;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The terms of every sum of maps. A sum that only another sum reads, and a gain of all channels alike, are taken in by it, as
 * long as no sum has more than {@value #TERMS_MAX} terms.
 */
final class Sums {
    private static final int TERMS_MAX = 3;

    private final Graph graph;
    private final Readers readers;
    private final Set<Integer> takenIn = new HashSet<>();
    /** By id of the sum. */
    private final Map<Integer, List<Term>> terms = new LinkedHashMap<>();

    /** {@code factor} times the value of a node. */
    record Term(int node, double factor) {}

    Sums(Graph graph, Readers readers) {
        this.graph = graph;
        this.readers = readers;
        for (Node n : graph.nodes()) {
            if (isSum(n)) {
                terms.put(n.id(), termsOf(n));
            }
        }
    }

    /** Whether a node is a sum or a difference. */
    static boolean isSum(Node node) {
        return node.op() instanceof Op.Binary(BinaryFunction function)
                && (function == BinaryFunction.ADD || function == BinaryFunction.SUB);
    }

    /** Whether a sum computes this node along with itself. */
    boolean isTakenIn(Node node) {
        return takenIn.contains(node.id());
    }

    /** What a sum adds up, each node once, in the order of the operands. */
    List<Term> of(Node sum) {
        return terms.getOrDefault(sum.id(), List.of());
    }

    private List<Term> termsOf(Node sum) {
        var all = new ArrayList<Term>();
        int room = TERMS_MAX - sum.inputs().size();
        boolean difference = sum.op() instanceof Op.Binary(BinaryFunction function) && function == BinaryFunction.SUB;
        for (int position = 0; position < sum.inputs().size(); position++) {
            int sign = difference && position == 1 ? -1 : 1;
            int i = sum.inputs().get(position);
            Node operand = graph.node(i);
            boolean mine = readers.only(operand).isPresent() && Collections.frequency(sum.inputs(), i) == 1;
            List<Term> inner = of(operand);
            if (mine && !inner.isEmpty() && inner.size() - 1 <= room) {
                takenIn.add(i);
                room -= inner.size() - 1;
                inner.forEach(t -> all.add(new Term(t.node, sign * t.factor)));
            } else if (mine
                    && operand.op() instanceof Op.ChannelAffine(Tensor gain, Tensor bias)
                    && isFactor(gain, bias)) {
                takenIn.add(i);
                all.add(new Term(operand.inputs().getFirst(), sign * (double) gain.get(0)));
            } else {
                all.add(new Term(i, sign));
            }
        }
        return merged(all);
    }

    /** Whether a gain and bias multiply all channels by one number. */
    static boolean isFactor(Tensor gain, Tensor bias) {
        boolean factor = gain.get(0) != 0 && Float.isFinite(gain.get(0));
        for (int c = 0; c < gain.size(); c++) {
            factor &= gain.get(c) == gain.get(0) && bias.get(c) == 0;
        }
        return factor;
    }

    private static List<Term> merged(List<Term> all) {
        var factors = new LinkedHashMap<Integer, Double>();
        all.forEach(t -> factors.merge(t.node, t.factor, Double::sum));
        return factors.entrySet().stream()
                .map(e -> new Term(e.getKey(), e.getValue()))
                .toList();
    }
}
