package io.millrace.scheduler.internal;

import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.MachineOptions.DrainSize;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.VectorSize;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * One matrix engine and one vector engine for a whole network: no engine waits for another one's layers, and all weights are read by one stream. In it all layers
 * have to share P and S.
 *
 * @param cycles a frame takes at least, each firing being of as many rows as accumulators are made for
 */
record Overlay(MatrixSize matrix, VectorSize vector, long cycles) {
    private static final List<Integer> OUTPUTS = List.of(4, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 192, 256);
    private static final List<Integer> LANES =
            List.of(4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 43, 48, 56, 64, 72, 80, 86);
    private static final List<Integer> LANES_OUT = List.of(1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128);

    /** Parts of the DSPs that engines are sought for. */
    private static final List<Double> PARTS = List.of(1.0, 0.7, 0.45, 0.25, 0.12);

    /** Engines of different shape that are sought for all DSPs. */
    private static final int SHAPES = 2;

    /** Of the cycles that the array takes, what the vector engine may: firings of both depend on each other, so that each waits for the other one's tail. */
    private static final double VECTOR_PART = 0.4;

    private static final double MORE_FOR_DRAIN = 1.01;

    /** Output channels a requantizer where there is room for many. */
    private static final int WIDE_DRAIN = 2;

    /**
     * The fastest engines for all DSPs, then for fewer, and so on, fastest first.
     *
     * @param dsps of an array; other multipliers can be logic
     * @param packed whether a DSP of the array does two products
     * @param beat weights that come a clock where they are streamed, and multipliers of an array at least; 0 without DRAM
     */
    static List<Overlay> of(QuantizedGraph graph, int dsps, boolean packed, int beat) {
        var network = Network.of(graph);
        var arrays = new ArrayList<Array>();
        for (int p : OUTPUTS) {
            for (int s : LANES) {
                var size = MatrixSize.of(p, s, 1, 1, Math.min(p * s, beat > 0 ? beat : SizeTable.WEIGHT_LANES))
                        .withPacking(packed);
                if (p * s >= beat && size.dsps() <= dsps) {
                    arrays.add(new Array(size, network.matrixCycles(size.withDrain(DrainSize.of(p)))));
                }
            }
        }
        arrays.sort(Comparator.comparingLong(Array::reads));
        var chosen = new LinkedHashSet<>(arrays.subList(0, Math.min(SHAPES, arrays.size())));
        for (double part : PARTS) {
            arrays.stream()
                    .filter(a -> a.size.dsps() <= (int) (dsps * part))
                    .findFirst()
                    .ifPresent(chosen::add);
        }
        return chosen.stream()
                .flatMap(network::overlays)
                .sorted(Comparator.comparingLong(Overlay::cycles))
                .toList();
    }

    /** @param reads cycles of a frame with a drain that keeps up */
    private record Array(MatrixSize size, long reads) {}

    /** Layers of matrix and of vector engines. */
    private record Network(List<Geometry> matrix, List<Geometry> vector) {
        static Network of(QuantizedGraph graph) {
            return new Network(geometries(graph, Skeleton::onMatrix), geometries(graph, Skeleton::onVector));
        }

        private static List<Geometry> geometries(QuantizedGraph graph, Predicate<QNode> which) {
            return Skeleton.live(graph).stream()
                    .filter(which)
                    .map(n -> Geometry.ofNode(graph, n.id()))
                    .toList();
        }

        /** An array with many requantizers and with few. */
        Stream<Overlay> overlays(Array array) {
            var vector = vector(array);
            return Stream.of(array.size.outputs() / WIDE_DRAIN, 1)
                    .map(least -> matrix(array, least))
                    .distinct()
                    .map(m -> new Overlay(m, vector, matrixCycles(m)));
        }

        /**
         * As many requantizers as keep up with the array.
         *
         * @param least of them: a firing's last group is drained when the next one's first may be over
         */
        private MatrixSize matrix(Array array, int least) {
            var matrix = array.size;
            for (int q : LANES_OUT) {
                if (q < least) {
                    continue;
                }
                matrix = array.size.withDrain(new DrainSize(Math.min(q, matrix.outputs()), 1, false));
                if (matrixCycles(matrix) <= array.reads * MORE_FOR_DRAIN) {
                    break;
                }
            }
            return matrix;
        }

        /** As many vector lanes as keep up with the array. */
        private VectorSize vector(Array array) {
            var drain = new DrainSize(1, 1, false);
            for (int v : LANES_OUT) {
                drain = new DrainSize(v, 1, false);
                if (vectorCycles(drain) <= array.reads * VECTOR_PART) {
                    break;
                }
            }
            long most = (long) (vectorCycles(drain) * MORE_FOR_DRAIN);
            return new VectorSize(Sizing.longestProducts(drain, this::vectorCycles, most));
        }

        private long matrixCycles(MatrixSize size) {
            return matrix.stream()
                    .mapToLong(g -> Sizing.multiplyCycles(g, StreamedRows.rowsMost(g, 1), size, 1))
                    .sum();
        }

        private long vectorCycles(DrainSize size) {
            return vector.stream().mapToLong(g -> Sizing.poolCycles(g, 1, size)).sum();
        }
    }
}
