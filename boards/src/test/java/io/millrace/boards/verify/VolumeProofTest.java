package io.millrace.boards.verify;

import static io.millrace.boards.verify.SeededNet.window;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.Op;
import io.millrace.ir.Window;
import io.millrace.quantizer.NumberFormat;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.DramPort;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.Streams;
import io.millrace.scheduler.Scheduler;
import io.millrace.scheduler.SharedProgram;
import io.millrace.scheduler.Unit;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Convolutions and pools of volumes: evaluator, simulator and RTL agree. */
class VolumeProofTest {
    private static final int FRAMES = 2;
    private static final Window CUBE = window(List.of(3, 3, 3), List.of(1, 1, 1), List.of(1, 1, 1));
    private static final Window HALF = window(List.of(2, 2, 2), List.of(2, 2, 2), List.of(0, 0, 0));

    @TempDir
    Path folder;

    @Test
    void oddShapes() {
        prove(
                MachineOptions.oneEngine(3, 4, 1, 2, 4).withHost(2, 2).withDescriptorBits(64),
                oddShapes(NumberFormat.INT8));
    }

    @Test
    void oddShapesInt16() {
        prove(
                MachineOptions.oneEngine(2, 5, 2, 2, 2).withHost(3, 2).withDescriptorBits(64),
                oddShapes(NumberFormat.INT16_FREE_Q));
    }

    private static List<QuantizedGraph> oddShapes(NumberFormat format) {
        var overlapping = window(List.of(3, 2, 1), List.of(2, 1, 1), List.of(1, 0, 0));
        return List.of(
                new SeededNet(1, 1, 2, 5, 4, 3).conv(4, CUBE, 1).relu().quantize("cube", format),
                new SeededNet(2, 1, 1, 7, 1, 5)
                        .conv(3, window(List.of(2, 1, 2), List.of(2, 1, 2), List.of(1, 0, 1)), 1)
                        .quantize("strided", format),
                new SeededNet(3, 1, 2, 6, 3, 7)
                        .conv(2, window(List.of(2, 2, 2), List.of(1, 1, 1), List.of(1, 0, 1), List.of(3, 1, 2)), 2)
                        .quantize("dilated in groups", format),
                new SeededNet(4, 1, 3, 3, 5, 2)
                        .conv(5, window(List.of(1, 1, 1), List.of(1, 1, 1), List.of(2, 0, 0)), 1)
                        .quantize("planes of padding alone", format),
                new SeededNet(5, 1, 3, 5, 5, 4).add(new Op.MaxPool(overlapping)).quantize("overlapping", format),
                new SeededNet(6, 1, 2, 4, 6, 4)
                        .add(new Op.AveragePool(HALF, true))
                        .add(new Op.AveragePool(CUBE, true))
                        .quantize("means", format),
                new SeededNet(7, 1, 1, 1, 1, 1).conv(1, CUBE, 1).quantize("one position", format),
                new SeededNet(8, 1, 4, 3, 2, 2)
                        .conv(3, window(List.of(3, 1, 1), List.of(3, 1, 1), List.of(0, 0, 0)), 1)
                        .add(new Op.AveragePool(Window.of(1, 2, 2), false))
                        .quantize("deep only", format));
    }

    /** Two convolutions and a pool, twice, then a fully-connected layer, as in C3D. */
    @Test
    void block() {
        prove(
                MachineOptions.oneEngine(4, 6, 2, 2, 4).withHost(4, 2).withDescriptorBits(64),
                List.of(block(NumberFormat.INT8)));
    }

    /** Planes that are not at the border have their tiles in one place, where that pays. */
    @Test
    void innerPlanesShareTheirTiles() {
        var net = new SeededNet(10, 1, 8, 7, 2, 3).conv(6, CUBE, 1).quantize("planes", NumberFormat.INT8);
        var options = MachineOptions.oneEngine(3, 8, 1, 3, 6).withHost(4, 2).withDescriptorBits(64);
        var machine = Scheduler.scheduleTogether(List.of(new SharedProgram(net, List.of(1))), ProofNets.TARGET, options)
                .getFirst()
                .machine();
        var matrix = machine.units().stream()
                .filter(u -> u instanceof Unit.Matrix)
                .map(u -> (Unit.Matrix) u)
                .findFirst()
                .orElseThrow();
        // Of three planes' tiles, two planes' at the borders, and six for each: 9 segments of 3 planes, 6 of the two
        // planes that exist.
        int planeTiles = 2 * 9 * 3;
        int borderTiles = 2 * 9 * 2;
        assertEquals(5 * planeTiles + 2 * borderTiles, matrix.weightTiles() - 2 * (planeTiles - borderTiles));
        assertTrue(matrix.weightWords() <= (planeTiles + 2 * planeTiles) * matrix.tileLoadCycles());
        prove(options, List.of(net));
    }

    @Test
    void blockWithWeightsInDram() {
        var dram = new DramPort(8, 8, 3, 1024, 0, 0, 0);
        prove(
                MachineOptions.oneEngine(4, 6, 1, 2, 4)
                        .withHost(4, 2)
                        .withDescriptorBits(64)
                        .withStreams(new Streams(dram, List.of(0), 0)),
                List.of(block(NumberFormat.INT8)));
    }

    private static QuantizedGraph block(NumberFormat format) {
        return new SeededNet(9, 1, 3, 8, 8, 8)
                .conv(4, CUBE, 1)
                .relu()
                .add(new Op.MaxPool(window(List.of(1, 2, 2), List.of(1, 2, 2), List.of(0, 0, 0))))
                .conv(6, CUBE, 1)
                .relu()
                .conv(6, CUBE, 1)
                .relu()
                .add(new Op.MaxPool(HALF))
                .dense(10)
                .relu()
                .dense(5)
                .quantize("block", format);
    }

    private void prove(MachineOptions options, List<QuantizedGraph> graphs) {
        var programs = new ArrayList<SharedProgram>();
        for (int i = 0; i < graphs.size(); i++) {
            programs.add(new SharedProgram(graphs.get(i), List.of(1 + i % 3)));
        }
        ProofNets.prove(options, programs, FRAMES, folder);
    }
}
