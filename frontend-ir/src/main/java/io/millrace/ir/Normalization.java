package io.millrace.ir;

/** A way to scale values by their neighbourhood, without trained parameters. */
public sealed interface Normalization {
    /**
     * {@code (x - mean) / sqrt(variance + epsilon)} within each group of channels and all of space. As many groups as channels is
     * instance normalization, one group is layer normalization over the whole map.
     */
    record MeanVariance(int groups, float epsilon) implements Normalization {}

    /** {@code x / (sum over axis 1 of |x|^p)^(1/p)}; 0 where the norm is 0. {@code p} is 1 or 2. */
    record Lp(int p) implements Normalization {}

    /**
     * {@code x / (bias + alpha / size * sum of squares)^beta}, the sum over {@code size} channels around each, from
     * {@code floor((size - 1) / 2)} before to {@code ceil((size - 1) / 2)} after, as far as they exist.
     */
    record LocalResponse(int size, float alpha, float beta, float bias) implements Normalization {}
}
