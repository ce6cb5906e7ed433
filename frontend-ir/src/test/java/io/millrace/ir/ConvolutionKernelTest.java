package io.millrace.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Shapes that take the evaluator's other paths (split rows, several blocks, threads) against sums straight from the definition. */
class ConvolutionKernelTest {
    private final Random random = new Random(9);

    private Tensor random(int... dims) {
        Shape shape = Shape.of(dims);
        float[] values = new float[shape.volume()];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat() - 0.5f;
        }
        return Tensor.wrap(shape, values);
    }

    @ParameterizedTest
    @CsvSource({
        // channels, height, width, outputs, kernel, stride, pad, dilation, groups
        "1, 3, 5000, 2, 3, 1, 1, 1, 1",
        "2, 2, 3001, 2, 2, 2, 3, 3, 2",
        "96, 27, 27, 64, 5, 1, 2, 1, 2",
        "3, 67, 59, 16, 11, 4, 2, 1, 1",
        "48, 13, 13, 48, 3, 1, 1, 1, 48",
        "512, 6, 6, 32, 6, 1, 0, 1, 1",
        "600, 4, 300, 3, 3, 1, 1, 1, 1",
        "7, 5, 5, 3, 1, 7, 0, 1, 1"
    })
    void everyPathFollowsTheDefinition(
            int channels,
            int height,
            int width,
            int outputs,
            int kernel,
            int stride,
            int pad,
            int dilation,
            int groups) {
        var window = new Window(
                List.of(Math.min(kernel, height + 2 * pad), kernel),
                List.of(stride, stride),
                List.of(pad, pad),
                List.of(pad, pad),
                List.of(1, dilation));
        Tensor weights = random(outputs, channels / groups, window.kernel().get(0), kernel);
        var conv = new Op.Conv(weights, random(outputs), window, groups);
        Tensor x = random(1, channels, height, width);
        Shape shape = ShapeInference.infer(conv, List.of(x.shape()));
        Tensor y = ConvolutionKernel.apply(conv, x, shape);
        IntStream.range(0, y.size())
                .filter(i -> y.size() < 4000 || i % 97 == 0)
                .forEach(i -> assertEquals(expected(conv, x, shape, i), y.get(i), 1e-4, "element " + i));
    }

    private static double expected(Op.Conv conv, Tensor x, Shape shape, int element) {
        int ow = element % shape.dim(3);
        int oh = element / shape.dim(3) % shape.dim(2);
        int m = element / shape.dim(3) / shape.dim(2);
        Shape in = x.shape();
        Window w = conv.window();
        int perGroup = in.dim(1) / conv.groups();
        int group = m / (shape.dim(1) / conv.groups());
        double sum = conv.bias().get(m);
        int at = m * perGroup * w.taps();
        for (int c = group * perGroup; c < (group + 1) * perGroup; c++) {
            for (int kh = 0; kh < w.kernel().get(0); kh++) {
                for (int kw = 0; kw < w.kernel().get(1); kw++, at++) {
                    int h = oh * w.stride().get(0)
                            - w.padBegin().get(0)
                            + kh * w.dilation().get(0);
                    int v = ow * w.stride().get(1)
                            - w.padBegin().get(1)
                            + kw * w.dilation().get(1);
                    if (h >= 0 && h < in.dim(2) && v >= 0 && v < in.dim(3)) {
                        sum += (double) conv.weights().get(at) * x.get((c * in.dim(2) + h) * in.dim(3) + v);
                    }
                }
            }
        }
        return sum;
    }

    @Test
    void tooLargeMapsAreRefusedBeforeTheyAreMade() {
        var builder = new GraphBuilder();
        int x = builder.input("x", Shape.of(1, 1, 4, 4), SourceRef.file("big"));
        var window = new Window(List.of(1, 1), List.of(1, 1), List.of(8000, 8000), List.of(8000, 8000), List.of(1, 1));
        int y = builder.add("y", new Op.Conv(random(1, 1, 1, 1), random(1), window, 1), SourceRef.file("big"), x);
        Graph graph = builder.build("big", List.of(y), List.of("y"));
        var e = assertThrows(CompileException.class, () -> FloatEvaluator.run(graph, List.of(random(1, 1, 4, 4))));
        assertEquals(9, e.exitCode());
    }

    @Test
    void wrongInputsAreRefused() {
        Graph graph = Samples.graph("lenet1");
        var e = assertThrows(CompileException.class, () -> FloatEvaluator.run(graph, List.of(random(1, 1, 28, 27))));
        assertEquals(
                "input 'image' takes 1x1x28x28, got 1x1x28x27",
                e.diagnostics().getFirst().problem());
        assertEquals(
                3,
                assertThrows(CompileException.class, () -> FloatEvaluator.run(graph, List.of()))
                        .exitCode());
    }

    @Test
    void runAllHoldsEveryNodesValue() {
        Graph graph = Samples.graph("fashion_resdw");
        var inputs = Gen.inputs(graph, 1);
        List<Tensor> all = FloatEvaluator.runAll(graph, inputs);
        assertEquals(graph.nodes().size(), all.size());
        graph.nodes().forEach(n -> assertEquals(n.shape(), all.get(n.id()).shape()));
        assertEquals(
                FloatEvaluator.run(graph, inputs).getFirst(),
                all.get(graph.outputs().getFirst()));
    }
}
