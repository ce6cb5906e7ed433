package io.millrace.ir;

/** A locally connected layer in single precision, summed in double precision. */
final class LocalConvolution {
    private LocalConvolution() {}

    static Tensor apply(Op.LocalConv conv, Tensor x, Shape result) {
        int outputs = conv.weights().shape().dim(1);
        int channels = conv.weights().shape().dim(2);
        int positions = conv.weights().shape().dim(0);
        int taps = conv.window().taps();
        int plane = x.size() / Math.max(1, channels);
        float[] out = new float[result.volume()];
        for (int p = 0; p < positions; p++) {
            int[] offsets = new int[taps];
            for (int t = 0; t < taps; t++) {
                offsets[t] = offset(conv.window(), x.shape(), result, p, t);
            }
            for (int m = 0; m < outputs; m++) {
                double sum = conv.bias().get(p * outputs + m);
                for (int c = 0; c < channels; c++) {
                    for (int t = 0; t < taps; t++) {
                        if (offsets[t] >= 0) {
                            sum += (double) conv.weights().get(((p * outputs + m) * channels + c) * taps + t)
                                    * x.get(c * plane + offsets[t]);
                        }
                    }
                }
                out[m * positions + p] = (float) sum;
            }
        }
        return Tensor.wrap(result, out);
    }

    /** Where in a map the tap of a position lies, -1 for padding. */
    private static int offset(Window window, Shape in, Shape out, int position, int tap) {
        int restPosition = position;
        int restTap = tap;
        int offset = 0;
        int scale = 1;
        for (int a = window.rank() - 1; a >= 0; a--) {
            int i = restPosition % out.dim(a + 2) * window.stride().get(a)
                    + restTap % window.kernel().get(a) * window.dilation().get(a)
                    - window.padBegin().get(a);
            if (i < 0 || i >= in.dim(a + 2)) {
                return -1;
            }
            restPosition /= out.dim(a + 2);
            restTap /= window.kernel().get(a);
            offset += i * scale;
            scale *= in.dim(a + 2);
        }
        return offset;
    }
}
