package io.millrace.scheduler.internal;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.DramPort;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.DrainSize;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.VectorSize;
import io.millrace.scheduler.Operands;
import io.millrace.scheduler.Reduction;
import io.millrace.scheduler.Unit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The units of a machine with their sizes and no capacities, and who works where: host-in first, matrix engines, vector
 * engines, host-out.
 */
public record Skeleton(List<Unit> units, int matrices, int vectors, List<Integer> engineOf) {
    private static final Unit.Capacity NOTHING = new Unit.Capacity(0, 0, 0);

    /** Units for a graph (and others on the same machine) as the options ask. */
    public static Skeleton of(QuantizedGraph graph, MachineOptions options) {
        return switch (options.engines()) {
            case MachineOptions.Engines.One(var matrix, var vector) -> {
                var all = new ArrayList<>(options.also());
                all.add(graph);
                boolean vectors = all.stream().anyMatch(g -> live(g).stream().anyMatch(Skeleton::onVector));
                boolean matrices = all.stream().anyMatch(g -> live(g).stream().anyMatch(Skeleton::onMatrix));
                yield build(
                        graph,
                        options,
                        matrices ? List.of(matrix) : List.of(),
                        vectors ? List.of(vector) : List.of(),
                        java.util.Collections.nCopies(graph.nodes().size(), 0));
            }
            case MachineOptions.Engines.EachLayer(var matrices, var vectors) -> {
                var m = new ArrayList<MatrixSize>();
                var v = new ArrayList<VectorSize>();
                for (var node : live(graph)) {
                    if (onMatrix(node)) {
                        var size = matrices.get(Math.min(m.size(), matrices.size() - 1));
                        m.add(cut(size, Geometry.ofNode(graph, node.id())));
                    } else if (onVector(node)) {
                        var size = vectors.get(Math.min(v.size(), vectors.size() - 1));
                        v.add(cut(size, Geometry.ofNode(graph, node.id())));
                    }
                }
                yield build(graph, options, m, v, onePerLayer(graph));
            }
            case MachineOptions.Engines.CycleTarget(int cycles) -> {
                var m = new ArrayList<MatrixSize>();
                var v = new ArrayList<VectorSize>();
                for (var node : live(graph)) {
                    if (onMatrix(node)) {
                        var g = Geometry.ofNode(graph, node.id());
                        m.add(Sizing.smallestMatrix(g, options.rowsOf(node.id()), cycles));
                    } else if (onVector(node)) {
                        v.add(Sizing.smallestVector(Geometry.ofNode(graph, node.id()), cycles));
                    }
                }
                yield build(graph, options, m, v, onePerLayer(graph));
            }
            case MachineOptions.Engines.Assigned(var matrices, var vectors, var engineOf) ->
                build(graph, options, matrices, vectors, engineOf);
        };
    }

    /** The units of an existing machine's kind, given one by one. */
    static Skeleton of(List<Unit> units, List<Integer> engineOf) {
        int m = (int) units.stream().filter(u -> u instanceof Unit.Matrix).count();
        int v = (int) units.stream().filter(u -> u instanceof Unit.Vector).count();
        return new Skeleton(units, m, v, engineOf);
    }

    /** Unit id of the matrix engine {@code index}. */
    int matrix(int index) {
        return nth(index, Unit.Matrix.class);
    }

    /** Unit id of the vector engine {@code index}. */
    int vector(int index) {
        return nth(index, Unit.Vector.class);
    }

    /** Unit id of a store unit. */
    int store(int index) {
        return nth(index, Unit.Store.class);
    }

    /** Unit id of a load unit. */
    int load(int index) {
        return nth(index, Unit.Load.class);
    }

    private int nth(int index, Class<? extends Unit> kind) {
        return units.stream()
                .filter(kind::isInstance)
                .skip(index)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no " + kind.getSimpleName() + " engine " + index))
                .id();
    }

    /** Nodes that reach an output, and all inputs. */
    static List<QNode> live(QuantizedGraph graph) {
        var needed = new TreeSet<Integer>(graph.outputs());
        for (int i = graph.nodes().size() - 1; i >= 0; i--) {
            if (needed.contains(i)) {
                needed.addAll(graph.node(i).inputs());
            }
        }
        return graph.nodes().stream()
                .filter(n -> needed.contains(n.id()) || n.op() instanceof QOp.Input)
                .toList();
    }

    /** Whether a matrix engine computes the node: a convolution that is not depthwise. */
    static boolean onMatrix(QNode node) {
        return node.op() instanceof QOp.Conv conv && !isDepthwise(conv);
    }

    /** Whether a vector engine computes the node: pooling, addition, depthwise convolution. */
    static boolean onVector(QNode node) {
        return switch (node.op()) {
            case QOp.MaxPool _, QOp.SumPool _, QOp.Add _, QOp.Extreme _, QOp.ArgMax _, QOp.Mul _ -> true;
            case QOp.Gather _, QOp.DepthToSpace _ -> true;
            case QOp.Conv conv -> isDepthwise(conv);
            case QOp.Input _, QOp.View _, QOp.Concat _ -> false;
        };
    }

    /** Whether a vector engine multiplies every tap of the node by a weight: one for such nodes alone is smaller. */
    static boolean isWeighted(QNode node) {
        return onVector(node) && node.op() instanceof QOp.Conv;
    }

    /** Whether each channel is a group by itself, with one filter. */
    static boolean isDepthwise(QOp.Conv conv) {
        return conv.groups() > 1
                && conv.bands().isEmpty()
                && conv.groups() == conv.outputChannels()
                && conv.weights().size()
                        == conv.outputChannels() * conv.window().taps();
    }

    private static List<Integer> onePerLayer(QuantizedGraph graph) {
        var of = new Integer[graph.nodes().size()];
        int m = 0;
        int v = 0;
        java.util.Arrays.fill(of, 0);
        for (var node : live(graph)) {
            if (onMatrix(node)) {
                of[node.id()] = m++;
            } else if (onVector(node)) {
                of[node.id()] = v++;
            }
        }
        return List.of(of);
    }

    private static MatrixSize cut(MatrixSize size, Geometry g) {
        int outputs = Math.min(size.outputs(), g.outputChannels());
        int lanes = Math.min(size.lanes(), Reduction.runElements(g));
        int pixels = Math.min(size.pixels(), g.outputColumns());
        var drain = size.drain().withLanes(Math.min(size.drain().lanes(), outputs));
        int load = Math.min(size.weightLanes(), outputs * lanes);
        int chain = Math.min(size.chain(), lanes);
        return new MatrixSize(
                outputs, lanes, pixels, chain, size.packed(), load, drain, size.slots(), size.multipliersInDsp());
    }

    private static VectorSize cut(VectorSize size, Geometry g) {
        int lanes = Math.min(size.lanes(), Sizing.usefulLanes(g));
        return size.withLanes(lanes);
    }

    private static Skeleton build(
            QuantizedGraph graph,
            MachineOptions options,
            List<MatrixSize> matrices,
            List<VectorSize> vectors,
            List<Integer> engineOf) {
        var sizes = streamed(graph, options, matrices);
        check(graph, options, sizes, vectors, engineOf);
        var singles = Singles.of(
                graph,
                n -> sizes.get(engineOf.get(n.id())).slots(),
                n -> drainOf(n, sizes, vectors, engineOf).lanes() == 1 && !isSpilled(graph, n, options));
        var units = new ArrayList<Unit>();
        units.add(new Unit.HostIn(0, "host_in", options.host().in(), NOTHING));
        for (int i = 0; i < sizes.size(); i++) {
            var m = sizes.get(i);
            var steps =
                    m.pixels() == 1 ? List.<Integer>of() : pixelSteps(graph, options, engineOf, i, singles.layers());
            int pixels = steps.isEmpty() ? 1 : m.pixels();
            int tilesPerBeat = tilesPerBeat(graph, options.streams(), i, m);
            units.add(new Unit.Matrix(
                    units.size(),
                    "matrix_" + i,
                    m.outputs(),
                    m.lanes(),
                    pixels,
                    steps,
                    m.chain(),
                    m.packed(),
                    m.multipliersInDsp(),
                    Math.min(m.weightLanes(), m.tileWeights()),
                    0,
                    fifoWords(options.streams(), i, m, tilesPerBeat),
                    tilesPerBeat,
                    0,
                    0,
                    m.slots() ? 1 : 0,
                    2,
                    false,
                    drain(m.drain(), true),
                    NOTHING));
        }
        for (int i = 0; i < vectors.size(); i++) {
            var v = vectors.get(i);
            units.add(new Unit.Vector(
                    units.size(),
                    "vector_" + i,
                    v.lanes(),
                    0,
                    2,
                    Unit.Features.NONE,
                    v.multipliersInDsp(),
                    0,
                    drain(v.drain(), false),
                    NOTHING));
        }
        addSpilling(units, graph, options);
        units.add(new Unit.HostOut(units.size(), "host_out", options.host().out(), NOTHING));
        return new Skeleton(units, matrices.size(), vectors.size(), engineOf);
    }

    private static DrainSize drainOf(
            QNode node, List<MatrixSize> matrices, List<VectorSize> vectors, List<Integer> engineOf) {
        int engine = engineOf.get(node.id());
        return onMatrix(node)
                ? matrices.get(engine).drain()
                : vectors.get(engine).drain();
    }

    private static boolean isSpilled(QuantizedGraph graph, QNode node, MachineOptions options) {
        return options.streams().spills().stream().anyMatch(s -> Operands.source(graph, s.node()) == node.id());
    }

    /** Streamed engines have a weight bus as wide as a beat of the DRAM port, or, as every engine, as their tile. */
    private static List<MatrixSize> streamed(QuantizedGraph graph, MachineOptions options, List<MatrixSize> matrices) {
        var streams = options.streams();
        var sizes = new ArrayList<>(matrices);
        int beat = streams.dram().elements(graph.precision(), 1);
        for (int i : streams.engines()) {
            if (i < 0 || i >= sizes.size()) {
                throw new IllegalArgumentException("no matrix engine " + i + " to stream weights to");
            }
            var m = sizes.get(i);
            var where = SourceRef.file(graph.name());
            if (options.control() == Machine.Control.FIXED) {
                throw new CompileException(
                        2,
                        new Diagnostic(
                                "SCH-0005",
                                where,
                                "matrix engine " + i + " takes its weights from DRAM in a machine with fixed control",
                                "use loaded control, or keep the weights on chip"));
            }
            if (beat < 1) {
                throw new CompileException(
                        2,
                        new Diagnostic(
                                "SCH-0006",
                                where,
                                "matrix engine " + i + " takes its weights from DRAM, which has "
                                        + streams.dram().dataBytes() + " bytes a beat, less than a code of "
                                        + graph.precision().bits() + " bits",
                                "keep its weights on chip"));
            }
            sizes.set(i, m.withWeightLanes(beat));
        }
        return sizes;
    }

    /** The units that move spilled maps, a beat of the DRAM port a clock. */
    private static void addSpilling(List<Unit> units, QuantizedGraph graph, MachineOptions options) {
        if (options.streams().spills().isEmpty()) {
            return;
        }
        var dram = options.streams().dram();
        int beat = dram.elements(graph.precision(), 1);
        var where = SourceRef.file(graph.name());
        if (options.control() == Machine.Control.FIXED) {
            throw new CompileException(
                    2,
                    new Diagnostic(
                            "SCH-0005",
                            where,
                            "maps are spilled to DRAM in a machine with fixed control",
                            "use loaded control, or keep the maps on chip"));
        }
        if (beat < 1) {
            throw new CompileException(
                    2,
                    new Diagnostic(
                            "SCH-0006",
                            where,
                            "maps of " + graph.precision() + " codes are spilled to a DRAM of " + dram.dataBytes()
                                    + " bytes a beat",
                            "use a wider port, or keep the maps on chip"));
        }
        var spills = options.streams().spills();
        int stores =
                1 + spills.stream().mapToInt(MachineOptions.Spill::store).max().orElse(0);
        int loads =
                1 + spills.stream().mapToInt(MachineOptions.Spill::load).max().orElse(0);
        for (int i = 0; i < stores; i++) {
            units.add(new Unit.Store(units.size(), numbered("store", i, stores), beat, dram.burstBeats(), NOTHING));
        }
        for (int i = 0; i < loads; i++) {
            units.add(new Unit.Load(units.size(), numbered("load", i, loads), beat, NOTHING));
        }
    }

    /** The name of one of several units of a kind. */
    private static String numbered(String kind, int index, int count) {
        return count == 1 ? kind : kind + "_" + index;
    }

    /**
     * What the options ask for, or two tiles and four bursts; of an engine that takes several tiles from a beat, which is soon enough full again, a tile and two bursts; 0 for one whose weights live
     * on chip.
     */
    private static int fifoWords(MachineOptions.Streams streams, int engine, MatrixSize m, int tilesPerBeat) {
        if (!streams.engines().contains(engine)) {
            return 0;
        }
        int burst = streams.dram().burstBeats();
        if (tilesPerBeat > 1) {
            return Placement.powerOfTwo(1 + 2 * burst);
        }
        return streams.fifoWords() > 0 ? streams.fifoWords() : Placement.powerOfTwo(2 * m.tileLoadCycles() + 4 * burst);
    }

    /**
     * Weights that come to an engine a clock; over the port when all streamed engines fetch, each as much of what it can take.
     *
     * @param part of what the port brings
     */
    int weightLanes(Unit.Matrix engine, DramPort dram, double part) {
        if (!engine.streamed()) {
            return engine.weightLanes();
        }
        double beats = units.stream()
                .mapToDouble(u -> u instanceof Unit.Matrix m && m.streamed() ? 1.0 / m.tilesPerBeat() : 0)
                .sum();
        double share = Math.min(1, dram.efficiency() / beats);
        return engine.weightsPerCycle(part * share / engine.tilesPerBeat());
    }

    /** As many tiles as a beat has room for where it is cut into equal parts, a power of two; 1 for an engine whose weights live on chip. */
    private static int tilesPerBeat(QuantizedGraph graph, MachineOptions.Streams streams, int engine, MatrixSize m) {
        int beat = streams.dram().elements(graph.precision(), 1);
        return streams.engines().contains(engine) ? Integer.highestOneBit(Math.max(1, beat / m.tileWeights())) : 1;
    }

    private static Unit.Drain drain(DrainSize size, boolean requantize) {
        return new Unit.Drain(size.lanes(), size.interval(), requantize, size.multipliersInDsp(), 0, false, 0, 0);
    }

    /** Distances of neighbouring windows of the layers that have neighbours, on one engine; of other networks, all. */
    private static List<Integer> pixelSteps(
            QuantizedGraph graph, MachineOptions options, List<Integer> engineOf, int matrix, Set<Integer> singles) {
        var steps = new TreeSet<Integer>();
        for (var node : live(graph)) {
            if (onMatrix(node) && engineOf.get(node.id()) == matrix) {
                var g = Geometry.ofNode(graph, node.id());
                if (singles.contains(node.id()) && g.outputColumns() > 1) {
                    steps.add(g.columnStride());
                } else {
                    addStep(steps, g);
                }
            }
        }
        if (options.engines() instanceof MachineOptions.Engines.One) {
            for (var other : options.also()) {
                live(other).stream()
                        .filter(Skeleton::onMatrix)
                        .forEach(n -> addStep(steps, Geometry.ofNode(other, n.id())));
            }
        }
        return List.copyOf(steps);
    }

    private static void addStep(Collection<Integer> steps, Geometry g) {
        if (hasNeighbours(g)) {
            steps.add(pixelStep(g));
        }
    }

    /** Whether several pixels of a layer can be computed at once: their windows lie equally far apart in all inputs. */
    static boolean hasNeighbours(Geometry g) {
        if (g.outputColumns() == 1) {
            return false;
        }
        int channels = g.parts().getFirst();
        for (int other : g.parts()) {
            if (other != channels) {
                return false;
            }
        }
        return true;
    }

    /** Elements between the windows of neighbouring pixels, in the first input. */
    static int pixelStep(Geometry g) {
        return g.columnStride() * g.parts().getFirst();
    }

    private static void check(
            QuantizedGraph graph,
            MachineOptions options,
            List<MatrixSize> matrices,
            List<VectorSize> vectors,
            List<Integer> engineOf) {
        var found = new ArrayList<Diagnostic>();
        for (var node : live(graph)) {
            if (engineOf.size() <= node.id()) {
                throw new IllegalArgumentException("engineOf names no engine for node " + node.id());
            }
        }
        var where = SourceRef.file(graph.name());
        for (int i = 0; i < matrices.size(); i++) {
            var m = matrices.get(i);
            if (m.outputs() < 1
                    || m.lanes() < 1
                    || m.pixels() < 1
                    || m.weightLanes() < 1
                    || m.drain().lanes() < 1) {
                found.add(new Diagnostic(
                        "SCH-0001",
                        where,
                        "matrix engine " + i + " has a size below 1: " + m,
                        "give P, S, X, Q and the weight lanes values of 1 or more"));
                continue;
            }
            if (m.packed() && (graph.precision() != Precision.INT8 || m.chain() > Unit.PACKED_CHAIN_MAX)) {
                found.add(new Diagnostic(
                        "SCH-0002",
                        where,
                        "matrix engine " + i + " has two products a multiplier, in cascades of " + m.chain() + ", of "
                                + graph.precision() + " codes",
                        "pack products only of int8 codes, in cascades of at most " + Unit.PACKED_CHAIN_MAX));
            }
            if (m.drain().lanes() > m.outputs()) {
                found.add(new Diagnostic(
                        "SCH-0003",
                        where,
                        "matrix engine " + i + " drains " + m.drain().lanes() + " codes a clock, but has only "
                                + m.outputs() + " output channels",
                        "lower Q to " + m.outputs()));
            }
        }
        if (options.host().in() < 1 || options.host().out() < 1 || options.descriptorBits() < 8) {
            found.add(new Diagnostic(
                    "SCH-0004",
                    where,
                    "host lanes are " + options.host() + " and descriptor words " + options.descriptorBits() + " bits",
                    "use 1 lane or more and 8 bits or more"));
        }
        if (!found.isEmpty()) {
            throw new CompileException(2, found);
        }
    }
}
