package io.millrace.ir.onnx.internal;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.Op;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Products of a computed value with a constant matrix. */
final class DenseOperators {
    private DenseOperators() {}

    static Value gemm(NodeContext n) {
        n.requireInputs(n.opset >= 11 ? 2 : 3, 3);
        if (n.opset < 7) {
            n.attributes.flag("broadcast", false);
        }
        float alpha = n.attributes.real("alpha", 1);
        float beta = n.attributes.real("beta", 1);
        boolean transA = n.attributes.flag("transA", false);
        boolean transB = n.attributes.flag("transB", false);
        if (!Float.isFinite(alpha) || !Float.isFinite(beta)) {
            throw Rejection.attribute("alpha is " + alpha + ", beta is " + beta);
        }
        boolean constantFirst = n.input(0) instanceof Value.Constant;
        int x = n.computed(constantFirst ? 1 : 0);
        Tensor b = n.floats(constantFirst ? 0 : 1, "weights");
        Shape a = n.shape(x);
        if (a.rank() != 2 || b.shape().rank() != 2) {
            throw Rejection.operands("Gemm of " + a + " and " + b.shape() + ", both must have rank 2");
        }
        // A * B with B computed is the transpose of B^T * A^T
        boolean turnComputed = constantFirst != (constantFirst ? transB : transA);
        boolean turnWeights = constantFirst ? transA : !transB;
        Tensor weights = scaled(turnWeights ? transposed(b) : b, alpha);
        int operand = turnComputed ? n.emitTranspose(x, List.of(1, 0)) : x;
        return new Value.Computed(biased(n, operand, weights, beta, constantFirst));
    }

    private static int biased(NodeContext n, int x, Tensor weights, float beta, boolean turned) {
        int outputs = weights.shape().dim(0);
        var none = Tensor.zeros(Shape.of(outputs));
        Shape result = turned
                ? Shape.of(outputs, n.shape(x).dim(0))
                : Shape.of(n.shape(x).dim(0), outputs);
        boolean known = n.optional(2).stream().allMatch(v -> v instanceof Value.Constant);
        if (known && !turned) {
            var c = n.optionalFloats(2, "bias");
            if (c.isEmpty() || isRow(c.get().shape(), outputs)) {
                return dense(
                        n,
                        x,
                        weights,
                        c.map(t -> scaled(spread(t, outputs), beta)).orElse(none));
            }
        }
        int product = dense(n, x, weights, none);
        int y = turned ? n.emitTranspose(product, List.of(1, 0)) : product;
        if (n.optional(2).isEmpty()) {
            return y;
        }
        int c = known ? n.emit(new Op.Constant(scaled(n.floats(2, "bias"), beta))) : n.computed(2);
        if (!ConstantFolding.broadcast(result, n.shape(c)).equals(result)) {
            throw Rejection.operands("the bias " + n.shape(c) + " does not broadcast to " + result);
        }
        int bias = known || beta == 1 ? c : ActivationOperators.scaled(n, c, beta, 0);
        return n.emit(new Op.Binary(BinaryFunction.ADD), y, bias);
    }

    static Value matMul(NodeContext n) {
        n.requireInputs(2, 2);
        if (!(n.input(0) instanceof Value.Constant) && !(n.input(1) instanceof Value.Constant)) {
            throw Rejection.unsupported(
                    "a product of two computed values, as in attention",
                    "replace the layer by one with trained weights, or cut the graph before it");
        }
        if (n.input(0) instanceof Value.Constant) {
            return new Value.Computed(constantFirst(n, n.floats(0, "weights"), n.computed(1)));
        }
        return new Value.Computed(product(n, n.computed(0), n.floats(1, "weights")));
    }

    /** {@code x * b}. */
    static int product(NodeContext n, int x, Tensor b) {
        Shape w = b.shape();
        if (w.rank() == 0 || n.shape(x).rank() == 0) {
            throw Rejection.operands("a product of " + n.shape(x) + " and " + w);
        }
        if (w.rank() == 1) {
            int y = dense(n, x, b.reshape(Shape.of(1, w.dim(0))), Tensor.zeros(Shape.of(1)));
            return n.emitReshape(
                    y, new Shape(n.shape(y).dims().subList(0, n.shape(y).rank() - 1)));
        }
        int batches = ConstantFolding.product(w, 0, w.rank() - 2);
        int rows = w.dim(w.rank() - 2);
        int columns = w.dim(w.rank() - 1);
        if (batches == 1) {
            Tensor weights = transposed(b.reshape(Shape.of(rows, columns)));
            int y = dense(n, x, weights, Tensor.zeros(Shape.of(columns)));
            var dims = new ArrayList<>(n.shape(y).dims());
            while (dims.size() < w.rank()) {
                dims.addFirst(1);
            }
            return n.emitReshape(y, new Shape(dims));
        }
        return batched(n, x, b, batches);
    }

    /** A matrix for each of several parts of the operand: a convolution in groups. */
    private static int batched(NodeContext n, int x, Tensor b, int batches) {
        Shape s = n.shape(x);
        Shape w = b.shape();
        int last = s.rank() - 1;
        if (s.rank() != w.rank()
                || !s.dims().subList(0, last - 1).equals(w.dims().subList(0, last - 1))
                || s.dim(last) != w.dim(last - 1)) {
            throw Rejection.unsupported(
                    "a product of " + s + " and " + w + ", whose leading axes differ",
                    "give both operands the same leading axes, or the constant none");
        }
        int positions = s.dim(last - 1);
        int inputs = s.dim(last);
        int outputs = w.dim(last);
        int parts = n.emitReshape(x, Shape.of(batches, positions, inputs));
        int channels =
                n.emitReshape(n.emitTranspose(parts, List.of(0, 2, 1)), Shape.of(1, batches * inputs, positions));
        var each = (Literal.Floats) n.folding.transpose(
                new Literal.Floats(b.reshape(Shape.of(batches, inputs, outputs))), List.of(0, 2, 1));
        Tensor weights = each.tensor().reshape(Shape.of(batches * outputs, inputs, 1));
        int conv = n.emit(
                new Op.Conv(weights, Tensor.zeros(Shape.of(batches * outputs)), Window.of(1), batches), channels);
        int split = n.emitReshape(conv, Shape.of(batches, outputs, positions));
        var dims = new ArrayList<>(s.dims());
        dims.set(last, outputs);
        return n.emitReshape(n.emitTranspose(split, List.of(0, 2, 1)), new Shape(dims));
    }

    /** {@code a * x} as the transpose of {@code x^T * a^T}. */
    private static int constantFirst(NodeContext n, Tensor a, int x) {
        Shape s = n.shape(x);
        if (a.shape().rank() > 2 || a.shape().rank() == 0 || s.rank() == 0) {
            throw Rejection.unsupported(
                    "a product of " + a.shape() + " and " + s, "put the constant matrix second, with two axes");
        }
        if (s.rank() == 1) {
            Tensor matrix = a.shape().rank() == 1 ? a.reshape(Shape.of(1, a.size())) : a;
            int y = dense(n, x, matrix, Tensor.zeros(Shape.of(matrix.shape().dim(0))));
            return a.shape().rank() == 1 ? n.emitReshape(y, Shape.of()) : y;
        }
        Tensor matrix = a.shape().rank() == 1 ? a.reshape(Shape.of(1, a.size())) : a;
        var swap = new ArrayList<>(IntStream.range(0, s.rank()).boxed().toList());
        swap.set(s.rank() - 2, s.rank() - 1);
        swap.set(s.rank() - 1, s.rank() - 2);
        int y = dense(
                n,
                n.emitTranspose(x, swap),
                matrix,
                Tensor.zeros(Shape.of(matrix.shape().dim(0))));
        int turned = n.emitTranspose(y, swap);
        if (a.shape().rank() == 2) {
            return turned;
        }
        var dims = new ArrayList<>(n.shape(turned).dims());
        dims.remove(dims.size() - 2);
        return n.emitReshape(turned, new Shape(dims));
    }

    private static int dense(NodeContext n, int x, Tensor weights, Tensor bias) {
        if (weights.size() == 0) {
            throw Rejection.operands("weights " + weights.shape() + " are empty");
        }
        return n.emit(new Op.Dense(weights, bias), x);
    }

    private static boolean isRow(Shape s, int outputs) {
        int last = s.rank() == 0 ? 1 : s.dim(s.rank() - 1);
        return s.rank() <= 2 && (s.rank() < 2 || s.dim(0) == 1) && (last == 1 || last == outputs);
    }

    private static Tensor transposed(Tensor b) {
        int rows = b.shape().dim(0);
        int columns = b.shape().dim(1);
        float[] out = new float[b.size()];
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                out[c * rows + r] = b.get(r * columns + c);
            }
        }
        return Tensor.wrap(Shape.of(columns, rows), out);
    }

    private static Tensor scaled(Tensor t, float factor) {
        if (factor == 1) {
            return t;
        }
        float[] out = t.toArray();
        for (int i = 0; i < out.length; i++) {
            out[i] *= factor;
        }
        return NodeContext.finite(new Literal.Floats(Tensor.wrap(t.shape(), out)), "scaled weights");
    }

    /** A bias broadcast to one value an output. */
    private static Tensor spread(Tensor c, int outputs) {
        Shape s = c.shape();
        int last = s.rank() == 0 ? 1 : s.dim(s.rank() - 1);
        float[] out = new float[outputs];
        for (int i = 0; i < outputs; i++) {
            out[i] = c.get(last == 1 ? 0 : i);
        }
        return Tensor.wrap(Shape.of(outputs), out);
    }
}
