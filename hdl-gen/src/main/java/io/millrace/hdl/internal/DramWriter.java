package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.UInt;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.ProgramLayout;
import java.util.ArrayList;

/**
 * Writes the words of a program image that are for DRAM, a beat at a time: an AXI4 write master whose bursts are single beats. While a beat waits, {@link #ready}
 * is 0 and no word may come in the cycle after.
 */
final class DramWriter extends Block {
    /** A program begins: a part of a beat is forgotten. */
    final Bit start;
    /** A section begins at this beat. */
    final Bit section;

    final UInt sectionBeat;
    final Bit chunkValid;
    final Bits chunkData;
    final Bit ready;

    final Bit addressReady;
    final Bit dataReady;
    final Bit answered;
    final Bit addressValid;
    final UInt address;
    final Bit dataValid;
    final Bits data;
    /** Everything is written. */
    final Bit idle;

    DramWriter(Machine machine) {
        super("millrace_dram_writer");
        var layout = ProgramLayout.of(machine);
        int beatBits = machine.dram().dataBytes() * 8;
        int low = indexOf(machine.dram().dataBytes());
        int beatNumberBits = layout.dramAddressBits() - low;
        int chunks = Math.ceilDiv(beatBits, 32);
        start = in("start", bit());
        section = in("section", bit());
        sectionBeat = in("section_beat", uint(beatNumberBits));
        chunkValid = in("chunk_valid", bit());
        chunkData = in("chunk_data", bits(32));
        addressReady = in("aw_ready", bit());
        dataReady = in("w_ready", bit());
        answered = in("b_valid", bit());

        UInt next = reg("next_beat", uint(beatNumberBits)).initial(0);
        UInt chunk = reg("chunk", uint(indexBits(chunks))).init(0);
        var parts = new ArrayList<Bits>();
        for (int i = 0; i + 1 < chunks; i++) {
            Bits part = reg("part" + i, bits(32)).initial(0);
            int at = i;
            when(chunkValid.and(chunk.eq(at)), () -> part.set(chunkData));
            parts.add(part);
        }
        parts.add(chunkData.slice(0, beatBits - 32 * (chunks - 1)));
        Bit addressWaits = reg("address_waits", bit()).init(0);
        Bit dataWaits = reg("data_waits", bit()).init(0);
        UInt beat = reg("beat", uint(beatNumberBits)).initial(0);
        Bits word = reg("word", bits(beatBits)).initial(0);
        Bit whole = wire("whole", chunkValid.and(chunk.eq(chunks - 1)));
        when(addressReady, () -> addressWaits.set(0));
        when(dataReady, () -> dataWaits.set(0));
        when(chunkValid, () -> chunk.set(chunk.plus(1)));
        when(whole, () -> {
            chunk.set(0);
            word.set(join(parts));
            beat.set(next);
            next.set(next.plus(1));
            addressWaits.set(1);
            dataWaits.set(1);
        });
        when(section, () -> {
            next.set(sectionBeat);
            chunk.set(0);
        });
        when(start, () -> chunk.set(0));

        // Few beats can be under way: each takes several cycles to come.
        UInt unanswered = reg("unanswered", uint(16)).init(0);
        unanswered.set(unanswered
                .plus(whole.asUInt().resize(16))
                .minus(answered.asUInt().resize(16)));
        ready = out("ready", addressWaits.or(dataWaits).not());
        idle = out("idle", unanswered.eq(0));
        addressValid = out("aw_valid", addressWaits);
        address = out(
                "aw_address",
                low == 0 ? beat : Bits.concat(beat.asBits(), Bits.of(0, low)).asUInt());
        dataValid = out("w_valid", dataWaits);
        data = out("w_data", word);
    }

    private static int indexOf(int powerOfTwo) {
        return Integer.numberOfTrailingZeros(powerOfTwo);
    }
}
