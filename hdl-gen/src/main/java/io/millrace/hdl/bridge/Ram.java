package io.millrace.hdl.bridge;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import spinal.core.BitCount;
import spinal.core.ClockDomain$;
import spinal.core.HardType$;
import spinal.core.Mem;
import spinal.core.Nameable$;
import spinal.core.dontCare$;
import spinal.core.dontRead$;
import spinal.core.package$;
import spinal.core.writeFirst$;

/**
 * A memory of plain words. Every port belongs to the clock domain in which it is made.
 *
 * <p>Addresses are as wide as the word count needs; a narrower one is extended, a wider one is an error. What an address beyond the
 * last word reads is unspecified; writing there changes no word.
 */
public final class Ram {
    private final Mem<spinal.core.Bits> memory;
    private final int words;
    private final int wordBits;

    Ram(String name, int words, int wordBits) {
        if (words < 1 || wordBits < 1) {
            throw new RtlException(
                    "memory '" + name + "' needs at least one word of one bit, not " + words + " of " + wordBits);
        }
        this.words = Math.max(2, words);
        this.wordBits = wordBits;
        memory = new Mem<>(
                HardType$.MODULE$.apply(
                        Spinal.<spinal.core.Bits>function(() -> package$.MODULE$.Bits(new BitCount(wordBits)))),
                this.words);
        memory.setName(Names.inner(name), Nameable$.MODULE$.DATAMODEL_WEAK());
        // For yosys: without it, it builds a bypass around every block RAM to make a read of a word that is being
        // written exact.
        memory.addAttribute("no_rw_check");
    }

    /** How many bits an address has. */
    public int addressBits() {
        return Integer.SIZE - Integer.numberOfLeadingZeros(words - 1);
    }

    /** How many words it has, two or more. */
    public int words() {
        return words;
    }

    public int wordBits() {
        return wordBits;
    }

    /** Contents at power-up from word 0 on, each read as unsigned; the words after the list are 0. */
    public Ram init(List<BigInteger> contents) {
        if (contents.size() > words) {
            throw new RtlException(
                    contents.size() + " initial words do not fit " + memory.getName() + " of " + words + " words");
        }
        List<scala.math.BigInt> padded = new ArrayList<>(words);
        for (BigInteger word : contents) {
            Value.requireRange(word, BigInteger.ZERO, Bits.allOnes(wordBits), "a word of " + memory.getName());
            padded.add(Spinal.bigInt(word));
        }
        while (padded.size() < words) {
            padded.add(Spinal.bigInt(BigInteger.ZERO));
        }
        memory.initBigInt(Spinal.seq(padded), false);
        return this;
    }

    /**
     * A read port: where {@code enable} is 1, the word at {@code address} appears after the next clock edge and stays until the next
     * enabled read. A word read and written at the same edge reads as unspecified in hardware, as the old word in simulation.
     */
    public Bits read(UInt address, Bit enable) {
        return port(() -> word(memory.readSync(addressed(address), enable.node(), dontCare$.MODULE$, false)));
    }

    /** {@link #read} in another clock domain than the writes, where a protocol keeps the two from meeting at one word. */
    Bits readAcross(UInt address, Bit enable) {
        return port(() -> word(memory.readSync(addressed(address), enable.node(), dontCare$.MODULE$, true)));
    }

    /** The word at {@code address} in the same cycle: logic cells, never block RAM. */
    public Bits readNow(UInt address) {
        return word(memory.readAsync(addressed(address), writeFirst$.MODULE$));
    }

    /** A write port: stores {@code data} at the next clock edge where {@code enable} is 1. */
    public void write(UInt address, Bits data, Bit enable) {
        requireWord(data);
        store(address, data, enable, memory.write$default$4());
    }

    /**
     * A write port for parts of a word: of {@code mask.width()} equal parts those are stored whose mask bit is 1, bit 0 standing for
     * the lowest part.
     */
    public void writeMasked(UInt address, Bits data, Bit enable, Bits mask) {
        requireWord(data);
        if (wordBits % mask.width() != 0) {
            throw new RtlException(mask.width() + " mask bits do not divide a word of " + wordBits + " bits");
        }
        store(address, data, enable, mask.node());
    }

    /**
     * The one port of a single-port memory: where {@code enable} is 1, it stores {@code data} if {@code write} is 1 and reads
     * otherwise. The word read stays until the next enabled read.
     */
    public Bits readWrite(UInt address, Bits data, Bit enable, Bit write) {
        requireWord(data);
        return port(() -> word(memory.readWriteSync(
                addressed(address),
                data.node(),
                enable.node(),
                write.node(),
                memory.readWriteSync$default$5(),
                dontCare$.MODULE$,
                false,
                dontRead$.MODULE$)));
    }

    /** Puts a Verilog attribute on the memory, such as {@code ram_style = "block"}. */
    public Ram attribute(String name, String value) {
        memory.addAttribute(name, value);
        return this;
    }

    private void store(UInt address, Bits data, Bit enable, spinal.core.Bits mask) {
        port(() -> {
            memory.write(addressed(address), data.node(), enable.node(), mask);
            return this;
        });
    }

    /** Memory ports are never reset, so they need no reset in the module. */
    private static <T> T port(Supplier<T> body) {
        return ClockDomain$.MODULE$.current().withoutReset().on(Spinal.function(body));
    }

    private spinal.core.UInt addressed(UInt address) {
        if (address.width() > addressBits()) {
            throw new RtlException("address " + address.describe() + " is wider than the " + addressBits() + " bits of "
                    + memory.getName() + " " + Locations.caller());
        }
        return address.resize(addressBits()).node();
    }

    private void requireWord(Bits data) {
        if (data.width() != wordBits) {
            throw new RtlException(data.describe() + " is not a word of " + wordBits + " bits for " + memory.getName()
                    + " " + Locations.caller());
        }
    }

    private Bits word(spinal.core.Bits node) {
        return new Bits(node, wordBits);
    }
}
