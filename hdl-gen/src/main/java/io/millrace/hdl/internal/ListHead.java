package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.Ram;
import io.millrace.hdl.bridge.UInt;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.ProgramLayout.Kind;
import io.millrace.scheduler.Unit;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The firing list of a unit: fetches the entry and the descriptor of the next firing, one fetch after each {@code fire}.
 *
 * <p>With {@code fire} in cycle c: the entry is read in c + 1, descriptor word k in c + 2 + k; the head is there from c + 3 + words on, and valid, as it is compared with the token
 * counters, a cycle later; where it is constants, from c + 4 on.
 */
final class ListHead extends Block {
    final Bit run;
    final ProgramBus program;
    final Bit fire;
    final Bit valid;
    final UInt actor;
    final Bit endsFrame;
    /** Rows needed of each input that has as many rows as the firing's maps, and rows freed of it. */
    final UInt need;

    final UInt free;
    /** The head's descriptor, where it is loaded. */
    private final @Nullable Bits descriptor;
    /** Bits that {@link #free} takes at most. */
    final int freeBits;
    /** 1 in the cycle in which {@link #actor} addresses per-actor state; its data are there one cycle later. */
    final Bit stateRead;

    ListHead(String name, Machine machine, Unit unit, ProgramSource source) {
        super(name);
        var layout = ProgramLayout.of(machine);
        var entry = layout.list(unit);
        var header = layout.listHeader(unit);
        var sequence = layout.sequence(unit);
        int entryBits = header.bits("last");

        run = in("run", bit());
        program = ProgramBus.ports(this, source.shape());
        fire = in("fire", bit());

        int listMemory = ProgramLayout.memoryId(unit, Kind.LIST);
        boolean fixed = source.fixed(listMemory);
        List<BigInteger> constants = fixed ? source.words(listMemory) : List.of();
        UInt zero = UInt.of(0, 1);
        Descriptor ends = fixed
                ? Descriptor.fixed(this, zero, header, constants.subList(0, 1))
                : Descriptor.loaded(this, loadedHeader(header, listMemory), header);
        UInt last = ends.get("last");
        UInt loopStart = ends.get("loopStart");

        UInt index = state("entry", uint(entryBits), 1);
        Bit fresh = state("fresh_entry", bit(), 1);
        Bit readsList = state("reads_list", bit(), 1);
        Bit readsWord = state("reads_descriptor", bit(), 0);
        Bit validNow = state("head_valid", bit(), 0);

        Descriptor item;
        if (fixed) {
            // Entry 0 is the header, and never the head.
            var entries = new ArrayList<>(constants);
            entries.set(0, constants.get(1));
            item = Descriptor.fixed(this, index, entry, entries);
        } else {
            Ram list = ram("list", unit.capacity().listEntries() + 1, Math.max(entry.bits(), header.bits()));
            program.fill(list, listMemory);
            item = Descriptor.loaded(this, wire("item", list.read(index.resize(list.addressBits()), readsList)), entry);
        }
        UInt itemActor = item.get("actor");
        UInt timesLeft = state("times_left", uint(item.bits("times")), 0);
        UInt jumps = state("jumps", uint(item.bits("jumpTimes")), 0);
        UInt times = item.get("times").resize(timesLeft.width());
        UInt jumpBack = item.get("jumpBack");
        UInt jumpTimes = item.get("jumpTimes").resize(jumps.width());

        // One pulse walks list read -> word reads -> captures; each capture follows its read by one cycle.
        readsList.set(fire);
        when(readsList, () -> readsWord.set(1));
        Bit firstWord;
        if (fixed) {
            when(readsWord, () -> readsWord.set(0));
            Bit captures = state("captures", bit(), 0);
            captures.set(readsWord);
            when(captures, () -> validNow.set(1));
            firstWord = readsWord;
            descriptor = null;
        } else {
            firstWord = wire("first_word", bit());
            descriptor = out("descriptor", fetch(unit, sequence, new Fetch(readsWord, validNow, firstWord), itemActor));
        }
        when(firstWord.and(fresh), () -> {
            timesLeft.set(times.minus(1));
            fresh.set(0);
        });
        var place = new ListPlace(index, fresh, timesLeft, jumps, last, loopStart, jumpBack, jumpTimes);
        when(fire, () -> {
            validNow.set(0);
            nextFiring(place);
        });
        valid = out("valid", validNow);
        // A memory is late in its cycle: what others than the fetch read of a loaded entry is in registers.
        Descriptor kept = fixed ? item : item.held("item", firstWord, List.of("actor", "endsFrame", "need", "free"));
        actor = out("actor", kept.get("actor"));
        endsFrame = out("ends_frame", kept.flag("endsFrame"));
        need = out("need", kept.get("need"));
        free = out("free", kept.get("free"));
        stateRead = out("state_read", fixed ? firstWord : delayPulse("state_read", firstWord, 1));
        freeBits = item.bits("free");
        clearUnless(run);
    }

    /** The header of the list, kept as it passes on the program bus. */
    private Bits loadedHeader(ProgramLayout.Fields header, int listMemory) {
        Bits word = reg("list_header", bits(header.bits())).init(0);
        when(
                program.writes(listMemory).and(program.address().eq(0)),
                () -> word.set(program.data().slice(0, header.bits())));
        return word;
    }

    /** Signals of the fetch: descriptor words are read, the head is valid, the first word is read. */
    private record Fetch(Bit readsWord, Bit valid, Bit firstWord) {}

    /** The descriptor, word by word out of its memory. */
    private Bits fetch(Unit unit, ProgramLayout.Fields sequence, Fetch signals, UInt itemActor) {
        int words = sequence.words();
        Ram descriptors = ram("descriptors", unit.capacity().actors() * sequence.stride(), sequence.wordBits());
        program.fill(descriptors, ProgramLayout.memoryId(unit, Kind.SEQUENCE));
        UInt word = state("word", uint(indexBits(words)), 0);
        Bit captures = state("captures", bit(), 0);
        UInt captured = state("captured", uint(indexBits(words)), 0);
        signals.firstWord.set(signals.readsWord.and(word.eq(0)));
        UInt address = wire(
                "descriptor_address",
                words == 1
                        ? itemActor
                        : Bits.concat(
                                        itemActor.asBits(),
                                        word.resize(indexBits(sequence.stride()))
                                                .asBits())
                                .asUInt());
        Bits descriptorWord =
                wire("descriptor_word", descriptors.read(address.resize(descriptors.addressBits()), signals.readsWord));
        when(signals.readsWord, () -> {
            word.set(word.plus(1));
            when(word.eq(words - 1), () -> {
                signals.readsWord.set(0);
                word.set(0);
            });
        });
        captures.set(signals.readsWord);
        captured.set(word);
        var parts = new ArrayList<Bits>();
        for (int k = 0; k < words; k++) {
            int width = Math.min(sequence.wordBits(), sequence.bits() - k * sequence.wordBits());
            Bits part = reg("descriptor" + k, bits(width)).initial(0);
            when(captures.and(captured.eq(k)), () -> part.set(descriptorWord.slice(0, width)));
            parts.add(part);
        }
        Bit whole = delayPulse("whole", captures.and(captured.eq(words - 1)), 1);
        when(whole, () -> signals.valid.set(1));
        return join(parts);
    }

    /** The head's descriptor, for the unit that this list is part of. */
    Descriptor descriptor(Block parent, Machine machine, Unit unit, ProgramSource source) {
        var fields = ProgramLayout.of(machine).sequence(unit);
        int memory = ProgramLayout.memoryId(unit, Kind.SEQUENCE);
        return descriptor == null
                ? Descriptor.fixed(parent, actor, fields, source.words(memory))
                : Descriptor.loaded(parent, descriptor, fields);
    }
}
