package io.millrace.quantizer.internal;

import io.millrace.ir.Graph;
import io.millrace.ir.Op;
import io.millrace.quantizer.Calibration;
import io.millrace.quantizer.Distribution;
import io.millrace.quantizer.Precision;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
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
    private final Calibration calibration;
    private final Grids grids;
    private final Precision precision;
    /** Union-find over float nodes. */
    private final int[] parent;

    /** By root of the class; classes without a concatenation are not here. */
    private final Map<Integer, Grid> shared = new HashMap<>();

    ResultGrids(Graph graph, List<Group> groups, Calibration calibration, Grids grids, Precision precision) {
        this.graph = graph;
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
        classes.forEach((root, members) -> {
            if (members.stream().anyMatch(g -> g.head().op() instanceof Op.Concat)) {
                shared.put(root, gridOf(members));
            }
        });
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
        return graph.outputs().contains(group.ranged().id());
    }

    private static int key(Group group) {
        return group.held().getFirst().id();
    }

    private void unite(Group group) {
        group.held().forEach(n -> unite(key(group), n.id()));
        boolean joins = group.head().op() instanceof Op.Concat;
        if (joins || handsOn(group)) {
            group.head().inputs().stream()
                    .filter(i -> !(graph.node(i).op() instanceof Op.Input))
                    .forEach(i -> unite(key(group), i));
        }
    }

    private static boolean handsOn(Group group) {
        return switch (group.head().op()) {
            case Op.MaxPool _ -> group.functions().isEmpty() && group.rounding().isEmpty();
            case Op.Reshape _ -> true;
            case Op.Slice _, Op.Pad _, Op.Gather _, Op.Resize _, Op.DepthToSpace _, Op.SpaceToDepth _ -> true;
            default -> false;
        };
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
                .filter(g -> !handsOn(g))
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
