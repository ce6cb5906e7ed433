package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.Ram;
import io.millrace.hdl.bridge.UInt;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Receive slots, and the execution of what is in them in number order: section 8.4 of {@code docs/protocol.md}. Program words go to the loader, data
 * to the core, a byte a clock.
 */
final class PacketExecutor extends Block {
    final Bit newSession;
    final Bit refused;
    /** From the receiver: a slot's bytes, then that it is complete. */
    final Bit writeEnable;

    final UInt writeAddress;
    final Bits writeData;
    final Bit accept;
    final Bits acceptType;
    final UInt acceptLength;
    final UInt acceptSequence;

    final UInt base;
    final Bits full;
    /** 1 for one clock after a packet was executed. */
    final Bit executed;

    final Bit refuse;
    final UInt refuseCode;
    final Bits refuseDetail;
    final Bit running;
    /** 1 for one clock as the core starts. */
    final Bit started;

    final Bits firstFrame;
    /** Identity of the program in the memories, all zero if there is none; byte 0 lowest. */
    final Bits program;

    final Bit loadStart;
    final Bit loadValid;
    final Bits loadData;
    final Bit inValid;
    final Bits inData;
    final Bit inReady;

    /** Of a machine with DRAM: it takes the next word of a program; it may be started. */
    final @Nullable Bit loadReady;

    final @Nullable Bit mayRun;

    PacketExecutor(PacketFormat format, boolean dram) {
        super("host_packet_executor");
        loadReady = dram ? in("load_ready", bit()) : null;
        mayRun = dram ? in("may_run", bit()) : null;
        int lengthBits = PacketFormat.LENGTH_BITS;
        int slots = format.receiveSlots();
        newSession = in("new_session", bit());
        refused = in("refused", bit());
        writeEnable = in("write_enable", bit());
        writeAddress = in("write_address", uint(format.slotBits() + (slots > 1 ? format.receiveIndexBits() : 0)));
        writeData = in("write_data", bits(8));
        accept = in("accept", bit());
        acceptType = in("accept_type", bits(2));
        acceptLength = in("accept_length", uint(lengthBits));
        acceptSequence = in("accept_sequence", uint(32));
        inReady = in("in_ready", bit());

        Ram bytes = ram("slot_bytes", slots << format.slotBits(), 8);
        bytes.write(writeAddress, writeData, writeEnable);
        Ram packets = ram("slot_packets", slots, 2 + lengthBits);
        UInt acceptSlot = acceptSequence.resize(format.receiveIndexBits());
        packets.write(slotAddress(acceptSlot, slots), Bits.concat(acceptType, acceptLength.asBits()), accept);

        UInt next = reg("next", uint(32)).init(0);
        UInt slot = wire("slot", next.resize(format.receiveIndexBits()));
        List<Bit> fullBits = new ArrayList<>();
        for (int i = 0; i < slots; i++) {
            fullBits.add(reg("full" + i, bit()).init(0));
        }
        Bits allFull = wire("all_full", joinBits(fullBits));
        Bits packet = packets.readNow(slotAddress(slot, slots));
        UInt length = packet.slice(0, lengthBits).asUInt();
        Bits type = packet.slice(lengthBits, 2);
        Bit isProgram = type.eq(PacketFormat.PROGRAM);
        Bit isLoad = type.eq(PacketFormat.LOAD);
        Bit isStart = type.eq(PacketFormat.START);
        Bit isData = type.eq(PacketFormat.DATA);

        Bit runs = reg("runs", bit()).init(0);
        Bit busy = reg("busy", bit()).init(0);
        UInt left = reg("left", uint(lengthBits)).initial(0);
        UInt readIndex = reg("read_index", uint(format.slotBits())).initial(0);
        Bit byteValid = reg("byte_valid", bit()).init(0);
        UInt at = reg("at", uint(6)).initial(0);
        Bits programId = reg("program_id", bits(128)).initial(0);
        Bit programComplete = reg("program_complete", bit()).init(0);
        Bit mismatch = reg("mismatch", bit()).initial(0);
        Bits word = reg("word", bits(32)).initial(0);
        Bits startFrame = reg("start_frame", bits(64)).initial(0);
        UInt wordsLeft = reg("words_left", uint(32)).init(0);
        Bits beat = reg("beat", bits(8 * format.inBytes())).initial(0);
        UInt beatBytes =
                reg("beat_bytes", uint(indexBits(format.inBytes() + 1))).init(0);
        Bit loads = reg("loads", bit()).init(0);
        Bit begins = reg("begins", bit()).init(0);

        // Beats to the core.
        Bit beatFull = wire("beat_full", beatBytes.eq(format.inBytes()));
        Bit beatLeaves = wire("beat_leaves", beatFull.and(inReady));
        inValid = out("in_valid", beatFull);
        inData = out("in_data", beat);

        // The packet whose turn it is.
        Bit waiting = wire(
                "waiting",
                (slots == 1 ? allFull.bit(0) : allFull.bit(slot))
                        .and(busy.not())
                        .and(refused.not())
                        .and(newSession.not())
                        .and(mayRun == null ? Bit.of(true) : isStart.not().or(mayRun)));
        UInt words = length.shiftRight(2);
        Bit rightLength = isProgram
                .and(length.eq(36))
                .or(isStart.and(length.eq(8)))
                .or(isLoad.and(length.slice(0, 2).eq(0)).and(length.ne(0)))
                .or(isData.and(length.gt(UInt.of(PacketFormat.PREFIX_BYTES, lengthBits))));
        Bit inPlace = runs.eq(isData).and(isLoad.not().or(words.le(wordsLeft)));
        Bit begin = wire("begin", waiting.and(rightLength).and(inPlace));
        Bit misplaced = wire("misplaced", waiting.and(rightLength.and(inPlace).not()));

        Bit dataRoom = isData.not().or(beatFull.not()).or(inReady);
        // A word that fills a beat of DRAM shows in loadReady two clocks later; the next one ends four clocks later at
        // the earliest.
        Bit room = loadReady == null ? dataRoom : dataRoom.and(isLoad.not().or(loadReady));
        Bit takes = wire("takes", byteValid.and(room));
        Bit fetch = wire("fetch", busy.and(left.ne(0)).and(byteValid.not().or(takes)));
        var address = new ArrayList<Bits>();
        address.add(readIndex.asBits());
        if (slots > 1) {
            address.add(slot.asBits());
        }
        Bits data = bytes.read(join(address).asUInt(), fetch);
        Bit ended = wire("ended", busy.and(left.eq(0)).and(byteValid.not()).and(beatFull.not()));
        Bit partBeat = isData.and(beatBytes.ne(0));
        Bit wrongDesign = isProgram.and(mismatch);
        Bit noProgram = isStart.and(programComplete.not());
        Bit fails = wire("fails", ended.and(partBeat.or(wrongDesign).or(noProgram)));
        Bit done = wire("done", ended.and(partBeat.or(wrongDesign).or(noProgram).not()));
        Bit startsNow = wire("starts_now", done.and(isStart));

        when(begin, () -> {
            busy.set(1);
            left.set(isData.mux(length.minus(PacketFormat.PREFIX_BYTES), length));
            readIndex.set(0);
            byteValid.set(0);
            at.set(0);
            mismatch.set(0);
        });
        when(takes, () -> {
            byteValid.set(0);
            at.set(at.plus(1));
        });
        when(fetch, () -> {
            byteValid.set(1);
            left.set(left.minus(1));
            readIndex.set(readIndex.plus(1));
        });
        loads.set(0);
        begins.set(0);
        when(beatLeaves, () -> beatBytes.set(0));
        when(takes, () -> {
            Bits newWord = Bits.concat(data, word.slice(8, 24));
            word.set(newWord);
            when(isData, () -> {
                beat.set(format.inBytes() == 1 ? data : Bits.concat(data, beat.slice(8, 8 * format.inBytes() - 8)));
                beatBytes.set(beatFull.mux(UInt.of(1, beatBytes.width()), beatBytes.plus(1)));
            });
            when(isStart, () -> startFrame.set(Bits.concat(data, startFrame.slice(8, 56))));
            when(isLoad.and(at.slice(0, 2).eq(3)), () -> {
                loads.set(1);
                wordsLeft.set(wordsLeft.minus(1));
                when(wordsLeft.eq(1), () -> programComplete.set(1));
            });
            when(isProgram, () -> {
                Bit inDesign = at.lt(16);
                Bit inIdentity = at.lt(32).and(inDesign.not());
                when(inDesign.and(data.ne(byteOf(format.design().toBytes(), at))), () -> mismatch.set(1));
                when(inIdentity.and(mismatch.not()), () -> {
                    programId.set(Bits.concat(data, programId.slice(8, 120)));
                    programComplete.set(0);
                });
                when(at.eq(35).and(mismatch.not()), () -> {
                    begins.set(1);
                    wordsLeft.set(newWord.asUInt());
                    when(newWord.eq(0), () -> programComplete.set(1));
                });
            });
        });
        when(done, () -> {
            busy.set(0);
            next.set(next.plus(1));
            for (int i = 0; i < slots; i++) {
                Bit fullBit = fullBits.get(i);
                when(slot.eq(i), () -> fullBit.set(0));
            }
        });
        when(startsNow, () -> runs.set(1));
        for (int i = 0; i < slots; i++) {
            Bit fullBit = fullBits.get(i);
            when(accept.and(acceptSlot.eq(i)), () -> fullBit.set(1));
        }
        when(fails.or(misplaced), () -> {
            busy.set(0);
            runs.set(0);
            beatBytes.set(0);
        });
        when(newSession, () -> {
            busy.set(0);
            runs.set(0);
            byteValid.set(0);
            beatBytes.set(0);
            wordsLeft.set(0);
            next.set(0);
            fullBits.forEach(b -> b.set(0));
        });

        base = out("base", next);
        full = out("slots_full", allFull);
        executed = out("executed", done);
        refuse = out("refuse", fails.or(misplaced));
        UInt code = wrongDesign.mux(UInt.of(PacketFormat.WRONG_DESIGN, 3), UInt.of(PacketFormat.NO_PROGRAM, 3));
        Bit isFormat = misplaced.or(partBeat);
        refuseCode = out("refuse_code", isFormat.mux(UInt.of(PacketFormat.FORMAT, 3), code));
        Bits typeCode = Bits.concat(Bits.of(0x10 >> 2, 30), type);
        refuseDetail = out("refuse_detail", isFormat.mux(typeCode, Bits.of(0, 32)));
        running = out("running", runs);
        started = out("started", startsNow);
        firstFrame = out("first_frame", startFrame);
        program = out("program_identity", programComplete.mux(programId, Bits.of(BigInteger.ZERO, 128)));
        loadStart = out("load_start", begins);
        loadValid = out("load_valid", loads);
        loadData = out("load_data", word);
    }

    /** A memory has at least two words. */
    private static UInt slotAddress(UInt slot, int slots) {
        return slots == 1 ? UInt.of(0, 1) : slot;
    }

    private static Bits byteOf(byte[] constants, UInt index) {
        var choices = new ArrayList<Bits>();
        for (byte b : constants) {
            choices.add(Bits.of(b & 0xff, 8));
        }
        return pick(index.resize(4), choices);
    }
}
