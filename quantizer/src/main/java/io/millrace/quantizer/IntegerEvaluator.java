package io.millrace.quantizer;

import io.millrace.quantizer.internal.IntegerKernels;
import io.millrace.quantizer.internal.NodeKernel;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The golden model: computes a quantized graph exactly as docs/numbers.md defines it. Everything below it, simulator and
 * RTL, is compared with it bit for bit. Prepared once for a graph, then run on any number of frames; immutable and safe
 * to share between threads.
 *
 * <p>A frame is one array of codes for each {@link QuantizedGraph#inputs() input}, in row, column, channel order. The same
 * order holds for every result.
 */
public final class IntegerEvaluator {
    private final QuantizedGraph graph;
    private final List<QNode> inputs;
    private final List<NodeKernel> kernels;

    /**
     * Prepares a graph.
     *
     * @throws IllegalArgumentException if {@link QuantizedGraphVerifier} finds the graph unsound
     */
    public IntegerEvaluator(QuantizedGraph graph) {
        QuantizedGraphVerifier.requireSound(graph);
        this.graph = graph;
        this.inputs = graph.inputs();
        this.kernels = graph.nodes().stream()
                .map(node -> IntegerKernels.of(graph, node))
                .toList();
    }

    public QuantizedGraph graph() {
        return graph;
    }

    /** Codes of the graph's outputs, in the graph's order, for one frame. */
    public List<short[]> run(List<short[]> frame) {
        List<short[]> all = runAll(frame);
        return graph.outputs().stream().map(all::get).toList();
    }

    /**
     * Codes of every node, by node id, for one frame.
     *
     * @throws IllegalArgumentException if the frame has not one array for each input, of its length and code range
     */
    public List<short[]> runAll(List<short[]> frame) {
        checkFrame(frame);
        var results = new ArrayList<short[]>(graph.nodes().size());
        int input = 0;
        for (QNode node : graph.nodes()) {
            if (node.op() instanceof QOp.Input) {
                results.add(frame.get(input++).clone());
            } else {
                List<short[]> operands =
                        node.inputs().stream().map(results::get).toList();
                results.add(kernels.get(node.id()).run(operands));
            }
        }
        return List.copyOf(results);
    }

    /** {@link #run} of many frames, on all processors; results in the frames' order. */
    public List<List<short[]>> runMany(List<List<short[]>> frames) {
        return IntStream.range(0, frames.size())
                .parallel()
                .mapToObj(i -> run(frames.get(i)))
                .toList();
    }

    /** One run of one frame: {@code new IntegerEvaluator(graph).run(frame)}. */
    public static List<short[]> run(QuantizedGraph graph, List<short[]> frame) {
        return new IntegerEvaluator(graph).run(frame);
    }

    /** One run of one frame, every node: {@code new IntegerEvaluator(graph).runAll(frame)}. */
    public static List<short[]> runAll(QuantizedGraph graph, List<short[]> frame) {
        return new IntegerEvaluator(graph).runAll(frame);
    }

    private void checkFrame(List<short[]> frame) {
        if (frame.size() != inputs.size()) {
            throw new IllegalArgumentException(frame.size() + " tensors for " + inputs.size() + " inputs");
        }
        for (int i = 0; i < frame.size(); i++) {
            short[] codes = frame.get(i);
            QNode node = inputs.get(i);
            if (codes.length != node.type().elements()) {
                throw new IllegalArgumentException("input '" + node.name() + "' has "
                        + node.type().elements() + " codes, the frame " + codes.length);
            }
            for (short code : codes) {
                if (code < graph.precision().low() || code > graph.precision().high()) {
                    throw new IllegalArgumentException("input '" + node.name() + "': code " + code + " is outside ["
                            + graph.precision().low() + ", " + graph.precision().high() + "]");
                }
            }
        }
    }
}
