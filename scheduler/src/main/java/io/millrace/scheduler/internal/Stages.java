package io.millrace.scheduler.internal;

import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.CostModel;
import io.millrace.scheduler.MachineOptions.DrainSize;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.VectorSize;
import io.millrace.scheduler.internal.Overlay.Group;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A network in stages that work side by side on frames that follow each other, each with a matrix engine that fits its layers, a vector engine for depthwise ones and another one for layers without
 * weights: lanes for both would need wide multipliers, and there are many. Rows flow through the first stages: their maps are large and
 * their weights few, so that these have room on chip. The later ones compute block by block: their weights are many and come from DRAM, as seldom as rows have room.
 */
final class Stages {
    /**
     * Cuts that are tried.
     *
     * @param flowingMax stages in which rows flow
     * @param inBlocksMax stages in blocks
     * @param parts of the DSPs, for which engines are sought: what is beside them may not fit
     * @param waits how many times the cycles of its firings a stage in blocks takes: it waits where a block ends
     */
    private record Cuts(int flowingMax, int inBlocksMax, List<Double> parts, double waits) {}

    private static final Cuts BETWEEN_BLOCKS =
            new Cuts(3, 2, List.of(1.0, 0.93, 0.86, 0.79, 0.72, 0.65, 0.58, 0.5), 1.08);

    /** There are many more beginnings, of which those with few engines have room for rows; and what takes little more than its firings is balanced the better. */
    private static final Cuts WITHIN_BLOCKS = new Cuts(2, 1, List.of(1.0, 0.93, 0.86), 1.03);

    /** Of the fewest cycles that all DSPs could do, how many times these engines may take. */
    private static final double WORTH_TRYING = 2.5;

    /** Lanes of an array of a stage: runs of 3 channels are 9, 15, 21 or 33 elements, and what is beside a wide array is to be filled. */
    private static final List<Integer> LANES = Stream.concat(
                    Overlay.LANES.stream(), Stream.of(2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 15, 18, 21, 27, 33))
            .sorted()
            .toList();

    /** Sizes of arrays of the stages in which rows flow, and of those in blocks. */
    private record Sizes(List<MatrixSize> flowing, List<MatrixSize> inBlocks) {}

    private final QuantizedGraph graph;
    private final List<QNode> live;
    private final List<Sizes> sizes;
    private final Cuts kind;
    /** Node with which each part begins, and the end. */
    private final List<Integer> bounds;

    private final Aside aside;
    /** Without those of the engine aside. */
    private final int dsps;

    /** Most cycles of engines that are worth trying. */
    private final double most;

    /**
     * Of stages that begin with blocks.
     *
     * @param dsps of all arrays
     * @param packed whether a DSP of an array does two products
     * @param beat weights that come a clock where they are streamed
     * @param aside layers that are in no stage, on an engine of the same DSPs
     */
    static Stages betweenBlocks(QuantizedGraph graph, Blocks blocks, int dsps, boolean packed, int beat, Aside aside) {
        return new Stages(graph, blocks.firstNodes(), BETWEEN_BLOCKS, dsps, packed, beat, aside);
    }

    /** Of a few stages that begin anywhere; see {@link #betweenBlocks}. */
    static Stages withinBlocks(QuantizedGraph graph, Blocks blocks, int dsps, boolean packed, int beat, Aside aside) {
        return new Stages(graph, blocks.beginnings(), WITHIN_BLOCKS, dsps, packed, beat, aside);
    }

    private Stages(
            QuantizedGraph graph,
            List<Integer> firstNodes,
            Cuts kind,
            int dsps,
            boolean packed,
            int beat,
            Aside aside) {
        this.graph = graph;
        this.kind = kind;
        this.aside = aside;
        this.dsps = dsps - aside.dsps();
        most = WORTH_TRYING * CostModel.macsPerFrame(graph) / ((packed ? 2.0 : 1.0) * dsps);
        live = Skeleton.live(graph);
        var some = squarestFirst(Overlay.sizes(Overlay.LANES, this.dsps, packed, beat));
        var all = squarestFirst(Overlay.sizes(LANES, this.dsps, packed, beat));
        var smallToo = squarestFirst(Overlay.sizes(LANES, this.dsps, packed, 0));
        // What fits some stages best often leaves less room for the others.
        sizes = List.of(
                new Sizes(some, some), new Sizes(smallToo, some), new Sizes(all, all), new Sizes(smallToo, all));
        bounds = new ArrayList<>();
        bounds.add(0);
        bounds.addAll(firstNodes);
        bounds.add(graph.nodes().size());
    }

    /** Of arrays that are as fast, the first one counts: few outputs have few lanes to leave by, and many have as many accumulators. */
    private static List<MatrixSize> squarestFirst(List<MatrixSize> sizes) {
        return sizes.stream()
                .sorted(Comparator.comparingInt(size -> Math.max(size.outputs(), size.lanes())))
                .toList();
    }

    /** Engines, fastest first; of each cut the same arrays with many requantizers and with few. */
    List<List<Overlay>> fastestFirst() {
        var vectors = vectorCycles();
        return sizes.stream()
                .flatMap(some -> all(some, vectors).stream())
                .distinct()
                .filter(variants -> variants.getFirst().cycles() <= most)
                .sorted(Comparator.comparingLong(variants -> variants.getFirst().cycles()))
                .toList();
    }

    private List<List<Overlay>> all(Sizes sizes, long[] vectors) {
        var found = new ArrayList<List<Overlay>>();
        if (sizes.inBlocks.isEmpty()) {
            return found;
        }
        var cuts = cuts(sizes, vectors);
        for (int border = 0; border + 1 < bounds.size(); border++) {
            for (int first = border == 0 ? 0 : 1; first <= (border == 0 ? 0 : kind.flowingMax); first++) {
                for (int second = first == 0 ? 2 : 1; second <= kind.inBlocksMax; second++) {
                    int at = border;
                    for (double part : kind.parts) {
                        cuts.fewest(border, first, second, (int) (dsps * part))
                                .flatMap(stages -> overlays(stages, at, sizes))
                                .ifPresent(found::add);
                    }
                }
            }
        }
        return found;
    }

    /** By part, cycles of the fastest vector engine that a stage may have. */
    private long[] vectorCycles() {
        var widest = new VectorSize(new DrainSize(Overlay.LANES_OF_STAGE.getLast(), 1, false));
        return IntStream.range(0, bounds.size() - 1)
                .mapToLong(part -> Overlay.cycles(
                        group(Skeleton::isWeighted, part, part + 1).geometries(), widest))
                .toArray();
    }

    private StageCuts cuts(Sizes sizes, long[] vectors) {
        return new StageCuts(
                cycles(sizes.flowing, 1),
                sizes.flowing.stream().mapToInt(MatrixSize::dsps).toArray(),
                cycles(sizes.inBlocks, kind.waits),
                sizes.inBlocks.stream().mapToInt(MatrixSize::dsps).toArray(),
                vectors);
    }

    /** By size and part, so many times what firings take. */
    private long[][] cycles(List<MatrixSize> sizes, double times) {
        var cycles = new long[sizes.size()][bounds.size() - 1];
        for (int part = 0; part + 1 < bounds.size(); part++) {
            var matrix = group(aside::leaves, part, part + 1);
            for (int s = 0; s < sizes.size(); s++) {
                cycles[s][part] = (long) (Overlay.cycles(matrix.geometries(), sizes.get(s)) * times);
            }
        }
        return cycles;
    }

    /** Layers of a kind in parts from one to before another. */
    private Group group(Predicate<QNode> kind, int from, int to) {
        return Group.of(
                graph,
                live.stream()
                        .filter(kind)
                        .filter(n -> n.id() >= bounds.get(from) && n.id() < bounds.get(to))
                        .toList());
    }

    /** The engines of stages; none where a stage has no convolution. */
    private Optional<List<Overlay>> overlays(List<StageCuts.Stage> stages, int border, Sizes sizes) {
        var matrices = new ArrayList<Group>();
        var vectors = new ArrayList<Group>();
        var vectorParts = new ArrayList<Double>();
        for (var stage : stages) {
            matrices.add(group(aside::leaves, stage.from(), stage.to()));
            double part = stage.from() < border ? StageCuts.VECTOR_PART_FLOWING : StageCuts.VECTOR_PART_IN_BLOCKS;
            var weighted = group(Skeleton::isWeighted, stage.from(), stage.to());
            var others = group(n -> Skeleton.onVector(n) && !Skeleton.isWeighted(n), stage.from(), stage.to());
            if (!weighted.nodes().isEmpty()) {
                vectors.add(weighted);
                vectorParts.add(part);
            }
            if (!others.nodes().isEmpty()) {
                vectors.add(others);
                boolean alone = stage.from() < border || weighted.nodes().isEmpty();
                vectorParts.add(alone ? part : Overlay.OTHERS_PART);
            }
        }
        if (matrices.stream().anyMatch(g -> g.nodes().isEmpty())) {
            return Optional.empty();
        }
        var arrays = IntStream.range(0, stages.size())
                .mapToObj(i -> {
                    var stage = stages.get(i);
                    var size = (stage.from() < border ? sizes.flowing : sizes.inBlocks).get(stage.size());
                    return new Overlay.Array(
                            size, Overlay.cycles(matrices.get(i).geometries(), size));
                })
                .toList();
        var begins = stages.stream().skip(1).map(s -> bounds.get(s.from())).toList();
        return Optional.of(Overlay.overlays(
                        graph,
                        matrices,
                        aside,
                        vectors,
                        new Overlay.Arrays(arrays),
                        vectorParts,
                        Overlay.LANES_OF_STAGE)
                .map(o -> o.inStages(begins, bounds.get(border)))
                .toList());
    }
}
