package io.millrace.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Against Torch7's definition, written down position by position. */
class LocalNormalizationTest {
    private static final SourceRef SOURCE = SourceRef.file("norm");
    private static final float[] KERNEL = {1, 2, 1, 2, 5, 2, 0, 2, 1};
    private static final Tensor WEIGHTS = Tensor.of(Shape.of(3, 3), KERNEL);

    private static Tensor values(Shape shape) {
        var random = new Random(4);
        var values = new float[shape.volume()];
        for (int i = 0; i < values.length; i++) {
            values[i] = 2 * random.nextFloat() - 0.7f;
        }
        return Tensor.wrap(shape, values);
    }

    private interface Layer {
        int append(GraphBuilder b, int x);
    }

    private static float[] run(Tensor x, Layer layer) {
        var b = new GraphBuilder();
        int in = b.input("x", x.shape(), SOURCE);
        int out = layer.append(b, in);
        var graph = b.build("norm", List.of(out), List.of("y"));
        assertEquals(List.of(), GraphVerifier.verify(graph));
        float[] made = FloatEvaluator.run(graph, List.of(x)).getFirst().toArray();
        return made;
    }

    /** The kernel's sum over the neighbourhood of a position and all channels, and over a map of ones. */
    private static double[] estimate(Tensor x, int row, int column, boolean squared) {
        int channels = x.shape().dim(1);
        int rows = x.shape().dim(2);
        int columns = x.shape().dim(3);
        double sum = 0;
        double share = 0;
        double all = 0;
        for (int k = 0; k < 9; k++) {
            int r = row + k / 3 - 1;
            int c = column + k % 3 - 1;
            all += KERNEL[k];
            if (r < 0 || r >= rows || c < 0 || c >= columns) {
                continue;
            }
            share += KERNEL[k];
            for (int channel = 0; channel < channels; channel++) {
                double v = x.get((channel * rows + r) * columns + c);
                sum += KERNEL[k] * (squared ? v * v : v) / channels;
            }
        }
        return new double[] {sum / all, share / all};
    }

    private static void compare(
            Tensor x, float[] made, java.util.function.IntFunction<Double> statistic, boolean divide) {
        int positions = x.shape().dim(2) * x.shape().dim(3);
        for (int i = 0; i < made.length; i++) {
            double s = statistic.apply(i % positions);
            assertEquals(divide ? x.get(i) / s : x.get(i) - s, made[i], 1e-5 * (1 + Math.abs(made[i])), "element " + i);
        }
    }

    private static final List<Shape> SHAPES =
            List.of(Shape.of(1, 3, 5, 7), Shape.of(1, 1, 1, 1), Shape.of(1, 1, 4, 2), Shape.of(1, 5, 1, 6));

    @Test
    void subtractive() {
        for (Shape shape : SHAPES) {
            Tensor x = values(shape);
            int columns = shape.dim(3);
            float[] made = run(x, (b, in) -> LocalNormalization.subtractive(b, "n", SOURCE, in, WEIGHTS));
            compare(
                    x,
                    made,
                    p -> {
                        double[] e = estimate(x, p / columns, p % columns, false);
                        return e[0] / e[1];
                    },
                    false);
        }
    }

    private static double deviation(Tensor x, int position) {
        int columns = x.shape().dim(3);
        double[] e = estimate(x, position / columns, position % columns, true);
        return Math.sqrt(e[0]) / e[1];
    }

    @Test
    void divisiveWithAConstant() {
        for (Shape shape : SHAPES) {
            Tensor x = values(shape);
            var floor = new LocalNormalization.Floor.Constant(0.6f, 0.9f);
            float[] made = run(x, (b, in) -> LocalNormalization.divisive(b, "n", SOURCE, in, WEIGHTS, floor));
            compare(
                    x,
                    made,
                    p -> {
                        double d = deviation(x, p);
                        return d > 0.6f ? d : 0.9f;
                    },
                    true);
        }
    }

    @Test
    void divisiveWithItsMean() {
        for (Shape shape : SHAPES) {
            Tensor x = values(shape);
            int positions = shape.dim(2) * shape.dim(3);
            double mean = 0;
            for (int p = 0; p < positions; p++) {
                mean += deviation(x, p) / positions;
            }
            double least = mean;
            var floor = new LocalNormalization.Floor.Mean();
            float[] made = run(x, (b, in) -> LocalNormalization.divisive(b, "n", SOURCE, in, WEIGHTS, floor));
            compare(x, made, p -> Math.max(least, deviation(x, p)), true);
        }
    }

    @Test
    void contrastiveIsBothInTurn() {
        Tensor x = values(Shape.of(1, 3, 5, 7));
        var floor = new LocalNormalization.Floor.Constant(1e-4f, 1e-4f);
        float[] centred = run(x, (b, in) -> LocalNormalization.subtractive(b, "n", SOURCE, in, WEIGHTS));
        Tensor between = Tensor.wrap(x.shape(), centred);
        float[] made = run(x, (b, in) -> LocalNormalization.contrastive(b, "n", SOURCE, in, WEIGHTS, floor));
        compare(between, made, p -> deviation(between, p), true);
    }

    @Test
    void refusesKernelsOfOtherForms() {
        for (Tensor kernel : List.of(
                Tensor.zeros(Shape.of(3, 3)),
                Tensor.of(Shape.of(1, 2), 1, 1),
                Tensor.of(Shape.of(3), 1, 1, 1),
                Tensor.of(Shape.of(1, 3), 1, 1, -1))) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> run(
                            values(Shape.of(1, 1, 3, 3)),
                            (b, in) -> LocalNormalization.subtractive(b, "n", SOURCE, in, kernel)));
        }
    }
}
