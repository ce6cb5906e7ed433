package io.millrace.hdl.bridge;

import java.math.BigInteger;
import spinal.core.Bool;

/** One wire. */
public final class Bit extends Value<Bit> {
    private final Bool node;

    Bit(Bool node) {
        super(Type.bit());
        this.node = node;
    }

    /** The constant 0 or 1. */
    public static Bit of(boolean value) {
        return new Bit(Spinal.bool(value));
    }

    public Bit and(Bit other) {
        return new Bit(node.$amp$amp(other.node));
    }

    public Bit or(Bit other) {
        return new Bit(node.$bar$bar(other.node));
    }

    public Bit xor(Bit other) {
        return new Bit(node.$up(other.node));
    }

    public Bit not() {
        return new Bit(node.unary_$bang());
    }

    public void set(boolean constant) {
        set(constant ? 1 : 0);
    }

    /**
     * {@code whenTrue} if this wire is 1, else {@code whenFalse}.
     *
     * @throws RtlException if the types of the two differ
     */
    public <V extends Value<V>> V mux(V whenTrue, V whenFalse) {
        whenTrue.requireSameType(whenFalse, "mux");
        return whenTrue.type().wrap(node.mux(whenTrue.node(), whenFalse.node()));
    }

    @Override
    public Bits asBits() {
        return new Bits(node.asBits(), 1);
    }

    /** 0 or 1 as a number of one bit. */
    public UInt asUInt() {
        return new UInt(node.asUInt(), 1);
    }

    @Override
    Bool node() {
        return node;
    }

    @Override
    Bit self() {
        return this;
    }

    @Override
    Bit literal(BigInteger value) {
        return of(value.signum() != 0);
    }

    @Override
    BigInteger smallest() {
        return BigInteger.ZERO;
    }

    @Override
    BigInteger largest() {
        return BigInteger.ONE;
    }

    @Override
    Bit equalTo(Bit other) {
        return new Bit(node.$eq$eq$eq(other.node));
    }

    @Override
    Bit differsFrom(Bit other) {
        return new Bit(node.$eq$div$eq(other.node));
    }
}
