package io.millrace.scheduler.internal;

import io.millrace.quantizer.AccumulatorWidth;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.ColumnRange;
import io.millrace.scheduler.Cost.Resources;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.VectorSize;
import io.millrace.scheduler.Reduction;
import io.millrace.scheduler.Target;
import io.millrace.scheduler.Unit;
import io.millrace.scheduler.Work;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/**
 * Ranges of columns of the layers whose rows make accumulators deeper than a block RAM is at its widest: as many as make accumulators, and the descriptors of the
 * ranges, take the smallest part of the chip, as far as a frame takes no more cycles for it. A layer of several rows a firing whose weights are streamed
 * has them so that weights are read less often, and keeps its rows whole.
 */
final class RangeChoice {
    /** Words of a block RAM at its widest: deeper memories are several of these behind each other. */
    static final int DEEP = 512;

    /** Positions that no range of a row wider than that is shorter than, but for the sake of LUT memories. */
    static final int SHORT = DEEP / 2;

    /** Depths tried below that, which are LUT memories on some parts. */
    private static final List<Integer> SHALLOW = List.of(256, 128, 64, 32);

    /** What ranges may cost an engine: hardly more than what estimates are rounded by. */
    private static final double AS_FAST = 1.001;

    /** Of the time of a streamed engine's reads, what loads of its tiles may take with the port's share of it. */
    private static final double PORT_PART = 0.75;

    /** Part of the chip that ranges have to save on an engine. */
    private static final double WORTH = 0.01;

    /** Most firings more for a row of each layer of an engine: the block of a firing list that repeats row by row has to be found. */
    private static final int MORE_FIRINGS = 16;

    /** Guess of the bits that a range takes in the descriptors of an engine and of its drain, in the places of actors, and in the firing list. */
    private static final int RANGE_BITS = 1000;

    private final QuantizedGraph graph;
    private final Target target;
    /** By node id. */
    private final Map<Integer, Integer> accumulatorBits = new ConcurrentHashMap<>();

    RangeChoice(QuantizedGraph graph, Target target) {
        this.graph = graph;
        this.target = target;
    }

    /** A layer on its engine. */
    private interface Layer {
        QNode node();

        /** Most ranges. */
        int most();

        /** Accumulators of a firing of so many positions. */
        int words(int positions);

        /** Cycles that a firing of so many positions keeps the engine. */
        long cycles(int positions);

        /** Positions of a row. */
        int positions();

        /** Firings a frame for whole rows. */
        int firings();

        /** Cycles a frame in so many ranges. */
        default long cyclesOf(int ranges) {
            int least = positions() / ranges;
            int wider = positions() % ranges;
            return firings() * ((wider > 0 ? wider * cycles(least + 1) : 0) + (ranges - wider) * cycles(least));
        }

        /** Fewest ranges with which a firing takes at most so many accumulators; 0 if there are none. */
        default int within(int words) {
            int ranges = 1 + Partition.least(most(), k -> words(Math.ceilDiv(positions(), k + 1)) <= words);
            return ranges > most() ? 0 : ranges;
        }
    }

    private record Convolution(QNode node, Geometry g, int rows, int most, MatrixSize size, int pixels, int segments)
            implements Layer {
        @Override
        public int positions() {
            return ColumnRange.positions(g, pixels);
        }

        @Override
        public int firings() {
            return g.firings(rows);
        }

        @Override
        public int words(int positions) {
            int load = size.tileLoadCycles();
            var order = Sizing.order(g, rows, positions * pixels, pixels, size.outputs(), load);
            int tiles = order == Work.TileOrder.OUTPUTS_INNER ? Math.ceilDiv(g.outputChannels(), size.outputs()) : 1;
            return tiles * rows * positions;
        }

        @Override
        public long cycles(int positions) {
            return Sizing.multiplyFiring(g, rows, positions * pixels, size, pixels, segments);
        }
    }

    private record Pool(QNode node, Geometry g, int rows, int most, VectorSize size, int pixels) implements Layer {
        @Override
        public int positions() {
            return g.outputColumns() / pixels;
        }

        @Override
        public int firings() {
            return g.firings(rows);
        }

        @Override
        public int words(int positions) {
            return Math.ceilDiv(g.outputChannels() * pixels, size.lanes()) * rows * positions;
        }

        @Override
        public long cycles(int positions) {
            return Sizing.reduceFiring(g, rows, positions * pixels, size, pixels);
        }
    }

    /** The options with ranges of columns. */
    MachineOptions choose(MachineOptions options) {
        var skeleton = Skeleton.of(graph, options);
        var ranges = new ArrayList<>(Collections.nCopies(graph.nodes().size(), 1));
        var live = Skeleton.live(graph);
        for (int i = 0; i < skeleton.matrices(); i++) {
            int engine = i;
            var m = (Unit.Matrix) skeleton.units().get(skeleton.matrix(i));
            int weightLanes = skeleton.weightLanes(m, options.streams().dram(), PORT_PART);
            var layers = live.stream()
                    .filter(n -> Skeleton.onMatrix(n) && skeleton.engineOf().get(n.id()) == engine)
                    .map(n -> convolution(n, m, weightLanes, options))
                    .toList();
            // Slots are a part of the accumulators already.
            if (!m.hasSlots()) {
                choose(m, layers, ranges);
            }
        }
        for (int i = 0; i < skeleton.vectors(); i++) {
            int engine = i;
            var v = (Unit.Vector) skeleton.units().get(skeleton.vector(i));
            var layers = live.stream()
                    .filter(n -> Skeleton.onVector(n) && skeleton.engineOf().get(n.id()) == engine)
                    .map(n -> pool(n, v, options))
                    .toList();
            choose(v, layers, ranges);
        }
        return options.withRanges(ranges.stream().allMatch(r -> r == 1) ? List.of(1) : ranges);
    }

    /** @param weightLanes weights that come a clock */
    private Layer convolution(QNode node, Unit.Matrix m, int weightLanes, MachineOptions options) {
        var ofFrame = Geometry.ofNode(graph, node.id());
        boolean together = options.batch() > 1 && ofFrame.batches();
        var g = together ? ofFrame.batched(options.batch()) : ofFrame;
        int rows = together ? options.batch() : Math.clamp(options.rowsOf(node.id()), 1, g.outputRows());
        int pixels = Sizing.pixels(g, m);
        return new Convolution(
                node,
                g,
                rows,
                rows == 1 || !m.streamed() ? ColumnRange.positions(g, pixels) : 1,
                Sizing.size(m, weightLanes),
                pixels,
                Reduction.segmentsPerTile(g, m.outputs(), m.lanes()));
    }

    private Layer pool(QNode node, Unit.Vector v, MachineOptions options) {
        var g = Geometry.ofNode(graph, node.id());
        int wanted = Math.ceilDiv(options.rowsOf(node.id()), g.rowRepeat()) * g.rowRepeat();
        int rows = Math.clamp(wanted, 1, g.outputRows());
        int pixels = Work.Reduce.pixels(g, v.lanes());
        boolean moves = Demand.features(node.op()).gathers();
        return new Pool(node, g, rows, moves ? 1 : g.outputColumns() / pixels, Sizing.size(v), pixels);
    }

    private void choose(Unit unit, List<Layer> layers, List<Integer> ranges) {
        int deepest =
                layers.stream().mapToInt(l -> l.words(l.positions())).max().orElse(0);
        if (deepest <= DEEP) {
            return;
        }
        var whole = Collections.nCopies(layers.size(), 1);
        var best = whole;
        double least = cost(unit, layers, best) - WORTH;
        for (int depth : depths(deepest)) {
            var within = layers.stream().map(l -> l.within(depth)).toList();
            boolean few = within.stream().mapToInt(Integer::intValue).sum() <= layers.size() + MORE_FIRINGS;
            if (few && !within.contains(0) && cycles(layers, within) <= cycles(layers, whole) * AS_FAST) {
                double cost = cost(unit, layers, within);
                if (cost < least) {
                    best = within;
                    least = cost;
                }
            }
        }
        for (int i = 0; i < layers.size(); i++) {
            ranges.set(layers.get(i).node().id(), best.get(i));
        }
    }

    private static long cycles(List<Layer> layers, List<Integer> ranges) {
        return IntStream.range(0, layers.size())
                .mapToLong(i -> layers.get(i).cyclesOf(ranges.get(i)))
                .sum();
    }

    /** Depths of accumulators that are tried. */
    private static List<Integer> depths(int deepest) {
        var depths = new TreeSet<>(SHALLOW);
        for (int depth = DEEP; depth < deepest; depth += DEEP) {
            depths.add(depth);
        }
        return List.copyOf(depths.descendingSet());
    }

    /** Parts of the chip that accumulators and descriptors take. */
    private double cost(Unit unit, List<Layer> layers, List<Integer> ranges) {
        int words = 1;
        int bits = 2;
        int descriptors = 0;
        for (int i = 0; i < layers.size(); i++) {
            var layer = layers.get(i);
            words = Math.max(words, layer.words(Math.ceilDiv(layer.positions(), ranges.get(i))));
            bits = Math.max(bits, bits(layer.node()));
            descriptors += ranges.get(i);
        }
        return part(Rams.program(target, descriptors, RANGE_BITS)) + part(accumulators(unit, words, bits));
    }

    private int bits(QNode node) {
        return accumulatorBits.computeIfAbsent(node.id(), _ -> AccumulatorWidth.bits(node, graph));
    }

    private Resources accumulators(Unit unit, int words, int bits) {
        return switch (unit) {
            case Unit.Matrix m -> MachineResources.accumulators(target, m, words, bits);
            case Unit.Vector v -> MachineResources.accumulators(target, v, words, bits);
            case Unit.HostIn _, Unit.HostOut _, Unit.Store _, Unit.Load _ -> Resources.NONE;
        };
    }

    /** Sum of the parts that are used of each kind of part of the chip. */
    private double part(Resources r) {
        return part(r.bram36() + r.bram18() / 2.0, target.bram36())
                + part(r.ebr4k(), target.ebr4k())
                + part(r.lut(), target.lut());
    }

    private static double part(double used, int there) {
        return used == 0 ? 0 : used / Math.max(1, there);
    }
}
