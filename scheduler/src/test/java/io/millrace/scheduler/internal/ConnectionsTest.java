package io.millrace.scheduler.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.ConnectionTable;
import io.millrace.ir.Passes;
import io.millrace.ir.nets.Noise;
import io.millrace.ir.nets.StandardNet;
import io.millrace.quantizer.Calibration;
import io.millrace.quantizer.IntegerEvaluator;
import io.millrace.quantizer.NumberFormat;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizeOptions;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.Quantizer;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import io.millrace.scheduler.Connections;
import io.millrace.scheduler.CostModel;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.Objective;
import io.millrace.scheduler.Optimizer;
import io.millrace.scheduler.Target;
import io.millrace.scheduler.Unit;
import io.millrace.scheduler.Work;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Convolutions with connection tables: their tiles, the order of their output channels, and the machines that the search finds for them. */
class ConnectionsTest {
    private static final Target ML605 =
            new Target("ml605", Target.Family.VIRTEX6, 200, 768, 416, 0, 0, 150_720, 301_440, 0);

    private static List<QuantizedGraph> graphs(int count) {
        return IntStream.range(0, count)
                .mapToObj(seed -> RandomQuantizedGraphs.withTables(
                        seed % 2 == 0
                                ? RandomQuantizedGraphs.generateTree(seed, 6, Precision.INT8)
                                : RandomQuantizedGraphs.mixed(seed, 8, Precision.INT8),
                        seed))
                .toList();
    }

    private static List<QNode> convolutions(QuantizedGraph graph) {
        return graph.nodes().stream()
                .filter(n -> Skeleton.onMatrix(n) && Singles.canBe(graph, n))
                .toList();
    }

    /** Every kernel that is not all zeros is in the tiles once for each of its elements, on its output channel's lane; each sum begins once, before all else. */
    @Test
    void tilesHoldEveryConnectionOnce() {
        int seen = 0;
        for (var graph : graphs(60)) {
            for (var node : convolutions(graph)) {
                var conv = (QOp.Conv) node.op();
                var g = Geometry.ofNode(graph, node.id());
                for (int outputs : new int[] {1, 2, 3, 5}) {
                    holdEveryConnectionOnce(conv, g, outputs, 1 + seen % 4);
                    seen++;
                }
            }
        }
        assertTrue(seen > 100, "only " + seen + " layers");
    }

    private static void holdEveryConnectionOnce(QOp.Conv conv, Geometry g, int outputs, int lanes) {
        var connections = Connections.of(conv, g, outputs);
        var tiles = connections.tiles(lanes);
        int slots = connections.groupSlots();
        int groups = Math.ceilDiv(Math.ceilDiv(g.outputChannels(), outputs), slots);
        assertEquals(0, tiles.size() % groups);
        assertEquals(tiles.size(), connections.count(lanes));
        var elements = new HashMap<List<Integer>, Integer>();
        var begun = new BitSet();
        for (int i = 0; i < tiles.size(); i++) {
            var tile = tiles.get(i);
            int group = i / (tiles.size() / groups);
            for (int p = 0; p < outputs; p++) {
                int output = tile.outputs().get(p);
                if (output == Connections.NONE) {
                    assertFalse(tile.begins().get(p));
                    continue;
                }
                assertEquals(p, output % outputs);
                assertEquals(group, output / outputs / slots);
                assertEquals(!begun.get(output), tile.begins().get(p));
                begun.set(output);
                int end = Math.min(g.kernelColumns(), tile.kernelColumn() + lanes);
                for (int column = tile.kernelColumn(); column < end; column++) {
                    int tap = tile.kernelRow() * g.kernelColumns() + column;
                    elements.merge(List.of(output, tap, tile.channel()), 1, Integer::sum);
                }
            }
        }
        assertEquals(g.outputChannels(), begun.cardinality());
        for (int output = 0; output < g.outputChannels(); output++) {
            for (int tap = 0; tap < g.kernelRows() * g.kernelColumns(); tap++) {
                for (int channel = 0; channel < g.inputChannels(); channel++) {
                    int times = elements.getOrDefault(List.of(output, tap, channel), 0);
                    assertTrue(times == 1 || times == 0 && conv.weight(output, tap, channel) == 0);
                }
            }
        }
    }

    /** Another order of channels inside a network changes no result. */
    @Test
    void anotherOrderOfChannelsGivesTheSameResults() {
        int moved = 0;
        for (var graph : graphs(80)) {
            var random = new SplittableRandom(graph.name().hashCode());
            var orders = new TreeMap<Integer, List<Integer>>();
            for (var node : convolutions(graph)) {
                if (ChannelOrder.isFree(graph, node)) {
                    var order = new ArrayList<Integer>();
                    for (int c = 0; c < node.type().channels(); c++) {
                        order.add(random.nextInt(order.size() + 1), c);
                    }
                    orders.put(node.id(), order);
                }
            }
            moved += orders.size();
            var other = ChannelOrder.of(graph, orders);
            var frame = RandomQuantizedGraphs.randomFrame(graph, 1);
            var wanted = IntegerEvaluator.run(graph, frame);
            var found = IntegerEvaluator.run(other, frame);
            for (int i = 0; i < wanted.size(); i++) {
                assertArrayEquals(wanted.get(i), found.get(i), graph.name());
            }
        }
        assertTrue(moved > 20, "only " + moved + " maps");
    }

    private static BitSet pairs(ConnectionTable table) {
        var pairs = new BitSet();
        table.connections().forEach(c -> pairs.set(c.to() * table.inputs() + c.from()));
        return pairs;
    }

    private static long passes(ConnectionTable table, List<Integer> order, int lanes) {
        long passes = 0;
        for (int c = 0; c < table.inputs(); c++) {
            var onLane = new int[lanes];
            for (int k = 0; k < order.size(); k++) {
                onLane[k % lanes] += pairs(table).get(order.get(k) * table.inputs() + c) ? 1 : 0;
            }
            passes += IntStream.of(onLane).max().orElse(0);
        }
        return passes;
    }

    /** A table that was dealt out keeps all lanes busy; of one without any order, hardly one is idle that must not be. */
    @Test
    void lanesAreBalanced() {
        var dealt = ConnectionTable.random(16, 64, 8, new SplittableRandom(1));
        var order = LaneBalance.order(pairs(dealt), 64, 16, 16);
        assertEquals(
                IntStream.range(0, 64).boxed().toList(), order.stream().sorted().toList());
        assertEquals(16 * 64 * 8 / 16 / 16, passes(dealt, order, 16));

        var random = new SplittableRandom(2);
        var some = new ArrayList<ConnectionTable.Connection>();
        for (int to = 0; to < 64; to++) {
            for (int from = 0; from < 16; from++) {
                if (random.nextBoolean()) {
                    some.add(new ConnectionTable.Connection(from, to));
                }
            }
        }
        var table = new ConnectionTable(16, 64, some);
        long least = 0;
        for (int c = 0; c < 16; c++) {
            int channel = c;
            least += Math.ceilDiv(some.stream().filter(s -> s.from() == channel).count(), 8L);
        }
        var inOrder = IntStream.range(0, 64).boxed().toList();
        long found = passes(table, LaneBalance.order(pairs(table), 64, 16, 8), 8);
        assertTrue(found <= 1.05 * least, found + " passes of at least " + least);
        assertTrue(passes(table, inOrder, 8) > 1.3 * least);
    }

    /** The search puts layers with tables on engines with slots where that is faster, and the products counted are those of connections. */
    @Test
    void tablesAreExploited() {
        var schedule = found(StandardNet.SCENE_PARSING_TABLES);
        var single = schedule.actors().stream()
                .filter(a -> a.work() instanceof Work.Multiply w && w.single())
                .toList();
        assertEquals(6, single.size());
        assertEquals(6, schedule.actors().stream().filter(a -> a.planes()).count());
        assertTrue(schedule.machine().units().stream().anyMatch(u -> u instanceof Unit.Matrix m && m.hasSlots()));
        var dense = found(StandardNet.SCENE_PARSING);
        double cycles = CostModel.estimate(schedule).cyclesPerFrame();
        assertTrue(cycles * 2 < CostModel.estimate(dense).cyclesPerFrame());
        assertEquals(
                6,
                schedule.graph().nodes().stream()
                        .filter(n -> n.op() instanceof QOp.Conv c && Connections.isTable(c) && c.groupChannels() > 3)
                        .count());
        assertTrue(CostModel.macsPerFrame(schedule.graph()) * 3 < CostModel.macsPerFrame(dense.graph()));
    }

    private static io.millrace.scheduler.Schedule found(StandardNet net) {
        var graph = Passes.prepare(net.graph(48, 5, 1));
        var calibration = Calibration.of(graph, List.of(Noise.frame(graph, 1)));
        var quantized = Quantizer.quantize(graph, calibration, QuantizeOptions.of(NumberFormat.INT8))
                .graph();
        return Optimizer.optimize(quantized, ML605, Objective.FASTEST);
    }
}
