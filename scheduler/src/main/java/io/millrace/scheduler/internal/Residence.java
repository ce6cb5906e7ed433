package io.millrace.scheduler.internal;

import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.Connections;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.Streams;
import io.millrace.scheduler.Objective;
import io.millrace.scheduler.Reduction;
import io.millrace.scheduler.Target;
import io.millrace.scheduler.Unit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Chooses which engines take their weights from DRAM: until the others' weights have room on chip, those first whose weights are there for one product, then those that save most memory for a bit read. Firings of layers on
 * them get as many rows as hide the stream.
 */
final class Residence {
    /** Part of the usable block RAMs that may hold weights when some of them are streamed: rows and accumulators need the rest. */
    static final double PART_ON_CHIP = 0.5;

    /** What the FIFO of a streamed engine takes: a beat wide, as deep as block RAMs are. */
    private static final long FIFO_BITS = 8 * Target.BRAM36_BITS;

    private final QuantizedGraph graph;
    private final Target target;
    /** Part of the block RAMs that a machine may use. */
    private final double share;

    private final int multipliersMax;

    Residence(QuantizedGraph graph, Target target, Objective objective) {
        this.graph = graph;
        this.target = target;
        share = objective.blockRamShare(target);
        multipliersMax = objective.multipliersMax();
    }

    /** Whether weights have to be streamed if {@code part} of the usable block RAMs is for them. */
    boolean streams(double part) {
        long bits = 0;
        for (var node : Skeleton.live(graph)) {
            if (node.op() instanceof QOp.Conv conv) {
                bits += (long) conv.weights().size() * graph.precision().bits();
            }
        }
        return target.dram().exists() && bits > budget(part);
    }

    private long budget(double part) {
        return (long) (share * part * target.bram36() * Target.BRAM36_BITS);
    }

    /** Weights of the smallest tile that is streamed, 0 without DRAM: a beat, or a part of it where an array may not have as many multipliers. */
    int tileStreamed() {
        int beat = target.dram().elements(graph.precision(), 1);
        return multipliersMax == 0 ? beat : Math.min(beat, Integer.highestOneBit(multipliersMax));
    }

    /**
     * The options with streams where weights would take more than {@code part} of the usable block RAMs, as they are where they take less or the target has no
     * DRAM. An engine whose tiles are smaller than {@link #tileStreamed} keeps its weights, but for those that are there for one product.
     *
     * @param cycles a frame for which R of the streamed layers is chosen, as far as that is possible
     */
    MachineOptions of(MachineOptions options, double part, double cycles) {
        if (!target.dram().exists()) {
            return options;
        }
        var skeleton = Skeleton.of(graph, options);
        var weights = weights(skeleton);
        long budget = budget(part);
        long resident = weights.stream().mapToLong(Weights::bits).sum();
        var streamed = new TreeSet<Integer>();
        var byWorth = IntStream.range(0, weights.size())
                .filter(i -> skeleton.units().get(skeleton.matrix(i)) instanceof Unit.Matrix m
                        && !m.hasSlots()
                        && (weights.get(i).once || m.tileWeights() >= tileStreamed())
                        && weights.get(i).bits > 0)
                .boxed()
                .sorted(Comparator.<Integer>comparingInt(i -> weights.get(i).once ? 0 : 1)
                        .thenComparingDouble(i -> -weights.get(i).savedForRead()))
                .toList();
        for (int engine : byWorth) {
            if (resident > budget) {
                streamed.add(engine);
                resident -= weights.get(engine).bits;
            }
        }
        if (streamed.isEmpty()) {
            return options;
        }
        var streaming = options.withStreams(new Streams(target.dram(), new ArrayList<>(streamed), 0));
        return StreamedRows.choose(graph, streaming, cycles);
    }

    /**
     * The weights of a matrix engine.
     *
     * @param bits that they take on chip, those that only fill tiles up included, those of equal layers once
     * @param read bits a frame that come from DRAM where they are streamed and each firing has as many rows as it can
     * @param once whether each weight is there for one product a frame
     */
    private record Weights(long bits, double read, boolean once) {
        /** Bits less on chip, FIFO taken off, for a bit read. */
        double savedForRead() {
            return (bits - FIFO_BITS) / read;
        }
    }

    private List<Weights> weights(Skeleton skeleton) {
        var bits = new long[skeleton.matrices()];
        var read = new double[bits.length];
        var once = new boolean[bits.length];
        Arrays.fill(once, true);
        var counted = new HashSet<List<Object>>();
        for (var node : Skeleton.live(graph)) {
            if (node.op() instanceof QOp.Conv conv && Skeleton.onMatrix(node)) {
                int engine = skeleton.engineOf().get(node.id());
                var m = (Unit.Matrix) skeleton.units().get(skeleton.matrix(engine));
                var g = Geometry.ofNode(graph, node.id());
                long tiles = m.hasSlots() && Singles.canBe(graph, node)
                        ? Connections.of(conv, g, m.outputs()).count(m.lanes())
                        : (long) Math.ceilDiv(g.outputChannels(), m.outputs())
                                * Reduction.segmentsPerTile(g, m.outputs(), m.lanes());
                long all = tiles * m.tileWeights() * graph.precision().bits();
                once[engine] &= g.onePixel();
                int rows = StreamedRows.rowsMost(g, Sizing.pixels(g, m));
                read[engine] += (double) all * g.firings(rows);
                // Layers that differ in the size of their maps alone have the same tiles.
                bits[engine] += counted.add(List.of(engine, conv.window(), g.parts(), conv.weights())) ? all : 0;
            }
        }
        return IntStream.range(0, bits.length)
                .mapToObj(i -> new Weights(bits[i], read[i], once[i]))
                .toList();
    }
}
