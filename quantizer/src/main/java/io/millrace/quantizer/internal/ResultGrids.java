package io.millrace.quantizer.internal;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.quantizer.Calibration;
import io.millrace.quantizer.Distribution;
import io.millrace.quantizer.Precision;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The grid of each group's result: the model's own where it has one, else that of its class where a concatenation has to join
 * it with others, else from its own distribution. A class is what must share a grid: operands and results of concatenations,
 * and of all that hands codes on as they are.
 */
final class ResultGrids {
    private final Graph graph;
    private final Readers readers;
    private final Calibration calibration;
    private final Grids grids;
    private final Precision precision;
    /** Union-find over float nodes. */
    private final int[] parent;

    /** By root of the class; classes that nothing joins are not here. */
    private final Map<Integer, Grid> shared = new HashMap<>();

    /** A node of the operands' class, by the id of the maximum or minimum that compares them. */
    private final Map<Integer, Integer> compared = new HashMap<>();

    ResultGrids(Graph graph, List<Group> groups, Calibration calibration, Grids grids, Precision precision) {
        this.graph = graph;
        this.readers = new Readers(graph);
        this.calibration = calibration;
        this.grids = grids;
        this.precision = precision;
        this.parent = new int[graph.nodes().size()];
        for (int i = 0; i < parent.length; i++) {
            parent[i] = i;
        }
        groups.forEach(this::unite);
        var classes = new HashMap<Integer, List<Group>>();
        for (Group g : groups) {
            classes.computeIfAbsent(root(key(g)), _ -> new ArrayList<>()).add(g);
        }
        var joined = new HashSet<Integer>();
        groups.stream()
                .filter(g -> g.head().op() instanceof Op.Concat || isFilled(g))
                .forEach(g -> joined.add(root(key(g))));
        compared.values().forEach(i -> joined.add(root(i)));
        classes.forEach((root, members) -> {
            if (joined.contains(root)) {
                shared.put(root, gridOf(members));
            }
        });
    }

    /** The one grid on which a maximum or minimum of maps compares their codes. */
    Grid comparison(Group group) {
        Integer member = compared.get(group.head().id());
        Grid common = member == null ? null : shared.get(root(member));
        return common == null ? grids.activation(calibration.of(group.argument().id())) : common;
    }

    Grid of(Group group) {
        if (group.rounding().isPresent()) {
            return author(group).orElseThrow().grid();
        }
        Grid common = shared.get(root(key(group)));
        return common == null ? ownGrid(group) : common;
    }

    /** Whether nothing but a group's own values decides about its grid. */
    boolean isOwn(Group group) {
        return group.rounding().isEmpty() && !shared.containsKey(root(key(group)));
    }

    /** The grid and code range that the model itself gives a group's result. */
    Optional<AuthorGrid> author(Group group) {
        return group.rounding()
                .map(r -> AuthorGrid.of(r, precision)
                        .orElseThrow(() -> new IllegalStateException("'" + r + "' was to be refused before")));
    }

    private Grid ownGrid(Group group) {
        Distribution seen = calibration.of(group.ranged().id());
        if (!group.later().isEmpty()) {
            return grids.argument(seen, Clamp.function(group.later()), grids.activation(seen));
        }
        return leaves(group) ? grids.output(seen) : grids.activation(seen);
    }

    private boolean leaves(Group group) {
        return leaves(group.ranged());
    }

    /** Whether a value is an output, or that with its elements elsewhere is one. */
    private boolean leaves(Node node) {
        return graph.outputs().contains(node.id())
                || readers.of(node).stream().anyMatch(reader -> switch (reader.op()) {
                    case Op.Reshape _, Op.Transpose _, Op.Rearrange _ -> leaves(reader);
                    case Op _ -> false;
                });
    }

    private static int key(Group group) {
        return group.held().getFirst().id();
    }

    private void unite(Group group) {
        group.held().forEach(n -> unite(key(group), n.id()));
        List<Integer> operands = group.head().inputs().stream()
                .filter(i -> !(graph.node(i).op() instanceof Op.Input))
                .toList();
        if (group.head().op() instanceof Op.Concat || handsOn(group)) {
            operands.forEach(i -> unite(key(group), i));
        } else if (isExtreme(group.head())) {
            // Behind a table the result has a grid of its own.
            if (keepsCodes(group)) {
                operands.forEach(i -> unite(key(group), i));
                compared.put(group.head().id(), key(group));
            } else if (!operands.isEmpty()) {
                operands.forEach(i -> unite(operands.getFirst(), i));
                compared.put(group.head().id(), operands.getFirst());
            }
        }
    }

    /** Whether a node is a maximum or minimum of maps. */
    static boolean isExtreme(Node node) {
        return node.op() instanceof Op.Binary(BinaryFunction function)
                && (function == BinaryFunction.MAX || function == BinaryFunction.MIN);
    }

    private static boolean keepsCodes(Group group) {
        return group.functions().isEmpty() && group.rounding().isEmpty();
    }

    private static boolean handsOn(Group group) {
        return switch (group.head().op()) {
            case Op.MaxPool _ -> keepsCodes(group);
            case Op.Reshape _, Op.Transpose _, Op.Rearrange _, Op.Softmax _ -> true;
            case Op.TopK(int _, boolean indices) -> !indices;
            case Op.Slice _, Op.Pad _, Op.Gather _, Op.Resize _, Op.DepthToSpace _, Op.SpaceToDepth _ -> true;
            default -> false;
        };
    }

    /** Whether a number stands in the result that may lie outside the operand's range; the lowest code stands for what is never the largest. */
    private boolean isFilled(Group group) {
        return group.head().op() instanceof Op.Pad pad
                && pad.value() != 0
                && !Refusals.isNeverLargest(graph, group.head());
    }

    /** The grid of a class: of its concatenations, of the widest of its producers, or of all values that are to be joined. */
    private Grid gridOf(List<Group> members) {
        List<Group> joints =
                members.stream().filter(g -> g.head().op() instanceof Op.Concat).toList();
        Optional<AuthorGrid> due =
                joints.stream().map(this::author).flatMap(Optional::stream).findFirst();
        if (due.isPresent()) {
            return due.get().grid();
        }
        Optional<Grid> widest = members.stream()
                .map(this::author)
                .flatMap(Optional::stream)
                .map(AuthorGrid::grid)
                .max(Comparator.comparingDouble(g -> g.high() - g.low()));
        if (widest.isPresent()) {
            return widest.get();
        }
        // The concatenations themselves hold the values of inputs, which are no producers of the class.
        Distribution seen = Distribution.joint(members.stream()
                .filter(g -> !handsOn(g) || isFilled(g))
                .map(g -> calibration.of(g.ranged().id()))
                .toList());
        return members.stream().anyMatch(this::leaves) ? grids.output(seen) : grids.activation(seen);
    }

    private int root(int node) {
        int at = node;
        while (parent[at] != at) {
            parent[at] = parent[parent[at]];
            at = parent[at];
        }
        return at;
    }

    private void unite(int a, int b) {
        parent[root(a)] = root(b);
    }
}
