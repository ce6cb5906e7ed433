package io.millrace.ir;

import java.util.stream.IntStream;

/** Transposed convolution in single precision: sums in double, output channels in parallel. */
final class TransposedConvolution {
    private TransposedConvolution() {}

    static Tensor apply(Op.ConvTranspose conv, Tensor x, Shape result) {
        float[] out = new float[result.volume()];
        int outputs = result.dim(1);
        int pixels = out.length / outputs;
        IntStream work = IntStream.range(0, outputs);
        if ((long) x.size() * conv.weights().size() > 1_000_000) {
            work = work.parallel();
        }
        work.forEach(m -> {
            double[] sums = new double[pixels];
            channel(conv, x, result, m, sums);
            float bias = conv.bias().get(m);
            for (int i = 0; i < pixels; i++) {
                out[m * pixels + i] = (float) (sums[i] + bias);
            }
        });
        return Tensor.wrap(result, out);
    }

    /** Adds to one output channel what every operand element and every tap give it. */
    private static void channel(Op.ConvTranspose conv, Tensor x, Shape result, int m, double[] sums) {
        float[] in = x.values();
        float[] weights = conv.weights().values();
        int taps = conv.window().taps();
        int outputsPerGroup = conv.weights().shape().dim(1);
        int channelsPerGroup = x.shape().dim(1) / conv.groups();
        int plane = in.length / x.shape().dim(1);
        int group = m / outputsPerGroup;
        for (int t = 0; t < taps; t++) {
            for (int p = 0; p < plane; p++) {
                int to = target(conv.window(), x.shape(), result, t, p);
                for (int c = group * channelsPerGroup; to >= 0 && c < (group + 1) * channelsPerGroup; c++) {
                    sums[to] += (double) in[c * plane + p]
                            * weights[(c * outputsPerGroup + m % outputsPerGroup) * taps + t];
                }
            }
        }
    }

    /** Offset within a result map that a tap of an operand element adds to, or -1 if it is cut off. */
    private static int target(Window window, Shape in, Shape out, int tap, int pixel) {
        int restOfTap = tap;
        int restOfPixel = pixel;
        int offset = 0;
        int scale = 1;
        for (int a = window.rank() - 1; a >= 0; a--) {
            int i = restOfPixel % in.dim(a + 2) * window.stride().get(a)
                    + restOfTap % window.kernel().get(a) * window.dilation().get(a)
                    - window.padBegin().get(a);
            restOfTap /= window.kernel().get(a);
            restOfPixel /= in.dim(a + 2);
            if (i < 0 || i >= out.dim(a + 2)) {
                return -1;
            }
            offset += i * scale;
            scale *= out.dim(a + 2);
        }
        return offset;
    }
}
