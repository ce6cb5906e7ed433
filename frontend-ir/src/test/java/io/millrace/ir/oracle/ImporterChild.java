package io.millrace.ir.oracle;

import io.millrace.ir.CompileException;
import io.millrace.ir.FloatEvaluator;
import io.millrace.ir.Graph;
import io.millrace.ir.GraphVerifier;
import io.millrace.ir.Node;
import io.millrace.ir.Normalization;
import io.millrace.ir.Op;
import io.millrace.ir.Passes;
import io.millrace.ir.Pointwise;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.onnx.ImportOptions;
import io.millrace.ir.onnx.OnnxImporter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Imports, canonicalises and evaluates models in a heap of 1 GiB. Inputs of the batch are ignored: each model gets seeded values of the
 * shape it asks for, and the outcome lists the inputs, the outputs, the canonical graph's outputs and, last, the largest magnitude met
 * on the way and the number of inputs.
 */
public final class ImporterChild {
    /** Work one case may take; larger models are outcomes of their own. */
    private static final long MAX_WORK = 1_000_000_000L;

    private ImporterChild() {}

    public static List<Batch.Outcome> run(List<Batch.Case> cases, Path folder) {
        return Batch.run(ImporterChild.class, cases, folder, "1g", 300, Map.of());
    }

    public static void main(String[] args) throws IOException {
        Batch.serve(args, (model, _) -> {
            long start = System.nanoTime();
            try {
                return evaluate(model);
            } finally {
                long millis = (System.nanoTime() - start) / 1_000_000;
                if (millis > 10_000) {
                    throw new AssertionError("took " + millis + " ms");
                }
            }
        });
    }

    private static List<Tensor> evaluate(byte[] model) {
        Graph graph;
        try {
            graph = OnnxImporter.importBytes(model, "mutant.onnx", ImportOptions.DEFAULT)
                    .graph();
        } catch (CompileException e) {
            throw new IllegalArgumentException("DIAGNOSTIC " + e.exitCode() + " " + e.getMessage());
        }
        var problems = GraphVerifier.verify(graph);
        if (!problems.isEmpty()) {
            throw new IllegalStateException("the importer made an illegal graph: " + problems);
        }
        Graph canonical = Passes.canonicalise(graph);
        if (!GraphVerifier.verify(canonical).isEmpty()) {
            // weights near the largest float overflow when a gain is folded in; the later stages refuse that with these
            // words
            throw new IllegalArgumentException("DIAGNOSTIC 3 " + GraphVerifier.verify(canonical));
        }
        if (!GraphVerifier.verify(Passes.compose(canonical)).isEmpty()) {
            throw new IllegalArgumentException("DIAGNOSTIC 3 " + GraphVerifier.verify(Passes.compose(canonical)));
        }
        if (work(graph) > MAX_WORK) {
            throw new IllegalArgumentException("TOO MUCH WORK " + work(graph));
        }
        var random = new Random(1);
        var inputs = graph.inputs().stream().map(n -> random(n.shape(), random)).toList();
        var all = FloatEvaluator.runAll(graph, inputs);
        float largest = 1;
        for (Tensor t : all) {
            for (int i = 0; i < t.size(); i++) {
                largest = Math.max(largest, Float.isNaN(t.get(i)) ? Float.POSITIVE_INFINITY : Math.abs(t.get(i)));
            }
        }
        var result = new java.util.ArrayList<>(inputs);
        graph.outputs().forEach(o -> result.add(all.get(o)));
        FloatEvaluator.run(canonical, canonicalInputs(canonical, inputs)).forEach(result::add);
        result.add(Tensor.of(Shape.of(2), largest, inputs.size()));
        return result;
    }

    private static List<Tensor> canonicalInputs(Graph canonical, List<Tensor> inputs) {
        var out = new java.util.ArrayList<Tensor>();
        for (int i = 0; i < inputs.size(); i++) {
            out.add(inputs.get(i).reshape(canonical.inputs().get(i).shape()));
        }
        return out;
    }

    public static Tensor random(Shape shape, Random random) {
        float[] values = new float[shape.volume()];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat() * 2 - 1;
        }
        return Tensor.wrap(shape, values);
    }

    private static long work(Graph graph) {
        long work = 0;
        for (Node n : graph.nodes()) {
            long perValue = switch (n.op()) {
                case Op.Conv c -> c.weights().size() / c.weights().shape().dim(0);
                case Op.Dense d -> d.weights().shape().dim(1);
                case Op.MaxPool p -> p.window().taps();
                case Op.AveragePool p -> p.window().taps();
                case Op.LpPool p -> 10L * p.window().taps();
                case Op.ConvTranspose c -> c.weights().size();
                case Op.Normalize(Normalization.LocalResponse r) -> r.size();
                case Op.Activation(Pointwise f) -> 10L * f.terms();
                default -> 10;
            };
            work += n.shape().volume() * perValue;
        }
        return work;
    }
}
