package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.UInt;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Turns the flat sequence of 32-bit words of a program image into writes of program memories. A record is: memory id, first word, bits of a word,
 * number of words, then each memory word as {@code ceil(bits / 32)} words, lowest first. One word may come in every cycle.
 */
final class Loader extends Block {
    /** A program begins: whatever came before is forgotten. */
    final Bit start;

    final Bit valid;
    final Bits data;
    final ProgramBus bus;
    /** Of a machine with DRAM: a section for it begins, its first word, and a part of a word. */
    private @Nullable ForDram forDram;

    /** What goes to DRAM. */
    record ForDram(Bit section, UInt firstWord, Bit chunk) {}

    /**
     * The DRAM among the memories.
     *
     * @param memory its id
     * @param chunks parts of a word
     */
    record Dram(int memory, int chunks) {}

    Loader(ProgramBus.Shape shape, @Nullable Dram dram) {
        super("program_loader");
        start = in("load_start", bit());
        valid = in("load_valid", bit());
        data = in("load_data", bits(32));
        int chunks = Math.ceilDiv(shape.dataBits(), 32);
        int chunkBits = indexBits(dram == null ? chunks : Math.max(chunks, dram.chunks()));
        int countBits = dram == null ? shape.addressBits() : 32;

        UInt field = reg("field", uint(3)).init(0);
        UInt memory = reg("memory", uint(shape.memoryBits())).init(0);
        UInt address = reg("address", uint(countBits)).init(0);
        UInt lastChunk = reg("last_chunk", uint(chunkBits)).init(0);
        UInt wordsLeft = reg("words_left", uint(dram == null ? countBits + 1 : countBits))
                .init(0);
        UInt chunk = reg("chunk", uint(chunkBits)).init(0);
        Bit write = reg("write_word", bit()).init(0);
        UInt writeMemory = reg("write_memory", uint(shape.memoryBits())).init(0);
        UInt writeAddress = reg("write_address", uint(shape.addressBits())).init(0);
        var parts = new ArrayList<Bits>();
        for (int i = 0; i < chunks; i++) {
            parts.add(reg("part" + i, bits(Math.min(32, shape.dataBits() - 32 * i)))
                    .initial(0));
        }
        UInt number = data.asUInt();
        Bit onChip = dram == null ? Bit.of(true) : reg("on_chip", bit()).init(0);
        write.set(0);
        when(
                valid,
                () -> select(field)
                        .is(0, () -> {
                            memory.set(number.resize(memory.width()));
                            if (dram != null) {
                                onChip.set(number.resize(memory.width()).ne(dram.memory()));
                            }
                            field.set(1);
                        })
                        .is(1, () -> {
                            address.set(number.resize(address.width()));
                            field.set(2);
                        })
                        .is(2, () -> {
                            // ceil(bits / 32) - 1
                            lastChunk.set(number.minus(1).slice(5, 27).resize(chunkBits));
                            field.set(3);
                        })
                        .is(3, () -> {
                            wordsLeft.set(number.resize(wordsLeft.width()));
                            chunk.set(0);
                            when(number.resize(wordsLeft.width()).ne(0), () -> field.set(4))
                                    .otherwise(() -> field.set(0));
                        })
                        .otherwise(() -> {
                            for (int i = 0; i < chunks; i++) {
                                Bits part = parts.get(i);
                                when(chunk.eq(i), () -> part.set(data.slice(0, part.width())));
                            }
                            chunk.set(chunk.plus(1));
                            when(chunk.eq(lastChunk), () -> {
                                chunk.set(0);
                                write.set(onChip);
                                writeMemory.set(memory);
                                writeAddress.set(address.resize(shape.addressBits()));
                                address.set(address.plus(1));
                                wordsLeft.set(wordsLeft.minus(1));
                                when(wordsLeft.eq(1), () -> field.set(0));
                            });
                        }));
        when(start, () -> field.set(0));
        if (dram != null) {
            Bit isDram = valid.and(onChip.not());
            forDram = new ForDram(
                    out("dram_section", isDram.and(field.eq(3))),
                    out("dram_first_word", address),
                    out("dram_chunk", isDram.and(field.eq(4))));
        }
        bus = new ProgramBus(
                out("program_write", write),
                out("program_memory", writeMemory),
                out("program_address", writeAddress),
                out("program_data", join(parts)));
    }

    /** What goes to DRAM; only of a loader that knows one. */
    ForDram forDram() {
        if (forDram == null) {
            throw new IllegalStateException("a loader without DRAM");
        }
        return forDram;
    }
}
