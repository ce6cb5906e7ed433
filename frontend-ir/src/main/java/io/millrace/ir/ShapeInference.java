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
            case Op.Constant(Tensor value) -> {
                require(operands.isEmpty(), "a constant has operands");
                yield value.shape();
            }
            case Op.Conv conv -> convolution(conv, only(operands));
            case Op.ConvTranspose conv -> WindowShapes.transposed(conv, only(operands));
            case Op.MaxPool(Window window) -> WindowShapes.pool(window, only(operands));
            case Op.MaxPoolIndices(Window window, var _) -> WindowShapes.pool(window, only(operands));
            case Op.MaxUnpool(Window window, var size) -> WindowShapes.unpool(window, size, operands);
            case Op.AveragePool(Window window, var _) -> WindowShapes.pool(window, only(operands));
            case Op.LpPool(Window window, int p) -> {
                require(p >= 1, "the exponent of an Lp pool is " + p);
                yield WindowShapes.pool(window, only(operands));
            }
            case Op.Dense dense -> dense(dense, only(operands));
            case Op.ChannelAffine(Tensor gain, Tensor bias) -> channelAffine(gain, bias, only(operands));
            case Op.PRelu(Tensor slope) -> channelAffine(slope, slope, only(operands));
            case Op.Activation _, Op.FakeQuantize _ -> only(operands);
            case Op.Binary _ -> binary(operands);
            case Op.Concat(int axis) -> concat(axis, operands);
            case Op.Slice slice -> ArrangedShapes.slice(slice, only(operands));
            case Op.Pad pad -> ArrangedShapes.pad(pad, only(operands));
            case Op.Transpose(var order) -> ArrangedShapes.transpose(order, only(operands));
            case Op.Gather(int axis, var indices) -> ArrangedShapes.gather(axis, indices, only(operands));
            case Op.Resize(var axes) -> ArrangedShapes.resize(axes, only(operands));
            case Op.DepthToSpace(int block) -> ArrangedShapes.depthToSpace(block, only(operands));
            case Op.SpaceToDepth(int block) -> ArrangedShapes.spaceToDepth(block, only(operands));
            case Op.LocalConv conv -> local(conv, only(operands));
            case Op.Rearrange rearrange -> ArrangedShapes.rearrange(rearrange, only(operands));
            case Op.OneHot(int depth) -> ArrangedShapes.oneHot(depth, only(operands));
            case Op.Lookup(Tensor table) -> ArrangedShapes.lookup(table, only(operands));
            case Op.Normalize(Normalization kind) -> normalize(kind, only(operands));
            case Op.Softmax _ -> softmax(only(operands));
            case Op.TopK(int k, var _) -> topK(k, only(operands));
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
        return WindowShapes.windowed(conv.window(), x, w.dim(0));
    }

    private static Shape local(Op.LocalConv conv, Shape x) {
        Shape w = conv.weights().shape();
        require(x.rank() >= 3, "a locally connected layer needs a feature map [1, C, spatial...], got " + x);
        require(
                w.rank() == x.rank() + 1 && w.dim(2) == x.dim(1),
                "weights " + w + " are not [positions, outputs, " + x.dim(1) + " channels, kernel...] for " + x);
        require(
                conv.window().kernel().equals(w.dims().subList(3, w.rank())),
                "window kernel " + conv.window().kernel() + " differs from weights " + w);
        Shape result = WindowShapes.windowed(conv.window(), x, w.dim(1));
        int positions = result.volume() / Math.max(1, result.dim(0) * w.dim(1));
        require(w.dim(0) == positions, "weights " + w + " are for " + w.dim(0) + " positions of " + positions);
        require(
                conv.bias().shape().equals(Shape.of(positions, w.dim(1))),
                "bias is " + conv.bias().shape() + ", must be [" + positions + ", " + w.dim(1) + "]");
        return result;
    }

    private static Shape dense(Op.Dense dense, Shape x) {
        Shape w = dense.weights().shape();
        require(x.rank() >= 1, "a dense layer needs an operand [..., K], got a scalar");
        int last = x.rank() - 1;
        require(w.rank() == 2 && w.dim(1) == x.dim(last), "weights " + w + " do not take the operand " + x);
        require(
                dense.bias().shape().equals(Shape.of(w.dim(0))),
                "bias is " + dense.bias().shape() + ", must be " + w.dim(0));
        var dims = new ArrayList<>(x.dims());
        dims.set(last, w.dim(0));
        return checked(dims);
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

    private static Shape binary(List<Shape> operands) {
        require(operands.size() == 2, "expected 2 operands, got " + operands.size());
        return broadcast(operands.getFirst(), operands.getLast());
    }

    /**
     * The shape two operands broadcast to, as in NumPy.
     *
     * @throws Mismatch if they do not
     */
    public static Shape broadcast(Shape a, Shape b) {
        int rank = Math.max(a.rank(), b.rank());
        var dims = new ArrayList<Integer>();
        for (int i = 0; i < rank; i++) {
            int p = i < rank - a.rank() ? 1 : a.dim(i - rank + a.rank());
            int q = i < rank - b.rank() ? 1 : b.dim(i - rank + b.rank());
            require(p == q || p == 1 || q == 1, "operands " + a + " and " + b + " do not broadcast");
            dims.add(p == 1 ? q : p);
        }
        return checked(dims);
    }

    private static Shape concat(int axis, List<Shape> operands) {
        require(!operands.isEmpty(), "concatenation of nothing");
        Shape first = operands.getFirst();
        require(axis >= 0 && axis < first.rank(), "no axis " + axis + " in " + first);
        long length = 0;
        for (Shape s : operands) {
            boolean fits = s.rank() == first.rank();
            for (int a = 0; fits && a < s.rank(); a++) {
                fits = a == axis || s.dim(a) == first.dim(a);
            }
            require(fits, "operands " + first + " and " + s + " differ in more than axis " + axis);
            length += s.dim(axis);
        }
        require(length <= Integer.MAX_VALUE, "the result is too long");
        var dims = new ArrayList<>(first.dims());
        dims.set(axis, (int) length);
        return checked(dims);
    }

    private static Shape normalize(Normalization kind, Shape x) {
        require(x.rank() >= 2, "normalization needs an operand [N, C, ...], got " + x);
        switch (kind) {
            case Normalization.MeanVariance(int groups, var _) ->
                require(
                        groups >= 1 && x.dim(1) % groups == 0,
                        x.dim(1) + " channels do not divide into " + groups + " groups");
            case Normalization.Lp(int p) -> require(p == 1 || p == 2, "the exponent of the norm is " + p);
            case Normalization.LocalResponse(int size, var _, var _, var _) ->
                require(size >= 1, "the neighbourhood has " + size + " channels");
        }
        return x;
    }

    private static Shape topK(int k, Shape x) {
        require(x.rank() >= 2, "top-k along axis 1 needs rank 2 or more, got " + x);
        require(k >= 1 && k <= x.dim(1), "the " + k + " largest of " + x.dim(1) + " values");
        var dims = new ArrayList<>(x.dims());
        dims.set(1, k);
        return checked(dims);
    }

    private static Shape softmax(Shape x) {
        require(x.rank() >= 2, "softmax along axis 1 needs rank 2 or more, got " + x);
        return x;
    }

    static Shape checked(List<Integer> dims) {
        try {
            return new Shape(dims);
        } catch (ArithmeticException | IllegalArgumentException e) {
            throw new Mismatch("the result " + dims + " is too large");
        }
    }

    static void require(boolean condition, String message) {
        if (!condition) {
            throw new Mismatch(message);
        }
    }
}
