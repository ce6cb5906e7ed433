package io.millrace.scheduler.internal;

import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.Cost;
import io.millrace.scheduler.CostModel;
import io.millrace.scheduler.DramPort;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.Engines;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.Streams;
import io.millrace.scheduler.MachineOptions.VectorSize;
import io.millrace.scheduler.Target;
import io.millrace.scheduler.Unit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The machines a step away from one, by kind of step; those first that are likely to be faster: what its busiest engines are relieved by. */
final class Neighbours {
    /** Kinds of steps, in the order in which they are tried. */
    static final List<Function<Neighbours, List<MachineOptions>>> KINDS = List.of(
            Neighbours::drains,
            Neighbours::lanes,
            Neighbours::shapes,
            Neighbours::layers,
            Neighbours::splits,
            Neighbours::supplies,
            Neighbours::rows);

    /** Busiest engines that get other drains or shapes, and whose layers are moved. */
    private static final int BUSIEST = 4;

    private static final int MOVED_FROM = 2;

    /** Of the cycles that an engine takes, those that one of another shape may take. */
    private static final List<Double> FASTER = List.of(0.995, 0.98, 0.95, 0.9);

    /** Of the cycles of a frame, those that an engine may take that gives DSPs to another one. */
    private static final double TIME_TO_SPARE = 0.985;

    /** Of the cycles of a busy engine, the least that the layers take which get an engine of their own. */
    private static final List<Double> SPLIT_OFF = List.of(0.03, 0.1, 0.2, 0.35);

    /** Of the cycles of a frame, those that such an engine may take. */
    private static final double SPLIT_PART = 0.9;

    private static final int OUTPUTS_MAX = 256;
    private static final int LANES_MAX = 96;

    private final QuantizedGraph graph;
    private final int dsps;
    private final int dspsOfTarget;
    /** Weights that DRAM brings a clock: no engine that is streamed is smaller. */
    private final int beat;

    private final Found found;
    private final MachineOptions options;
    private final Engines.Assigned engines;
    /** Engines of a kind, the busiest first. */
    private final List<Integer> matrices;

    private final List<Integer> vectors;
    /** By matrix engine, cycles a frame that it is busy. */
    private final long[] loads;
    /** By matrix engine, its layers. */
    private final List<List<QNode>> layers;
    /** DSPs that no array has. */
    private final int left;
    /** By matrix engine, its shapes. */
    private final List<Optional<Shapes>> shapes = new ArrayList<>();

    private Neighbours(QuantizedGraph graph, Target target, int dsps, Found found, Engines.Assigned engines) {
        this.graph = graph;
        this.dsps = dsps;
        this.found = found;
        this.engines = engines;
        dspsOfTarget = target.dsp();
        beat = target.dram().elements(graph.precision(), 1);
        options = found.options();
        var cost = CostModel.estimate(found.schedule());
        loads = loads(cost, Unit.Matrix.class);
        matrices = busiest(loads);
        vectors = busiest(loads(cost, Unit.Vector.class));
        var onMatrices =
                Skeleton.live(graph).stream().filter(Skeleton::onMatrix).toList();
        layers = IntStream.range(0, loads.length)
                .mapToObj(e -> onMatrices.stream()
                        .filter(n -> engines.engineOf().get(n.id()) == e)
                        .toList())
                .toList();
        left = dsps - engines.matrices().stream().mapToInt(MatrixSize::dsps).sum();
        engines.matrices().forEach(_ -> shapes.add(Optional.empty()));
    }

    /**
     * Of a machine whose engines are given one by one; none of others.
     *
     * @param dsps of all arrays
     */
    static Optional<Neighbours> of(QuantizedGraph graph, Target target, int dsps, Found found) {
        return found.options().engines() instanceof Engines.Assigned engines
                ? Optional.of(new Neighbours(graph, target, dsps, found, engines))
                : Optional.empty();
    }

    private long[] loads(Cost cost, Class<? extends Unit> kind) {
        return found.schedule().machine().units().stream()
                .filter(kind::isInstance)
                .mapToLong(u -> cost.units().get(u.id()).load())
                .toArray();
    }

    private static List<Integer> busiest(long[] loads) {
        return IntStream.range(0, loads.length)
                .boxed()
                .sorted(Comparator.comparingLong(i -> -loads[i]))
                .toList();
    }

    /** Drains of twice the lanes, and of as many as the array has outputs. */
    private List<MachineOptions> drains() {
        return busiestMatrices()
                .flatMap(e -> {
                    var size = engines.matrices().get(e);
                    int lanes = size.drain().lanes();
                    return Stream.of(2 * lanes, size.outputs())
                            .distinct()
                            .filter(q -> q > lanes && q <= size.outputs())
                            .map(q -> withMatrix(e, size.withDrain(size.drain().withLanes(q))));
                })
                .toList();
    }

    /** Vector engines of more lanes or requantizers. */
    private List<MachineOptions> lanes() {
        return vectors.stream()
                .flatMap(e -> {
                    var size = engines.vectors().get(e);
                    int v = size.lanes();
                    int q = size.drain().lanes();
                    return Stream.of(
                                    lanes(size, v, Math.min(v, 2 * q)),
                                    lanes(size, v * 5 / 4, q),
                                    lanes(size, v * 3 / 2, Math.ceilDiv(q * 3, 2)),
                                    lanes(size, v * 2, q * 2))
                            .filter(s -> !s.equals(size))
                            .map(s -> withVector(e, s));
                })
                .toList();
    }

    private static VectorSize lanes(VectorSize size, int lanes, int requantizers) {
        return size.withDrain(size.drain().withLanes(requantizers)).withLanes(lanes);
    }

    /** Faster arrays for the busiest engines: of DSPs that are left, or that another engine can spare. */
    private List<MachineOptions> shapes() {
        var steps = new ArrayList<MachineOptions>();
        busiestMatrices().forEach(e -> {
            var size = engines.matrices().get(e);
            long now = cycles(e, size);
            for (double part : FASTER) {
                var faster = shapesOf(e).cheapest((long) (now * part));
                if (faster.isPresent()) {
                    int missing = faster.get().dsps() - size.dsps() - left;
                    if (missing <= 0) {
                        steps.add(withMatrix(e, faster.get()));
                    } else {
                        withLessOfAnother(e, missing)
                                .forEach(other -> steps.add(given(withArray(other, e, faster.get()))));
                    }
                }
            }
        });
        return steps;
    }

    /** The arrays with one of the others smaller by so many DSPs, those first that have least to do, where it can be. */
    private Stream<List<MatrixSize>> withLessOfAnother(int engine, int missing) {
        return matrices.reversed().stream().filter(o -> o != engine).flatMap(o -> {
            int most = engines.matrices().get(o).dsps() - missing;
            return shapesOf(o).fastest(most).stream()
                    .filter(s -> cycles(o, s) <= found.cycles() * TIME_TO_SPARE)
                    .map(s -> withArray(engines.matrices(), o, s));
        });
    }

    /** Layers of the busiest engines on others that they do not make as busy; an engine keeps one. */
    private List<MachineOptions> layers() {
        var steps = new ArrayList<MachineOptions>();
        for (int e : matrices.subList(0, Math.min(MOVED_FROM, matrices.size()))) {
            if (layers.get(e).size() == 1) {
                continue;
            }
            layers.get(e).forEach(node -> {
                for (int o : matrices.reversed()) {
                    if (o != e && loads[o] + cycles(node, engines.matrices().get(o)) < loads[e]) {
                        var engineOf = new ArrayList<>(engines.engineOf());
                        engineOf.set(node.id(), o);
                        steps.add(options.withEngines(
                                new Engines.Assigned(engines.matrices(), engines.vectors(), engineOf)));
                    }
                }
            });
        }
        return steps;
    }

    /** An engine of its own for those layers of a busy one that use its multipliers least. */
    private List<MachineOptions> splits() {
        var steps = new ArrayList<MachineOptions>();
        for (int e : matrices.subList(0, Math.min(MOVED_FROM, matrices.size()))) {
            var size = engines.matrices().get(e);
            var byUse = layers.get(e).stream()
                    .sorted(Comparator.comparingDouble(n -> use(n, size)))
                    .toList();
            for (double part : SPLIT_OFF) {
                int count = 0;
                for (long cycles = 0; count < byUse.size() && cycles < part * loads[e]; count++) {
                    cycles += cycles(byUse.get(count), size);
                }
                var moved = byUse.subList(0, count);
                var rest = byUse.subList(count, byUse.size());
                if (rest.isEmpty()) {
                    break;
                }
                shapesOf(e, moved)
                        .cheapest((long) (SPLIT_PART * found.cycles()))
                        .ifPresent(own -> shapesOf(e, rest)
                                .fastest(size.dsps() + left - own.dsps())
                                .filter(s -> cycles(rest, s) < loads[e])
                                .ifPresent(s -> steps.add(split(e, s, moved, own))));
            }
        }
        return steps;
    }

    /** With layers of an engine, which gets another size, on a new engine; where weights of the one are streamed, so are those of the other. */
    private MachineOptions split(int engine, MatrixSize size, List<QNode> moved, MatrixSize own) {
        var arrays = withArray(engines.matrices(), engine, size);
        int added = arrays.size();
        arrays.add(own);
        var engineOf = new ArrayList<>(engines.engineOf());
        moved.forEach(n -> engineOf.set(n.id(), added));
        var streams = options.streams();
        var streamed = new ArrayList<>(streams.engines());
        if (streamed.contains(engine)) {
            streamed.add(added);
        }
        return given(arrays, engines.vectors(), engineOf)
                .withStreams(new Streams(streams.dram(), streamed, streams.fifoWords(), streams.spills()));
    }

    /** Part of an array's multipliers that a layer uses. */
    private double use(QNode node, MatrixSize size) {
        var g = Geometry.ofNode(graph, node.id());
        long pixels = (long) g.outputRows() * g.outputColumns();
        long weights = (long) g.outputChannels() * g.kernelRows() * g.kernelColumns() * g.groupChannels();
        return (double) pixels * weights / ((double) cycles(node, size) * size.multipliers());
    }

    /** Deeper or shallower FIFOs for weights, or the weights of an engine on chip. */
    private List<MachineOptions> supplies() {
        var streams = options.streams();
        int words = found.schedule().machine().units().stream()
                .mapToInt(u -> u instanceof Unit.Matrix m ? m.fifoWords() : 0)
                .max()
                .orElse(0);
        var fifos = words == 0
                ? Stream.<Streams>of()
                : Stream.of(2 * words, words / 2, 4 * words)
                        .map(w -> new Streams(streams.dram(), streams.engines(), w, streams.spills()));
        var resident = streams.engines().stream().map(e -> {
            var others = streams.engines().stream().filter(o -> !o.equals(e)).toList();
            boolean unused = others.isEmpty() && streams.spills().isEmpty();
            return new Streams(unused ? DramPort.NONE : streams.dram(), others, streams.fifoWords(), streams.spills());
        });
        return Stream.concat(fifos, resident).map(options::withStreams).toList();
    }

    /** Firings of other rows: of as many more as a frame has a firing less, and of so few less that it has more. */
    private List<MachineOptions> rows() {
        return Skeleton.live(graph).stream()
                .filter(Skeleton::onMatrix)
                .flatMap(node -> {
                    var g = Geometry.ofNode(graph, node.id());
                    int now = options.rowsOf(node.id());
                    int firings = g.firings(now);
                    int fewer = now - 1;
                    int least = fewer < 1 ? now : Math.ceilDiv(g.outputRows(), g.firings(fewer));
                    int more = firings == 1 ? now : Math.ceilDiv(g.outputRows(), firings - 1);
                    return Stream.of(more, least).filter(r -> r != now).map(r -> withRows(node, r));
                })
                .toList();
    }

    private MachineOptions withRows(QNode node, int rows) {
        var all = new ArrayList<Integer>();
        graph.nodes().forEach(n -> all.add(options.rowsOf(n.id())));
        all.set(node.id(), rows);
        return options.withRows(all);
    }

    private Stream<Integer> busiestMatrices() {
        return matrices.stream().limit(BUSIEST);
    }

    /** Cycles a frame of the layers of a matrix engine if it were of a size. */
    private long cycles(int matrix, MatrixSize size) {
        return cycles(layers.get(matrix), size);
    }

    private long cycles(List<QNode> layers, MatrixSize size) {
        return layers.stream().mapToLong(n -> cycles(n, size)).sum();
    }

    private long cycles(QNode node, MatrixSize size) {
        var g = Geometry.ofNode(graph, node.id());
        return Sizing.multiplyCycles(g, options.rowsOf(node.id()), size, Skeleton.hasNeighbours(g) ? size.pixels() : 1);
    }

    private MachineOptions withMatrix(int engine, MatrixSize size) {
        return given(withArray(engines.matrices(), engine, size));
    }

    private static List<MatrixSize> withArray(List<MatrixSize> arrays, int engine, MatrixSize size) {
        var others = new ArrayList<>(arrays);
        others.set(engine, size);
        return others;
    }

    private MachineOptions withVector(int engine, VectorSize size) {
        var sizes = new ArrayList<>(engines.vectors());
        sizes.set(engine, size);
        return given(engines.matrices(), sizes, engines.engineOf());
    }

    private MachineOptions given(List<MatrixSize> arrays) {
        return given(arrays, engines.vectors(), engines.engineOf());
    }

    private MachineOptions given(List<MatrixSize> arrays, List<VectorSize> sizes, List<Integer> engineOf) {
        return SpareDsps.given(graph, options.withEngines(new Engines.Assigned(arrays, sizes, engineOf)), dspsOfTarget);
    }

    private Shapes shapesOf(int matrix) {
        var known = shapes.get(matrix);
        if (known.isEmpty()) {
            known = Optional.of(shapesOf(matrix, layers.get(matrix)));
            shapes.set(matrix, known);
        }
        return known.get();
    }

    /** Shapes that an engine could have for some of its layers. */
    private Shapes shapesOf(int matrix, List<QNode> layers) {
        return Shapes.of(sizes(matrix), s -> cycles(layers, s));
    }

    /** Arrays that an engine could have: one of several pixels reads no more elements than it does. */
    private List<MatrixSize> sizes(int matrix) {
        var now = engines.matrices().get(matrix);
        if (!now.multipliersInDsp()) {
            return List.of(now);
        }
        boolean streamed = options.streams().engines().contains(matrix);
        var sizes = new ArrayList<MatrixSize>();
        // One aside stays small.
        int least = streamed ? Math.min(beat, now.tileWeights()) : 1;
        int lanesMax = now.slots() ? 0 : now.pixels() > 1 ? now.lanes() : LANES_MAX;
        for (int p = 1; p <= OUTPUTS_MAX; p = nextOutputs(p)) {
            int q = Math.clamp(Math.round((float) now.drain().lanes() * p / now.outputs()), 1, p);
            for (int s = 1; s <= lanesMax; s++) {
                int weights = Math.min(p * s, streamed ? beat : Math.max(SizeTable.WEIGHT_LANES, now.weightLanes()));
                var size = MatrixSize.of(p, s, now.pixels(), q, weights)
                        .withPacking(now.packed())
                        .withDrain(now.drain().withLanes(q));
                if (size.dsps() <= dsps && p * s >= least) {
                    sizes.add(now.packed() ? size : size.withChain(Math.min(now.chain(), s)));
                }
            }
        }
        return sizes;
    }

    /** By ones, twos, fours and eights: few networks have channels that anything between divides. */
    private static int nextOutputs(int p) {
        return p + (p < 4 ? 1 : p < 32 ? 2 : p < 64 ? 4 : 8);
    }

    /** Sizes of an engine of which none of as few DSPs is faster, the smallest first. */
    private record Shapes(List<MatrixSize> sizes, List<Long> cycles) {
        static Shapes of(List<MatrixSize> all, Function<MatrixSize, Long> cyclesOf) {
            record Timed(MatrixSize size, long cycles) {}
            var sizes = new ArrayList<MatrixSize>();
            var cycles = new ArrayList<Long>();
            all.stream()
                    .map(s -> new Timed(s, cyclesOf.apply(s)))
                    .sorted(Comparator.<Timed>comparingInt(t -> t.size.dsps()).thenComparingLong(Timed::cycles))
                    .filter(t -> cycles.isEmpty() || t.cycles < cycles.getLast())
                    .forEachOrdered(t -> {
                        sizes.add(t.size);
                        cycles.add(t.cycles);
                    });
            return new Shapes(sizes, cycles);
        }

        /** Of the fewest DSPs that is done in so many cycles. */
        Optional<MatrixSize> cheapest(long most) {
            int first = Partition.least(sizes.size(), i -> cycles.get(i) <= most);
            return first == sizes.size() ? Optional.empty() : Optional.of(sizes.get(first));
        }

        /** The fastest of at most so many DSPs. */
        Optional<MatrixSize> fastest(int dsps) {
            int larger = Partition.least(sizes.size(), i -> sizes.get(i).dsps() > dsps);
            return larger == 0 ? Optional.empty() : Optional.of(sizes.get(larger - 1));
        }
    }
}
