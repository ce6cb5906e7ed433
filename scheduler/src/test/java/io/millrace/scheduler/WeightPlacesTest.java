package io.millrace.scheduler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.SourceRef;
import io.millrace.ir.Window;
import io.millrace.quantizer.MapType;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.Requantizer;
import io.millrace.quantizer.Weights;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import io.millrace.scheduler.MachineOptions.Streams;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Weights that layers or planes have in common are stored once. */
class WeightPlacesTest {
    private static final DramPort DRAM = new DramPort(4, 4, 40, 64, 12, 500, 60);

    /** Three layers of one kind, each reading the one before. */
    private static QuantizedGraph layers(int... fill) {
        var nodes = new ArrayList<QNode>();
        var type = new MapType(6, List.of(5, 4), 0.5, 3);
        nodes.add(new QNode(0, "in", new QOp.Input(), List.of(), type, SourceRef.file("test")));
        for (int f : fill) {
            var weights = new short[6 * 9 * 6];
            java.util.Arrays.fill(weights, (short) f);
            var ones = new Window(List.of(3, 3), List.of(1, 1), List.of(1, 1), List.of(1, 1), List.of(1, 1));
            var requantizer =
                    new Requantizer(0, Collections.nCopies(6, 70_000), Collections.nCopies(6, 25), 3, -128, 127);
            var bias = Collections.nCopies(6, (long) nodes.size());
            var conv = new QOp.Conv(ones, 6, new Weights(weights), bias, requantizer, Optional.empty());
            int id = nodes.size();
            nodes.add(new QNode(id, "conv" + id, conv, List.of(id - 1), type, SourceRef.file("test")));
        }
        return new QuantizedGraph("layers", Precision.INT8, nodes, List.of(nodes.size() - 1), List.of("out"));
    }

    private static Schedule on(MachineOptions options, QuantizedGraph graph) {
        return Scheduler.schedule(graph, RandomMachines.TARGET, options);
    }

    private static int words(Schedule s) {
        return ((Unit.Matrix) s.machine().unit(1)).weightWords();
    }

    @Test
    void unrolledLoopsShareOnChip() {
        var options = MachineOptions.oneEngine(4, 8, 1, 2, 4);
        int one = words(on(options, layers(7)));
        assertEquals(one, words(on(options, layers(7, 7, 7))));
        assertEquals(2 * one, words(on(options, layers(7, 5, 7))));
        var s = on(options, layers(7, 5, 7));
        var places = WeightPlaces.of(s, (Unit.Matrix) s.machine().unit(1));
        assertEquals(places.firstTile(0), places.firstTile(2));
        assertTrue(places.firstTile(0) < places.firstTile(1));
    }

    @Test
    void unrolledLoopsShareInDram() {
        var options = MachineOptions.oneEngine(4, 8, 1, 2, 1).withStreams(new Streams(DRAM, List.of(0), 0));
        long one = DramLayout.of(on(options, layers(7))).bursts();
        var s = on(options, layers(7, 5, 7));
        var layout = DramLayout.of(s);
        assertEquals(2 * one, layout.bursts());
        var of = s.actors().stream()
                .filter(a -> a.work() instanceof Work.Multiply)
                .map(Actor::id)
                .toList();
        assertEquals(layout.firstBurst().get(of.get(0)), layout.firstBurst().get(of.get(2)));
        assertEquals(
                List.of(true, true, false), of.stream().map(layout.owner()::get).toList());
    }

    /** What a search counts is what the places are. */
    @Test
    void sizesAreThoseOfThePlaces() {
        int shared = 0;
        for (long seed = 0; seed < 240; seed++) {
            var graph = RandomQuantizedGraphs.wide(seed, 8, Precision.INT8);
            var s = on(MachineOptions.oneEngine(1 + (int) (seed % 3), 4, 1, 1, 2), graph);
            for (var unit : s.machine().units()) {
                if (unit instanceof Unit.Matrix m) {
                    var layers = s.actors().stream()
                            .filter(a -> a.unit() == m.id())
                            .map(a -> WeightPlaces.Layer.of(s, a))
                            .toList();
                    for (boolean mapped : new boolean[] {false, true}) {
                        var places = WeightPlaces.of(layers, m.outputs(), mapped);
                        var size = WeightPlaces.sizeOf(layers, m.outputs(), mapped);
                        assertEquals(places.places().size(), size.tiles());
                        assertEquals(places.stored().size(), size.stored());
                        shared += size.tiles() > size.stored() ? 1 : 0;
                    }
                }
            }
        }
        assertTrue(shared > 5, "shared " + shared);
    }
}
