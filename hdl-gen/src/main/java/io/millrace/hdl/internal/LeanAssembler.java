package io.millrace.hdl.internal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Instructions of a {@link LeanPort}, a word of 16 bits each.
 *
 * <pre>
 * 00 ff ss x p aaaaaaaa   accumulator := f(accumulator, operand); operand from RAM at 256 + a, constant a, RAM at X, a port;
 *                         with x, X := 256 p + the same
 * 01 kv s. .. aaaaaaaa    RAM at 256 + a, or at X, := accumulator, with k the constant v
 * 10 ccccn aaaaaaaaa      on condition c, n inverts it, go to a
 * 11 strobes              see {@link Strobe}
 * </pre>
 *
 * <p>Conditions on the accumulator are those of the last function of a word of RAM at an address or of a constant; the carry is that of the last sum
 * of these.
 */
final class LeanAssembler {
    static final int ADDRESS_BITS = 9;

    private static final int NO_PAGE = -1;

    /** Functions of accumulator and operand. */
    enum Function {
        LOAD,
        ADD,
        XOR,
        AND
    }

    /** Where an operand comes from. */
    enum Operand {
        DIRECT,
        CONSTANT,
        INDEXED,
        PORT
    }

    /** Ports that can be read; what is read is taken. */
    enum InPort {
        LINK,
        CORE
    }

    /** Conditions of jumps. */
    enum Condition {
        ALWAYS,
        ZERO,
        CARRY,
        LINK_HAS_BYTE,
        LINK_TAKES_BYTE,
        CORE_TAKES_BYTE,
        CORE_HAS_BYTE,
        CORE_BYTE_IS_LAST,
        CORE_RUNS,
        GOOD
    }

    /** What an instruction can do at once; the bit of each in its word. */
    enum Strobe {
        /** The next thread goes on; this one after the instruction, when its turn comes. */
        YIELD(12),
        SEND(0),
        /** With SEND: a byte of the CRC. */
        CHECKS(1),
        BEGIN(2),
        HUNT(3),
        CLEAR_GOOD(4),
        INPUT(5),
        SET_MEMORY(6),
        SET_ADDRESS(7),
        SHIFT(9),
        WRITE(10),
        /** Starts the core. */
        RUN(11),
        /** Stops the core; the other threads begin anew. Of the first thread only. */
        RESTART(8);

        final int bit;

        Strobe(int bit) {
            this.bit = bit;
        }
    }

    private record Jump(int at, String label) {}

    private final List<Integer> words = new ArrayList<>();
    private final Map<String, Integer> labels = new HashMap<>();
    private final List<Jump> jumps = new ArrayList<>();
    private int unique;

    void label(String name) {
        if (labels.put(name, words.size()) != null) {
            throw new IllegalStateException("label " + name + " twice");
        }
    }

    /** A label that no other has. */
    String fresh(String stem) {
        return stem + "." + unique++;
    }

    void direct(Function function, int address) {
        compute(function, Operand.DIRECT, inPage(address), NO_PAGE);
    }

    void constant(Function function, int value) {
        compute(function, Operand.CONSTANT, value & 0xff, NO_PAGE);
    }

    /** As the two above, and X points to the result's place in a page. */
    void directToX(Function function, int address, int page) {
        compute(function, Operand.DIRECT, inPage(address), page);
    }

    void constantToX(Function function, int value, int page) {
        compute(function, Operand.CONSTANT, value & 0xff, page);
    }

    void loadIndexed() {
        compute(Function.LOAD, Operand.INDEXED, 0, NO_PAGE);
    }

    void loadPort(InPort port) {
        compute(Function.LOAD, Operand.PORT, port.ordinal(), NO_PAGE);
    }

    private void compute(Function function, Operand operand, int value, int page) {
        int index = page == NO_PAGE ? 0 : 1 << 9 | page << 8;
        words.add(function.ordinal() << 12 | operand.ordinal() << 10 | index | value);
    }

    void store(int address) {
        words.add(1 << 14 | inPage(address));
    }

    /** Stores 0 or 1. */
    void storeBit(int address, int value) {
        words.add(1 << 14 | 1 << 13 | value << 12 | inPage(address));
    }

    void storeIndexed() {
        words.add(1 << 14 | Operand.INDEXED.ordinal() << 10);
    }

    void storeZeroIndexed() {
        words.add(1 << 14 | 1 << 13 | Operand.INDEXED.ordinal() << 10);
    }

    private static int inPage(int address) {
        if (address >>> 8 != 1) {
            throw new IllegalStateException("address " + address + " is not in page 1");
        }
        return address & 0xff;
    }

    void go(String label) {
        jump(Condition.ALWAYS, false, label);
    }

    void goIf(Condition condition, String label) {
        jump(condition, false, label);
    }

    void goUnless(Condition condition, String label) {
        jump(condition, true, label);
    }

    private void jump(Condition condition, boolean inverted, String label) {
        jumps.add(new Jump(words.size(), label));
        words.add(2 << 14 | condition.ordinal() << 10 | (inverted ? 1 << 9 : 0));
    }

    void strobe(Strobe... strobes) {
        int word = 3 << 14;
        for (Strobe s : strobes) {
            word |= 1 << s.bit;
        }
        words.add(word);
    }

    /** The words, with jumps resolved. */
    List<Integer> program() {
        var resolved = new ArrayList<>(words);
        for (Jump jump : jumps) {
            Integer target = labels.get(jump.label);
            if (target == null) {
                throw new IllegalStateException("no label " + jump.label);
            }
            resolved.set(jump.at, resolved.get(jump.at) | target);
        }
        if (resolved.size() > 1 << ADDRESS_BITS) {
            throw new IllegalStateException(resolved.size() + " instructions");
        }
        return resolved;
    }

    int address(String label) {
        Integer at = labels.get(label);
        if (at == null) {
            throw new IllegalStateException("no label " + label);
        }
        return at;
    }
}
