package io.millrace.boards.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.nets.StandardNet;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.DramPort;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.Pacing;
import io.millrace.scheduler.MachineOptions.Spill;
import io.millrace.scheduler.MachineOptions.Streams;
import io.millrace.scheduler.MachineOptions.VectorSize;
import io.millrace.scheduler.Operands;
import io.millrace.scheduler.RowMemory;
import io.millrace.scheduler.Scheduler;
import io.millrace.scheduler.SharedProgram;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Blocks of the nets of the literature, with all their channels on a few positions: evaluator, simulator and RTL agree. All are programs of one design,
 * whose weights come from DRAM.
 */
class BlocksProofTest {
    private static final DramPort DRAM = new DramPort(8, 8, 20, 1024, 8, 1560, 52);

    @TempDir
    Path folder;

    /**
     * Part of a net behind a value.
     *
     * @param size of the net's input
     * @param from name of the node whose result goes in
     * @param to name of the node whose result comes out
     */
    private record Block(StandardNet net, int size, String from, String to) {
        QuantizedGraph quantized() {
            return ProofNets.block(net, size, from, to);
        }
    }

    @Test
    void blocksOfStandardNets() {
        var programs = Stream.of(
                        new Block(StandardNet.RESNET50, 32, "pool1", "layer1.1.relu"),
                        new Block(StandardNet.GOOGLENET, 32, "pool2", "inception3b.3x3.reduce.relu"),
                        new Block(StandardNet.DENSENET121, 32, "pool1", "block1.2.conv2"),
                        new Block(StandardNet.UNET, 32, "down1.pool", "up2.conv2.relu"),
                        new Block(StandardNet.SHUFFLENET, 32, "pool1", "stage2.1.relu"))
                .map(block -> new SharedProgram(block.quantized(), List.of(1)))
                .toList();
        var options = MachineOptions.oneEngine(8, 8, 1, 2, 8)
                .withHost(4, 4)
                .withDescriptorBits(64)
                .withStreams(new Streams(DRAM, List.of(0), 0));
        ProofNets.prove(options, programs, 1, folder);
    }

    /** A corner of a U-Net: two levels down and up again, weights from DRAM, and both skips through it. */
    @Test
    void aCornerOfUnetWithSpilledSkips() {
        var graph = new Block(StandardNet.UNET, 32, "down1.pool", "up2.conv2.relu").quantized();
        var spills = List.of(
                new Spill(id(graph, "down2.conv2"), id(graph, "up2.conv1")),
                new Spill(id(graph, "down3.conv2"), id(graph, "up3.conv1")));
        var options = MachineOptions.oneEngine(8, 8, 1, 2, 8)
                .withHost(4, 4)
                .withDescriptorBits(64)
                .withStreams(new Streams(DRAM, List.of(0), 0, spills));
        ProofNets.prove(options, List.of(new SharedProgram(graph, List.of(1), spills)), 2, folder);
    }

    /**
     * Two stages side by side on frames that follow each other, each with engines and with store and load units of its own: in the first rows flow, the second computes block by block. Row memories
     * have granules of several codes.
     */
    @Test
    void blocksInStages() {
        var stages = stages("layer1.1.conv1");
        var machine = Scheduler.schedule(stages.graph(), ProofNets.TARGET, stages.options())
                .machine();
        assertEquals(2, machine.stores().size());
        var granules = machine.memories().stream()
                .filter(m -> !machine.inDram(m))
                .map(RowMemory::granule)
                .collect(Collectors.toSet());
        assertTrue(granules.contains(8) && granules.contains(16), granules::toString);
        stages.prove(stages.options(), 3);
    }

    /** What the first stage has of a block, and what the block's sum adds to it, both go through DRAM. */
    @Test
    void aStageThatBeginsWithinABlock() {
        var stages = stages("layer1.1.conv2");
        assertEquals(
                2,
                stages.spills().stream()
                        .filter(s -> s.store() == 0)
                        .map(Spill::node)
                        .distinct()
                        .count());
        stages.prove(stages.options(), 3);
    }

    /** In the second stage of them, later blocks of a frame alternate with earlier ones of the next. */
    @Test
    void blocksOfTwoFramesByTurnsInAStage() {
        var stages = stages("layer1.1.conv1");
        var pacing = stages.options().pacing();
        stages.prove(
                stages.options()
                        .withPacing(pacing.foldedAt(List.of(pacing.phases().get(1)))),
                4);
    }

    private record Stages(QuantizedGraph graph, List<Spill> spills, MachineOptions options, Path folder) {
        void prove(MachineOptions options, int frames) {
            ProofNets.prove(options, List.of(new SharedProgram(graph, List.of(2), spills)), frames, folder);
        }
    }

    /** @param begin name of the layer with which the second stage begins */
    private Stages stages(String begin) {
        var graph = new Block(StandardNet.RESNET50, 32, "pool1", "layer2.0.relu").quantized();
        var second = id(graph, begin);
        var third = id(graph, "layer1.2.conv1");
        var last = id(graph, "layer2.0.conv1");
        var spills = crossing(graph, List.of(second, third, last)).stream()
                .map(s -> new Spill(s.node(), s.reader(), s.node() < second ? 0 : 1, 0))
                .toList();
        var engineOf = graph.nodes().stream().map(n -> n.id() < second ? 0 : 1).toList();
        var engines = new MachineOptions.Engines.Assigned(
                List.of(
                        MatrixSize.of(8, 16, 1, 8, 16).withPacking(),
                        MatrixSize.of(16, 8, 1, 16, 8).withPacking()),
                List.of(VectorSize.of(8), VectorSize.of(16)),
                engineOf);
        var options = MachineOptions.of("stages", engines)
                .withHost(4, 4)
                .withRows(2)
                .withPacing(Pacing.AUTOMATIC.withPhases(List.of(second, third, last)))
                .withStreams(new Streams(DRAM, List.of(1), 0, spills));
        return new Stages(graph, spills, options, folder);
    }

    /** One engine of a kind, on which later blocks of a frame alternate with earlier ones of the next; rows of several firings may be loaded early. */
    @Test
    void blocksOfTwoFramesByTurns() {
        var graph = new Block(StandardNet.RESNET50, 32, "pool1", "layer2.0.relu").quantized();
        var cuts = Stream.of("layer1.1.conv1", "layer1.2.conv1", "layer2.0.conv1")
                .map(name -> id(graph, name))
                .toList();
        var spills = crossing(graph, cuts);
        var options = MachineOptions.of(
                        "turns",
                        new MachineOptions.Engines.Assigned(
                                List.of(MatrixSize.of(16, 8, 1, 16, 8).withPacking()),
                                List.of(VectorSize.of(16)),
                                graph.nodes().stream().map(_ -> 0).toList()))
                .withHost(4, 4)
                .withRows(2)
                .withPacing(Pacing.AUTOMATIC.withPhases(cuts).foldedAt(List.of(cuts.get(1))))
                .withStreams(new Streams(DRAM, List.of(0), 0, spills));
        ProofNets.prove(options, List.of(new SharedProgram(graph, List.of(2), spills)), 4, folder);
    }

    /** The maps that are read in a later phase than they are written, for all who read them. */
    private static List<Spill> crossing(QuantizedGraph graph, List<Integer> cuts) {
        return graph.nodes().stream()
                .flatMap(n -> Operands.of(graph, n).stream()
                        .map(o -> new Spill(Operands.source(graph, o), n.id()))
                        .filter(s -> cuts.stream().anyMatch(cut -> s.node() < cut && cut <= s.reader())))
                .toList();
    }

    private static int id(QuantizedGraph graph, String name) {
        return graph.nodes().stream()
                .filter(n -> n.name().startsWith(name))
                .map(QNode::id)
                .findFirst()
                .orElseThrow();
    }
}
