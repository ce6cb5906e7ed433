package io.millrace.ir;

import java.util.stream.IntStream;

/** Normalizations, softmax and selection along axis 1, summed in double precision. */
final class NormalizationKernel {
    private NormalizationKernel() {}

    static Tensor apply(Normalization kind, Tensor x) {
        return switch (kind) {
            case Normalization.MeanVariance(int groups, float epsilon) -> meanVariance(groups, epsilon, x);
            case Normalization.Lp(int p) -> lp(p, x);
            case Normalization.LocalResponse response -> localResponse(response, x);
        };
    }

    private static Tensor meanVariance(int groups, float epsilon, Tensor x) {
        float[] in = x.values();
        float[] out = new float[in.length];
        int sets = x.shape().dim(0) * groups;
        int size = in.length / Math.max(1, sets);
        for (int s = 0; s < sets; s++) {
            double sum = 0;
            for (int i = s * size; i < (s + 1) * size; i++) {
                sum += in[i];
            }
            double mean = sum / size;
            double squares = 0;
            for (int i = s * size; i < (s + 1) * size; i++) {
                squares += (in[i] - mean) * (in[i] - mean);
            }
            double scale = 1 / Math.sqrt(squares / size + epsilon);
            for (int i = s * size; i < (s + 1) * size; i++) {
                out[i] = (float) ((in[i] - mean) * scale);
            }
        }
        return Tensor.wrap(x.shape(), out);
    }

    /** What is computed from the values along axis 1 at one place; they lie {@code inner} apart from {@code base} on. */
    private interface Column {
        void compute(int base, int place);
    }

    private static int inner(Shape shape) {
        return shape.volume() / Math.max(1, shape.dim(0) * shape.dim(1));
    }

    private static void forEachColumn(Shape shape, Column column) {
        int inner = inner(shape);
        for (int i = 0; i < shape.dim(0) * inner; i++) {
            column.compute(i / inner * shape.dim(1) * inner + i % inner, i);
        }
    }

    private static Tensor lp(int p, Tensor x) {
        float[] in = x.values();
        float[] out = new float[in.length];
        int inner = inner(x.shape());
        int channels = x.shape().dim(1);
        forEachColumn(x.shape(), (base, _) -> {
            double sum = 0;
            for (int c = 0; c < channels; c++) {
                double v = in[base + c * inner];
                sum += p == 1 ? Math.abs(v) : v * v;
            }
            double norm = p == 1 ? sum : Math.sqrt(sum);
            for (int c = 0; c < channels; c++) {
                out[base + c * inner] = norm == 0 ? 0 : (float) (in[base + c * inner] / norm);
            }
        });
        return Tensor.wrap(x.shape(), out);
    }

    private static Tensor localResponse(Normalization.LocalResponse r, Tensor x) {
        float[] in = x.values();
        float[] out = new float[in.length];
        int inner = inner(x.shape());
        int channels = x.shape().dim(1);
        int before = (r.size() - 1) / 2;
        int after = r.size() - 1 - before;
        forEachColumn(x.shape(), (base, _) -> {
            for (int c = 0; c < channels; c++) {
                double sum = 0;
                for (int k = Math.max(0, c - before); k <= Math.min(channels - 1L, (long) c + after); k++) {
                    sum += (double) in[base + k * inner] * in[base + k * inner];
                }
                double divisor = Math.pow(r.bias() + r.alpha() / (double) r.size() * sum, r.beta());
                out[base + c * inner] = (float) (in[base + c * inner] / divisor);
            }
        });
        return Tensor.wrap(x.shape(), out);
    }

    static Tensor softmax(Tensor x, boolean log) {
        float[] in = x.values();
        float[] out = new float[in.length];
        int inner = inner(x.shape());
        int channels = x.shape().dim(1);
        forEachColumn(x.shape(), (base, _) -> {
            double max = Double.NEGATIVE_INFINITY;
            for (int c = 0; c < channels; c++) {
                max = Math.max(max, in[base + c * inner]);
            }
            double sum = 0;
            for (int c = 0; c < channels; c++) {
                sum += Math.exp(in[base + c * inner] - max);
            }
            for (int c = 0; c < channels; c++) {
                double shifted = in[base + c * inner] - max;
                out[base + c * inner] = (float) (log ? shifted - Math.log(sum) : Math.exp(shifted) / sum);
            }
        });
        return Tensor.wrap(x.shape(), out);
    }

    static Tensor topK(int k, boolean indices, Tensor x, Shape result) {
        float[] in = x.values();
        float[] out = new float[result.volume()];
        int inner = inner(x.shape());
        int channels = x.shape().dim(1);
        forEachColumn(x.shape(), (base, place) -> {
            int[] order = IntStream.range(0, channels)
                    .boxed()
                    .sorted((a, b) -> Float.compare(in[base + b * inner] + 0f, in[base + a * inner] + 0f))
                    .limit(k)
                    .mapToInt(c -> c)
                    .toArray();
            int to = place / inner * k * inner + place % inner;
            for (int i = 0; i < k; i++) {
                out[to + i * inner] = indices ? order[i] : in[base + order[i] * inner];
            }
        });
        return Tensor.wrap(result, out);
    }
}
