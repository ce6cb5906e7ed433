package io.millrace.scheduler.internal;

import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.MachineOptions.DrainSize;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.VectorSize;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * One matrix engine for a whole network, or one for convolutions of more channels out than in and one for the others, and one vector engine, or one for layers
 * with weights and one for the others: engines wait little for another one's layers, and few streams read the weights. In it many layers have to share P and S. Or the same for each of
 * several stages.
 *
 * @param aside whether the last matrix engine is the one of {@link Aside}
 * @param engineOf by node, the number of its matrix or vector engine
 * @param stages nodes with which later stages begin, ascending
 * @param border the first node of the stages that compute block by block; rows flow through those before
 * @param cycles a frame takes at least, each firing being of as many rows as accumulators are made for
 */
record Overlay(
        List<MatrixSize> matrices,
        boolean aside,
        List<VectorSize> vectors,
        List<Integer> engineOf,
        List<Integer> stages,
        int border,
        long cycles) {
    private static final List<Integer> OUTPUTS = List.of(4, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 192, 256);
    static final List<Integer> LANES = List.of(4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 43, 48, 56, 64, 72, 80, 86);
    private static final List<Integer> LANES_OUT = List.of(1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128);

    /** Lanes of a stage's vector engine. */
    static final List<Integer> LANES_OF_STAGE = List.of(1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256);

    /** Parts of the DSPs that engines are sought for. */
    private static final List<Double> PARTS = List.of(1.0, 0.9, 0.7, 0.45, 0.25, 0.12);

    /** Engines of different shape that are sought for all DSPs. */
    private static final int SHAPES = 2;

    /** Of the cycles that the array takes, what the vector engine may: firings of both depend on each other, so that each waits for the other one's tail. */
    private static final double VECTOR_PART = 0.4;

    /** The same for layers without weights where they have an engine of their own: it costs little, and others wait for it. */
    static final double OTHERS_PART = 0.15;

    private static final List<Double> VECTOR_PARTS = List.of(VECTOR_PART, OTHERS_PART);

    private static final double MORE_FOR_DRAIN = 1.01;

    /** Output channels a requantizer where there is room for many. */
    private static final int WIDE_DRAIN = 2;

    /**
     * The fastest engines for all DSPs, then for fewer, and so on, fastest first.
     *
     * @param dsps of all arrays; other multipliers can be logic
     * @param packed whether a DSP of the array does two products
     * @param beat weights that come a clock where they are streamed, and multipliers of an array at least; 0 without DRAM
     * @param aside layers that have an engine of their own, of the same DSPs
     */
    static List<Overlay> of(QuantizedGraph graph, int dsps, boolean packed, int beat, Aside aside) {
        int left = dsps - aside.dsps();
        var sizes = sizes(LANES, left, packed, beat);
        var overlays = new ArrayList<Overlay>();
        for (var matrices : groupings(graph, aside::leaves, Overlay::widens)) {
            var chosen = arrays(matrices, sizes, left);
            for (var vectors : groupings(graph, Skeleton::onVector, (_, node) -> Skeleton.isWeighted(node))) {
                chosen.stream()
                        .flatMap(arrays -> overlays(graph, matrices, aside, vectors, arrays, VECTOR_PARTS, LANES_OUT))
                        .forEach(overlays::add);
            }
        }
        overlays.sort(Comparator.comparingLong(Overlay::cycles));
        return overlays;
    }

    /**
     * Shapes of arrays of at most so many DSPs.
     *
     * @param beat weights that come a clock where they are streamed; 0 for arrays whose weights are on chip
     */
    static List<MatrixSize> sizes(List<Integer> lanes, int dsps, boolean packed, int beat) {
        var sizes = new ArrayList<MatrixSize>();
        for (int p : OUTPUTS) {
            for (int s : lanes) {
                var size = MatrixSize.of(p, s, 1, p, Math.min(p * s, beat > 0 ? beat : SizeTable.WEIGHT_LANES))
                        .withDrain(new DrainSize(p, 1, false))
                        .withPacking(packed);
                if (p * s >= beat && size.dsps() <= dsps) {
                    sizes.add(size);
                }
            }
        }
        return sizes;
    }

    /** The same as the engines of stages. */
    Overlay inStages(List<Integer> firstNodes, int firstInBlocks) {
        return new Overlay(matrices, aside, vectors, engineOf, firstNodes, firstInBlocks, cycles);
    }

    /** The same with vector engines so many times as wide. */
    Overlay withVectors(int times) {
        var wider = vectors.stream()
                .map(v -> new VectorSize(
                        times * v.lanes(),
                        v.multipliersInDsp(),
                        v.drain().withLanes(times * v.drain().lanes())))
                .toList();
        return new Overlay(matrices, aside, wider, engineOf, stages, border, cycles);
    }

    /** Matrix engines, but for the one aside. */
    int arrays() {
        return matrices.size() - (aside ? 1 : 0);
    }

    private static boolean widens(QuantizedGraph graph, QNode node) {
        var g = Geometry.ofNode(graph, node.id());
        return g.outputChannels() > g.inputChannels();
    }

    /** Layers of one engine. */
    record Group(List<Integer> nodes, List<Geometry> geometries) {
        static Group of(QuantizedGraph graph, List<QNode> layers) {
            var nodes = layers.stream().map(QNode::id).toList();
            return new Group(
                    nodes, nodes.stream().map(n -> Geometry.ofNode(graph, n)).toList());
        }
    }

    /** All layers of a kind on one engine, and if there are both, those of which something is true on one and the others on another. */
    private static List<List<Group>> groupings(
            QuantizedGraph graph, Predicate<QNode> kind, BiPredicate<QuantizedGraph, QNode> first) {
        var layers = Skeleton.live(graph).stream().filter(kind).toList();
        if (layers.isEmpty()) {
            return List.of(List.of());
        }
        var together = List.of(Group.of(graph, layers));
        var firsts = layers.stream().filter(n -> first.test(graph, n)).toList();
        var others = layers.stream().filter(n -> !first.test(graph, n)).toList();
        return firsts.isEmpty() || others.isEmpty()
                ? List.of(together)
                : List.of(together, List.of(Group.of(graph, firsts), Group.of(graph, others)));
    }

    /** @param reads cycles of a frame with a drain that keeps up */
    record Array(MatrixSize size, long reads) {}

    /** Arrays that work side by side. */
    record Arrays(List<Array> arrays) {
        long reads() {
            return arrays.stream().mapToLong(Array::reads).max().orElse(0);
        }
    }

    /** Engines that are tried for layers in groups; none where there are no layers. */
    private static Set<Arrays> arrays(List<Group> groups, List<MatrixSize> sizes, int dsps) {
        var chosen = new LinkedHashSet<Arrays>();
        if (groups.size() == 1) {
            var fastest = arrays(groups.getFirst(), sizes).stream()
                    .sorted(Comparator.comparingLong(Array::reads))
                    .toList();
            fastest.subList(0, Math.min(SHAPES, fastest.size())).forEach(a -> chosen.add(new Arrays(List.of(a))));
            for (double part : PARTS) {
                fastest.stream()
                        .filter(a -> a.size.dsps() <= (int) (dsps * part))
                        .findFirst()
                        .ifPresent(a -> chosen.add(new Arrays(List.of(a))));
            }
        } else if (groups.size() == 2) {
            var first = arrays(groups.getFirst(), sizes);
            var second = arrays(groups.getLast(), sizes);
            for (double part : PARTS) {
                pair(first, second, (int) (dsps * part)).ifPresent(chosen::add);
            }
        }
        return chosen;
    }

    private static List<Array> arrays(Group group, List<MatrixSize> sizes) {
        return sizes.stream()
                .map(s -> new Array(s, cycles(group.geometries, s)))
                .toList();
    }

    /** The two arrays that need the fewest cycles together. */
    private static Optional<Arrays> pair(List<Array> first, List<Array> second, int dsps) {
        return first.stream()
                .flatMap(a -> second.stream()
                        .filter(b -> a.size.dsps() + b.size.dsps() <= dsps)
                        .min(Comparator.comparingLong(Array::reads))
                        .map(b -> new Arrays(List.of(a, b)))
                        .stream())
                .min(Comparator.comparingLong(Arrays::reads));
    }

    /**
     * Arrays with many requantizers and with few.
     *
     * @param vectorParts of the cycles that the arrays take, what each vector engine may
     * @param lanes that it may have, ascending
     */
    static Stream<Overlay> overlays(
            QuantizedGraph graph,
            List<Group> matrices,
            Aside aside,
            List<Group> vectors,
            Arrays arrays,
            List<Double> vectorParts,
            List<Integer> lanes) {
        var sizes = new ArrayList<VectorSize>();
        for (int i = 0; i < vectors.size(); i++) {
            sizes.add(vector(vectors.get(i).geometries, arrays, vectorParts.get(i), lanes));
        }
        var engineOf = new ArrayList<>(Collections.nCopies(graph.nodes().size(), 0));
        for (var groups : List.of(matrices, vectors)) {
            for (int i = 0; i < groups.size(); i++) {
                int engine = i;
                groups.get(i).nodes.forEach(n -> engineOf.set(n, engine));
            }
        }
        aside.nodes().forEach(n -> engineOf.set(n, matrices.size()));
        return Stream.of(true, false)
                .map(wide -> drained(matrices, arrays, wide))
                .distinct()
                .map(m -> new Overlay(
                        aside.with(m),
                        !aside.nodes().isEmpty(),
                        List.copyOf(sizes),
                        List.copyOf(engineOf),
                        List.of(),
                        0,
                        cycles(matrices, m)));
    }

    private static List<MatrixSize> drained(List<Group> matrices, Arrays arrays, boolean wide) {
        var drained = new ArrayList<MatrixSize>();
        for (int i = 0; i < matrices.size(); i++) {
            var size = arrays.arrays.get(i).size;
            drained.add(drained(matrices.get(i).geometries, size, wide ? size.outputs() / WIDE_DRAIN : 1, arrays));
        }
        return List.copyOf(drained);
    }

    private static long cycles(List<Group> matrices, List<MatrixSize> sizes) {
        long most = 0;
        for (int i = 0; i < sizes.size(); i++) {
            most = Math.max(most, cycles(matrices.get(i).geometries, sizes.get(i)));
        }
        return most;
    }

    /**
     * An array with as many requantizers as keep up with all arrays.
     *
     * @param least of them: a firing's last group is drained when the next one's first may be over
     */
    private static MatrixSize drained(List<Geometry> layers, MatrixSize size, int least, Arrays arrays) {
        var matrix = size;
        for (int q : LANES_OUT) {
            if (q < least) {
                continue;
            }
            matrix = size.withDrain(new DrainSize(Math.min(q, matrix.outputs()), 1, false));
            if (cycles(layers, matrix) <= arrays.reads() * MORE_FOR_DRAIN) {
                break;
            }
        }
        return matrix;
    }

    /** As many vector lanes as keep up with the arrays. */
    private static VectorSize vector(List<Geometry> layers, Arrays arrays, double part, List<Integer> lanes) {
        var vector = new VectorSize(new DrainSize(1, 1, false));
        for (int v : lanes) {
            vector = new VectorSize(new DrainSize(v, 1, false));
            if (cycles(layers, vector) <= arrays.reads() * part) {
                break;
            }
        }
        return Sizing.fewestRequantizers(
                vector, v -> cycles(layers, v), (long) (cycles(layers, vector) * MORE_FOR_DRAIN));
    }

    static long cycles(List<Geometry> layers, MatrixSize size) {
        return layers.stream()
                .mapToLong(g -> Sizing.multiplyCycles(g, StreamedRows.rowsMost(g, 1), size, 1))
                .sum();
    }

    static long cycles(List<Geometry> layers, VectorSize size) {
        return layers.stream().mapToLong(g -> Sizing.reduceCycles(g, 1, size)).sum();
    }
}
