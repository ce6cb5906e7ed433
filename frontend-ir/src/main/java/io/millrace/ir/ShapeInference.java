package io.millrace.ir;

import java.util.ArrayList;
import java.util.List;

/** The result shape of each operation, for any number of spatial axes. */
public final class ShapeInference {
    private ShapeInference() {}

    /** The operands do not suit the operation; the message says how. */
    public static final class Mismatch extends IllegalArgumentException {
        private static final long serialVersionUID = 1L;

        public Mismatch(String message) {
            super(message);
        }
    }

    /**
     * Shape of {@code op} applied to operands of these shapes.
     *
     * @throws Mismatch if they do not suit each other
     * @throws IllegalArgumentException for {@link Op.Input} and {@link Op.Reshape}, whose shape is stated, not inferred
     */
    public static Shape infer(Op op, List<Shape> operands) {
        return switch (op) {
            case Op.Input _, Op.Reshape _ -> throw new IllegalArgumentException("the shape of " + op + " is stated");
            case Op.Conv conv -> convolution(conv, only(operands));
            case Op.MaxPool(Window window) -> pool(window, only(operands));
            case Op.AveragePool(Window window, var _) -> pool(window, only(operands));
            case Op.Dense dense -> dense(dense, only(operands));
            case Op.ChannelAffine(Tensor gain, Tensor bias) -> channelAffine(gain, bias, only(operands));
            case Op.Activation _, Op.FakeQuantize _ -> only(operands);
            case Op.Add _ -> add(operands);
            case Op.Concat _ -> concat(operands);
            case Op.Softmax _ -> softmax(only(operands));
        };
    }

    private static Shape only(List<Shape> operands) {
        require(operands.size() == 1, "expected 1 operand, got " + operands.size());
        return operands.getFirst();
    }

    private static Shape convolution(Op.Conv conv, Shape x) {
        Shape w = conv.weights().shape();
        require(x.rank() >= 3, "a convolution needs a feature map [1, C, spatial...], got " + x);
        require(w.rank() == x.rank(), "weights " + w + " and operand " + x + " differ in rank");
        require(x.dim(0) == 1, "batch is " + x.dim(0) + ", must be 1");
        int groups = conv.groups();
        require(groups >= 1, "groups is " + groups + ", must be at least 1");
        require(w.dim(0) % groups == 0, w.dim(0) + " output channels do not divide into " + groups + " groups");
        require(
                (long) w.dim(1) * groups == x.dim(1),
                "weights " + w + " in " + groups + " groups need " + (long) w.dim(1) * groups + " channels, operand "
                        + x + " has " + x.dim(1));
        require(
                conv.bias().shape().equals(Shape.of(w.dim(0))),
                "bias is " + conv.bias().shape() + ", must be " + w.dim(0));
        require(
                conv.window().kernel().equals(w.dims().subList(2, w.rank())),
                "window kernel " + conv.window().kernel() + " differs from weights " + w);
        return windowed(conv.window(), x, w.dim(0));
    }

    private static Shape pool(Window window, Shape x) {
        require(x.rank() >= 3, "pooling needs a feature map [1, C, spatial...], got " + x);
        require(x.dim(0) == 1, "batch is " + x.dim(0) + ", must be 1");
        Shape result = windowed(window, x, x.dim(1));
        for (int a = 0; a < window.rank(); a++) {
            long lastStart = (long) (result.dim(a + 2) - 1) * window.stride().get(a);
            boolean touches = window.padBegin().get(a) < window.extent(a)
                    && lastStart < (long) x.dim(a + 2) + window.padBegin().get(a);
            require(touches, "a pooling window on spatial axis " + a + " holds padding only");
        }
        return result;
    }

    private static Shape windowed(Window window, Shape x, int channels) {
        require(
                window.rank() == x.rank() - 2,
                "window of rank " + window.rank() + " on operand " + x + " with " + (x.rank() - 2) + " spatial axes");
        var dims = new ArrayList<Integer>();
        dims.add(1);
        dims.add(channels);
        for (int a = 0; a < window.rank(); a++) {
            long extent =
                    (long) (window.kernel().get(a) - 1) * window.dilation().get(a) + 1;
            long room = (long) x.dim(a + 2)
                    + window.padBegin().get(a)
                    + window.padEnd().get(a)
                    - extent;
            require(
                    room >= 0,
                    "the window spans " + extent + " on spatial axis " + a + ", the operand with padding only "
                            + (room + extent));
            dims.add(Math.toIntExact(room / window.stride().get(a) + 1));
        }
        return checked(dims);
    }

    private static Shape dense(Op.Dense dense, Shape x) {
        Shape w = dense.weights().shape();
        require(x.rank() == 2 && x.dim(0) == 1, "a dense layer needs a vector [1, K], got " + x);
        require(w.rank() == 2 && w.dim(1) == x.dim(1), "weights " + w + " do not take the operand " + x);
        require(
                dense.bias().shape().equals(Shape.of(w.dim(0))),
                "bias is " + dense.bias().shape() + ", must be " + w.dim(0));
        return Shape.of(1, w.dim(0));
    }

    private static Shape channelAffine(Tensor gain, Tensor bias, Shape x) {
        require(x.rank() >= 2, "per-channel gain and bias need an operand [1, C, ...], got " + x);
        Shape channels = Shape.of(x.dim(1));
        require(
                gain.shape().equals(channels),
                "gain is " + gain.shape() + ", the operand has " + x.dim(1) + " channels");
        require(
                bias.shape().equals(channels),
                "bias is " + bias.shape() + ", the operand has " + x.dim(1) + " channels");
        return x;
    }

    private static Shape add(List<Shape> operands) {
        require(operands.size() == 2, "expected 2 operands, got " + operands.size());
        require(
                operands.getFirst().equals(operands.getLast()),
                "operands " + operands.getFirst() + " and " + operands.getLast() + " differ");
        return operands.getFirst();
    }

    private static Shape concat(List<Shape> operands) {
        require(!operands.isEmpty(), "concatenation of nothing");
        Shape first = operands.getFirst();
        require(first.rank() >= 2, "concatenation along axis 1 needs rank 2 or more, got " + first);
        long channels = 0;
        for (Shape s : operands) {
            boolean fits = s.rank() == first.rank();
            for (int a = 0; fits && a < s.rank(); a++) {
                fits = a == 1 || s.dim(a) == first.dim(a);
            }
            require(fits, "operands " + first + " and " + s + " differ in more than axis 1");
            channels += s.dim(1);
        }
        require(channels <= Integer.MAX_VALUE, "too many channels");
        var dims = new ArrayList<>(first.dims());
        dims.set(1, (int) channels);
        return checked(dims);
    }

    private static Shape softmax(Shape x) {
        require(x.rank() >= 2, "softmax along axis 1 needs rank 2 or more, got " + x);
        return x;
    }

    private static Shape checked(List<Integer> dims) {
        try {
            return new Shape(dims);
        } catch (ArithmeticException | IllegalArgumentException e) {
            throw new Mismatch("the result " + dims + " is too large");
        }
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new Mismatch(message);
        }
    }
}
