package io.millrace.scheduler.internal;

import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.MachineOptions.DrainSize;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.VectorSize;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * One matrix engine and one vector engine for a whole network: what a network in phases runs on, in which engines of their own for early and late layers would wait
 * for each other's phase.
 *
 * @param cycles a frame takes at least, each firing being of as many rows as accumulators are made for
 */
record Overlay(MatrixSize matrix, VectorSize vector, long cycles) {
    private static final List<Integer> OUTPUTS = List.of(4, 8, 16, 24, 32, 48, 64, 96, 128);
    private static final List<Integer> LANES = List.of(4, 8, 12, 16, 24, 32, 48, 64);
    private static final List<Integer> LANES_OUT = List.of(1, 2, 4, 8, 16, 32);

    /** Parts of the DSPs that engines are sought for. */
    private static final List<Double> PARTS = List.of(1.0, 0.7, 0.45, 0.25, 0.12);

    /**
     * The fastest engines for all DSPs, for fewer, and so on, fastest first.
     *
     * @param dsps that array, requantizers and vector lanes have together
     * @param packed whether a DSP of the array does two products
     * @param least multipliers of an array
     */
    static List<Overlay> of(QuantizedGraph graph, int dsps, boolean packed, int least) {
        var all = all(graph, dsps, packed, least);
        return PARTS.stream()
                .map(part -> all.stream()
                        .filter(o -> o.dsps() <= (int) (dsps * part))
                        .min(Comparator.comparingLong(Overlay::cycles)))
                .flatMap(Optional::stream)
                .distinct()
                .toList();
    }

    /** DSPs of the array, the requantizers and the vector lanes. */
    private int dsps() {
        return matrix.dsps() + matrix.drain().lanes() + 2 * vector.drain().lanes();
    }

    private static List<Overlay> all(QuantizedGraph graph, int dsps, boolean packed, int least) {
        var all = new ArrayList<Overlay>();
        for (int p : OUTPUTS) {
            for (int s : LANES) {
                var size = MatrixSize.of(p, s, 1, 1, least);
                var array = packed ? size.withPacking() : size;
                if (p * s >= least && array.dsps() < dsps) {
                    all.add(with(graph, array));
                }
            }
        }
        return all;
    }

    /** As many requantizers and vector lanes as keep up with the array. */
    private static Overlay with(QuantizedGraph graph, MatrixSize array) {
        long reads = matrixCycles(graph, array.withDrain(DrainSize.of(array.outputs())));
        var matrix = array;
        for (int q : LANES_OUT) {
            matrix = array.withDrain(DrainSize.of(Math.min(q, array.outputs())));
            if (matrixCycles(graph, matrix) <= reads * 1.02) {
                break;
            }
        }
        var vector = VectorSize.of(1);
        for (int v : LANES_OUT) {
            vector = VectorSize.of(v);
            if (vectorCycles(graph, vector.drain()) <= reads * 0.5) {
                break;
            }
        }
        return new Overlay(matrix, vector, matrixCycles(graph, matrix));
    }

    private static long matrixCycles(QuantizedGraph graph, MatrixSize size) {
        long cycles = 0;
        for (var node : Skeleton.live(graph)) {
            if (Skeleton.onMatrix(node)) {
                var g = Geometry.ofNode(graph, node.id());
                int rows = Math.clamp(StreamedRows.CLOCKS_MAX / g.outputColumns(), 1, g.outputRows());
                cycles += Sizing.multiplyCycles(g, rows, size, 1);
            }
        }
        return cycles;
    }

    private static long vectorCycles(QuantizedGraph graph, DrainSize size) {
        long cycles = 0;
        for (var node : Skeleton.live(graph)) {
            if (Skeleton.onVector(node)) {
                cycles += Sizing.poolCycles(Geometry.ofNode(graph, node.id()), 1, size);
            }
        }
        return cycles;
    }
}
