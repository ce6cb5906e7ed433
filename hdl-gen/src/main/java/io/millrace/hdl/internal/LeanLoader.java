package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.UInt;

/**
 * Writes program memories byte by byte, at the word of a {@link LeanPort}: which memory, the first address, the bytes of a word, lowest first, and
 * that the word is complete; the address goes on by itself. A word has as many bytes as the widest memory, of a narrower one the highest count for
 * nothing.
 */
final class LeanLoader extends Block {
    /** Memory of the next words. */
    final Bit setMemory;

    /** A byte of the first address: two bytes are given, the low one first. */
    final Bit setAddress;

    /** A byte of a word. */
    final Bit shift;

    /** The word is complete. */
    final Bit write;

    final Bits data;
    final ProgramBus bus;

    LeanLoader(ProgramBus.Shape shape) {
        super("program_loader");
        setMemory = in("set_memory", bit());
        setAddress = in("set_address", bit());
        shift = in("shift", bit());
        write = in("write", bit());
        data = in("load_data", bits(8));
        if (shape.addressBits() > 16 || shape.memoryBits() > 8) {
            throw new IllegalArgumentException("a byte-wise loader for " + shape);
        }
        Bits memory = reg("memory", bits(shape.memoryBits())).initial(0);
        UInt address = reg("address", uint(16)).initial(0);
        int wordBits = 8 * wordBytes(shape);
        Bits word = reg("word", bits(wordBits)).initial(0);
        when(setMemory, () -> memory.set(data.resize(shape.memoryBits())));
        when(
                setAddress,
                () -> address.set(
                        Bits.concat(data, address.slice(8, 8).asBits()).asUInt()));
        when(shift, () -> word.set(Bits.concat(data, word.slice(8, wordBits - 8))));
        when(write, () -> address.set(address.plus(1)));
        bus = new ProgramBus(
                out("program_write", write),
                out("program_memory", memory.asUInt()),
                out("program_address", address.resize(shape.addressBits())),
                out("program_data", word.resize(shape.dataBits())));
    }

    /** Bytes of every word: whole chunks of four. */
    static int wordBytes(ProgramBus.Shape shape) {
        return 4 * Math.ceilDiv(shape.dataBits(), 32);
    }
}
