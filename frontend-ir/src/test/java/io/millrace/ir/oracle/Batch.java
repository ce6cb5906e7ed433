package io.millrace.ir.oracle;

import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Models run by a program in a child process: {@code N.onnx} with {@code N.in} becomes {@code N.out} (tensors) or {@code N.err} (text).
 * A child that dies is started again after the case it died on.
 */
public final class Batch {
    private Batch() {}

    /** One model and its input values, in the model's order. */
    public record Case(byte[] model, List<Tensor> inputs) {}

    /** What came of a case. */
    public sealed interface Outcome {
        record Values(List<Tensor> tensors) implements Outcome {}

        /** The text names the kind of failure first. */
        record Failure(String text) implements Outcome {}
    }

    public static List<Outcome> run(
            Class<?> program, List<Case> cases, Path folder, String heap, int timeoutSeconds, Map<String, String> env) {
        try {
            Files.createDirectories(folder);
            for (int i = 0; i < cases.size(); i++) {
                Files.write(folder.resolve(i + ".onnx"), cases.get(i).model());
                write(folder.resolve(i + ".in"), cases.get(i).inputs());
            }
            int from = 0;
            while (from < cases.size()) {
                int exit = start(program, folder, from, cases.size(), heap, timeoutSeconds, env);
                while (from < cases.size() && outcomeExists(folder, from)) {
                    from++;
                }
                if (from < cases.size()) {
                    Files.writeString(folder.resolve(from + ".err"), "DIED with exit code " + exit);
                    from++;
                }
            }
            var outcomes = new ArrayList<Outcome>();
            for (int i = 0; i < cases.size(); i++) {
                Path out = folder.resolve(i + ".out");
                outcomes.add(
                        Files.exists(out)
                                ? new Outcome.Values(read(out))
                                : new Outcome.Failure(Files.readString(folder.resolve(i + ".err"))));
            }
            return outcomes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a child process ran", e);
        }
    }

    private static boolean outcomeExists(Path folder, int i) {
        return Files.exists(folder.resolve(i + ".out")) || Files.exists(folder.resolve(i + ".err"));
    }

    private static int start(
            Class<?> program, Path folder, int from, int to, String heap, int timeoutSeconds, Map<String, String> env)
            throws IOException, InterruptedException {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path", ""));
        var builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home", ""), "bin", "java").toString(),
                "-Xmx" + heap,
                "-ea",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath,
                program.getName(),
                folder.toString(),
                String.valueOf(from),
                String.valueOf(to));
        builder.environment().putAll(env);
        builder.redirectErrorStream(true);
        builder.redirectOutput(folder.resolve("log-" + from + ".txt").toFile());
        Process child = builder.start();
        if (!child.waitFor(timeoutSeconds, TimeUnit.SECONDS)) {
            child.destroyForcibly().waitFor();
            return -1;
        }
        return child.exitValue();
    }

    /** The cases a child was asked to run. */
    interface Step {
        List<Tensor> run(byte[] model, List<Tensor> inputs) throws Exception;
    }

    /** The main loop of a child. */
    static void serve(String[] args, Step step) throws IOException {
        Path folder = Path.of(args[0]);
        for (int i = Integer.parseInt(args[1]); i < Integer.parseInt(args[2]); i++) {
            try {
                byte[] model = Files.readAllBytes(folder.resolve(i + ".onnx"));
                Path part = folder.resolve(i + ".part");
                write(part, step.run(model, read(folder.resolve(i + ".in"))));
                Files.move(part, folder.resolve(i + ".out"));
            } catch (Exception | OutOfMemoryError | StackOverflowError | AssertionError e) {
                var text = new StringBuilder(e.getClass().getSimpleName() + ": " + e.getMessage());
                for (StackTraceElement frame : e.getStackTrace()) {
                    text.append("\n  at ").append(frame);
                }
                Files.writeString(folder.resolve(i + ".err"), text);
            }
        }
    }

    static void write(Path path, List<Tensor> tensors) throws IOException {
        try (var out = new DataOutputStream(new java.io.BufferedOutputStream(Files.newOutputStream(path)))) {
            out.writeInt(tensors.size());
            for (Tensor t : tensors) {
                out.writeInt(t.shape().rank());
                for (int d : t.shape().dims()) {
                    out.writeInt(d);
                }
                for (float v : t.toArray()) {
                    out.writeInt(Float.floatToRawIntBits(v));
                }
            }
        }
    }

    static List<Tensor> read(Path path) throws IOException {
        try (var in = new DataInputStream(new java.io.BufferedInputStream(Files.newInputStream(path)))) {
            var tensors = new ArrayList<Tensor>();
            for (int n = in.readInt(); n > 0; n--) {
                int[] dims = new int[in.readInt()];
                for (int a = 0; a < dims.length; a++) {
                    dims[a] = in.readInt();
                }
                float[] values = new float[Shape.of(dims).volume()];
                for (int i = 0; i < values.length; i++) {
                    values[i] = Float.intBitsToFloat(in.readInt());
                }
                tensors.add(Tensor.wrap(Shape.of(dims), values));
            }
            return tensors;
        }
    }
}
