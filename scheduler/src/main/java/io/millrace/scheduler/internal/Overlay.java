package io.millrace.scheduler.internal;

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
import java.util.stream.Stream;

/**
 * One matrix engine for a whole network, or one for convolutions of more channels out than in and one for the others, and one vector engine, or one for layers
 * with weights and one for the others: engines wait little for another one's layers, and few streams read the weights. In it many layers have to share P and S.
 *
 * @param engineOf by node, the number of its matrix or vector engine
 * @param cycles a frame takes at least, each firing being of as many rows as accumulators are made for
 */
record Overlay(List<MatrixSize> matrices, List<VectorSize> vectors, List<Integer> engineOf, long cycles) {
    private static final List<Integer> OUTPUTS = List.of(4, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 192, 256);
    private static final List<Integer> LANES =
            List.of(4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 43, 48, 56, 64, 72, 80, 86);
    private static final List<Integer> LANES_OUT = List.of(1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128);

    /** Parts of the DSPs that engines are sought for. */
    private static final List<Double> PARTS = List.of(1.0, 0.9, 0.7, 0.45, 0.25, 0.12);

    /** Engines of different shape that are sought for all DSPs. */
    private static final int SHAPES = 2;

    /** Of the cycles that the array takes, what the vector engine may: firings of both depend on each other, so that each waits for the other one's tail. */
    private static final double VECTOR_PART = 0.4;

    /** The same for layers without weights where they have an engine of their own: it costs little, and others wait for it. */
    private static final double OTHERS_PART = 0.15;

    private static final double MORE_FOR_DRAIN = 1.01;

    /** Output channels a requantizer where there is room for many. */
    private static final int WIDE_DRAIN = 2;

    /**
     * The fastest engines for all DSPs, then for fewer, and so on, fastest first.
     *
     * @param dsps of all arrays; other multipliers can be logic
     * @param packed whether a DSP of the array does two products
     * @param beat weights that come a clock where they are streamed, and multipliers of an array at least; 0 without DRAM
     */
    static List<Overlay> of(QuantizedGraph graph, int dsps, boolean packed, int beat) {
        var sizes = new ArrayList<MatrixSize>();
        for (int p : OUTPUTS) {
            for (int s : LANES) {
                var size = MatrixSize.of(p, s, 1, p, Math.min(p * s, beat > 0 ? beat : SizeTable.WEIGHT_LANES))
                        .withDrain(new DrainSize(p, 1, false))
                        .withPacking(packed);
                if (p * s >= beat && size.dsps() <= dsps) {
                    sizes.add(size);
                }
            }
        }
        return Split.ALL.stream()
                .map(split -> Network.of(graph, split))
                .distinct()
                .flatMap(network -> network.overlays(sizes, dsps))
                .sorted(Comparator.comparingLong(Overlay::cycles))
                .toList();
    }

    /**
     * What is apart.
     *
     * @param convolutions those of more channels out than in from the others
     * @param weighted layers of vector engines with weights from those without
     */
    private record Split(boolean convolutions, boolean weighted) {
        static final List<Split> ALL =
                List.of(new Split(false, false), new Split(false, true), new Split(true, false), new Split(true, true));
    }

    /** @param reads cycles of a frame with a drain that keeps up */
    private record Array(MatrixSize size, long reads) {}

    /** Arrays that work side by side. */
    private record Arrays(List<Array> arrays) {
        long reads() {
            return arrays.stream().mapToLong(Array::reads).max().orElse(0);
        }
    }

    /** Layers of matrix and of vector engines. */
    private record Network(List<List<Geometry>> matrices, List<List<Geometry>> vectors, List<Integer> engineOf) {
        static Network of(QuantizedGraph graph, Split split) {
            var engineOf = new ArrayList<>(Collections.nCopies(graph.nodes().size(), 0));
            var matrices = List.<List<Geometry>>of(new ArrayList<>(), new ArrayList<>());
            var vectors = List.<List<Geometry>>of(new ArrayList<>(), new ArrayList<>());
            for (var node : Skeleton.live(graph)) {
                int engine = 0;
                if (Skeleton.onMatrix(node)) {
                    var g = Geometry.ofNode(graph, node.id());
                    boolean narrows = g.outputChannels() <= g.inputChannels();
                    engine = split.convolutions && narrows ? 1 : 0;
                    matrices.get(engine).add(g);
                } else if (Skeleton.onVector(node)) {
                    engine = split.weighted && !Skeleton.isWeighted(node) ? 1 : 0;
                    vectors.get(engine).add(Geometry.ofNode(graph, node.id()));
                }
                engineOf.set(node.id(), engine);
            }
            // All on the second of two are all on one.
            if (split.convolutions && matrices.getFirst().isEmpty()) {
                return of(graph, new Split(false, split.weighted));
            }
            if (split.weighted && vectors.getFirst().isEmpty()) {
                return of(graph, new Split(split.convolutions, false));
            }
            return new Network(used(matrices), used(vectors), engineOf);
        }

        /** Those that have layers; if one has none, it is the last. */
        private static List<List<Geometry>> used(List<List<Geometry>> engines) {
            return engines.stream().filter(layers -> !layers.isEmpty()).toList();
        }

        Stream<Overlay> overlays(List<MatrixSize> sizes, int dsps) {
            if (matrices.isEmpty()) {
                return Stream.empty();
            }
            var chosen = new LinkedHashSet<Arrays>();
            var first = arrays(matrices.getFirst(), sizes);
            if (matrices.size() == 1) {
                var fastest = first.stream()
                        .sorted(Comparator.comparingLong(Array::reads))
                        .toList();
                fastest.subList(0, Math.min(SHAPES, fastest.size())).forEach(a -> chosen.add(new Arrays(List.of(a))));
                for (double part : PARTS) {
                    fastest.stream()
                            .filter(a -> a.size.dsps() <= (int) (dsps * part))
                            .findFirst()
                            .ifPresent(a -> chosen.add(new Arrays(List.of(a))));
                }
            } else {
                var second = arrays(matrices.getLast(), sizes);
                for (double part : PARTS) {
                    pair(first, second, (int) (dsps * part)).ifPresent(chosen::add);
                }
            }
            return chosen.stream().flatMap(this::overlays);
        }

        private static List<Array> arrays(List<Geometry> layers, List<MatrixSize> sizes) {
            return sizes.stream().map(s -> new Array(s, cycles(layers, s))).toList();
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

        /** Arrays with many requantizers and with few. */
        private Stream<Overlay> overlays(Arrays arrays) {
            var sizes = new ArrayList<VectorSize>();
            for (int i = 0; i < vectors.size(); i++) {
                sizes.add(vector(vectors.get(i), arrays, i == 0 ? VECTOR_PART : OTHERS_PART));
            }
            return Stream.of(true, false)
                    .map(wide -> {
                        var drained = new ArrayList<MatrixSize>();
                        for (int i = 0; i < matrices.size(); i++) {
                            var size = arrays.arrays.get(i).size;
                            drained.add(drained(matrices.get(i), size, wide ? size.outputs() / WIDE_DRAIN : 1, arrays));
                        }
                        return List.copyOf(drained);
                    })
                    .distinct()
                    .map(m -> new Overlay(m, List.copyOf(sizes), engineOf, cycles(m)));
        }

        private long cycles(List<MatrixSize> sizes) {
            long most = 0;
            for (int i = 0; i < sizes.size(); i++) {
                most = Math.max(most, cycles(matrices.get(i), sizes.get(i)));
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
        private static VectorSize vector(List<Geometry> layers, Arrays arrays, double part) {
            var vector = new VectorSize(new DrainSize(1, 1, false));
            for (int v : LANES_OUT) {
                vector = new VectorSize(new DrainSize(v, 1, false));
                if (cycles(layers, vector) <= arrays.reads() * part) {
                    break;
                }
            }
            return Sizing.fewestRequantizers(
                    vector, v -> cycles(layers, v), (long) (cycles(layers, vector) * MORE_FOR_DRAIN));
        }

        private static long cycles(List<Geometry> layers, MatrixSize size) {
            return layers.stream()
                    .mapToLong(g -> Sizing.multiplyCycles(g, StreamedRows.rowsMost(g, 1), size, 1))
                    .sum();
        }

        private static long cycles(List<Geometry> layers, VectorSize size) {
            return layers.stream()
                    .mapToLong(g -> Sizing.reduceCycles(g, 1, size))
                    .sum();
        }
    }
}
