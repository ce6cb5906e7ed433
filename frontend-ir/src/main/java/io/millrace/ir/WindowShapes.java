package io.millrace.ir;

import static io.millrace.ir.ShapeInference.checked;
import static io.millrace.ir.ShapeInference.require;

import java.util.ArrayList;
import java.util.List;

/** Result shapes of operations that slide a window. */
final class WindowShapes {
    private WindowShapes() {}

    static Shape transposed(Op.ConvTranspose conv, Shape x) {
        Shape w = conv.weights().shape();
        Window window = conv.window();
        int groups = conv.groups();
        require(x.rank() >= 3, "a transposed convolution needs a feature map [1, C, spatial...], got " + x);
        require(w.rank() == x.rank(), "weights " + w + " and operand " + x + " differ in rank");
        require(groups >= 1, "groups is " + groups + ", must be at least 1");
        require(
                w.dim(0) == x.dim(1) && x.dim(1) % groups == 0,
                "weights " + w + " in " + groups + " groups do not take the operand " + x);
        long outputs = (long) w.dim(1) * groups;
        require(outputs <= Integer.MAX_VALUE, "too many channels");
        require(
                conv.bias().shape().equals(Shape.of((int) outputs)),
                "bias is " + conv.bias().shape() + ", must be " + outputs);
        require(
                window.kernel().equals(w.dims().subList(2, w.rank())),
                "window kernel " + window.kernel() + " differs from weights " + w);
        require(
                conv.outputPadding().size() == window.rank()
                        && conv.outputPadding().stream().allMatch(p -> p >= 0),
                "output padding is " + conv.outputPadding());
        var dims = new ArrayList<Integer>();
        dims.add(x.dim(0));
        dims.add((int) outputs);
        for (int a = 0; a < window.rank(); a++) {
            long size = (x.dim(a + 2) - 1L) * window.stride().get(a)
                    + (window.kernel().get(a) - 1L) * window.dilation().get(a)
                    + 1
                    + conv.outputPadding().get(a)
                    - window.padBegin().get(a)
                    - window.padEnd().get(a);
            require(
                    size >= 1 && size <= Integer.MAX_VALUE,
                    "the result has " + size + " elements on spatial axis " + a);
            dims.add((int) size);
        }
        return checked(dims);
    }

    static Shape pool(Window window, Shape x) {
        require(x.rank() >= 3, "pooling needs a feature map [1, C, spatial...], got " + x);
        Shape result = windowed(window, x, x.dim(1));
        for (int a = 0; a < window.rank(); a++) {
            long lastStart = (long) (result.dim(a + 2) - 1) * window.stride().get(a);
            boolean touches = window.padBegin().get(a) < window.extent(a)
                    && lastStart < (long) x.dim(a + 2) + window.padBegin().get(a);
            require(touches, "a pooling window on spatial axis " + a + " holds padding only");
        }
        return result;
    }

    /** The smallest map that a max pool with this window makes {@code x} of. */
    static Shape unpooled(Window window, Shape x) {
        require(
                window.rank() == x.rank() - 2,
                "window of rank " + window.rank() + " on operand " + x + " with " + (x.rank() - 2) + " spatial axes");
        var dims = new ArrayList<>(x.dims().subList(0, 2));
        for (int a = 0; a < window.rank(); a++) {
            long size = (x.dim(a + 2) - 1L) * window.stride().get(a)
                    + window.extent(a)
                    - window.padBegin().get(a)
                    - window.padEnd().get(a);
            require(size >= 1 && size <= Integer.MAX_VALUE, "the result has " + size + " elements on an axis");
            dims.add((int) size);
        }
        return checked(dims);
    }

    static Shape unpool(Window window, List<Integer> size, List<Shape> operands) {
        require(operands.size() == 2, "expected 2 operands, got " + operands.size());
        Shape x = operands.getFirst();
        require(x.rank() >= 3, "unpooling needs a feature map [1, C, spatial...], got " + x);
        require(x.equals(operands.getLast()), "values are " + x + ", their indices " + operands.getLast());
        Shape least = unpooled(window, x);
        require(size.size() == window.rank(), "the result's sizes are " + size + " for " + x);
        var dims = new ArrayList<>(x.dims().subList(0, 2));
        for (int a = 0; a < size.size(); a++) {
            require(size.get(a) >= least.dim(a + 2), "the result's sizes are " + size + ", at least " + least);
            dims.add(size.get(a));
        }
        return checked(dims);
    }

    static Shape windowed(Window window, Shape x, int channels) {
        require(
                window.rank() == x.rank() - 2,
                "window of rank " + window.rank() + " on operand " + x + " with " + (x.rank() - 2) + " spatial axes");
        var dims = new ArrayList<Integer>();
        dims.add(x.dim(0));
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
}
