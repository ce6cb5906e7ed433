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

    /** Where the places of a resized axis are, as ONNX's Resize and PyTorch name them. */
    public enum Corners {
        /** Elements are cells; place {@code (i + 1/2) / scale - 1/2}. */
        HALF_PIXEL,
        /** The first and last elements of both lie on each other; place {@code i * (size - 1) / (result - 1)}. */
        ALIGNED,
        /** Only the first elements do; place {@code i / scale}. */
        ASYMMETRIC
    }

    /**
     * Linear sampling of an axis of {@code size} elements to {@code result}, the places in single precision and within the axis.
     *
     * @throws IllegalArgumentException if a size is below 1
     */
    public static Sampling linear(int size, int result, Corners corners) {
        if (size < 1) {
            throw new IllegalArgumentException("an axis of " + size + " elements");
        }
        float scale = (float) result / size;
        var source = new java.util.ArrayList<Integer>();
        var fraction = new float[result];
        for (int i = 0; i < result; i++) {
            float place = switch (corners) {
                case HALF_PIXEL -> (i + 0.5f) / scale - 0.5f;
                case ALIGNED -> result == 1 ? 0 : i * (size - 1f) / (result - 1f);
                case ASYMMETRIC -> i / scale;
            };
            float inside = Math.clamp(place, 0f, size - 1f);
            source.add((int) inside);
            fraction[i] = inside - (int) inside;
        }
        return new Sampling(source, Tensor.wrap(Shape.of(result), fraction));
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
