package io.millrace.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.CompileException;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.Weights;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Scheduler;
import io.millrace.scheduler.Work;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** A network of the layers of a design's own, with other weights and names, in its place: values are its own, cycles the design's. */
class SameLayersTest {
    private static final int GRAPHS = 60;

    @Test
    void otherWeightsTakeTheSameCycles() {
        int spilled = 0;
        for (long seed = 0; seed < GRAPHS; seed++) {
            var design = seed % 2 == 0 ? Machines.ofEverything(seed) : Machines.spilled(seed);
            var graph = with(design.graph(), SameLayersTest::turned);
            var like = Scheduler.scheduleLike(design, graph).orElseThrow();
            assertEquals(design.lists(), like.lists());
            RandomGraphsTest.check(seed, like);
            assertEquals(cycles(design), cycles(like));
            for (var actor : like.actors()) {
                assertTrue(actor.name().contains("new " + design.node(actor).name()), actor::name);
                spilled += actor.work() instanceof Work.Spill ? 1 : 0;
            }
        }
        assertTrue(spilled > 0);
    }

    @Test
    void weightsThatNeedMoreBitsAreRefused() {
        int refused = 0;
        for (long seed = 0; seed < GRAPHS; seed++) {
            var design = Machines.random(seed);
            var graph = with(design.graph(), c -> full(c, design.graph().precision()));
            try {
                RandomGraphsTest.check(
                        seed, Scheduler.scheduleLike(design, graph).orElseThrow());
            } catch (CompileException e) {
                assertEquals(5, e.exitCode());
                var diagnostic = e.diagnostics().getFirst();
                assertEquals("SCH-0302", diagnostic.code());
                assertTrue(
                        diagnostic
                                .problem()
                                .matches("actor 'new .*': needs \\d+ accumulator bits, its engine has \\d+"),
                        diagnostic::toString);
                refused++;
            }
        }
        assertTrue(refused > GRAPHS / 4, refused + " are refused");
    }

    @Test
    void otherLayersAreNotTheSame() {
        var design = Machines.of(1, RandomQuantizedGraphs.generate(1, 4, Precision.INT8));
        for (long seed = 2; seed < 20; seed++) {
            var other = RandomQuantizedGraphs.generate(seed, 4, Precision.INT8);
            assertEquals(Optional.empty(), Scheduler.scheduleLike(design, other));
        }
        var wider = RandomQuantizedGraphs.generate(1, 4, Precision.INT16);
        assertEquals(Optional.empty(), Scheduler.scheduleLike(design, wider));
    }

    private static double cycles(Schedule schedule) {
        return Simulator.run(schedule, SimulationOptions.timing(3)).cyclesPerFrame();
    }

    /** The graph under other names with other weights of its convolutions. */
    private static QuantizedGraph with(QuantizedGraph graph, UnaryOperator<QOp.Conv> weights) {
        var nodes = graph.nodes().stream()
                .map(n -> new QNode(
                        n.id(),
                        "new " + n.name(),
                        n.op() instanceof QOp.Conv c ? weights.apply(c) : n.op(),
                        n.inputs(),
                        n.type(),
                        n.source()))
                .toList();
        var outputs = graph.outputs().stream().map(o -> nodes.get(o).name()).toList();
        return new QuantizedGraph(graph.name(), graph.precision(), nodes, graph.outputs(), outputs);
    }

    /** Kernels turned by half a turn: a sum of any part of them needs as many bits, and what reads nothing still does. */
    private static QOp.Conv turned(QOp.Conv conv) {
        int taps = conv.window().taps();
        int channels = conv.groupChannels();
        short[] turned = new short[conv.weights().size()];
        for (int i = 0; i < turned.length; i++) {
            int filter = i / (taps * channels);
            int tap = i / channels % taps;
            int channel = i % channels;
            turned[i] = (short) conv.weights().get((filter * taps + taps - 1 - tap) * channels + channel);
        }
        return withWeights(conv, turned);
    }

    /** All as large as can be, but for those of channels that are not read. */
    private static QOp.Conv full(QOp.Conv conv, Precision precision) {
        short[] full = new short[conv.weights().size()];
        for (int i = 0; i < full.length; i++) {
            full[i] = (short) (conv.weights().get(i) == 0 ? 0 : precision.high());
        }
        return withWeights(conv, full);
    }

    private static QOp.Conv withWeights(QOp.Conv c, short[] weights) {
        return new QOp.Conv(
                c.window(),
                c.outputChannels(),
                c.groups(),
                c.bands(),
                new Weights(weights),
                c.bias(),
                c.requantizer(),
                c.table());
    }
}
