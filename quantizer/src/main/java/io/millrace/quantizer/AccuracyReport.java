package io.millrace.quantizer;

import io.millrace.ir.FloatEvaluator;
import io.millrace.ir.Graph;
import io.millrace.ir.Tensor;
import io.millrace.quantizer.internal.TensorErrors;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The float graph and its quantized form on the same labelled frames. All fractions are of {@code samples}.
 *
 * @param floatTop1 share of frames whose largest float score (first output, first of equals) is at the label
 * @param integerTop1 the same for the codes
 * @param agreement share of frames on which both have their largest score at the same place
 * @param tensors one entry for each node that a float node corresponds to, in node order
 */
public record AccuracyReport(
        String model,
        NumberFormat format,
        int samples,
        double floatTop1,
        double integerTop1,
        double agreement,
        List<TensorAccuracy> tensors) {
    private static final int CHUNK = 64;

    public AccuracyReport {
        tensors = List.copyOf(tensors);
    }

    /**
     * Runs both graphs on every frame.
     *
     * @param frames each a tensor for every input, as the float evaluator takes them
     * @param labels one a frame: index into the first output, channels first
     * @throws IllegalArgumentException if there are no frames, or not one label for each
     */
    public static AccuracyReport measure(Quantized quantized, List<List<Tensor>> frames, int[] labels) {
        if (frames.isEmpty() || frames.size() != labels.length) {
            throw new IllegalArgumentException(frames.size() + " frames, " + labels.length + " labels");
        }
        Graph reference = quantized.reference();
        QuantizedGraph graph = quantized.graph();
        var evaluator = new IntegerEvaluator(graph);
        List<TensorErrors> errors = new ArrayList<>();
        for (QNode node : graph.nodes()) {
            TensorSummary summary = quantized.tensors().get(node.id());
            errors.add(new TensorErrors(node.type(), summary.low(), summary.high()));
        }
        int floatRight = 0;
        int integerRight = 0;
        int same = 0;
        for (int from = 0; from < labels.length; from += CHUNK) {
            List<Pair> pairs = IntStream.range(from, Math.min(labels.length, from + CHUNK))
                    .parallel()
                    .mapToObj(i -> Pair.of(reference, evaluator, frames.get(i)))
                    .toList();
            for (int i = 0; i < pairs.size(); i++) {
                int output = graph.outputs().getFirst();
                boolean labelled = graph.node(output).op() instanceof QOp.ArgMax;
                int floatBest = best(pairs.get(i).floats.get(reference.outputs().getFirst()), labelled);
                int integerBest = best(
                        HostCodes.decode(
                                pairs.get(i).codes.get(output),
                                graph.node(output).type()),
                        labelled);
                floatRight += floatBest == labels[from + i] ? 1 : 0;
                integerRight += integerBest == labels[from + i] ? 1 : 0;
                same += floatBest == integerBest ? 1 : 0;
            }
            IntStream.range(0, errors.size())
                    .parallel()
                    .forEach(n -> quantized
                            .floatNodes()
                            .get(n)
                            .ifPresent(f -> pairs.forEach(p -> errors.get(n).add(p.floats.get(f), p.codes.get(n)))));
        }
        double samples = labels.length;
        List<TensorAccuracy> tensors = graph.nodes().stream()
                .filter(n -> quantized.floatNodes().get(n.id()).isPresent())
                .map(n -> errors.get(n.id()).summary(n.name()))
                .toList();
        return new AccuracyReport(
                graph.name(),
                quantized.options().format(),
                labels.length,
                floatRight / samples,
                integerRight / samples,
                same / samples,
                tensors);
    }

    private record Pair(List<Tensor> floats, List<short[]> codes) {
        static Pair of(Graph reference, IntegerEvaluator evaluator, List<Tensor> frame) {
            QuantizedGraph graph = evaluator.graph();
            List<QNode> inputs = graph.inputs();
            List<short[]> codes = IntStream.range(0, inputs.size())
                    .mapToObj(i -> HostCodes.encode(frame.get(i), inputs.get(i).type(), graph.precision()))
                    .toList();
            return new Pair(FloatEvaluator.runAll(reference, frame), evaluator.runAll(codes));
        }
    }

    /** The label of a result: its first value, or the index of its largest one. */
    private static int best(Tensor result, boolean isLabel) {
        return isLabel ? (int) result.get(0) : argMax(result);
    }

    /** Index of the largest value, the first of equals. */
    private static int argMax(Tensor scores) {
        int best = 0;
        for (int i = 1; i < scores.size(); i++) {
            best = scores.get(i) > scores.get(best) ? i : best;
        }
        return best;
    }
}
