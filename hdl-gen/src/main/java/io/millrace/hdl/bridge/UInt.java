package io.millrace.hdl.bridge;

import java.math.BigInteger;
import spinal.core.BitCount;
import spinal.core.U$;

/** An unsigned number. Of two operands the narrower is extended with zeros. */
public final class UInt extends Value<UInt> {
    private final spinal.core.UInt node;
    private final Source source;

    UInt(spinal.core.UInt node, int width) {
        this(node, width, Source.of(node));
    }

    /** {@code node} converted from what stands in {@code source}. */
    UInt(spinal.core.UInt node, int width, Source source) {
        super(Type.uint(width));
        this.node = node;
        this.source = source;
    }

    /** The constant {@code value} in {@code width} bits. */
    public static UInt of(long value, int width) {
        return of(BigInteger.valueOf(value), width);
    }

    /** The constant {@code value} in {@code width} bits. */
    public static UInt of(BigInteger value, int width) {
        Type<UInt> type = Type.uint(width);
        requireRange(value, BigInteger.ZERO, Bits.allOnes(width), type.toString());
        return new UInt(U$.MODULE$.apply(Spinal.bigInt(value), new BitCount(width)), width);
    }

    /** The sum modulo 2 to the width of the wider operand. */
    public UInt plus(UInt other) {
        int common = Math.max(width(), other.width());
        return new UInt(at(common).$plus(other.at(common)), common);
    }

    public UInt plus(long constant) {
        return plus(constant(BigInteger.valueOf(constant)));
    }

    /** The exact sum, one bit wider than the wider operand. */
    public UInt plusCarry(UInt other) {
        int sum = Math.max(width(), other.width()) + 1;
        return new UInt(at(sum).$plus(other.at(sum)), sum);
    }

    /** The difference modulo 2 to the width of the wider operand. */
    public UInt minus(UInt other) {
        int common = Math.max(width(), other.width());
        return new UInt(at(common).$minus(other.at(common)), common);
    }

    public UInt minus(long constant) {
        return minus(constant(BigInteger.valueOf(constant)));
    }

    /** The exact product, as wide as both operands together. */
    public UInt times(UInt other) {
        return new UInt(node.$times(other.node), width() + other.width());
    }

    public Bit lt(UInt other) {
        int common = Math.max(width(), other.width());
        return new Bit(at(common).$less(other.at(common)));
    }

    public Bit le(UInt other) {
        int common = Math.max(width(), other.width());
        return new Bit(at(common).$less$eq(other.at(common)));
    }

    public Bit gt(UInt other) {
        return other.lt(this);
    }

    public Bit ge(UInt other) {
        return other.le(this);
    }

    public Bit lt(long constant) {
        return lt(constant(BigInteger.valueOf(constant)));
    }

    public Bit ge(long constant) {
        return ge(constant(BigInteger.valueOf(constant)));
    }

    /** This times 2 to the {@code places}, exact: {@code places} bits wider. */
    public UInt shiftLeft(int places) {
        return new UInt(node.$less$less(places), width() + places);
    }

    /** This divided by 2 to the {@code places}, rounded down: {@code places} bits narrower, at least one bit. */
    public UInt shiftRight(int places) {
        return places >= width() ? of(0, 1) : slice(places, width() - places);
    }

    /** As {@link #shiftLeft(int)} by a signal; keeps the width, so high bits are lost. */
    public UInt shiftLeft(UInt places) {
        return new UInt(node.$bar$less$less(places.node), width());
    }

    /** As {@link #shiftRight(int)} by a signal; keeps the width. */
    public UInt shiftRight(UInt places) {
        return new UInt(node.$greater$greater(places.node), width());
    }

    /** The low {@code width} bits, or this extended with zeros. */
    public UInt resize(int width) {
        return width <= width() ? slice(0, width) : new UInt(node.resize(width), width);
    }

    /** Bit number {@code index}, 0 being the lowest. */
    public Bit bit(int index) {
        Bits.requireRange(this, index, 1);
        return new Bit(source.bit(index));
    }

    /** {@code width} bits from bit {@code lsb} up. */
    public UInt slice(int lsb, int width) {
        Bits.requireRange(this, lsb, width);
        if (width == width()) {
            return this;
        }
        Source part = source.from(lsb);
        return new UInt(part.uint(width), width, part);
    }

    public UInt and(UInt other) {
        return asBits().and(other.asBits()).asUInt();
    }

    public UInt or(UInt other) {
        return asBits().or(other.asBits()).asUInt();
    }

    public UInt xor(UInt other) {
        return asBits().xor(other.asBits()).asUInt();
    }

    public UInt not() {
        return new UInt(node.unary_$tilde(), width());
    }

    /** The same bits read as two's complement. */
    public SInt asSInt() {
        return new SInt(node.asSInt(), width(), source);
    }

    @Override
    public Bits asBits() {
        return new Bits(node.asBits(), width(), source);
    }

    @Override
    spinal.core.UInt node() {
        return node;
    }

    private spinal.core.UInt at(int width) {
        return resize(width).node;
    }

    @Override
    UInt self() {
        return this;
    }

    @Override
    UInt literal(BigInteger value) {
        return of(value, width());
    }

    @Override
    BigInteger smallest() {
        return BigInteger.ZERO;
    }

    @Override
    BigInteger largest() {
        return Bits.allOnes(width());
    }

    @Override
    Bit equalTo(UInt other) {
        int common = Math.max(width(), other.width());
        return new Bit(at(common).$eq$eq$eq(other.at(common)));
    }

    @Override
    Bit differsFrom(UInt other) {
        int common = Math.max(width(), other.width());
        return new Bit(at(common).$eq$div$eq(other.at(common)));
    }
}
