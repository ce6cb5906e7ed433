package io.millrace.ir;

import java.util.Arrays;

/** Element-wise operations in single precision. */
final class Elementwise {
    private Elementwise() {}

    static Tensor channelAffine(float[] gain, float[] bias, Tensor x) {
        float[] in = x.values();
        float[] out = new float[in.length];
        int perChannel = perChannel(x.shape());
        for (int from = 0; from < in.length; from += perChannel) {
            int c = from / perChannel % gain.length;
            float g = gain[c];
            float b = bias[c];
            for (int i = from; i < from + perChannel; i++) {
                out[i] = in[i] * g + b;
            }
        }
        return Tensor.wrap(x.shape(), out);
    }

    static Tensor parametricRelu(float[] slope, Tensor x) {
        float[] in = x.values();
        float[] out = new float[in.length];
        int perChannel = perChannel(x.shape());
        for (int i = 0; i < in.length; i++) {
            out[i] = in[i] >= 0 ? in[i] : in[i] * slope[i / perChannel % slope.length];
        }
        return Tensor.wrap(x.shape(), out);
    }

    private static int perChannel(Shape shape) {
        return Math.max(1, shape.volume() / Math.max(1, shape.dim(0) * shape.dim(1)));
    }

    static Tensor activation(Pointwise function, Tensor x) {
        float[] in = x.values();
        float[] out = new float[in.length];
        if (function instanceof Pointwise.Relu) {
            for (int i = 0; i < in.length; i++) {
                out[i] = Math.max(in[i], 0f);
            }
        } else if (function instanceof Pointwise.Clip(float low, float high)) {
            for (int i = 0; i < in.length; i++) {
                out[i] = Math.min(Math.max(in[i], low), high);
            }
        } else {
            for (int i = 0; i < in.length; i++) {
                out[i] = (float) function.apply(in[i]);
            }
        }
        return Tensor.wrap(x.shape(), out);
    }

    static Tensor binary(BinaryFunction function, Tensor x, Tensor y, Shape result) {
        float[] a = Arrangement.broadcast(x, result).values();
        float[] b = Arrangement.broadcast(y, result).values();
        float[] out = new float[result.volume()];
        for (int i = 0; i < out.length; i++) {
            out[i] = function.apply(a[i], b[i]);
        }
        return Tensor.wrap(result, out);
    }

    static Tensor fakeQuantize(Op.FakeQuantize q, Tensor x) {
        float[] out = Arrays.copyOf(x.values(), x.size());
        for (int i = 0; i < out.length; i++) {
            double code = Math.rint(out[i] / q.scale()) + q.zeroPoint();
            double clamped = Math.min(Math.max(code, q.low()), q.high());
            out[i] = (float) (clamped - q.zeroPoint()) * q.scale();
        }
        return Tensor.wrap(x.shape(), out);
    }
}
