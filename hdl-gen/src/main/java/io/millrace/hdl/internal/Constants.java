package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.UInt;
import io.millrace.scheduler.ProgramLayout;
import java.math.BigInteger;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A table of constants as logic: two-way choices by the bits of the index, none between equal values. */
final class Constants {
    private Constants() {}

    private sealed interface Node {
        record Leaf(BigInteger value) implements Node {}

        record Choice(int bit, Node low, Node high) implements Node {}
    }

    /**
     * The value at an index; what lies past the last value is any of them.
     *
     * @param width of the result, enough for every value
     */
    static UInt pick(UInt index, List<BigInteger> values, int width) {
        Node tree = tree(values, index.width() - 1, 0);
        if (tree == null) {
            throw new IllegalStateException("a table of constants has at least one");
        }
        return hardware(tree, index, width);
    }

    /** A field of each of some words. */
    static List<BigInteger> field(List<BigInteger> words, ProgramLayout.Fields fields, String name) {
        var mask = BigInteger.ONE.shiftLeft(fields.bits(name)).subtract(BigInteger.ONE);
        return words.stream()
                .map(word -> word.shiftRight(fields.offset(name)).and(mask))
                .toList();
    }

    /** Bits that the largest of these values takes, at least 1. */
    static int bits(List<BigInteger> values) {
        return values.stream().mapToInt(BigInteger::bitLength).reduce(1, Math::max);
    }

    private static @Nullable Node tree(List<BigInteger> values, int bit, long from) {
        if (from >= values.size()) {
            return null;
        }
        if (bit < 0) {
            return new Node.Leaf(values.get((int) from));
        }
        Node low = tree(values, bit - 1, from);
        Node high = tree(values, bit - 1, from + (1L << bit));
        return low == null || high == null || low.equals(high)
                ? (low == null ? high : low)
                : new Node.Choice(bit, low, high);
    }

    private static UInt hardware(Node node, UInt index, int width) {
        return switch (node) {
            case Node.Leaf(BigInteger value) -> UInt.of(value, width);
            case Node.Choice(int bit, Node low, Node high) ->
                index.bit(bit).mux(hardware(high, index, width), hardware(low, index, width));
        };
    }
}
