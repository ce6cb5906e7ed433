package io.millrace.ir.oracle;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Runs models in ONNX Runtime, with its own graph optimisations off. */
public final class OnnxRuntimeChild {
    private OnnxRuntimeChild() {}

    /** The outcomes of ONNX Runtime for these cases. */
    public static List<Batch.Outcome> run(List<Batch.Case> cases, Path folder) {
        return Batch.run(OnnxRuntimeChild.class, cases, folder, "1g", 300, Map.of("ORT_DISABLE_TELEMETRY", "1"));
    }

    public static void main(String[] args) throws IOException {
        try (var environment = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, "oracle")) {
            Batch.serve(args, (model, inputs) -> {
                try (var options = new OrtSession.SessionOptions()) {
                    options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.NO_OPT);
                    options.setIntraOpNumThreads(1);
                    options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
                    try (OrtSession session = environment.createSession(model, options)) {
                        return run(environment, session, inputs);
                    }
                }
            });
        }
    }

    private static List<Tensor> run(OrtEnvironment environment, OrtSession session, List<Tensor> inputs)
            throws Exception {
        var feed = new HashMap<String, OnnxTensor>();
        var next = inputs.iterator();
        for (String name : session.getInputNames()) {
            Tensor t = next.next();
            long[] dims = t.shape().dims().stream().mapToLong(i -> i).toArray();
            feed.put(name, OnnxTensor.createTensor(environment, FloatBuffer.wrap(t.toArray()), dims));
        }
        var outputs = new ArrayList<Tensor>();
        try (OrtSession.Result result = session.run(feed)) {
            for (var entry : result) {
                var tensor = (OnnxTensor) entry.getValue();
                var info = (TensorInfo) tensor.getInfo();
                int[] dims = java.util.Arrays.stream(info.getShape())
                        .mapToInt(Math::toIntExact)
                        .toArray();
                float[] values = new float[Shape.of(dims).volume()];
                tensor.getFloatBuffer().get(values);
                outputs.add(Tensor.wrap(Shape.of(dims), values));
            }
        } finally {
            feed.values().forEach(OnnxTensor::close);
        }
        return outputs;
    }
}
