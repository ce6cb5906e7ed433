package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.Ram;
import io.millrace.hdl.bridge.UInt;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.ProgramLayout.Kind;
import io.millrace.scheduler.Unit;
import java.util.ArrayList;

/**
 * The firing list of a unit: fetches the entry and the descriptor of the next firing, one fetch after each {@code fire}.
 *
 * <p>With {@code fire} in cycle c: the entry is read in c + 1, descriptor word k in c + 2 + k; the head is valid from
 * c + 3 + words on.
 */
final class ListHead extends Block {
    final Bit run;
    final ProgramBus program;
    final Bit fire;
    final Bit valid;
    final UInt actor;
    final Bit endsFrame;
    final UInt need;
    final UInt free;
    final Bits descriptor;
    /** 1 in the cycle in which {@link #fetchedActor} addresses per-actor state; its data are there one cycle later. */
    final Bit stateRead;

    final UInt fetchedActor;

    ListHead(String name, Machine machine, Unit unit, ProgramBus.Shape shape) {
        super(name);
        var layout = ProgramLayout.of(machine);
        var entry = layout.list(unit);
        var header = layout.listHeader(unit);
        var sequence = layout.sequence(unit);
        int entryBits = header.bits("last");
        int words = sequence.words();

        run = in("run", bit());
        program = ProgramBus.ports(this, shape);
        fire = in("fire", bit());

        UInt last = reg("list_last", uint(entryBits)).init(0);
        UInt loopStart = reg("list_loop_start", uint(entryBits)).init(0);
        when(
                program.writes(ProgramLayout.memoryId(unit, Kind.LIST))
                        .and(program.address().eq(0)),
                () -> {
                    last.set(field(program.data(), header, "last"));
                    loopStart.set(field(program.data(), header, "loopStart"));
                });

        Ram list = ram("list", unit.capacity().listEntries() + 1, Math.max(entry.bits(), header.bits()));
        program.fill(list, ProgramLayout.memoryId(unit, Kind.LIST));
        Ram descriptors = ram("descriptors", unit.capacity().actors() * sequence.stride(), sequence.wordBits());
        program.fill(descriptors, ProgramLayout.memoryId(unit, Kind.SEQUENCE));

        UInt index = state("entry", uint(entryBits), 1);
        UInt timesLeft = state("times_left", uint(entry.bits("times")), 0);
        UInt jumps = state("jumps", uint(entry.bits("jumpTimes")), 0);
        Bit fresh = state("fresh_entry", bit(), 1);
        Bit readsList = state("reads_list", bit(), 1);
        Bit readsWord = state("reads_descriptor", bit(), 0);
        Bit validNow = state("head_valid", bit(), 0);
        UInt word = state("word", uint(indexBits(words)), 0);
        Bit captures = state("captures", bit(), 0);
        UInt captured = state("captured", uint(indexBits(words)), 0);

        Bits item = wire("item", list.read(index.resize(list.addressBits()), readsList));
        UInt itemActor = field(item, entry, "actor");
        Bits descriptorWord;
        {
            UInt address = wire(
                    "descriptor_address",
                    words == 1
                            ? itemActor
                            : Bits.concat(
                                            itemActor.asBits(),
                                            word.resize(indexBits(sequence.stride()))
                                                    .asBits())
                                    .asUInt());
            descriptorWord =
                    wire("descriptor_word", descriptors.read(address.resize(descriptors.addressBits()), readsWord));
        }

        // One pulse walks list read -> word reads -> captures; each capture follows its read by one cycle.
        readsList.set(fire);
        when(readsList, () -> readsWord.set(1));
        when(readsWord, () -> {
            word.set(word.plus(1));
            when(word.eq(words - 1), () -> {
                readsWord.set(0);
                word.set(0);
            });
        });
        captures.set(readsWord);
        captured.set(word);
        var parts = new ArrayList<Bits>();
        for (int k = 0; k < words; k++) {
            int width = Math.min(sequence.wordBits(), sequence.bits() - k * sequence.wordBits());
            Bits part = reg("descriptor" + k, bits(width)).initial(0);
            when(captures.and(captured.eq(k)), () -> part.set(descriptorWord.slice(0, width)));
            parts.add(part);
        }
        when(captures.and(captured.eq(words - 1)), () -> validNow.set(1));
        when(readsWord.and(word.eq(0)).and(fresh), () -> {
            timesLeft.set(field(item, entry, "times").minus(1));
            fresh.set(0);
        });
        when(fire, () -> {
            validNow.set(0);
            when(timesLeft.ne(0), () -> timesLeft.set(timesLeft.minus(1))).otherwise(() -> {
                fresh.set(1);
                UInt jumpBack = field(item, entry, "jumpBack");
                when(jumpBack.ne(0).and(jumps.ne(field(item, entry, "jumpTimes"))), () -> {
                            index.set(index.minus(jumpBack));
                            jumps.set(jumps.plus(1));
                        })
                        .otherwise(() -> {
                            when(jumpBack.ne(0), () -> jumps.set(0));
                            when(index.eq(last), () -> index.set(loopStart)).otherwise(() -> index.set(index.plus(1)));
                        });
            });
        });
        clearUnless(run);

        valid = out("valid", validNow);
        actor = out("actor", itemActor);
        endsFrame = out("ends_frame", field(item, entry, "endsFrame").bit(0));
        need = out("need", field(item, entry, "need"));
        free = out("free", field(item, entry, "free"));
        descriptor = out("descriptor", join(parts));
        stateRead = out("state_read", readsWord.and(word.eq(0)));
        fetchedActor = out("fetched_actor", itemActor);
    }
}
