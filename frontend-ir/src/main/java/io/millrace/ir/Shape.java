package io.millrace.ir;

import java.util.List;
import java.util.stream.Collectors;

/**
 * Dimensions of a tensor, outermost first. Feature maps are {@code [N, C, spatial...]} with N = 1.
 * An empty list is a scalar; every dimension is at least 0 (a 0 makes an empty tensor).
 */
public record Shape(List<Integer> dims) {
    public static final int MAX_RANK = 8;

    public Shape {
        dims = List.copyOf(dims);
        if (dims.size() > MAX_RANK) {
            throw new IllegalArgumentException("rank " + dims.size() + " is over " + MAX_RANK);
        }
        long volume = 1;
        for (int d : dims) {
            if (d < 0) {
                throw new IllegalArgumentException("negative dimension in " + dims);
            }
            volume = Math.multiplyExact(volume, (long) d);
        }
        if (volume > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("more than 2^31 - 1 elements in " + dims);
        }
    }

    public static Shape of(int... dims) {
        return new Shape(java.util.Arrays.stream(dims).boxed().toList());
    }

    public int rank() {
        return dims.size();
    }

    public int dim(int axis) {
        return dims.get(axis);
    }

    /** Number of elements. */
    public int volume() {
        int v = 1;
        for (int d : dims) {
            v *= d;
        }
        return v;
    }

    /** {@code 1x16x28x28}; a scalar prints as {@code scalar}. */
    @Override
    public String toString() {
        return dims.isEmpty() ? "scalar" : dims.stream().map(String::valueOf).collect(Collectors.joining("x"));
    }
}
