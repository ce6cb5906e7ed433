package io.millrace.quantizer.internal;

import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import io.millrace.quantizer.HostCodes;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** The codes of every integer node made so far, on the calibration frames: what bias correction looks at. */
final class CodeFrames {
    private final Precision precision;
    private final List<List<Tensor>> frames;
    /** By node, then by frame. */
    private final List<List<short[]>> codes = new ArrayList<>();

    private int inputs;

    CodeFrames(Precision precision, List<List<Tensor>> frames) {
        this.precision = precision;
        this.frames = frames;
    }

    /** Computes the newest node on all frames. */
    void run(QNode node, List<QNode> soFar) {
        if (frames.isEmpty()) {
            return;
        }
        if (node.op() instanceof QOp.Input) {
            int input = inputs++;
            codes.add(frames.stream()
                    .map(frame -> HostCodes.encode(frame.get(input), node.type(), precision))
                    .toList());
            return;
        }
        var graph = new QuantizedGraph("so far", precision, soFar, List.of(), List.of());
        NodeKernel kernel = IntegerKernels.of(graph, node);
        codes.add(IntStream.range(0, frames.size())
                .parallel()
                .mapToObj(f -> kernel.run(
                        node.inputs().stream().map(i -> codes.get(i).get(f)).toList()))
                .toList());
    }

    /** Mean of {@code code - zeroPoint} that each tap and channel of a window reads, index {@code tap * channels + c}. */
    double[] meanPatch(QNode operand, Window window) {
        int channels = operand.type().channels();
        int taps = window.taps();
        int[] positions = Taps.positions(window, operand.type().spatial());
        var sums = new long[taps * channels];
        for (short[] frame : codes.get(operand.id())) {
            for (int i = 0; i < positions.length; i++) {
                if (positions[i] != Taps.PADDED) {
                    addCodes(frame, positions[i] * channels, sums, i % taps * channels, operand);
                }
            }
        }
        int outputs = positions.length / taps;
        double count = (double) frames.size() * outputs;
        return IntStream.range(0, sums.length).mapToDouble(i -> sums[i] / count).toArray();
    }

    private static void addCodes(short[] frame, int from, long[] sums, int to, QNode operand) {
        int zeroPoint = operand.type().zeroPoint();
        for (int c = 0; c < operand.type().channels(); c++) {
            sums[to + c] += frame[from + c] - zeroPoint;
        }
    }
}
