package io.millrace.boards.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.boards.Boards;
import io.millrace.boards.flow.Targets;
import io.millrace.ir.Graph;
import io.millrace.ir.Passes;
import io.millrace.ir.nets.Noise;
import io.millrace.ir.nets.StandardNet;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.Actor;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.Pacing;
import io.millrace.scheduler.MachineOptions.Spill;
import io.millrace.scheduler.MachineOptions.Streams;
import io.millrace.scheduler.MachineOptions.VectorSize;
import io.millrace.scheduler.Objective;
import io.millrace.scheduler.Optimizer;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Scheduler;
import io.millrace.scheduler.SpilledMap;
import io.millrace.scheduler.Unit;
import io.millrace.scheduler.Work;
import io.millrace.simulator.LinkTrace;
import io.millrace.simulator.Simulator;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Slices of the designs that the search finds for nets of the literature: some consecutive layers with all their channels, on the design's own engines at full size,
 * on a cropped image. Evaluator, simulator and RTL agree.
 */
class SlicesProofTest {
    private static final int FRAMES = 2;

    @TempDir
    Path folder;

    /** What is sliced. */
    private enum Slice {
        /** Two packed engines, a sum, and a shortcut with weights of its own. */
        RESNET8(StandardNet.RESNET8, "arty-a7-100", 32, "stage1.relu", "stage2.relu"),
        /** Two engines, one with layers in two groups; weights from DRAM. */
        ALEXNET_CONV(StandardNet.ALEXNET_CONV, "ml605", 80, "pool2", "conv4.relu"),
        /** One engine of 64 x 24, from the first layer on. */
        VGG16_CONV(StandardNet.VGG16_CONV, "ml605", 32, "input", "pool1"),
        RESNET18(StandardNet.RESNET18, "ml605", 32, "layer1.1.relu", "layer2.0.relu"),
        /** Two blocks of one engine in a phase each, with what is between them in DRAM. */
        RESNET50(StandardNet.RESNET50, "ml605", 32, "layer1.0.relu", "layer1.2.relu", true),
        /** The border between two stages that work side by side, the second one block by block. */
        MOBILENET_V2(StandardNet.MOBILENET_V2, "ml605", 64, "block6.add", "block9.expand.relu", true),
        /** Depthwise layers on vector lanes, pointwise ones on a packed engine. */
        MOBILENET_V1(StandardNet.MOBILENET_V1, "ml605", 32, "block2.pointwise.relu", "block4.pointwise.relu"),
        /** A table behind each convolution. */
        SCENE_PARSING(StandardNet.SCENE_PARSING, "ml605", 48, "scale3.pool1", "scale3.pool2"),
        /** The first layer, and one that is computed an input channel at a time behind a pool that writes channel by channel. */
        SCENE_PARSING_TABLES(StandardNet.SCENE_PARSING_TABLES, "ml605", 48, "scale3", "scale3.pool2");

        private final StandardNet net;
        private final String board;
        private final int size;
        private final String from;
        private final String to;
        private final boolean acrossBlocks;

        Slice(StandardNet net, String board, int size, String from, String to) {
            this(net, board, size, from, to, false);
        }

        /**
         * @param size of the cropped input
         * @param from name of the node whose result goes in
         * @param to name of the node whose result comes out
         * @param acrossBlocks whether a map between these nodes goes through DRAM
         */
        Slice(StandardNet net, String board, int size, String from, String to, boolean acrossBlocks) {
            this.net = net;
            this.board = board;
            this.size = size;
            this.from = from;
            this.to = to;
            this.acrossBlocks = acrossBlocks;
        }

        QuantizedGraph quantized() {
            return ProofNets.block(net, size, from, to);
        }

        Schedule found() {
            Graph whole = Passes.prepare(net.graph());
            return Optimizer.optimize(
                    ProofNets.quantized(whole, Noise.frame(whole, 1)),
                    Targets.of(Boards.byName(board)),
                    Objective.FASTEST.withThorough(true),
                    Simulator::cyclesPerFrame);
        }
    }

    @Tag("slow")
    @ParameterizedTest
    @EnumSource(Slice.class)
    void aSliceOfWhatTheSearchFinds(Slice slice) {
        var found = slice.found();
        var graph = slice.quantized();
        var schedule = Scheduler.schedule(graph, found.target(), onEnginesOf(found, graph));
        assertEquals(
                found.actors().stream().anyMatch(Actor::planes),
                schedule.actors().stream().anyMatch(Actor::planes));
        assertEquals(slice.acrossBlocks, !SpilledMap.of(schedule).isEmpty());
        assertTrue(
                schedule.machine().units().stream().anyMatch(u -> u instanceof Unit.Matrix m && m.packed()),
                () -> "an engine with two products a multiplier: " + schedule.machine());
        var frames = ProofNets.randomFrames(graph, FRAMES, 1);
        var result = Proof.run(List.of(new ProofCase(slice.name(), schedule, frames, LinkTrace.NONE)), folder, _ -> {});
        assertTrue(result.passed(), result::toString);
        assertEquals(FRAMES, result.framesCompared());
    }

    /** The engines that a design has for the layers of a part of its net, each layer on its own, with as many rows a firing. */
    private static MachineOptions onEnginesOf(Schedule found, QuantizedGraph part) {
        var matrices = new ArrayList<Unit.Matrix>();
        var vectors = new ArrayList<Unit.Vector>();
        var engineOf = new ArrayList<Integer>();
        var rows = new ArrayList<Integer>();
        for (QNode node : part.nodes()) {
            // What goes in has the name of the layer that computes it in the whole net.
            var actor = node.op() instanceof QOp.Input ? Optional.<Actor>empty() : actorOf(found, node.name());
            int engine = actor.map(a -> switch (found.machine().unit(a.unit())) {
                        case Unit.Matrix m -> place(matrices, m);
                        case Unit.Vector v -> place(vectors, v);
                        case Unit.HostIn _, Unit.HostOut _, Unit.Store _, Unit.Load _ -> 0;
                    })
                    .orElse(0);
            engineOf.add(engine);
            int height = node.type().rows();
            rows.add(actor.map(a -> Math.min(a.rowsPerFiring(), height)).orElse(1));
        }
        var streamed = new ArrayList<Integer>();
        for (int i = 0; i < matrices.size(); i++) {
            if (matrices.get(i).streamed()) {
                streamed.add(i);
            }
        }
        int fifo = matrices.stream().mapToInt(Unit.Matrix::fifoWords).max().orElse(0);
        var engines = new MachineOptions.Engines.Assigned(
                matrices.stream().map(MatrixSize::of).toList(),
                vectors.stream().map(VectorSize::of).toList(),
                engineOf);
        var options = MachineOptions.of("slice", engines).withHost(4, 4).withRows(rows);
        var dram = found.machine().dram();
        var inBlocks = inBlocks(options, found, part);
        return streamed.isEmpty()
                ? inBlocks
                : inBlocks.withStreams(
                        new Streams(dram, streamed, fifo, inBlocks.streams().spills()));
    }

    /** The options with the maps in DRAM that the design has there, and a phase for what follows each of them. */
    private static MachineOptions inBlocks(MachineOptions options, Schedule found, QuantizedGraph part) {
        var spills = new ArrayList<Spill>();
        var stores = new ArrayList<Integer>();
        var loads = new ArrayList<Integer>();
        for (var reload : found.actors()) {
            if (reload.work() instanceof Work.Reload) {
                var spill = found.actor(found.edge(reload.inputs().getFirst()).producer());
                var writer = found.actor(found.edge(spill.inputs().getFirst()).producer());
                for (int edge : reload.outputs()) {
                    var reader = found.actor(found.edge(edge).consumer());
                    nodeOf(found, writer, part)
                            .ifPresent(w -> nodeOf(found, reader, part)
                                    .ifPresent(r -> spills.add(new Spill(
                                            w, r, place(stores, spill.unit()), place(loads, reload.unit())))));
                }
            }
        }
        var phases = new TreeMap<Integer, Integer>();
        spills.forEach(s -> phases.merge(s.node(), s.reader(), Math::min));
        phases.keySet().removeIf(n -> part.node(n).op() instanceof QOp.Input);
        return spills.isEmpty()
                ? options
                : options.withSpills(found.machine().dram(), spills)
                        .withPacing(Pacing.AUTOMATIC.withPhases(List.copyOf(phases.values())));
    }

    private static Optional<Integer> nodeOf(Schedule found, Actor actor, QuantizedGraph part) {
        String name = found.graph().node(actor.node()).name();
        return part.nodes().stream()
                .filter(n -> n.name().equals(name))
                .map(QNode::id)
                .findFirst();
    }

    private static <U> int place(List<U> units, U unit) {
        if (!units.contains(unit)) {
            units.add(unit);
        }
        return units.indexOf(unit);
    }

    private static Optional<Actor> actorOf(Schedule found, String node) {
        return found.actors().stream()
                .filter(a -> a.work() instanceof Work.Multiply || a.work() instanceof Work.Reduce)
                .filter(a -> found.graph().node(a.node()).name().equals(node))
                .findFirst();
    }
}
