package io.millrace.quantizer;

import io.millrace.ir.FloatEvaluator;
import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Shape;
import io.millrace.ir.SourceRef;
import io.millrace.ir.Tensor;
import java.util.List;
import java.util.stream.IntStream;

/** The float activations of a graph on sample frames, summed up, and the frames themselves. */
public final class Calibration {
    private static final int CHUNK = 16;
    private static final long CODE_BYTES_MAX = 512L << 20;

    private final Graph graph;
    private final List<List<Tensor>> frames;
    private final List<Distribution> distributions;
    private final int meanFrames;

    private Calibration(Graph graph, List<List<Tensor>> frames, List<Distribution> distributions, int meanFrames) {
        this.graph = graph;
        this.frames = List.copyOf(frames);
        this.distributions = List.copyOf(distributions);
        this.meanFrames = meanFrames;
    }

    /**
     * Runs the float graph on every frame.
     *
     * @param frames each a tensor for every input of the graph, as the float evaluator takes them
     * @throws io.millrace.ir.CompileException QNT-0301 without frames, QNT-0302 if a value is not finite
     */
    public static Calibration of(Graph graph, List<List<Tensor>> frames) {
        if (frames.isEmpty()) {
            throw QuantizeCode.NO_FRAMES.exception(
                    SourceRef.file(graph.name()),
                    "no calibration frame was given",
                    "give at least one, better a hundred");
        }
        List<Distribution> distributions = nothingSeen(graph);
        long codeBytes =
                graph.nodes().stream().mapToLong(n -> 2L * n.shape().volume()).sum();
        int meanFrames = Math.clamp(CODE_BYTES_MAX / Math.max(1, codeBytes), 1, frames.size());
        if (!FloatEvaluator.holdsAll(graph)) {
            for (int f = 0; f < frames.size(); f++) {
                boolean forMeans = f < meanFrames;
                FloatEvaluator.visit(
                        graph, frames.get(f), (n, values) -> add(n, distributions.get(n.id()), values, forMeans));
            }
            return new Calibration(graph, frames, distributions, meanFrames);
        }
        for (int from = 0; from < frames.size(); from += CHUNK) {
            int first = from;
            List<List<Tensor>> chunk = IntStream.range(from, Math.min(frames.size(), from + CHUNK))
                    .parallel()
                    .mapToObj(f -> FloatEvaluator.runAll(graph, frames.get(f)))
                    .toList();
            IntStream.range(0, graph.nodes().size()).parallel().forEach(n -> {
                for (int f = 0; f < chunk.size(); f++) {
                    add(graph.node(n), distributions.get(n), chunk.get(f).get(n), first + f < meanFrames);
                }
            });
        }
        return new Calibration(graph, frames, distributions, meanFrames);
    }

    /** One that has seen no frame: every value may be 0. */
    public static Calibration withoutFrames(Graph graph) {
        return new Calibration(graph, List.of(), nothingSeen(graph), 0);
    }

    private static List<Distribution> nothingSeen(Graph graph) {
        return graph.nodes().stream()
                .map(Node::shape)
                .map(Calibration::distribution)
                .toList();
    }

    private static Distribution distribution(Shape shape) {
        int channels = Math.max(1, shape.rank() > 1 ? shape.dim(1) : 1);
        return new Distribution(channels, shape.volume() / channels);
    }

    private static void add(Node node, Distribution distribution, Tensor values, boolean forMeans) {
        if (!distribution.add(values.toArray(), forMeans)) {
            throw QuantizeCode.NOT_FINITE.exception(
                    node.source(),
                    "'" + node.name() + "' is not finite on a calibration frame",
                    "look for a division by zero or an overflow in the model, or for bad frames");
        }
    }

    public Graph graph() {
        return graph;
    }

    /** Number of calibration frames. */
    public int size() {
        return frames.size();
    }

    /** What a node of the graph showed. */
    public Distribution of(int node) {
        return distributions.get(node);
    }

    /** The frames that the channel means were taken over, and that bias correction runs: the first ones. */
    public List<List<Tensor>> meanFrames() {
        return frames.subList(0, meanFrames);
    }
}
