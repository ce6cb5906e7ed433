package io.millrace.hdl.bridge;

import java.math.BigInteger;
import spinal.core.BitCount;
import spinal.core.S$;

/** A two's complement number. Of two operands the narrower is extended with its sign. */
public final class SInt extends Value<SInt> {
    private final spinal.core.SInt node;
    private final Source source;

    SInt(spinal.core.SInt node, int width) {
        this(node, width, Source.of(node));
    }

    /** {@code node} converted from what stands in {@code source}. */
    SInt(spinal.core.SInt node, int width, Source source) {
        super(Type.sint(width));
        this.node = node;
        this.source = source;
    }

    /** The constant {@code value} in {@code width} bits. */
    public static SInt of(long value, int width) {
        return of(BigInteger.valueOf(value), width);
    }

    /** The constant {@code value} in {@code width} bits. */
    public static SInt of(BigInteger value, int width) {
        Type<SInt> type = Type.sint(width);
        BigInteger limit = BigInteger.ONE.shiftLeft(width - 1);
        requireRange(value, limit.negate(), limit.subtract(BigInteger.ONE), type.toString());
        return new SInt(S$.MODULE$.apply(Spinal.bigInt(value), new BitCount(width)), width);
    }

    /** The sum, wrapped to the width of the wider operand. */
    public SInt plus(SInt other) {
        int common = Math.max(width(), other.width());
        return new SInt(at(common).$plus(other.at(common)), common);
    }

    public SInt plus(long constant) {
        return plus(constant(BigInteger.valueOf(constant)));
    }

    /** The exact sum, one bit wider than the wider operand. */
    public SInt plusCarry(SInt other) {
        int sum = Math.max(width(), other.width()) + 1;
        return new SInt(at(sum).$plus(other.at(sum)), sum);
    }

    /** The difference, wrapped to the width of the wider operand. */
    public SInt minus(SInt other) {
        int common = Math.max(width(), other.width());
        return new SInt(at(common).$minus(other.at(common)), common);
    }

    /** The negative, wrapped to the same width: the lowest value is its own negative. */
    public SInt negate() {
        return new SInt(node.unary_$minus(), width());
    }

    /** The exact product, as wide as both operands together: one signed multiplication in the Verilog. */
    public SInt times(SInt other) {
        return new SInt(node.$times(other.node), width() + other.width());
    }

    public Bit lt(SInt other) {
        int common = Math.max(width(), other.width());
        return new Bit(at(common).$less(other.at(common)));
    }

    public Bit le(SInt other) {
        int common = Math.max(width(), other.width());
        return new Bit(at(common).$less$eq(other.at(common)));
    }

    public Bit gt(SInt other) {
        return other.lt(this);
    }

    public Bit ge(SInt other) {
        return other.le(this);
    }

    public Bit lt(long constant) {
        return lt(constant(BigInteger.valueOf(constant)));
    }

    public Bit ge(long constant) {
        return ge(constant(BigInteger.valueOf(constant)));
    }

    /** This times 2 to the {@code places}, exact: {@code places} bits wider. */
    public SInt shiftLeft(int places) {
        return new SInt(node.$less$less(places), width() + places);
    }

    /** This divided by 2 to the {@code places}, rounded down: {@code places} bits narrower, at least one bit. */
    public SInt shiftRight(int places) {
        int kept = Math.max(1, width() - places);
        return places == 0 ? this : part(width() - kept, kept);
    }

    /** As {@link #shiftLeft(int)} by a signal; keeps the width, so high bits are lost. */
    public SInt shiftLeft(UInt places) {
        return new SInt(node.$bar$less$less(places.node()), width());
    }

    /** As {@link #shiftRight(int)} by a signal; keeps the width. */
    public SInt shiftRight(UInt places) {
        return new SInt(node.$greater$greater(places.node()), width());
    }

    /** The low {@code width} bits, or this extended with its sign. */
    public SInt resize(int width) {
        return width < width() ? part(0, width) : width == width() ? this : new SInt(node.resize(width), width);
    }

    /** Bit number {@code index}, 0 being the lowest. */
    public Bit bit(int index) {
        Bits.requireRange(this, index, 1);
        return new Bit(source.bit(index));
    }

    /** {@code width} bits from bit {@code lsb} up. */
    public Bits slice(int lsb, int width) {
        return asBits().slice(lsb, width);
    }

    /** The highest bit: 1 if negative. */
    public Bit sign() {
        return bit(width() - 1);
    }

    /** The same bits read as an unsigned number. */
    public UInt asUInt() {
        return new UInt(node.asUInt(), width(), source);
    }

    @Override
    public Bits asBits() {
        return new Bits(node.asBits(), width(), source);
    }

    @Override
    spinal.core.SInt node() {
        return node;
    }

    private SInt part(int lsb, int width) {
        Source part = source.from(lsb);
        return new SInt(part.sint(width), width, part);
    }

    private spinal.core.SInt at(int width) {
        return resize(width).node;
    }

    @Override
    SInt self() {
        return this;
    }

    @Override
    SInt literal(BigInteger value) {
        return of(value, width());
    }

    @Override
    BigInteger smallest() {
        return BigInteger.ONE.shiftLeft(width() - 1).negate();
    }

    @Override
    BigInteger largest() {
        return BigInteger.ONE.shiftLeft(width() - 1).subtract(BigInteger.ONE);
    }

    @Override
    Bit equalTo(SInt other) {
        int common = Math.max(width(), other.width());
        return new Bit(at(common).$eq$eq$eq(other.at(common)));
    }

    @Override
    Bit differsFrom(SInt other) {
        int common = Math.max(width(), other.width());
        return new Bit(at(common).$eq$div$eq(other.at(common)));
    }
}
