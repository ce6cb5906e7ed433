package io.millrace.ir;

import java.util.List;

/**
 * Where the elements of a resized axis come from: element {@code i} is {@code (1 - f) * x[s] + f * x[min(s + 1, size - 1)]} with
 * {@code s = source[i]} and {@code f = fraction[i]}. Nearest-neighbour sampling has fractions of 0.
 *
 * @param source indices into the operand's axis, at least one
 * @param fraction {@code [source.size()]}, each 0 to 1
 */
public record Sampling(List<Integer> source, Tensor fraction) {
    public Sampling {
        source = List.copyOf(source);
        if (source.isEmpty() || !fraction.shape().equals(Shape.of(source.size()))) {
            throw new IllegalArgumentException(
                    "a sampling of " + source.size() + " elements has fractions " + fraction.shape());
        }
    }

    /** The axis as it is. */
    public static Sampling identity(int size) {
        return new Sampling(java.util.stream.IntStream.range(0, size).boxed().toList(), Tensor.zeros(Shape.of(size)));
    }

    /** Whether this returns an axis of this size as it is. */
    public boolean isIdentity(int size) {
        return equals(identity(size));
    }

    /** Whether every element is one element of the operand. */
    public boolean isNearest() {
        for (int i = 0; i < fraction.size(); i++) {
            if (fraction.get(i) != 0) {
                return false;
            }
        }
        return true;
    }
}
