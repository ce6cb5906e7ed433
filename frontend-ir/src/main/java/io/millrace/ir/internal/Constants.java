package io.millrace.ir.internal;

import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Constant maps that operations read: a convolution of one position whose weights are 0 and whose biases are the values, and depth to space,
 * which makes positions of its channels.
 */
public final class Constants {
    /** More would need a word of parameters each, in every frame. */
    private static final int VALUES_MAX = 1 << 16;

    private Constants() {}

    public static Graph compose(Graph graph) {
        return Composer.rewrite(graph, Constants::compose);
    }

    private static OptionalInt compose(Composer c, Node n) {
        boolean joins = n.op() instanceof Op.Binary || n.op() instanceof Op.Concat;
        if (!joins || !Composer.isMap(n.shape()) || n.inputs().size() < 2) {
            return OptionalInt.empty();
        }
        var operands = new ArrayList<Integer>();
        int computed = -1;
        for (int i = 0; i < n.inputs().size(); i++) {
            operands.add(c.operand(i));
            computed = computed < 0 && !c.isConstant(c.operand(i)) ? c.operand(i) : computed;
        }
        if (computed < 0
                || !Composer.isMap(c.shape(computed))
                || operands.stream().noneMatch(id -> isMade(c, id, n.shape().rank()))) {
            return OptionalInt.empty();
        }
        for (int i = 0; i < operands.size(); i++) {
            if (isMade(c, operands.get(i), n.shape().rank())) {
                operands.set(
                        i,
                        made(
                                c,
                                "constant" + i,
                                operands.get(i),
                                computed,
                                n.shape().rank()));
            }
        }
        return OptionalInt.of(c.whole(n.op(), operands));
    }

    private static boolean isMade(Composer c, int id, int rank) {
        return c.isConstant(id)
                && c.shape(id).rank() <= rank
                && c.shape(id).volume() > 0
                && extended(c.shape(id), rank).dim(0) == 1
                && inDepth(extended(c.shape(id), rank)).volume() <= VALUES_MAX;
    }

    private static Shape extended(Shape shape, int rank) {
        var dims = new ArrayList<>(Collections.nCopies(rank - shape.rank(), 1));
        dims.addAll(shape.dims());
        return new Shape(dims);
    }

    /** {@code [C, rows, columns]} as blocks of {@code rows} by {@code rows}. */
    private static Shape inDepth(Shape shape) {
        int rows = shape.rank() < 4 ? 1 : shape.dim(2) * (shape.rank() == 5 ? shape.dim(3) : 1);
        int columns = shape.rank() < 3 ? 1 : shape.dim(shape.rank() - 1);
        return Shape.of(
                1, Math.multiplyExact(Math.multiplyExact(shape.dim(1), rows), rows), 1, Math.ceilDiv(columns, rows));
    }

    private static int made(Composer c, String name, int constant, int computed, int rank) {
        Tensor value = ((Op.Constant) c.op(constant)).value();
        Shape shape = extended(value.shape(), rank);
        Shape from = c.shape(computed);
        var one = new ArrayList<>(Collections.nCopies(from.rank(), 1));
        int first = c.part(
                name + ".one",
                new Op.Slice(Collections.nCopies(from.rank(), 0), List.copyOf(one), List.copyOf(one)),
                computed);
        int position = from.rank() == 4
                ? first
                : c.part(name + ".position", new Op.Rearrange(Shape.of(1, 1, 1, 1), List.of(0)), first);
        Shape deep = inDepth(shape);
        var biases = new float[deep.volume()];
        int block = shape.rank() < 4 ? 1 : shape.dim(2) * (shape.rank() == 5 ? shape.dim(3) : 1);
        int columns = shape.dim(shape.rank() - 1);
        int blocks = deep.dim(3);
        int channels = shape.dim(1);
        // Depth to space reads channel (row * block + column) * C + c of block column; all of them lie in channels of
        // one position.
        for (int ch = 0; ch < channels; ch++) {
            for (int r = 0; r < block; r++) {
                for (int w = 0; w < columns; w++) {
                    int channel = (r * block + w % block) * channels + ch;
                    biases[channel * blocks + w / block] = value.get((ch * block + r) * columns + w);
                }
            }
        }
        int outputs = biases.length;
        var conv = Composer.pointwise(outputs, 1, new float[outputs], 1, 2);
        int values = c.part(
                name + ".values",
                new Op.Conv(conv.weights(), Tensor.wrap(Shape.of(outputs), biases), conv.window(), 1),
                position);
        int row = blocks == 1 ? values : c.part(name + ".row", new Op.Rearrange(deep, counting(outputs)), values);
        int map = block == 1 ? row : c.part(name + ".map", new Op.DepthToSpace(block), row);
        Shape flat = Shape.of(1, channels, block, columns);
        if (block * blocks > columns) {
            map = c.part(name + ".cut", Composer.along(c.shape(map), 3, 0, 1, columns), map);
        }
        return flat.equals(shape) ? map : c.part(name, new Op.Rearrange(shape, counting(shape.volume())), map);
    }

    private static List<Integer> counting(int count) {
        return IntStream.range(0, count).boxed().toList();
    }
}
