package io.millrace.scheduler.internal;

import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.Streams;
import io.millrace.scheduler.Reduction;
import io.millrace.scheduler.Target;
import io.millrace.scheduler.Unit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.TreeSet;

/**
 * Chooses which engines take their weights from DRAM: as few as leave the others' weights room on chip, those with most weights first. Firings of layers on
 * them get as many rows as hide the stream.
 */
final class Residence {
    private static final long BRAM36_BITS = 36 * 1024L;

    private final QuantizedGraph graph;
    private final Target target;
    private final double share;

    /** @param share part of the block RAMs that a machine may use */
    Residence(QuantizedGraph graph, Target target, double share) {
        this.graph = graph;
        this.target = target;
        this.share = share;
    }

    /** Weights of a beat where so many may have to be streamed that {@code part} of the usable block RAMs does not hold them, else 1. */
    int tileMin(double part) {
        long bits = 0;
        for (var node : Skeleton.live(graph)) {
            if (node.op() instanceof QOp.Conv conv) {
                bits += (long) conv.weights().size() * graph.precision().bits();
            }
        }
        return target.dram().exists() && bits > budget(part) ? beat() : 1;
    }

    private long budget(double part) {
        return (long) (share * part * target.bram36() * BRAM36_BITS);
    }

    /** Weights of a beat. */
    int beat() {
        return target.dram().elements(graph.precision(), 1);
    }

    /**
     * The options with streams where weights would take more than {@code part} of the usable block RAMs, as they are where they take less or the target has no
     * DRAM. An engine smaller than a beat keeps its weights.
     *
     * @param cycles a frame for which R of the streamed layers is chosen, as far as that is possible
     */
    MachineOptions of(MachineOptions options, double part, double cycles) {
        if (!target.dram().exists()) {
            return options;
        }
        var skeleton = Skeleton.of(graph, options);
        long[] bits = weightBits(skeleton);
        long budget = budget(part);
        int beat = beat();
        long resident = 0;
        for (long b : bits) {
            resident += b;
        }
        var streamed = new TreeSet<Integer>();
        while (resident > budget) {
            int most = -1;
            for (int i = 0; i < bits.length; i++) {
                var m = (Unit.Matrix) skeleton.units().get(skeleton.matrix(i));
                boolean can = !streamed.contains(i) && m.outputs() * m.lanes() >= beat && bits[i] > 0;
                if (can && (most < 0 || bits[i] > bits[most])) {
                    most = i;
                }
            }
            if (most < 0) {
                break;
            }
            streamed.add(most);
            resident -= bits[most];
        }
        if (streamed.isEmpty()) {
            return options;
        }
        var streaming = options.withStreams(new Streams(target.dram(), new ArrayList<>(streamed), 0));
        return StreamedRows.choose(graph, streaming, cycles);
    }

    /** Bits of the weights of each matrix engine, those that only fill tiles up included, those of equal layers once. */
    private long[] weightBits(Skeleton skeleton) {
        long[] bits = new long[skeleton.matrices()];
        var counted = new HashSet<List<Object>>();
        for (var node : Skeleton.live(graph)) {
            if (node.op() instanceof QOp.Conv conv && Skeleton.onMatrix(node)) {
                int engine = skeleton.engineOf().get(node.id());
                var m = (Unit.Matrix) skeleton.units().get(skeleton.matrix(engine));
                var g = Geometry.ofNode(graph, node.id());
                if (!counted.add(List.of(engine, g, conv.weights()))) {
                    continue;
                }
                long tiles = (long) Math.ceilDiv(g.outputChannels(), m.outputs())
                        * Reduction.segmentsPerTile(g, m.outputs(), m.lanes());
                bits[engine] +=
                        tiles * m.outputs() * m.lanes() * graph.precision().bits();
            }
        }
        return bits;
    }
}
