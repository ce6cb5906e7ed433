package io.millrace.hdl.bridge;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import spinal.core.B$;
import spinal.core.BitCount;

/** Bits without a numeric meaning. Operands must have the same width. */
public final class Bits extends Value<Bits> {
    private final spinal.core.Bits node;
    private final Source source;

    Bits(spinal.core.Bits node, int width) {
        this(node, width, Source.of(node));
    }

    /** {@code node} converted from what stands in {@code source}. */
    Bits(spinal.core.Bits node, int width, Source source) {
        super(Type.bits(width));
        this.node = node;
        this.source = source;
    }

    /** The constant {@code value}, read as unsigned, in {@code width} bits. */
    public static Bits of(BigInteger value, int width) {
        Type<Bits> type = Type.bits(width);
        requireRange(value, BigInteger.ZERO, allOnes(width), type.toString());
        return new Bits(B$.MODULE$.apply(Spinal.bigInt(value), new BitCount(width)), width);
    }

    /** The constant {@code value}, read as unsigned, in {@code width} bits. */
    public static Bits of(long value, int width) {
        return of(BigInteger.valueOf(value), width);
    }

    /** All parts side by side, the first being the highest. */
    public static Bits concat(Bits... msbFirst) {
        return concat(Arrays.asList(msbFirst));
    }

    /** All parts side by side, the first being the highest. */
    public static Bits concat(List<Bits> msbFirst) {
        return switch (msbFirst.size()) {
            case 0 -> throw new RtlException("concat needs at least one part");
            case 1 -> msbFirst.getFirst();
            default -> {
                int half = msbFirst.size() / 2;
                Bits high = concat(msbFirst.subList(0, half));
                Bits low = concat(msbFirst.subList(half, msbFirst.size()));
                yield new Bits(high.node.$hash$hash(low.node), high.width() + low.width());
            }
        };
    }

    public Bits and(Bits other) {
        requireSameType(other, "and");
        return new Bits(node.$amp(other.node), width());
    }

    public Bits or(Bits other) {
        requireSameType(other, "or");
        return new Bits(node.$bar(other.node), width());
    }

    public Bits xor(Bits other) {
        requireSameType(other, "xor");
        return new Bits(node.$up(other.node), width());
    }

    public Bits not() {
        return new Bits(node.unary_$tilde(), width());
    }

    /** Whether any bit is 1. */
    public Bit orReduce() {
        return new Bit(node.orR());
    }

    /** Whether all bits are 1. */
    public Bit andReduce() {
        return new Bit(node.andR());
    }

    /** Whether the number of 1 bits is odd. */
    public Bit xorReduce() {
        return new Bit(node.xorR());
    }

    /** The low {@code width} bits, or this extended with zeros. */
    public Bits resize(int width) {
        return width <= width() ? slice(0, width) : new Bits(node.resize(width), width);
    }

    /** Bit number {@code index}, 0 being the lowest. */
    public Bit bit(int index) {
        requireRange(this, index, 1);
        return new Bit(source.bit(index));
    }

    /** The bit that {@code index} points at; an index beyond the width gives 0. */
    public Bit bit(UInt index) {
        boolean always = index.width() < 31 && 1 << index.width() <= width();
        return always ? new Bit(node.apply(index.node())) : shiftRight(index).bit(0);
    }

    /** {@code width} bits from bit {@code lsb} up. */
    public Bits slice(int lsb, int width) {
        requireRange(this, lsb, width);
        if (width == width()) {
            return this;
        }
        Source part = source.from(lsb);
        return new Bits(part.bits(width), width, part);
    }

    /** Moves the bits up by a signal; keeps the width, so high bits are lost. */
    public Bits shiftLeft(UInt places) {
        return new Bits(node.$bar$less$less(places.node()), width());
    }

    /** Moves the bits down by a signal; keeps the width, zeros come in at the top. */
    public Bits shiftRight(UInt places) {
        return new Bits(node.$greater$greater(places.node()), width());
    }

    public UInt asUInt() {
        return new UInt(node.asUInt(), width(), source);
    }

    public SInt asSInt() {
        return new SInt(node.asSInt(), width(), source);
    }

    @Override
    public Bits asBits() {
        return this;
    }

    static BigInteger allOnes(int width) {
        return BigInteger.ONE.shiftLeft(width).subtract(BigInteger.ONE);
    }

    static void requireRange(Value<?> value, int lsb, int width) {
        if (lsb < 0 || width < 1 || lsb + width > value.width()) {
            throw new RtlException("bits " + lsb + " to " + (lsb + width - 1) + " do not exist in " + value.describe());
        }
    }

    @Override
    spinal.core.Bits node() {
        return node;
    }

    @Override
    Bits self() {
        return this;
    }

    @Override
    Bits literal(BigInteger value) {
        return of(value, width());
    }

    @Override
    BigInteger smallest() {
        return BigInteger.ZERO;
    }

    @Override
    BigInteger largest() {
        return allOnes(width());
    }

    @Override
    Bit equalTo(Bits other) {
        requireSameType(other, "eq");
        return new Bit(node.$eq$eq$eq(other.node));
    }

    @Override
    Bit differsFrom(Bits other) {
        requireSameType(other, "ne");
        return new Bit(node.$eq$div$eq(other.node));
    }
}
