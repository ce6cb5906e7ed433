package io.millrace.quantizer;

/** Proof of how wide an exact accumulator is. See docs/numbers.md, section 4. */
public final class AccumulatorWidth {
    /** Widest accumulator a machine has, in bits: that of a DSP48. */
    public static final int BITS_MAX = 48;

    private AccumulatorWidth() {}

    /**
     * Signed width in bits that holds the bias and every partial sum of every accumulator of this node, in any order and
     * for any input: {@code 1 + bitLength(max over channels of |bias| + A * sum |weight|)} with {@code A = -low} of the
     * precision. That of a sum of maps holds every partial sum of its terms. A node without an accumulator has the width of its
     * codes.
     */
    public static int bits(QNode node, QuantizedGraph graph) {
        return bits(node.op(), graph.precision());
    }

    /** As {@link #bits(QNode, QuantizedGraph)}, for an operation by itself. */
    public static int bits(QOp op, Precision precision) {
        long bound = bound(op, precision);
        return Math.max(2, 65 - Long.numberOfLeadingZeros(bound));
    }

    /** Largest magnitude any partial sum of this operation can have. */
    public static long bound(QOp op, Precision precision) {
        long code = -(long) precision.low();
        return switch (op) {
            case QOp.Input _, QOp.MaxPool _, QOp.Extreme _, QOp.View _, QOp.Concat _, QOp.Gather _, QOp.ArgMax _ ->
                precision.high();
            case QOp.DepthToSpace _ -> precision.high();
            case QOp.Conv conv -> {
                long bound = 0;
                int filters = conv.filters();
                long[] sums = conv.weights().sumsOfMagnitudes(filters);
                for (int m = 0; m < conv.outputChannels(); m++) {
                    bound = Math.max(bound, Math.abs(conv.bias().get(m)) + code * sums[m % filters]);
                }
                yield bound;
            }
            case QOp.SumPool pool -> {
                long bias = 0;
                for (long b : pool.bias()) {
                    bias = Math.max(bias, Math.abs(b));
                }
                yield bias + code * pool.window().taps();
            }
            case QOp.Mul mul ->
                distance(mul.zeroPointA(), precision) * distance(mul.zeroPointB(), precision) + mul.rounding();
            case QOp.Add add ->
                add.terms().stream().mapToLong(t -> magnitude(t, precision)).sum();
        };
    }

    /** Largest magnitude of a code less a zero point. */
    private static long distance(int zeroPoint, Precision precision) {
        return Math.max(precision.high() - zeroPoint, zeroPoint - precision.low());
    }

    /** Largest magnitude of a term: it is monotone in the code, so one of the end codes has it. */
    private static long magnitude(QOp.Add.Term term, Precision precision) {
        return Math.max(Math.abs(term.of(precision.low())), Math.abs(term.of(precision.high())));
    }
}
