package io.millrace.hdl.bridge;

import java.util.function.BiFunction;
import spinal.core.BaseType;
import spinal.core.BitCount;
import spinal.core.package$;

/**
 * What a signal holds: the kind of value and its width in bits.
 *
 * @param <V> the values of this type
 */
public final class Type<V extends Value<V>> {
    private enum Kind {
        BIT,
        UINT,
        SINT,
        BITS
    }

    private final Kind kind;
    private final int width;
    private final BiFunction<BaseType, Integer, V> wrapper;

    private Type(Kind kind, int width, BiFunction<BaseType, Integer, V> wrapper) {
        if (width < 1) {
            throw new RtlException("a signal must be at least 1 bit wide, not " + width);
        }
        this.kind = kind;
        this.width = width;
        this.wrapper = wrapper;
    }

    /** One wire, true or false. */
    public static Type<Bit> bit() {
        return new Type<>(Kind.BIT, 1, (node, _) -> new Bit((spinal.core.Bool) node));
    }

    /** An unsigned number of {@code width} bits. */
    public static Type<UInt> uint(int width) {
        return new Type<>(Kind.UINT, width, (node, bits) -> new UInt((spinal.core.UInt) node, bits));
    }

    /** A two's complement number of {@code width} bits. */
    public static Type<SInt> sint(int width) {
        return new Type<>(Kind.SINT, width, (node, bits) -> new SInt((spinal.core.SInt) node, bits));
    }

    /** {@code width} bits without a numeric meaning. */
    public static Type<Bits> bits(int width) {
        return new Type<>(Kind.BITS, width, (node, bits) -> new Bits((spinal.core.Bits) node, bits));
    }

    public int width() {
        return width;
    }

    /** A new undriven signal of this type in the hardware being described. */
    V fresh() {
        return wrap(
                switch (kind) {
                    case BIT -> new spinal.core.Bool();
                    case UINT -> package$.MODULE$.UInt(new BitCount(width));
                    case SINT -> package$.MODULE$.SInt(new BitCount(width));
                    case BITS -> package$.MODULE$.Bits(new BitCount(width));
                });
    }

    V wrap(BaseType node) {
        return wrapper.apply(node, width);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Type<?> type && type.kind == kind && type.width == width;
    }

    @Override
    public int hashCode() {
        return kind.hashCode() * 31 + width;
    }

    @Override
    public String toString() {
        return switch (kind) {
            case BIT -> "bit";
            case UINT -> "uint(" + width + ")";
            case SINT -> "sint(" + width + ")";
            case BITS -> "bits(" + width + ")";
        };
    }
}
