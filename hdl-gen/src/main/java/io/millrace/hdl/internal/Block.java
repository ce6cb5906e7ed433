package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.Hardware;
import io.millrace.hdl.bridge.Ram;
import io.millrace.hdl.bridge.SInt;
import io.millrace.hdl.bridge.Type;
import io.millrace.hdl.bridge.UInt;
import io.millrace.hdl.bridge.Value;
import io.millrace.scheduler.ProgramLayout;
import java.util.ArrayList;
import java.util.List;

/** What most parts of the machine share: state that is cleared while the machine is stopped, delays, packed fields. */
abstract class Block extends Hardware {
    private final List<Runnable> clears = new ArrayList<>();

    Block(String definitionName) {
        super(definitionName);
    }

    /** A register that holds {@code initial} from power-up and whenever the machine is stopped. */
    final <V extends Value<V>> V state(String name, Type<V> type, long initial) {
        V register = reg(name, type).init(initial);
        clears.add(() -> register.set(initial));
        return register;
    }

    /** The last lines of a block with state: clears it while {@code run} is 0. */
    final void clearUnless(Bit run) {
        when(run.not(), () -> clears.forEach(Runnable::run));
    }

    /** {@code value} so many cycles ago. */
    final <V extends Value<V>> V delay(String name, V value, int cycles) {
        V at = value;
        for (int i = 1; i <= cycles; i++) {
            at = regNext(name + "_d" + i, at);
        }
        return at;
    }

    /** A one-cycle pulse so many cycles later; pulses in flight die when the machine is stopped. */
    final Bit delayPulse(String name, Bit pulse, int cycles) {
        Bit at = pulse;
        for (int i = 1; i <= cycles; i++) {
            Bit register = state(name + "_d" + i, Type.bit(), 0);
            register.set(at);
            at = register;
        }
        return at;
    }

    /** {@code a + b}, less {@code size} where it reaches it: an address in a circular buffer; both below {@code size}. */
    final UInt wrapAdd(UInt a, UInt b, UInt size) {
        UInt sum = a.plusCarry(b);
        UInt wide = size.resize(sum.width());
        return sum.ge(wide).mux(sum.minus(wide), sum).resize(a.width());
    }

    /**
     * The same by two sums side by side, which takes half as long.
     *
     * @param around {@link #less} the size
     */
    static UInt wrapAround(UInt a, UInt b, UInt around) {
        UInt wrapped = a.resize(around.width()).plus(around);
        return wrapped.asSInt().sign().mux(a.plus(b.resize(a.width())), wrapped.resize(a.width()));
    }

    /** An address of so many bits less the size of its buffer, two's complement. */
    static UInt less(UInt address, UInt size, int addressBits) {
        int bits = addressBits + 2;
        return address.resize(bits).minus(size.resize(bits));
    }

    /** A summand of a product: {@code value << place}, taken away where it is the one of the factor's sign. */
    private record Row(SInt value, int place, boolean negative) {}

    /**
     * A product without a multiplier, {@code Timing.logicProductStages} cycles later: a row for each bit of the factor, added in pairs, a level a cycle.
     * It is not written as a product, since synthesis makes a DSP of every product that it finds.
     */
    final SInt logicProduct(String name, SInt value, SInt factor) {
        var rows = new ArrayList<Row>();
        for (int b = 0; b < factor.width(); b++) {
            Bits mask = factor.bit(b).mux(Bits.of(0, value.width()).not(), Bits.of(0, value.width()));
            rows.add(new Row(value.asBits().and(mask).asSInt(), b, b == factor.width() - 1));
        }
        int levels = 0;
        List<Row> at = rows;
        while (at.size() > 1) {
            levels++;
            var next = new ArrayList<Row>();
            for (int i = 0; i < at.size(); i += 2) {
                Row row = i + 1 < at.size() ? sum(at.get(i), at.get(i + 1)) : at.get(i);
                String place = name + "_" + levels + "_" + i / 2;
                next.add(new Row(regNext(place, row.value), row.place, row.negative));
            }
            at = next;
        }
        return at.getFirst().value.resize(value.width() + factor.width());
    }

    private static Row sum(Row low, Row high) {
        int apart = high.place - low.place;
        int bits = Math.max(low.value.width(), high.value.width() + apart) + 1;
        SInt a = low.value.resize(bits);
        SInt b = high.value.resize(bits - apart).shiftLeft(apart);
        return new Row(high.negative ? a.minus(b) : a.plus(b), low.place, false);
    }

    /** An input port, for helpers that declare ports on a block. */
    final <V extends Value<V>> V port(String name, Type<V> type) {
        return in(name, type);
    }

    /** An output port, for helpers that declare ports on a block. */
    final <V extends Value<V>> V outPort(String name, Type<V> type) {
        return out(name, type);
    }

    /** A memory, for helpers. */
    final Ram memory(String name, int words, int wordBits) {
        return ram(name, words, wordBits);
    }

    /** A named expression, for helpers. */
    final <V extends Value<V>> V named(String name, V value) {
        return wire(name, value);
    }

    /** A signal that is to be driven, for helpers. */
    final <V extends Value<V>> V signal(String name, Type<V> type) {
        return wire(name, type);
    }

    /** A register without reset, for helpers. */
    final UInt register(String name, int width) {
        return reg(name, Type.uint(width)).initial(0);
    }

    /** A register of one bit without reset, for helpers. */
    final Bit flag(String name) {
        return reg(name, Type.bit()).initial(0);
    }

    /** {@code when}, for helpers. */
    final void on(Bit condition, Runnable body) {
        when(condition, body);
    }

    /**
     * Where a list of entries is read: each fired so often, then perhaps left for an earlier one, then for the next.
     *
     * @param index the present entry
     * @param fresh set when another entry is to be read
     * @param timesLeft firings of the entry after the present one
     * @param jumps how often its jump was taken
     * @param last the last entry, {@code loopStart} the one after it
     */
    record ListPlace(
            UInt index,
            Bit fresh,
            UInt timesLeft,
            UInt jumps,
            UInt last,
            UInt loopStart,
            UInt jumpBack,
            UInt jumpTimes) {}

    /** Goes on by one firing; to be called where that happens. */
    final void nextFiring(ListPlace at) {
        when(at.timesLeft.ne(0), () -> at.timesLeft.set(at.timesLeft.minus(1))).otherwise(() -> {
            at.fresh.set(1);
            when(at.jumpBack.ne(0).and(at.jumps.ne(at.jumpTimes)), () -> {
                        at.index.set(at.index.minus(at.jumpBack));
                        at.jumps.set(at.jumps.plus(1));
                    })
                    .otherwise(() -> {
                        when(at.jumpBack.ne(0), () -> at.jumps.set(0));
                        when(at.index.eq(at.last), () -> at.index.set(at.loopStart))
                                .otherwise(() -> at.index.set(at.index.plus(1)));
                    });
        });
    }

    /** The constant modulo 2 to the {@code width}, for counters whose last step nobody sees. */
    static UInt wrapping(long value, int width) {
        return UInt.of(value & ((1L << width) - 1), width);
    }

    /** A packed field of a word. */
    static UInt field(Bits word, ProgramLayout.Fields fields, String name) {
        return word.slice(fields.offset(name), fields.bits(name)).asUInt();
    }

    static Type<Bit> bit() {
        return Type.bit();
    }

    static Type<UInt> uint(int width) {
        return Type.uint(width);
    }

    static Type<SInt> sint(int width) {
        return Type.sint(width);
    }

    static Type<Bits> bits(int width) {
        return Type.bits(width);
    }

    /** Parts of equal width, part 0 lowest. */
    static List<Bits> split(Bits word, int parts) {
        int width = word.width() / parts;
        var list = new ArrayList<Bits>();
        for (int i = 0; i < parts; i++) {
            list.add(word.slice(i * width, width));
        }
        return list;
    }

    /** The parts as one word, part 0 lowest. */
    static Bits join(List<Bits> parts) {
        return Bits.concat(parts.reversed());
    }

    static Bits joinBits(List<Bit> parts) {
        return join(parts.stream().map(Bit::asBits).toList());
    }

    static Bit all(List<Bit> bits) {
        return bits.stream().reduce(Bit::and).orElse(Bit.of(true));
    }

    static Bit any(List<Bit> bits) {
        return bits.stream().reduce(Bit::or).orElse(Bit.of(false));
    }

    static int indexBits(int count) {
        return ProgramLayout.indexBits(count);
    }
}
