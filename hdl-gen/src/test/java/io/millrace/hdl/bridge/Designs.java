package io.millrace.hdl.bridge;

import static io.millrace.hdl.bridge.Type.bit;
import static io.millrace.hdl.bridge.Type.bits;
import static io.millrace.hdl.bridge.Type.sint;
import static io.millrace.hdl.bridge.Type.uint;

import java.math.BigInteger;
import java.util.List;
import java.util.stream.IntStream;

/** Small designs that the tests of this package share. */
final class Designs {
    private Designs() {}

    /** 8 x 8 multiply-accumulate with clear. */
    static final class Mac extends Hardware {
        final Bit clear = in("clear", bit());
        final Bit enable = in("enable", bit());
        final SInt a = in("a", sint(8));
        final SInt b = in("b", sint(8));
        final SInt acc;

        Mac() {
            super("mac");
            SInt accumulator = reg("acc_r", sint(32)).init(0);
            SInt product = wire("product", a.times(b));
            when(clear.and(enable), () -> accumulator.set(product.resize(32)))
                    .elseWhen(clear, () -> accumulator.set(0))
                    .elseWhen(enable, () -> accumulator.set(accumulator.plus(product)));
            acc = out("acc", accumulator);
        }
    }

    /** A queue of {@code depth} words with the word shown ahead of its removal. */
    static final class Fifo extends Hardware {
        final Bit pushValid = in("push_valid", bit());
        final Bits pushData;
        final Bit pushReady = out("push_ready", bit());
        final Bit popReady = in("pop_ready", bit());
        final Bit popValid = out("pop_valid", bit());
        final Bits popData;

        Fifo(int depth, int wordBits) {
            super("fifo");
            pushData = in("push_data", bits(wordBits));
            Ram memory = ram("memory", depth, wordBits).attribute("ram_style", "block");
            UInt head = reg("head", uint(memory.addressBits())).init(0);
            UInt tail = reg("tail", uint(memory.addressBits())).init(0);
            UInt stored = reg("stored", uint(memory.addressBits() + 1)).init(0);
            Bit loaded = reg("loaded", bit()).init(0);
            Bit push = wire("push", pushValid.and(stored.ne(depth)));
            Bit fetch = wire("fetch", stored.ne(0).and(loaded.not().or(popReady)));
            memory.write(tail, pushData, push);
            popData = out("pop_data", memory.read(head, fetch));
            pushReady.set(stored.ne(depth));
            popValid.set(loaded);
            when(push, () -> tail.set(tail.plus(1)));
            when(push.and(fetch.not()), () -> stored.set(stored.plus(1)))
                    .elseWhen(fetch.and(push.not()), () -> stored.set(stored.minus(1)));
            when(fetch, () -> {
                        head.set(head.plus(1));
                        loaded.set(1);
                    })
                    .elseWhen(popReady, () -> loaded.set(0));
        }
    }

    /** Each kind of memory port. */
    static final class Memories extends Hardware {
        Memories() {
            super("memories");
            UInt address = in("address", uint(8));
            Bit enable = in("enable", bit());
            Bit write = in("write", bit());
            Bits data = in("data", bits(16));
            Bits mask = in("mask", bits(2));
            Ram rom = ram("rom", 200, 12)
                    .init(IntStream.range(0, 150)
                            .mapToObj(i -> BigInteger.valueOf(i * 37L % 4096))
                            .toList());
            out("from_rom", rom.read(address, enable));
            Ram table = ram("small", 16, 4).init(List.of(BigInteger.TEN, BigInteger.TWO));
            out("from_table", table.readNow(address.slice(4, 4)));
            Ram single = ram("single", 256, 16);
            out("from_single", single.readWrite(address, data, enable, write));
            Ram masked = ram("masked", 256, 16).attribute("ram_style", "distributed");
            masked.writeMasked(address, data, enable.and(write), mask);
            out("from_masked", masked.read(address, enable.and(write.not())));
        }
    }

    /** A choice with and without a default, and a pick. */
    static final class Choices extends Hardware {
        final UInt choice = in("choice", uint(3));
        final SInt x = in("x", sint(8));
        final SInt chosen = out("chosen", sint(8));
        final UInt count;
        final SInt picked;

        Choices() {
            super("choices");
            select(choice)
                    .is(0, () -> chosen.set(x))
                    .is(5, () -> chosen.set(x.negate()))
                    .otherwise(() -> chosen.set(-1));
            UInt counter = reg("counter", uint(4)).init(3);
            select(choice.asBits()).is(1, () -> counter.set(counter.plus(1))).is(2, () -> counter.set(0));
            count = out("count", counter);
            picked = out(
                    "picked", Value.pick(choice, List.of(x, SInt.of(17, 8), x.negate(), SInt.of(-128, 8), x.plus(1))));
        }
    }

    /** Every operator on values, each on an output. */
    static final class Operators extends Hardware {
        Operators() {
            super("operators");
            SInt a = in("a", sint(8));
            SInt b = in("b", sint(6));
            UInt u = in("u", uint(8));
            UInt v = in("v", uint(5));
            UInt n = in("n", uint(4));
            Bits s = in("s", bits(16));
            Bit c = in("c", bit());

            out("s_plus", a.plus(b));
            out("s_plus_carry", a.plusCarry(b));
            out("s_minus", a.minus(b));
            out("s_minus_swapped", b.minus(a));
            out("s_times", a.times(b));
            out("s_negate", a.negate());
            out("s_lt", a.lt(b));
            out("s_le", a.le(b));
            out("s_gt", a.gt(b));
            out("s_ge", a.ge(b));
            out("s_eq", b.eq(a));
            out("s_ne", a.ne(b));
            out("s_left", a.shiftLeft(3));
            out("s_right", a.shiftRight(3));
            out("s_right_all", a.shiftRight(11));
            out("s_left_by", a.shiftLeft(n));
            out("s_right_by", a.shiftRight(n));
            out("s_wide", a.resize(12));
            out("s_narrow", a.resize(5));
            out("s_sign", a.sign());
            out("s_bit", a.bit(3));
            out("s_slice", a.slice(2, 4));
            out("s_as_u", b.asUInt());
            out("s_plus_const", a.plus(-7));
            out("u_plus", u.plus(v));
            out("u_plus_carry", u.plusCarry(v));
            out("u_minus", v.minus(u));
            out("u_times", u.times(v));
            out("u_lt", u.lt(v));
            out("u_le", u.le(v));
            out("u_gt", u.gt(v));
            out("u_ge", u.ge(v));
            out("u_eq", u.eq(v));
            out("u_ne", v.ne(u));
            out("u_left", u.shiftLeft(4));
            out("u_right", u.shiftRight(5));
            out("u_right_all", u.shiftRight(9));
            out("u_left_by", u.shiftLeft(n));
            out("u_right_by", u.shiftRight(n));
            out("u_wide", u.resize(11));
            out("u_narrow", u.resize(3));
            out("u_slice", u.slice(3, 4));
            out("u_bit", u.bit(7));
            out("u_as_s", v.asSInt());
            out("u_and", u.and(u.not()));
            out("b_concat", Bits.concat(s.slice(4, 3), c.asBits(), a.asBits(), Bits.of(5, 3)));
            out("b_and", s.and(u.asBits().resize(16)));
            out("b_or", s.or(v.asBits().resize(16)));
            out("b_xor", s.xor(s.shiftRight(n)));
            out("b_not", s.not());
            out("b_any", s.orReduce());
            out("b_all", s.slice(0, 3).andReduce());
            out("b_odd", s.xorReduce());
            out("b_at", s.bit(n));
            out("b_left_by", s.shiftLeft(n));
            out("c_mux", c.mux(a, b.resize(8)));
            out("c_logic", c.and(s.bit(0)).or(s.bit(1).xor(c)).not());
            out("c_const", c.mux(UInt.of(200, 8), UInt.of(0, 8)));
            Bits parts = out("parts", bits(8));
            parts.slice(0, 4).set(s.slice(4, 4));
            parts.slice(4, 4).set(s.slice(0, 4));
        }
    }

    /** A register made under a condition still runs always. */
    static final class Conditional extends Hardware {
        final Bit c = in("c", bit());
        final UInt x = in("x", uint(4));
        final UInt y;

        Conditional() {
            super("conditional");
            UInt held = reg("held", uint(4)).init(9);
            when(c, () -> {
                UInt before = regNext("before", x);
                UInt sum = wire("sum", before.plus(x));
                held.set(sum);
            });
            y = out("y", held);
        }
    }

    /** Everything that is simulated, in one module, so that it is compiled once. */
    static final class Everything extends Hardware {
        final Mac mac = inst("mac_0", Mac::new);
        final Fifo fifo = inst("fifo_0", () -> new Fifo(8, 16));

        Everything() {
            super("everything");
            mac.clear.set(in("clear", bit()));
            mac.enable.set(in("enable", bit()));
            mac.a.set(in("a", sint(8)));
            mac.b.set(in("b", sint(8)));
            out("acc", mac.acc);
            fifo.pushValid.set(in("push_valid", bit()));
            fifo.pushData.set(in("push_data", bits(16)));
            out("push_ready", fifo.pushReady);
            fifo.popReady.set(in("pop_ready", bit()));
            out("pop_valid", fifo.popValid);
            out("pop_data", fifo.popData);
        }
    }

    /** Adds, a cycle late. */
    static final class Adder extends Hardware {
        final UInt a;
        final UInt b;
        final UInt sum;

        Adder(int width) {
            super("adder_" + width);
            a = in("a", uint(width));
            b = in("b", uint(width));
            sum = out("sum", uint(width));
            if (isBox()) {
                return;
            }
            sum.set(regNext("late", a.plus(b)));
        }
    }

    /** The sum of three, two cycles late, of modules that are described once. */
    static final class SharedAdders extends Hardware {
        final UInt a;
        final UInt b;
        final UInt c;
        final UInt sum;

        SharedAdders(int width) {
            super("adders_" + width);
            a = in("a", uint(width));
            b = in("b", uint(width));
            c = in("c", uint(width));
            sum = out("sum", uint(width));
            if (isBox()) {
                return;
            }
            Adder first = instShared("first", () -> new Adder(width));
            Adder second = instShared("second", () -> new Adder(width));
            first.a.set(a);
            first.b.set(b);
            second.a.set(first.sum);
            second.b.set(regNext("c_late", c));
            sum.set(second.sum);
        }
    }

    /** An asynchronous queue and a synchroniser between two clocks. */
    static final class TwoClocks extends Hardware {
        TwoClocks() {
            super("two_clocks");
            ClockDomain source = clockDomain("source");
            ClockDomain sink = clockDomain("sink");
            AsyncFifo queue = inst("queue", () -> new AsyncFifo(8, 8, source, sink));
            queue.writeValid.set(in("write_valid", bit()));
            queue.writeData.set(in("write_data", bits(8)));
            out("write_ready", queue.writeReady);
            queue.readReady.set(in("read_ready", bit()));
            out("read_valid", queue.readValid);
            out("read_data", queue.readData);
            Bit flag = inDomain(source, () -> regNext("flag_r", in("flag", bit())));
            out("flag_seen", crossBit(flag, source, sink));
        }
    }

    /** A vendor primitive. */
    static final class Pll extends BlackBox {
        final Bit clock = out("CLKOUT", bit());
        final Bit locked = out("LOCKED", bit());
        final Bits pads = inout("PADS", bits(4));

        Pll() {
            super("PLL_PRIMITIVE");
            clock("CLKIN", "RST");
            generic("DIVIDE", 3);
            generic("MODE", "FAST");
            generic("SETUP", Bits.of(0x123456789L, 36));
        }
    }

    /** The same module in the clock domain that a primitive makes, and in the one outside. */
    static final class UsesPll extends Hardware {
        UsesPll() {
            super("uses_pll");
            Pll pll = inst("pll", Pll::new);
            inout("pads", bits(4)).set(pll.pads);
            Bit made = wire("made_clock", pll.clock);
            ClockDomain domain = clockDomain("made", made, pll.locked.not());
            Bit enable = in("enable", bit());
            Mac inside = inDomain(domain, () -> inst("inside", Mac::new));
            Mac outside = inst("outside", Mac::new);
            for (Mac mac : List.of(inside, outside)) {
                mac.clear.set(false);
                mac.enable.set(enable);
                mac.a.set(3);
                mac.b.set(-4);
            }
            out("made", inside.acc);
            out("given", outside.acc);
        }
    }
}
