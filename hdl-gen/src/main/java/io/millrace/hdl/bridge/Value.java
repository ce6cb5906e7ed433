package io.millrace.hdl.bridge;

import java.math.BigInteger;
import java.util.List;
import spinal.core.BaseType;
import spinal.core.Nameable$;

/**
 * A signal or an expression over signals. Java objects of this kind describe wires; none holds a number.
 *
 * <p>Widths are fixed when the value is made and are checked at once: an operation between values that do not fit throws {@link
 * RtlException} on its own line.
 *
 * @param <V> the kind of value itself
 */
public abstract sealed class Value<V extends Value<V>> permits Bit, UInt, SInt, Bits {
    private final Type<V> type;

    Value(Type<V> type) {
        this.type = type;
    }

    abstract BaseType node();

    abstract V self();

    /** The constant {@code value} as a value of this very type; the range has been checked. */
    abstract V literal(BigInteger value);

    abstract BigInteger smallest();

    abstract BigInteger largest();

    abstract Bit equalTo(V other);

    abstract Bit differsFrom(V other);

    /** These bits without a numeric meaning. */
    public abstract Bits asBits();

    public final Type<V> type() {
        return type;
    }

    public final int width() {
        return type.width();
    }

    /**
     * Drives this signal with {@code driver}, under the conditions of the enclosing {@code when} or {@code select}; the last
     * assignment wins. A register takes the value at the next clock edge.
     *
     * @throws RtlException if the widths differ
     */
    public final void set(V driver) {
        requireSameType(driver, "set");
        node().assignFrom(driver.node(), node(), Locations.caller());
    }

    /** Drives this signal with a constant. */
    public final void set(long constant) {
        set(constant(BigInteger.valueOf(constant)));
    }

    /** Gives a register this value at reset and at power-up. */
    public final V init(long constant) {
        return init(BigInteger.valueOf(constant));
    }

    /** Gives a register this value at reset and at power-up. */
    public final V init(BigInteger constant) {
        requireRegister("init");
        node().initFrom(constant(constant).node(), node());
        return initial(constant);
    }

    /** Gives a register this value at power-up alone: reset does not touch it. */
    public final V initial(long constant) {
        return initial(BigInteger.valueOf(constant));
    }

    /** Gives a register this value at power-up alone: reset does not touch it. */
    public final V initial(BigInteger constant) {
        requireRegister("initial");
        return Spinal.atRoot(node().component(), () -> {
            node().initialFrom(constant(constant).node(), node());
            return self();
        });
    }

    /** Whether both are equal. Numbers of different widths are extended; everything else must match. */
    public final Bit eq(V other) {
        return equalTo(other);
    }

    public final Bit eq(long constant) {
        return equalTo(constant(BigInteger.valueOf(constant)));
    }

    public final Bit ne(V other) {
        return differsFrom(other);
    }

    public final Bit ne(long constant) {
        return differsFrom(constant(BigInteger.valueOf(constant)));
    }

    /** Names this signal in the Verilog; a name already taken gets a numbered suffix. */
    public final V named(String name) {
        node().setName(Names.inner(name), Nameable$.MODULE$.DATAMODEL_WEAK());
        return self();
    }

    /** Puts a Verilog attribute {@code (* name = "value" *)} on the declaration of this signal. */
    public final V attribute(String name, String value) {
        node().addAttribute(name, value);
        return self();
    }

    /**
     * The choice number {@code index}; an index beyond the list gives the last. All choices have one type.
     *
     * @throws RtlException if {@code choices} is empty or the types differ
     */
    public static <V extends Value<V>> V pick(UInt index, List<V> choices) {
        if (choices.isEmpty()) {
            throw new RtlException("pick needs at least one choice");
        }
        V last = choices.getLast();
        int selectable = (int) Math.min(choices.size(), index.width() >= 31 ? Integer.MAX_VALUE : 1L << index.width());
        if (selectable == 1) {
            return choices.getFirst();
        }
        V picked = last.type().fresh();
        Select select = new Select(index);
        for (int i = 0; i < selectable - 1; i++) {
            V choice = choices.get(i);
            select.is(i, () -> picked.set(choice));
        }
        V rest = selectable < choices.size() ? choices.get(selectable - 1) : last;
        select.otherwise(() -> picked.set(rest));
        return picked;
    }

    final V constant(BigInteger value) {
        requireRange(value, smallest(), largest(), describe());
        return literal(value);
    }

    static void requireRange(BigInteger value, BigInteger smallest, BigInteger largest, String holder) {
        if (value.compareTo(smallest) < 0 || value.compareTo(largest) > 0) {
            throw new RtlException(value + " does not fit " + holder + ", which holds " + smallest + " to " + largest);
        }
    }

    final void requireSameType(V other, String operation) {
        if (!type.equals(other.type())) {
            throw new RtlException(
                    operation + ": " + other.describe() + " does not fit " + describe() + " " + Locations.caller());
        }
    }

    private void requireRegister(String operation) {
        if (!node().isReg()) {
            throw new RtlException(operation + ": " + describe() + " is not a register");
        }
    }

    /** The name, if there is one, and the type. */
    final String describe() {
        String name = node().isUnnamed() ? "an unnamed " : "'" + node().getName() + "' ";
        return name + type;
    }

    @Override
    public final String toString() {
        return describe();
    }
}
