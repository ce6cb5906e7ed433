package io.millrace.ir.onnx.internal;

import io.millrace.ir.Op;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import io.millrace.ir.internal.Bounds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** Convolution and pooling. */
final class LayerOperators {
    private LayerOperators() {}

    static Value conv(NodeContext n) {
        n.requireInputs(2, 3);
        Tensor weights = n.floats(1, "weights");
        Shape w = weights.shape();
        var operand = operand(n);
        if (w.rank() != operand.rank() + 2) {
            throw Rejection.operands("weights " + w + " do not suit an operand of " + operand.rank() + " spatial axes");
        }
        List<Integer> kernel = kernel(n, w);
        long groups = n.attributes.integer("group", 1);
        if (groups < 1 || groups > w.dim(0)) {
            throw Rejection.attribute("attribute 'group' is " + groups);
        }
        if (w.volume() == 0) {
            throw Rejection.operands("weights " + w + " are empty");
        }
        Tensor bias = n.optionalFloats(2, "bias").orElse(Tensor.zeros(Shape.of(w.dim(0))));
        var window = new WindowAttributes(n, kernel, operand.paddedSizes(), true, false)
                .window(operand.begin(), operand.end());
        return new Value.Computed(n.emit(new Op.Conv(weights, bias, window, (int) groups), operand.node()));
    }

    /** The values, and where they were found if the model asks. */
    static List<Value> maxPool(NodeContext n) {
        n.requireInputs(1, 1);
        var operand = operand(n);
        long order = n.opset >= 8 ? n.attributes.integer("storage_order", 0) : 0;
        if (order != 0 && order != 1) {
            throw Rejection.attribute("attribute 'storage_order' is " + order);
        }
        if (operand.isPadded() && Bounds.lowest(n.op(operand.node())) < 0) {
            operand = unpadded(n); // a zero can win over negative values
        }
        if (n.outputCount > 1) {
            operand = unpadded(n); // the indices count the padded map's elements
        }
        Window window = poolAttributes(n, operand, 10).window(operand.begin(), operand.end());
        Value values = new Value.Computed(n.emit(new Op.MaxPool(window), operand.node()));
        if (n.outputCount == 1) {
            return List.of(values);
        }
        if (n.shape(operand.node()).dim(0) != 1) {
            throw Rejection.unsupported(
                    "indices into a batch of " + n.shape(operand.node()).dim(0), "export the model with batch size 1");
        }
        int indices = n.emit(new Op.MaxPoolIndices(window, order == 1), operand.node());
        return List.of(values, new Value.Indices(indices));
    }

    static Value maxUnpool(NodeContext n) {
        n.requireInputs(2, 3);
        int x = n.computed(0);
        var sizes = spatial(n, x);
        int indices = indices(n);
        var window = new WindowAttributes(n, WindowAttributes.kernelShape(n, sizes.size()), sizes, false, false)
                .window(Collections.nCopies(sizes.size(), 0), Collections.nCopies(sizes.size(), 0));
        var size = new ArrayList<Integer>();
        if (n.optional(2).isPresent()) {
            long[] shape = n.integers(2, "output shape");
            if (shape.length != sizes.size() + 2 || Arrays.stream(shape).anyMatch(d -> d < 1 || d > 1 << 24)) {
                throw Rejection.operands("the output shape is " + Arrays.toString(shape));
            }
            Arrays.stream(shape).skip(2).forEach(d -> size.add((int) d));
        } else {
            for (int a = 0; a < sizes.size(); a++) {
                size.add((sizes.get(a) - 1) * window.stride().get(a)
                        + window.extent(a)
                        - window.padBegin().get(a)
                        - window.padEnd().get(a));
            }
        }
        return new Value.Computed(n.emit(new Op.MaxUnpool(window, size), x, indices));
    }

    /** The second operand, whole numbers, as a node. */
    private static int indices(NodeContext n) {
        return switch (n.input(1)) {
            case Value.Indices(int node) -> node;
            case Value.Constant(Literal.Ints(var _, Shape shape, long[] values)) -> {
                var floats = new float[values.length];
                for (int i = 0; i < floats.length; i++) {
                    floats[i] = values[i];
                }
                yield n.emit(new Op.Constant(Tensor.wrap(shape, floats)));
            }
            case Value _ -> throw Rejection.operands("the indices are no integers");
        };
    }

    static Value averagePool(NodeContext n) {
        n.requireInputs(1, 1);
        boolean countPad = n.attributes.flag("count_include_pad", false);
        boolean ownPads =
                n.attributes.integers("pads").stream().flatMap(List::stream).anyMatch(p -> p != 0)
                        || n.attributes.text("auto_pad", "NOTSET").startsWith("SAME");
        var operand = ownPads && !countPad ? unpadded(n) : operand(n);
        var attributes = poolAttributes(n, operand, 19);
        if (attributes.reachesBeyondPads() && (countPad || operand.isPadded())) {
            throw Rejection.unsupported(
                    "ceil_mode with count_include_pad, where a window reaches past the padding",
                    "export with ceil_mode=False, or pad explicitly");
        }
        Window window = attributes.window(operand.begin(), operand.end());
        return new Value.Computed(n.emit(new Op.AveragePool(window, countPad || operand.isPadded()), operand.node()));
    }

    private static WindowAttributes poolAttributes(NodeContext n, Operand operand, int dilationSince) {
        return new WindowAttributes(
                n,
                WindowAttributes.kernelShape(n, operand.rank()),
                operand.paddedSizes(),
                n.opset >= dilationSince,
                n.opset >= 10);
    }

    static Value globalPool(NodeContext n, boolean max) {
        n.requireInputs(1, 1);
        return new Value.Computed(globalPool(n, unpadded(n).node(), max));
    }

    private static int globalPool(NodeContext n, int x, boolean max) {
        Shape shape = n.shape(x);
        var window = Window.of(shape.dims().stream().skip(2).mapToInt(i -> i).toArray());
        return n.emit(max ? new Op.MaxPool(window) : new Op.AveragePool(window, false), x);
    }

    static Value lpPool(NodeContext n) {
        n.requireInputs(1, 1);
        var operand = operand(n);
        int p = exponent(n);
        var window = new WindowAttributes(
                        n,
                        WindowAttributes.kernelShape(n, operand.rank()),
                        operand.paddedSizes(),
                        n.opset >= 18,
                        n.opset >= 18)
                .window(operand.begin(), operand.end());
        return new Value.Computed(n.emit(new Op.LpPool(window, p), operand.node()));
    }

    static Value globalLpPool(NodeContext n) {
        n.requireInputs(1, 1);
        var operand = unpadded(n);
        var window = Window.of(operand.sizes().stream().mapToInt(i -> i).toArray());
        return new Value.Computed(n.emit(new Op.LpPool(window, exponent(n)), operand.node()));
    }

    private static int exponent(NodeContext n) {
        long p = n.attributes.integer("p", 2);
        if (p < 1 || p > 64) {
            throw Rejection.attribute("attribute 'p' is " + p + ", must be 1 to 64");
        }
        return (int) p;
    }

    /** The kernel of weights {@code [.., .., kernel...]}, which the operator may repeat as an attribute. */
    private static List<Integer> kernel(NodeContext n, Shape weights) {
        List<Integer> kernel = weights.dims().subList(2, weights.rank());
        if (n.attributes.integers("kernel_shape").isPresent()
                && !WindowAttributes.kernelShape(n, kernel.size()).equals(kernel)) {
            throw Rejection.attribute("attribute 'kernel_shape' differs from the weights " + weights);
        }
        return kernel;
    }

    static Value convTranspose(NodeContext n) {
        n.requireInputs(2, 3);
        Tensor weights = n.floats(1, "weights");
        Shape w = weights.shape();
        var operand = unpadded(n);
        if (w.rank() != operand.rank() + 2 || w.volume() == 0) {
            throw Rejection.operands("weights " + w + " do not suit an operand of " + operand.rank() + " spatial axes");
        }
        List<Integer> kernel = kernel(n, w);
        long groups = n.attributes.integer("group", 1);
        if (groups < 1 || w.dim(0) % groups != 0) {
            throw Rejection.attribute("attribute 'group' is " + groups);
        }
        int outputs = Math.toIntExact(w.dim(1) * groups);
        Tensor bias = n.optionalFloats(2, "bias").orElse(Tensor.zeros(Shape.of(outputs)));
        var attributes = new TransposedWindowAttributes(n, kernel, operand.sizes());
        return new Value.Computed(n.emit(
                new Op.ConvTranspose(weights, bias, attributes.window(), attributes.outputPadding(), (int) groups),
                operand.node()));
    }

    /** The operand of a windowed operator, with the zeros a Pad operator put around it. */
    private record Operand(int node, List<Integer> sizes, List<Integer> begin, List<Integer> end) {
        int rank() {
            return sizes.size();
        }

        boolean isPadded() {
            return begin.stream().anyMatch(p -> p != 0) || end.stream().anyMatch(p -> p != 0);
        }

        List<Integer> paddedSizes() {
            var out = new ArrayList<Integer>();
            for (int a = 0; a < sizes.size(); a++) {
                out.add(sizes.get(a) + begin.get(a) + end.get(a));
            }
            return out;
        }
    }

    private static Operand operand(NodeContext n) {
        if (n.input(0) instanceof Value.Padded(int node, var begin, var end, var _, var _)) {
            return new Operand(node, spatial(n, node), begin, end);
        }
        return unpadded(n);
    }

    /** The operand with what a Pad operator put around it made part of it. */
    private static Operand unpadded(NodeContext n) {
        int node = n.computed(0);
        var sizes = spatial(n, node);
        var none = Collections.nCopies(sizes.size(), 0);
        return new Operand(node, sizes, none, none);
    }

    private static List<Integer> spatial(NodeContext n, int node) {
        Shape shape = n.shape(node);
        if (shape.rank() < 3) {
            throw Rejection.operands("needs an operand [N, C, spatial...], got " + shape);
        }
        if (shape.dim(0) != 1 && !n.anyBatch) {
            throw Rejection.unsupported(
                    "its operand " + shape + " is a batch of " + shape.dim(0), "export the model with batch size 1");
        }
        return shape.dims().subList(2, shape.rank());
    }
}
