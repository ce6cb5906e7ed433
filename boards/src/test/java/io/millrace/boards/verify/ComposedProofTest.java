package io.millrace.boards.verify;

import io.millrace.ir.Graph;
import io.millrace.ir.Passes;
import io.millrace.ir.Tensor;
import io.millrace.ir.nets.OperatorNet;
import io.millrace.quantizer.Calibration;
import io.millrace.quantizer.NumberFormat;
import io.millrace.quantizer.QuantizeOptions;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.Quantizer;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.SharedProgram;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Evaluator, simulator and RTL agree on pairs of operators, one behind the other, on one machine a precision. */
class ComposedProofTest {
    private static final int FRAMES = 2;

    @TempDir
    Path folder;

    @Test
    void int8() {
        prove(MachineOptions.oneEngine(4, 5, 1, 3, 5), NumberFormat.INT8, 24);
    }

    @Test
    void int16() {
        prove(MachineOptions.oneEngine(3, 4, 1, 2, 4), NumberFormat.INT16_FREE_Q, 8);
    }

    /** @param pairs of random operators, one behind the other */
    private void prove(MachineOptions options, NumberFormat format, int pairs) {
        var all = OperatorNet.shapes();
        var programs = new ArrayList<SharedProgram>();
        var random = new SplittableRandom(3);
        var nets = OperatorNet.values();
        for (int i = 0; i < pairs; i++) {
            var pair = List.of(nets[random.nextInt(nets.length)], nets[random.nextInt(nets.length)]);
            programs.add(program(OperatorNet.chain(pair, all.get(i % all.size()), i), format, i));
        }
        ProofNets.prove(options.withHost(2, 2).withDescriptorBits(64), programs, FRAMES, folder);
    }

    private static SharedProgram program(Graph graph, NumberFormat format, int number) {
        return new SharedProgram(quantized(Passes.prepare(graph), format), List.of(1 + number % 3));
    }

    private static QuantizedGraph quantized(Graph graph, NumberFormat format) {
        var random = new SplittableRandom(7);
        var samples = new ArrayList<List<Tensor>>();
        for (int i = 0; i < 10; i++) {
            samples.add(graph.inputs().stream()
                    .map(n -> {
                        var values = new float[n.shape().volume()];
                        for (int v = 0; v < values.length; v++) {
                            values[v] = random.nextInt(256) / 255f;
                        }
                        return Tensor.wrap(n.shape(), values);
                    })
                    .toList());
        }
        return Quantizer.quantize(graph, Calibration.of(graph, samples), QuantizeOptions.of(format))
                .graph();
    }
}
