package io.millrace.scheduler.internal;

import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.MachineOptions.DrainSize;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.VectorSize;
import io.millrace.scheduler.Reduction;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import java.util.function.IntToLongFunction;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/**
 * Cuts the layers of a graph, in order, into groups and finds for each group the cheapest engine that does it in a number of cycles a frame;
 * the cut with the least sum of costs is taken (dynamic programming over the last group).
 */
final class Partition {
    /** A layer on an engine: R that suits it best, and its cycles. */
    record Placed(int node, int rows, long cycles) {}

    /** A matrix engine for a group of convolutions. */
    record MatrixGroup(MatrixSize size, List<Placed> layers, double cost) {
        long cycles() {
            return layers.stream().mapToLong(Placed::cycles).sum();
        }
    }

    /** A vector engine for a group of layers without a dense reduction. */
    record VectorGroup(VectorSize size, List<Placed> layers, double cost) {}

    /** Engines for all layers of a graph. */
    record Engines(List<MatrixGroup> matrices, List<VectorGroup> vectors) {
        /** DSPs of the arrays of all matrix engines; all other multipliers can be logic. */
        int dsps() {
            return matrices.stream().mapToInt(m -> m.size().dsps()).sum();
        }

        /** By layer on an engine with slots, its lanes. */
        Map<Integer, Integer> tableLanes() {
            var lanes = new TreeMap<Integer, Integer>();
            for (var m : matrices) {
                if (m.size().slots()) {
                    m.layers().forEach(l -> lanes.put(l.node(), m.size().outputs()));
                }
            }
            return lanes;
        }
    }

    /**
     * What may be chosen from.
     *
     * @param rows values of R
     * @param pixels values of X
     * @param interval clocks a beat of every drain
     * @param weightLanesMax widest weight bus
     * @param readElementsMax widest row read
     * @param tileMin least weights of a tile, so that an engine can be streamed, for networks whose weights are too many for the chip
     * @param dspsMax DSPs of the largest engine
     * @param packed whether a DSP does two products
     * @param batch frames whose fully-connected layers are computed together
     */
    record Choices(
            List<Integer> rows,
            List<Integer> pixels,
            int interval,
            int weightLanesMax,
            int readElementsMax,
            int tileMin,
            int dspsMax,
            boolean packed,
            int batch) {
        /** P x S x X with requantizers in logic. */
        MatrixSize size(int p, int s, int x, int weightLanes, int q) {
            return MatrixSize.of(p, s, x, q, weightLanes)
                    .withDrain(new DrainSize(q, interval, false))
                    .withPacking(packed);
        }
    }

    /** Cost of a multiplier in LUTs and other things, of a requantizer lane, of an element read a clock, and of an engine. */
    private static final double MULTIPLIER = 1;

    private static final double DRAIN_LANE = 1.5;
    private static final double READ_ELEMENT = 0.1;
    private static final double WEIGHT_LANE = 0.02;
    private static final double ENGINE = 4;
    /** Of a vector engine where there are two kinds, which read the same maps from memories of their own. */
    private static final double ENGINE_APART = 16;

    private static final double VECTOR_LANE = 0.5;
    /** Of a vector lane's multiplier that is as narrow as weights. */
    private static final double WEIGHT_MULTIPLIER = 0.5;

    /** Part of the cycles that a vector engine may need: it serves several matrix engines, which wait where it has no time to spare. */
    private static final double VECTOR_PART = 0.9;

    /** The same beside engines with slots: one then has the layers that are moved or compared alone, whose drains take as long as their reads. */
    private static final double VECTOR_PART_BESIDE_SLOTS = 0.6;

    /**
     * What more rows a firing have to bring a layer. Short firings that follow a long one on their engine wait until it is drained, and buffers are as deep as
     * firings are long.
     */
    private static final double WORTH_MORE_ROWS = 0.97;

    /** What a vector engine may take with fewer requantizers, which cost its firings latency. */
    private static final double MORE_FOR_DRAIN = 1.02;

    /** Pixels a clock of an engine that is sought for single layers. */
    private static final int PIXELS_MAX = 16;

    private final QuantizedGraph graph;
    private final Choices choices;
    private final boolean apart;
    /** Nodes that matrix and vector engines compute, in order, and by node id how they lie over their inputs. */
    private final List<Integer> convolutions;

    private final Map<Integer, Geometry> geometries;
    /** Engines that the layers of a large network are placed on. */
    private final Optional<SizeTable> table;

    /** By cycles, the cheapest matrix engines, as far as they were asked for. */
    private final Map<Long, Optional<List<MatrixGroup>>> matrices;

    /** All layers of vector engines, or those with weights and those without, or those that write channel by channel and those that do not. */
    private final List<Pools> kinds;

    /** Convolutions that are on engines with slots, and not among the others. */
    private final Optional<SlottedEngines> slotted;

    /** Layers of vector engines in order, whatever they do. */
    Partition(QuantizedGraph graph, Choices choices) {
        this.graph = graph;
        this.choices = choices;
        apart = false;
        convolutions = nodes(Skeleton::onMatrix);
        geometries = new HashMap<>();
        convolutions.forEach(n -> geometries.put(n, Geometry.ofNode(graph, n)));
        nodes(Skeleton::onVector).forEach(n -> geometries.put(n, Geometry.ofNode(graph, n)));
        table = SizeTable.of(convolutions, geometries(convolutions), choices);
        matrices = new HashMap<>();
        kinds = List.of(new Pools(nodes(Skeleton::onVector)));
        slotted = Optional.empty();
    }

    /** The same, but layers of vector engines with weights and those without have engines of their own. */
    private Partition(Partition together, List<Integer> weighted, List<Integer> others) {
        graph = together.graph;
        choices = together.choices;
        apart = true;
        convolutions = together.convolutions;
        geometries = together.geometries;
        table = together.table;
        matrices = together.matrices;
        kinds = List.of(new Pools(weighted), new Pools(others));
        slotted = Optional.empty();
    }

    /** The same, but layers with connection tables are on engines with slots, and what writes their maps on a vector engine of its own. */
    private Partition(Partition together, TableLayers tables) {
        graph = together.graph;
        choices = together.choices;
        apart = true;
        convolutions = together.convolutions.stream()
                .filter(n -> !tables.layers().contains(n))
                .toList();
        geometries = together.geometries;
        table = SizeTable.of(convolutions, geometries(convolutions), choices);
        matrices = new HashMap<>();
        kinds = List.of(
                new Pools(nodes(tables::isPlanar), 1),
                new Pools(nodes(n -> Skeleton.onVector(n) && !tables.isPlanar(n))));
        slotted = Optional.of(new SlottedEngines(tables, geometries, choices));
    }

    /** With engines with slots for layers with connection tables, where there are such. */
    Optional<Partition> slotted() {
        return TableLayers.of(graph).map(layers -> new Partition(this, layers));
    }

    /** The layers on engines with slots. */
    Optional<TableLayers> tables() {
        return slotted.map(SlottedEngines::tables);
    }

    /** With engines of their own for layers of vector engines with weights and for those without: smaller lanes, more memories; if there are both. */
    Optional<Partition> apart() {
        var weighted = nodes(Skeleton::isWeighted);
        var others = nodes(n -> Skeleton.onVector(n) && !Skeleton.isWeighted(n));
        return weighted.isEmpty() || others.isEmpty()
                ? Optional.empty()
                : Optional.of(new Partition(this, weighted, others));
    }

    private List<Integer> nodes(Predicate<QNode> which) {
        return Skeleton.live(graph).stream().filter(which).map(QNode::id).toList();
    }

    private List<Geometry> geometries(List<Integer> nodes) {
        return nodes.stream().map(geometries::get).toList();
    }

    /** Whether the network has so many layers that engines are taken from a table. */
    boolean isLarge() {
        return table.isPresent();
    }

    /** Layers that matrix engines compute. */
    int convolutions() {
        return convolutions.size();
    }

    /** The cheapest engines with which no unit needs more than {@code cycles} a frame; none if there are no such engines. */
    Optional<Engines> cheapest(long cycles) {
        return matrices.computeIfAbsent(cycles, this::cheapestMatrices).flatMap(m -> withVectors(m, cycles));
    }

    private Optional<List<MatrixGroup>> cheapestMatrices(long cycles) {
        var dense = cut(
                        convolutions.size(),
                        (begin, end) -> matrixGroup(convolutions.subList(begin, end), cycles),
                        MatrixGroup::cost)
                .map(all -> all.stream().map(m -> withFewerRows(m, cycles)).toList());
        return slotted.isEmpty()
                ? dense
                : dense.flatMap(some -> slotted.get()
                        .cheapest(cycles)
                        .map(others ->
                                Stream.concat(some.stream(), others.stream()).toList()));
    }

    /** A requantizer more than the cycles ask for: a drain that is nearly always busy holds up reads. */
    static int withSpare(int lanes, int outputs) {
        return Math.min(outputs, lanes + 1);
    }

    /** Vector engines with time to spare, where there are such. */
    private Optional<Engines> withVectors(List<MatrixGroup> matrices, long cycles) {
        return vectors((long) ((slotted.isPresent() ? VECTOR_PART_BESIDE_SLOTS : VECTOR_PART) * cycles))
                .or(() -> vectors(cycles))
                .map(vectors -> new Engines(matrices, vectors));
    }

    private Optional<List<VectorGroup>> vectors(long cycles) {
        var engines = new ArrayList<VectorGroup>();
        for (var kind : kinds) {
            var found = kind.engines(cycles);
            if (found.isEmpty()) {
                return Optional.empty();
            }
            engines.addAll(found.get());
        }
        return Optional.of(engines.stream()
                .map(v -> withFewerRows(v, cycles))
                .map(v -> withFewRequantizers(v, cycles))
                .toList());
    }

    /**
     * Engines whose layers need not be neighbours, those of the fewest cycles first.
     *
     * @param start engines to begin with
     * @param dsps of all matrix engines together
     * @param wanted engines to find
     */
    List<Engines> regrouped(Engines start, int dsps, int wanted) {
        var groups = start.matrices().stream()
                .map(m -> m.layers().stream()
                        .map(l -> convolutions.indexOf(l.node()))
                        .toList())
                .toList();
        var sizes = table.map(SizeTable::sizes).orElseGet(() -> sizes(dsps));
        return engines(regrouping(sizes, dsps, wanted).best(groups));
    }

    /** The same of engines of any shape, for each number of them the best; none for many layers. */
    List<Engines> bestGroups(int dsps, int wanted) {
        return convolutions.size() <= Regrouping.SOME
                ? engines(regrouping(sizes(dsps), dsps, wanted).exact())
                : List.of();
    }

    private Regrouping regrouping(List<MatrixSize> sizes, int dsps, int wanted) {
        return new Regrouping(sizes, sizes.stream().map(this::cycles).toList(), dsps, wanted);
    }

    private List<Engines> engines(List<Regrouping.Grouping> groupings) {
        return groupings.stream()
                .map(g -> engines(g).flatMap(m -> withVectors(m, g.cycles())))
                .flatMap(Optional::stream)
                .toList();
    }

    /** Engines that waste nothing obvious for one layer or another, with the widest weight bus and drain. */
    private List<MatrixSize> sizes(int dsps) {
        var outputs = new TreeSet<Integer>();
        var lanes = new TreeSet<Integer>();
        var pixels = new TreeSet<>(choices.pixels());
        for (var g : geometries(convolutions)) {
            outputs.addAll(Sizing.leastParts(g.outputChannels()));
            lanes.addAll(Sizing.leastParts(Reduction.runElements(g)));
            pixels.addAll(Sizing.leastParts(g.outputColumns()));
        }
        var sizes = new ArrayList<MatrixSize>();
        for (int p : outputs) {
            for (int s : lanes.headSet(choices.readElementsMax(), true)) {
                for (int x : pixels.headSet(PIXELS_MAX, true)) {
                    var size = size(p, s, x, Math.min(p * s, choices.weightLanesMax()), p);
                    if (size.dsps() <= Math.min(dsps, choices.dspsMax()) && p * s >= choices.tileMin()) {
                        sizes.add(size);
                    }
                }
            }
        }
        return sizes;
    }

    /** By position of a convolution, what it takes on an engine; {@link Long#MAX_VALUE} where its windows lie too far apart for X pixels. */
    private long[] cycles(MatrixSize size) {
        return placed(convolutions, geometries(convolutions), size, choices).stream()
                .mapToLong(l -> {
                    var g = Objects.requireNonNull(geometries.get(l.node()));
                    return readElements(List.of(g), size) > choices.readElementsMax() ? Long.MAX_VALUE : l.cycles();
                })
                .toArray();
    }

    private static int readElements(List<Geometry> geometries, MatrixSize size) {
        return size.lanes() + (size.pixels() - 1) * widestStep(geometries);
    }

    private Optional<List<MatrixGroup>> engines(Regrouping.Grouping grouping) {
        var engines = new ArrayList<MatrixGroup>();
        for (int i = 0; i < grouping.groups().size(); i++) {
            var nodes = grouping.groups().get(i).stream().map(convolutions::get).toList();
            var size = grouping.sizes().get(i);
            var geometries = geometries(nodes);
            sized(
                            nodes,
                            geometries,
                            size.outputs(),
                            size.lanes(),
                            size.pixels(),
                            readElements(geometries, size),
                            grouping.cycles())
                    .map(m -> withFewerRows(m, grouping.cycles()))
                    .ifPresent(engines::add);
        }
        return engines.size() == grouping.groups().size() ? Optional.of(engines) : Optional.empty();
    }

    /** An engine for neighbouring layers. */
    interface Group<G> {
        /** The cheapest engine for the layers from {@code begin} to before {@code end}; where there is none, there is none for more layers. */
        Optional<G> of(int begin, int end);
    }

    /** The engines of least cost for all layers, each for neighbours. */
    static <G> Optional<List<G>> cut(int layers, Group<G> group, java.util.function.ToDoubleFunction<G> cost) {
        var best = new ArrayList<Optional<List<G>>>();
        var bestCost = new double[layers + 1];
        best.add(Optional.of(List.of()));
        for (int end = 1; end <= layers; end++) {
            Optional<List<G>> found = Optional.empty();
            bestCost[end] = Double.POSITIVE_INFINITY;
            for (int begin = end - 1; begin >= 0; begin--) {
                if (best.get(begin).isEmpty()) {
                    continue;
                }
                var last = group.of(begin, end);
                if (last.isEmpty()) {
                    break;
                }
                double sum = bestCost[begin] + cost.applyAsDouble(last.get());
                if (sum < bestCost[end]) {
                    bestCost[end] = sum;
                    var all = new ArrayList<>(best.get(begin).get());
                    all.add(last.get());
                    found = Optional.of(all);
                }
            }
            best.add(found);
        }
        return best.getLast();
    }

    private Optional<MatrixGroup> matrixGroup(List<Integer> nodes, long cycles) {
        if (table.isPresent()) {
            return table.get().cheapest(nodes, cycles);
        }
        var geometries = geometries(nodes);
        var outputs = new TreeSet<Integer>();
        var lanes = new TreeSet<Integer>();
        for (var g : geometries) {
            outputs.addAll(Sizing.leastParts(g.outputChannels()));
            lanes.addAll(Sizing.leastParts(Reduction.runElements(g)));
        }
        int step = widestStep(geometries);
        double macs = macs(geometries);
        MatrixGroup best = null;
        for (int p : outputs) {
            for (int s : lanes) {
                for (int x : choices.pixels()) {
                    int read = s + (x - 1) * step;
                    var least = size(p, s, x, 1, 1);
                    if (least.dsps() > choices.dspsMax() || read > choices.readElementsMax()) {
                        break;
                    }
                    if (best != null && cost(least, read) >= best.cost()) {
                        break;
                    }
                    if ((double) p * s * x * cycles < macs) {
                        continue;
                    }
                    var group = sized(nodes, geometries, p, s, x, read, cycles);
                    if (group.isPresent() && (best == null || group.get().cost() < best.cost())) {
                        best = group.get();
                    }
                }
            }
        }
        return Optional.ofNullable(best);
    }

    /** Elements between the windows of neighbouring pixels, of the layer where they lie farthest apart. */
    static int widestStep(List<Geometry> geometries) {
        return geometries.stream()
                .filter(Skeleton::hasNeighbours)
                .mapToInt(Skeleton::pixelStep)
                .max()
                .orElse(0);
    }

    /** The engine P x S x X with as narrow a weight bus and drain as the cycles allow. */
    private Optional<MatrixGroup> sized(
            List<Integer> nodes, List<Geometry> geometries, int p, int s, int x, int readElements, long cycles) {
        int[] segments = segments(geometries, p, s);
        int widest = Math.min(p * s, choices.weightLanesMax());
        var loads = loads(geometries, x, p * s);
        if (!fits(geometries, segments, size(p, s, x, widest, p), cycles)) {
            return Optional.empty();
        }
        // Faster loads and wider drains never need more cycles, so the slowest and the narrowest that do are found by
        // bisection.
        int at = least(
                loads.size(),
                i -> fits(geometries, segments, size(p, s, x, weightLanes(p * s, loads.get(i), widest), p), cycles));
        if (at == loads.size()) {
            return Optional.empty();
        }
        int weightLanes = weightLanes(p * s, loads.get(at), widest);
        int enough = 1 + least(p - 1, i -> fits(geometries, segments, size(p, s, x, weightLanes, i + 1), cycles));
        int q = slotted.isPresent() ? withSpare(enough, p) : enough;
        var size = size(p, s, x, weightLanes, q);
        return Optional.of(new MatrixGroup(size, placed(nodes, geometries, size, choices), cost(size, readElements)));
    }

    private static int weightLanes(int tile, int load, int widest) {
        return Math.min(widest, Math.ceilDiv(tile, load));
    }

    /** The least number below {@code end} for which a condition holds that holds for all greater ones; {@code end} if there is none. */
    static int least(int end, IntPredicate holds) {
        int low = 0;
        int high = end;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (holds.test(middle)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return high;
    }

    private boolean fits(List<Geometry> geometries, int[] segments, MatrixSize size, long cycles) {
        long left = cycles;
        for (int i = 0; i < segments.length && left >= 0; i++) {
            left -= placed(i, geometries.get(i), segments[i], size, choices).cycles();
        }
        return left >= 0;
    }

    /** By layer, segments of a tile. */
    private static int[] segments(List<Geometry> geometries, int outputs, int lanes) {
        var segments = new int[geometries.size()];
        for (int i = 0; i < segments.length; i++) {
            segments[i] = Reduction.segmentsPerTile(geometries.get(i), outputs, lanes);
        }
        return segments;
    }

    /** Products of the layers, which no engine does in fewer cycles than it has multipliers for. */
    private static double macs(List<Geometry> geometries) {
        double macs = 0;
        for (var g : geometries) {
            macs += (double) g.outputRows()
                    * g.outputColumns()
                    * g.outputChannels()
                    * g.kernelRows()
                    * g.kernelColumns()
                    * g.groupChannels();
        }
        return macs;
    }

    /** @param readElements elements of a row that are read at once */
    static double cost(MatrixSize size, int readElements) {
        return MULTIPLIER * size.dsps()
                + DRAIN_LANE * size.drain().lanes()
                + READ_ELEMENT * readElements
                + WEIGHT_LANE * size.weightLanes()
                + ENGINE;
    }

    /** Load times worth trying: the reads of a tile of each layer, of wide rows those of a range of columns, longest first, and 1. */
    private List<Integer> loads(List<Geometry> geometries, int x, int tile) {
        var loads = new TreeSet<Integer>();
        for (var g : geometries) {
            int row = Math.ceilDiv(g.outputColumns(), x);
            for (int r : choices.rows()) {
                loads.add(
                        Math.min(tile, row > RangeChoice.DEEP ? RangeChoice.SHORT : Math.min(r, g.outputRows()) * row));
            }
            if (g.batches()) {
                loads.add(Math.min(tile, choices.batch()));
            }
        }
        loads.add(1);
        return List.copyOf(loads.descendingSet());
    }

    private MatrixSize size(int p, int s, int x, int weightLanes, int q) {
        return choices.size(p, s, x, weightLanes, q);
    }

    /** Each layer on an engine, with the R that suits it best. */
    static List<Placed> placed(List<Integer> nodes, List<Geometry> geometries, MatrixSize size, Choices choices) {
        int[] segments = segments(geometries, size.outputs(), size.lanes());
        var placed = new ArrayList<Placed>();
        for (int i = 0; i < segments.length; i++) {
            placed.add(placed(nodes.get(i), geometries.get(i), segments[i], size, choices));
        }
        return placed;
    }

    private static Placed placed(int node, Geometry g, int segments, MatrixSize size, Choices choices) {
        int pixels = Skeleton.hasNeighbours(g) ? size.pixels() : 1;
        if (choices.batch() > 1 && g.batches()) {
            int frames = choices.batch();
            long cycles = Sizing.multiplyCycles(g.batched(frames), frames, size, pixels, segments);
            return new Placed(node, 1, Math.ceilDiv(cycles, frames));
        }
        return fastest(node, g, choices, r -> Sizing.multiplyCycles(g, r, size, pixels, segments));
    }

    /** Layers of vector engines, in order, and what they take on engines of some sizes. */
    private final class Pools {
        private final List<Integer> nodes;
        private final List<VectorTimes> sizes;
        /** By position, how many layers before it multiply, and how many need a lane that can do so without weights. */
        private final int[] multiplying;

        private final int[] withFactors;

        Pools(List<Integer> nodes) {
            this(nodes, Integer.MAX_VALUE);
        }

        /** @param drainLanes requantizers at most */
        Pools(List<Integer> nodes, int drainLanes) {
            this.nodes = nodes;
            sizes = vectors(nodes, drainLanes);
            multiplying = new int[nodes.size() + 1];
            withFactors = new int[nodes.size() + 1];
            for (int i = 0; i < nodes.size(); i++) {
                var features = Demand.features(graph.node(nodes.get(i)).op());
                multiplying[i + 1] = multiplying[i] + (features.multiplies() ? 1 : 0);
                withFactors[i + 1] = withFactors[i] + (features.factors() ? 1 : 0);
            }
        }

        /** The cheapest engines. */
        Optional<List<VectorGroup>> engines(long cycles) {
            return cut(nodes.size(), (begin, end) -> engine(begin, end, cycles), VectorGroup::cost);
        }

        private Optional<VectorGroup> engine(int begin, int end, long cycles) {
            // More lanes hardly ever need more cycles.
            int at = least(sizes.size(), i -> sizes.get(i).cycles(begin, end) <= cycles);
            if (at == sizes.size()) {
                return Optional.empty();
            }
            var vector = sizes.get(at);
            double lane = VECTOR_LANE + multiplier(begin, end);
            return Optional.of(new VectorGroup(
                    vector.size,
                    vector.layers.subList(begin, end),
                    lane * vector.size.lanes() + (apart ? ENGINE_APART : ENGINE)));
        }

        /** Cost of a lane's multiplier, if it has one: of one for weights alone less, where no layer asks for another. */
        private double multiplier(int begin, int end) {
            boolean multiplies = multiplying[end] > multiplying[begin];
            boolean factors = withFactors[end] > withFactors[begin];
            return !multiplies ? 0 : apart && !factors ? WEIGHT_MULTIPLIER : MULTIPLIER;
        }
    }

    private VectorGroup withFewerRows(VectorGroup group, long most) {
        var layers = withFewerRows(
                group.layers(),
                most,
                (node, r) -> Sizing.reduceCycles(Objects.requireNonNull(geometries.get(node)), r, group.size()));
        return new VectorGroup(group.size(), layers, group.cost());
    }

    private VectorGroup withFewRequantizers(VectorGroup group, long most) {
        ToLongFunction<VectorSize> cycles = v -> group.layers().stream()
                .mapToLong(l -> Sizing.reduceCycles(Objects.requireNonNull(geometries.get(l.node())), l.rows(), v))
                .sum();
        long enough = (long) (cycles.applyAsLong(group.size()) * MORE_FOR_DRAIN);
        var size = Sizing.fewestRequantizers(group.size(), cycles, Math.min(most, enough));
        return new VectorGroup(size, group.layers(), group.cost());
    }

    /** Vector engines of as many lanes as cut some layer's channels into fewer groups or take the channels of so many pixels at once, fewest first. */
    private List<VectorTimes> vectors(List<Integer> nodes, int drainLanes) {
        var lanes = new TreeSet<Integer>();
        for (var g : geometries(nodes)) {
            lanes.addAll(Sizing.leastParts(g.outputChannels()));
            for (int pixels = 2; pixels * g.outputChannels() <= Sizing.usefulLanes(g); pixels++) {
                if (g.outputColumns() % pixels == 0) {
                    lanes.add(pixels * g.outputChannels());
                }
            }
        }
        return lanes.headSet(choices.readElementsMax(), true).stream()
                .map(v -> new VectorSize(v, new DrainSize(Math.min(v, drainLanes), choices.interval(), false)))
                .map(v -> VectorTimes.of(nodes, geometries, v, choices))
                .toList();
    }

    /** What a vector engine takes for each layer, and by the position of a layer for all layers before it. */
    private record VectorTimes(VectorSize size, List<Placed> layers, long[] before) {
        static VectorTimes of(
                List<Integer> nodes, Map<Integer, Geometry> geometries, VectorSize size, Choices choices) {
            var layers = new ArrayList<Placed>();
            for (int node : nodes) {
                var g = Objects.requireNonNull(geometries.get(node));
                layers.add(fastest(node, g, choices, r -> Sizing.reduceCycles(g, r, size)));
            }
            return new VectorTimes(size, layers, cyclesBefore(layers));
        }

        long cycles(int begin, int end) {
            return before[end] - before[begin];
        }
    }

    /** A layer with the R for which it needs the fewest cycles, of equal ones the least. */
    static Placed fastest(int node, Geometry g, Choices choices, IntToLongFunction cycles) {
        long fewest = Long.MAX_VALUE;
        int best = 1;
        for (int r : choices.rows()) {
            long c = takes(g, r) ? cycles.applyAsLong(r) : Long.MAX_VALUE;
            if (c < fewest) {
                fewest = c;
                best = r;
            }
        }
        return new Placed(node, best, fewest);
    }

    /** Whether a layer can fire that many rows at once. */
    private static boolean takes(Geometry g, int rows) {
        return rows == 1 || rows <= g.outputRows();
    }

    /**
     * Layers with fewer rows a firing where more are not worth their rows, as far as all of them together keep to {@code most} cycles.
     *
     * @param cycles of a layer by node and R
     */
    private List<Placed> withFewerRows(List<Placed> layers, long most, CyclesOfRows cycles) {
        long slack = most - sum(layers);
        var fewer = new ArrayList<Placed>();
        for (var layer : layers) {
            var g = Objects.requireNonNull(geometries.get(layer.node()));
            var chosen = layer;
            for (int r : choices.rows()) {
                long c = r < layer.rows() ? cycles.of(layer.node(), r) : Long.MAX_VALUE;
                if (c - layer.cycles() <= slack && c * WORTH_MORE_ROWS <= layer.cycles()) {
                    chosen = new Placed(layer.node(), r, c);
                    break;
                }
            }
            slack -= chosen.cycles() - layer.cycles();
            fewer.add(chosen);
        }
        return fewer;
    }

    private interface CyclesOfRows {
        long of(int node, int rows);
    }

    private MatrixGroup withFewerRows(MatrixGroup group, long most) {
        var size = group.size();
        var layers = withFewerRows(group.layers(), most, (node, r) -> {
            var g = Objects.requireNonNull(geometries.get(node));
            return Sizing.multiplyCycles(g, r, size, Skeleton.hasNeighbours(g) ? size.pixels() : 1);
        });
        return new MatrixGroup(size, layers, group.cost());
    }

    /** By position, the cycles of all layers before it; last those of all. */
    static long[] cyclesBefore(List<Placed> layers) {
        var before = new long[layers.size() + 1];
        for (int i = 0; i < layers.size(); i++) {
            before[i + 1] = before[i] + layers.get(i).cycles();
        }
        return before;
    }

    static long sum(List<Placed> placed) {
        return placed.stream().mapToLong(Placed::cycles).sum();
    }

    /** R by node id. */
    static List<Integer> rowsByNode(QuantizedGraph graph, Engines engines) {
        var rows = new ArrayList<>(Collections.nCopies(graph.nodes().size(), 1));
        engines.matrices().forEach(m -> m.layers().forEach(l -> rows.set(l.node(), l.rows())));
        engines.vectors().forEach(v -> v.layers().forEach(l -> rows.set(l.node(), l.rows())));
        return rows;
    }

    /** Engine position by node id. */
    static List<Integer> engineByNode(QuantizedGraph graph, Engines engines) {
        var of = new ArrayList<>(Collections.nCopies(graph.nodes().size(), 0));
        for (int i = 0; i < engines.matrices().size(); i++) {
            int engine = i;
            engines.matrices().get(i).layers().forEach(l -> of.set(l.node(), engine));
        }
        for (int i = 0; i < engines.vectors().size(); i++) {
            int engine = i;
            engines.vectors().get(i).layers().forEach(l -> of.set(l.node(), engine));
        }
        return of;
    }
}
