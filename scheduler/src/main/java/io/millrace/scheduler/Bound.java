package io.millrace.scheduler;

import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.Weights;
import io.millrace.scheduler.internal.Aside;
import io.millrace.scheduler.internal.EngineShapes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;

/**
 * Cycles a frame that no machine of this architecture needs fewer of, whatever its engines, buffers and lists: what a design found can be held against. In the steady state,
 * with a host that never waits; batches of fully-connected layers as the objective has them.
 *
 * <p><b>Products.</b> A multiplier makes one product a clock, and a DSP48 is at most two multipliers at int8 ({@link CostModel#peakMacsPerCycle}). So a frame takes at least the products of its
 * layers over those that all DSPs make in a cycle.
 *
 * <p><b>Multipliers.</b> Each convolution that is not depthwise is on one matrix engine of P outputs, S lanes and X pixels, and takes it for at least
 * {@code ceil(M / P) * ceil(K / S) * ceil(pixels / X)} cycles: a tile holds P output channels and S of the K taps of one, and X pixels are computed a clock. (In the machine,
 * segments end with a kernel row's channels and pixels with a row, so it takes more; the bound must hold if they did not.) Multipliers times cycles, {@code P * S * X} times that, is what
 * the layer uses of a frame's multipliers times its cycles C; the layers of one engine follow each other within C, and the engines' multipliers together are no more than the budget's. So for
 * every C that is reached, the sum over the layers of the least use by an engine that computes the layer within C is at most C times the budget. The least such C is the bound.
 * Layers with a connection table count their products alone, as if lanes were never idle. Depthwise
 * layers, sums, products and minima of maps are on vector engines, whose multipliers may be logic: they are not counted, so that a network of depthwise layers can have a bound of more
 * products than its DSPs make. Nor are layers of one output position that the search may put on a small array of logic, with streamed weights and without batches; all other arrays are of DSPs.
 *
 * <p><b>Weights.</b> A frame needs each weight of its layers, equal layers' once; of a batch, all frames together. What lies on chip has at most one bit for each bit of all block RAMs and
 * flip-flops and 64 for each LUT. The rest passes the DRAM port, which brings no more bytes a cycle than full bursts of neighbouring rows do. The bound leaves those weights on chip that are worth
 * most.
 *
 * <p>Not counted: maps that do not fit on chip, weights read more than once a frame, the drain and its requantizers, block RAMs of rows and accumulators, accumulators' revisits, DRAM
 * pages and refreshes beyond the port's mean, the host.
 *
 * @param products cycles of the products alone
 * @param multipliers cycles by multipliers, ragged tiles included; at least {@code products}
 * @param weights cycles in which the DRAM port brings the weights that cannot be on chip
 */
public record Bound(double products, double multipliers, double weights) {
    private static final int LUT_BITS = 64;

    /** More than any network takes with one multiplier. */
    private static final long CYCLES_MAX = 1L << 44;

    /** What the bound is made of. */
    public enum Limit {
        MULTIPLIERS,
        WEIGHTS
    }

    /** The larger of both. */
    public double cyclesPerFrame() {
        return Math.max(multipliers, weights);
    }

    public Limit limit() {
        return weights > multipliers ? Limit.WEIGHTS : Limit.MULTIPLIERS;
    }

    /**
     * The bound for a graph on a target.
     *
     * @param objective its limit of multipliers and its batch; what it says of cycles and shares is not counted
     * @throws IllegalArgumentException if there is not one multiplier
     */
    public static Bound of(QuantizedGraph graph, Target target, Objective objective) {
        int products = products(graph, target, objective);
        // Many layers of a network are alike.
        var shapesOf = new HashMap<Geometry, EngineShapes>();
        var layers = new ArrayList<EngineShapes>();
        long macs = 0;
        for (var node : onArrays(graph, target, objective)) {
            if (node.op() instanceof QOp.Conv conv) {
                var shapes = Connections.isTable(conv)
                        ? EngineShapes.ofTable(CostModel.macs(node), objective.batch(), products)
                        : shapesOf.computeIfAbsent(
                                Geometry.ofNode(graph, node.id()),
                                g -> EngineShapes.of(g, objective.batch(), products));
                layers.add(shapes);
                macs += shapes.macs();
            }
        }
        return new Bound(
                (double) macs / products,
                Math.max((double) macs / products, leastCycles(layers, products, objective.batch())),
                weightCycles(graph, target, objective.batch()));
    }

    /** Layers on arrays of DSPs: all but those that the search may put on an array of logic. */
    private static List<QNode> onArrays(QuantizedGraph graph, Target target, Objective objective) {
        boolean packed = CostModel.peakMacsPerCycle(target, graph.precision()) > target.dsp();
        int beat = target.dram().elements(graph.precision(), 1);
        var aside =
                objective.multipliersMax() == 0 ? Aside.of(graph, objective, target.dsp(), packed, beat) : Aside.NONE;
        return EngineShapes.layers(graph).stream().filter(aside::leaves).toList();
    }

    /** Products a cycle. */
    private static int products(QuantizedGraph graph, Target target, Objective objective) {
        int peak = CostModel.peakMacsPerCycle(target, graph.precision());
        int most = objective.multipliersMax();
        int products = most > 0 ? Math.min(most, peak) : peak;
        if (products < 1) {
            throw new IllegalArgumentException(target.name() + " has no multipliers");
        }
        return products;
    }

    /** The least cycles in which the layers do not use more than the budget: of all frames of a batch, over their number. */
    private static double leastCycles(List<EngineShapes> layers, int budget, int batch) {
        long low = 1;
        long high = CYCLES_MAX;
        while (low < high) {
            long middle = (low + high) >>> 1;
            if (fits(layers, budget, middle)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return (double) low / batch;
    }

    /** Whether a batch may take so many cycles. */
    private static boolean fits(List<EngineShapes> layers, int budget, long cycles) {
        double use = 0;
        for (var layer : layers) {
            long least = layer.leastUse(cycles);
            if (least < 0) {
                return false;
            }
            use += least;
        }
        return use <= (double) budget * cycles;
    }

    private static double weightCycles(QuantizedGraph graph, Target target, int batch) {
        if (!target.dram().exists()) {
            return 0;
        }
        int bits = graph.precision().bits();
        var counted = new HashSet<Weights>();
        double single = 0;
        double batched = 0;
        for (var node : EngineShapes.layers(graph)) {
            if (node.op() instanceof QOp.Conv conv && counted.add(conv.weights())) {
                double bytes = (double) conv.weights().size() * bits / 8;
                boolean together =
                        batch > 1 && Geometry.ofNode(graph, node.id()).batches();
                single += together ? 0 : bytes;
                batched += together ? bytes : 0;
            }
        }
        double room = onChipBytes(target);
        double streamed = Math.max(0, single - room) + Math.max(0, batched - Math.max(0, room - single)) / batch;
        return streamed / (target.dram().dataBytes() * target.dram().efficiencyMost());
    }

    private static double onChipBytes(Target target) {
        return (target.blockMemoryBits() + (double) LUT_BITS * target.lut() + target.ff()) / 8;
    }
}
