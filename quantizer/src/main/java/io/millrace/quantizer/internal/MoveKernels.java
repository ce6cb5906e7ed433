package io.millrace.quantizer.internal;

import io.millrace.quantizer.MapType;
import io.millrace.quantizer.QOp;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** The integer evaluator's kernels of products and moves: each result has its own source places. */
final class MoveKernels {
    private MoveKernels() {}

    static NodeKernel mul(QOp.Mul mul, MapType a, MapType b, MapType out) {
        int[] fromA = broadcast(a, out);
        int[] fromB = broadcast(b, out);
        int channels = out.channels();
        var finish = new Finish(mul.requantizer(), mul.table());
        long rounding = mul.rounding();
        return operands -> {
            short[] left = operands.get(0);
            short[] right = operands.get(1);
            var result = new short[fromA.length];
            for (int i = 0; i < result.length; i++) {
                long product = (long) (left[fromA[i]] - mul.zeroPointA()) * (right[fromB[i]] - mul.zeroPointB());
                result[i] = finish.apply(product + rounding, i % channels);
            }
            return result;
        };
    }

    /** For each element of the result, the operand's. */
    private static int[] broadcast(MapType in, MapType out) {
        var indices = new ArrayList<List<Integer>>();
        for (int axis = 0; axis < out.spatial().size(); axis++) {
            indices.add(along(in.spatial().get(axis), out.spatial().get(axis)));
        }
        indices.add(along(in.channels(), out.channels()));
        return places(indices, in);
    }

    private static List<Integer> along(int in, int out) {
        return IntStream.range(0, out).map(i -> in == 1 ? 0 : i).boxed().toList();
    }

    static NodeKernel gather(QOp.Gather gather, MapType in) {
        int[] from = places(gather.indices(), in);
        return operands -> moved(operands.getFirst(), from, (short) gather.fill());
    }

    private static short[] moved(short[] codes, int[] from, short fill) {
        var result = new short[from.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = from[i] == Taps.PADDED ? fill : codes[from[i]];
        }
        return result;
    }

    static NodeKernel depthToSpace(int block, MapType in) {
        int[] from = blocks(block, in.rows() * block, in.columns() * block, in.channels() / (block * block));
        return operands -> moved(operands.getFirst(), from, (short) 0);
    }

    /** For each element of the map with small blocks spread out, its place in the map with blocks as channels. */
    private static int[] blocks(int block, int rows, int columns, int channels) {
        var places = new int[rows * columns * channels];
        int at = 0;
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                int position = (i / block) * (columns / block) + j / block;
                int first = (position * block * block + i % block * block + j % block) * channels;
                for (int c = 0; c < channels; c++) {
                    places[at++] = first + c;
                }
            }
        }
        return places;
    }

    /**
     * The operand's place of each combination of indices, row-major, or {@link Taps#PADDED}.
     *
     * @param indices one list a spatial axis, and one for the channels unless there is just one
     */
    private static int[] places(List<List<Integer>> indices, MapType in) {
        var sizes = new ArrayList<>(in.spatial());
        sizes.add(in.channels());
        int[] places = {0};
        for (int axis = 0; axis < indices.size(); axis++) {
            int[] outer = places;
            int size = sizes.get(axis);
            List<Integer> list = indices.get(axis);
            places = IntStream.range(0, outer.length * list.size())
                    .map(i -> place(outer[i / list.size()], size, list.get(i % list.size())))
                    .toArray();
        }
        return places;
    }

    private static int place(int outer, int size, int index) {
        return outer == Taps.PADDED || index == Taps.PADDED ? Taps.PADDED : outer * size + index;
    }
}
