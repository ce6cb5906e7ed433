package io.millrace.boards.verify;

import io.millrace.ir.nets.StandardNet;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.DramPort;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.Spill;
import io.millrace.scheduler.MachineOptions.Streams;
import io.millrace.scheduler.SharedProgram;
import java.nio.file.Path;
import java.util.List;
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

    private static int id(QuantizedGraph graph, String name) {
        return graph.nodes().stream()
                .filter(n -> n.name().startsWith(name))
                .map(QNode::id)
                .findFirst()
                .orElseThrow();
    }
}
