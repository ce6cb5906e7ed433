package io.millrace.ir.internal;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Pointwise;
import io.millrace.ir.Window;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** Pools that no engine has, by plain averages. */
public final class Pools {
    private Pools() {}

    public static Graph compose(Graph graph) {
        return Composer.rewrite(graph, Pools::compose);
    }

    private static OptionalInt compose(Composer c, Node n) {
        return switch (n.op()) {
            case Op.LpPool(Window window, int p) when Composer.isMap(n.shape()) -> norm(c, window, p);
            case Op.AveragePool(Window window, boolean countsPad)
            when !countsPad && isPadded(window) && Composer.isMap(n.shape()) -> uncounted(c, n, window);
            case Op _ -> OptionalInt.empty();
        };
    }

    private static boolean isPadded(Window window) {
        return Stream.concat(window.padBegin().stream(), window.padEnd().stream())
                .anyMatch(p -> p > 0);
    }

    private static OptionalInt norm(Composer c, Window window, int p) {
        int powers = c.part("powers", power(p), c.operand(0));
        int mean = c.part("mean", new Op.AveragePool(window, true), powers);
        return c.whole(new Op.Activation(root(p, window.taps())), mean);
    }

    /** {@code |x|^p}. */
    static Pointwise power(int p) {
        return switch (p) {
            case 1 -> new Pointwise.Abs();
            case 2 -> new Pointwise.Power(2);
            default -> new Pointwise.Abs().then(new Pointwise.Power(p));
        };
    }

    /** {@code (count * x)^(1/p)}, and 0 below 0, where codes may lie. */
    static Pointwise root(int p, int count) {
        var scaled = new Pointwise.Relu().then(new Pointwise.Affine(count, 0));
        return p == 1 ? scaled : scaled.then(new Pointwise.Power(1f / p));
    }

    /**
     * The average that counts padding, and what is missing: the same times taps / taps inside - 1, which is 0 where there is no
     * padding. The number of taps inside is the average of a map of ones.
     */
    private static OptionalInt uncounted(Composer c, Node n, Window window) {
        int x = c.operand(0);
        var pool = new Op.AveragePool(window, true);
        int share = c.part("share", pool, c.ones(x));
        int excess = c.part("excess", Composer.excess(), share);
        int average = c.part("average", pool, x);
        int missing = c.part(
                "missing",
                BinaryFunction.MUL,
                average,
                c.spread("spread", excess, n.shape().dim(1)));
        return c.whole(BinaryFunction.ADD, average, missing);
    }
}
