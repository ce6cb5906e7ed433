package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.Ram;
import io.millrace.hdl.bridge.UInt;
import java.util.ArrayList;
import java.util.List;

/**
 * Collects result beats into packets and keeps those until the host has them: section 8.5 of {@code docs/protocol.md}. A full ring stops the core's
 * output, and with it the core.
 */
final class ResultRing extends Block {
    final Bit newSession;
    final Bit running;
    final Bit started;
    final Bits firstFrame;
    final Bit acknowledge;
    final UInt acknowledged;
    final Bits resend;
    /** From the core. */
    final Bit outValid;

    final Bits outData;
    final Bit outLast;
    final UInt outTensor;
    final Bit outReady;
    /** To and from the sender: the oldest unsent packet, and that it is being sent. */
    final Bit unsent;

    final Bit take;
    final UInt sequence;
    final UInt length;
    /** The 16 bytes before the data. */
    final Bits prefix;

    final Bit readEnable;
    final UInt readIndex;
    final Bits readData;

    final UInt resentPackets;
    final UInt finishedFrames;

    ResultRing(PacketFormat format) {
        super("host_result_ring");
        int slots = format.sendSlots();
        int slotBits = format.slotBits();
        int lengthBits = PacketFormat.LENGTH_BITS;
        int tensorBits = format.outputBits();
        newSession = in("new_session", bit());
        running = in("running", bit());
        started = in("started", bit());
        firstFrame = in("first_frame", bits(64));
        acknowledge = in("acknowledge", bit());
        acknowledged = in("acknowledged", uint(32));
        resend = in("resend", bits(32));
        outValid = in("out_valid", bit());
        outData = in("out_data", bits(8 * format.outBytes()));
        outLast = in("out_last", bit());
        outTensor = in("out_tensor", uint(tensorBits));
        take = in("take", bit());
        readEnable = in("read_enable", bit());
        readIndex = in("read_index", uint(slotBits));

        UInt oldest = reg("oldest", uint(32)).init(0);
        UInt count = reg("count", uint(indexBits(slots + 1))).init(0);
        UInt nextSequence = wire("next_sequence", oldest.plus(count));
        UInt nextSlot = wire("next_slot", nextSequence.resize(format.sendIndexBits()));
        List<Bit> sent = new ArrayList<>();
        List<Bit> ever = new ArrayList<>();
        for (int i = 0; i < slots; i++) {
            sent.add(reg("sent" + i, bit()).init(0));
            ever.add(reg("ever" + i, bit()).init(0));
        }

        // The open packet: a beat is written byte by byte to the slot of the next number.
        Bits beat = reg("beat", bits(8 * format.outBytes())).initial(0);
        UInt bytesLeft =
                reg("bytes_left", uint(indexBits(format.outBytes() + 1))).init(0);
        UInt openLength = reg("open_length", uint(lengthBits)).init(0);
        UInt openTensor = reg("open_tensor", uint(tensorBits)).initial(0);
        Bit endsFrame = reg("ends_frame", bit()).initial(0);
        Bit closing = reg("closing", bit()).init(0);

        Bit idle = wire("idle", running.and(count.ne(slots)).and(closing.not()).and(bytesLeft.eq(0)));
        Bit otherTensor = wire("other_tensor", openLength.ne(0).and(outTensor.ne(openTensor)));
        outReady = out("out_ready", idle.and(otherTensor.not()));
        when(idle.and(outValid), () -> {
            when(otherTensor, () -> {
                        closing.set(1);
                        endsFrame.set(0);
                    })
                    .otherwise(() -> {
                        beat.set(outData);
                        bytesLeft.set(format.outBytes());
                        openTensor.set(outTensor);
                        endsFrame.set(outLast);
                    });
        });
        Bit writes = wire("writes", bytesLeft.ne(0));
        Ram bytes = ram("slot_bytes", slots << slotBits, 8);
        bytes.write(address(openLength.resize(slotBits), nextSlot, slots), beat.slice(0, 8), writes);
        when(writes, () -> {
            if (format.outBytes() > 1) {
                beat.set(beat.slice(8, 8 * format.outBytes() - 8).resize(8 * format.outBytes()));
            }
            bytesLeft.set(bytesLeft.minus(1));
            openLength.set(openLength.plus(1));
            int lastStart = format.dataBytesMax() - format.outBytes();
            Bit noRoom = lastStart == 0 ? Bit.of(true) : openLength.ge(lastStart);
            when(bytesLeft.eq(1).and(endsFrame.or(noRoom)), () -> closing.set(1));
        });

        // Where each output's stream stands: frame and byte.
        Ram places = ram("places", format.outputs(), 96);
        List<Bit> seen = new ArrayList<>();
        for (int i = 0; i < format.outputs(); i++) {
            seen.add(reg("seen" + i, bit()).init(0));
        }
        UInt placeAddress = openTensor.resize(places.addressBits());
        Bit placeKnown = format.outputs() == 1 ? seen.getFirst() : pick(openTensor, seen);
        Bits place = placeKnown.mux(places.readNow(placeAddress), Bits.concat(Bits.of(0, 32), firstFrame));
        UInt frame = wire("frame", place.slice(0, 64).asUInt());
        UInt offset = wire("offset", place.slice(64, 32).asUInt());
        UInt newOffset = endsFrame.mux(UInt.of(0, 32), offset.plus(openLength));
        UInt newFrame = frame.plus(endsFrame.asUInt().resize(64));
        places.write(placeAddress, Bits.concat(newOffset.asBits(), newFrame.asBits()), closing);
        Ram packets = ram("slot_packets", slots, 64 + 32 + lengthBits + tensorBits + 1);
        packets.write(
                slots == 1 ? UInt.of(0, 1) : nextSlot,
                Bits.concat(
                        endsFrame.asBits(), openTensor.asBits(), openLength.asBits(), offset.asBits(), frame.asBits()),
                closing);
        UInt finished = reg("finished", uint(32)).init(0);
        when(closing, () -> {
            closing.set(0);
            openLength.set(0);
            for (int i = 0; i < format.outputs(); i++) {
                Bit seenBit = seen.get(i);
                when(openTensor.eq(i), () -> seenBit.set(1));
            }
            when(endsFrame.and(openTensor.eq(0)), () -> finished.set(finished.plus(1)));
        });

        // The oldest that waits, in three clocks: which wait, counted from the oldest; the first of them; what is to be
        // said of it.
        UInt oldestSlot = wire("oldest_slot", oldest.resize(format.sendIndexBits()));
        List<Bit> waits = new ArrayList<>();
        for (int i = 0; i < slots; i++) {
            UInt candidate = slots == 1 ? oldestSlot : oldestSlot.plus(i);
            Bit isSent = slots == 1 ? sent.getFirst() : pick(candidate, sent);
            waits.add(regNext("waits" + i, count.gt(UInt.of(i, count.width())).and(isSent.not())));
        }
        UInt first = wire("first", uint(count.width()));
        first.set(0);
        for (int i = slots - 1; i >= 0; i--) {
            int step = i;
            when(waits.get(i), () -> first.set(step));
        }
        UInt steps = regNext("steps", first);
        UInt chosen =
                regNext("chosen_first", slots == 1 ? oldestSlot : oldestSlot.plus(first.resize(oldestSlot.width())));
        UInt told = regNext("chosen", chosen);
        // What was chosen before something changed is not sent any more.
        Bit changes = wire("changes", take.or(acknowledge).or(newSession));
        Bit found = reg("found", bit()).init(0);
        Bit any = reg("any_unsent", bit()).init(0);
        Bit settled = reg("settled", bit()).init(0);
        settled.set(changes.not());
        found.set(any(waits).and(settled).and(changes.not()));
        any.set(found.and(changes.not()));
        UInt resent = reg("resent", uint(16)).init(0);
        Bit again = regNext("again", slots == 1 ? ever.getFirst() : pick(chosen, ever));
        when(take.and(again).and(resent.ne(0xFFFF)), () -> resent.set(resent.plus(1)));

        // Acknowledgements.
        // The number comes long before its packet is known to be good, so what follows from it is worked out by then.
        UInt freed = regNext("freed", acknowledged.minus(oldest));
        Bit inRing = regNext("in_ring", freed.le(count));
        Bit valid = wire("valid_acknowledge", acknowledge.and(inRing));
        UInt left = wire("left", count.minus(freed.resize(count.width())));
        when(valid, () -> oldest.set(acknowledged));
        count.set(valid.mux(left, count).plus(closing.asUInt()));
        UInt acknowledgedSlot = acknowledged.resize(format.sendIndexBits());
        for (int i = 0; i < slots; i++) {
            Bit sentBit = sent.get(i);
            Bit everBit = ever.get(i);
            UInt bit = slots == 1
                    ? UInt.of(0, format.sendIndexBits())
                    : UInt.of(i, format.sendIndexBits()).minus(acknowledgedSlot);
            Bit asked = regNext("asked" + i, resend.bit(bit.resize(5)).and(bit.lt(left.resize(32))));
            when(take.and(told.eq(i)), () -> {
                sentBit.set(1);
                everBit.set(1);
            });
            when(valid.and(asked), () -> sentBit.set(0));
            when(closing.and(nextSlot.eq(i)), () -> {
                sentBit.set(0);
                everBit.set(0);
            });
        }
        when(started, () -> {
            finished.set(0);
            seen.forEach(b -> b.set(0));
        });
        when(newSession, () -> {
            oldest.set(0);
            count.set(0);
            bytesLeft.set(0);
            openLength.set(0);
            closing.set(0);
        });

        Bits packet = regNext("packet", packets.readNow(slots == 1 ? UInt.of(0, 1) : chosen));
        unsent = out("unsent", any);
        sequence = out("result_sequence", regNext("sequence", oldest.plus(steps)));
        length = out("result_length", packet.slice(96, lengthBits).asUInt());
        Bits tensor = packet.slice(96 + lengthBits, tensorBits);
        Bits last = packet.slice(96 + lengthBits + tensorBits, 1);
        prefix = out(
                "prefix", Bits.concat(packet.slice(64, 32), last.resize(16), tensor.resize(16), packet.slice(0, 64)));
        UInt sending = reg("sending", uint(format.sendIndexBits())).initial(0);
        when(take, () -> sending.set(told));
        readData = out("read_data", bytes.read(address(readIndex, sending, slots), readEnable));
        resentPackets = out("resent_packets", resent);
        finishedFrames = out("finished_frames", finished);
    }

    private static UInt address(UInt inSlot, UInt slot, int slots) {
        return slots == 1 ? inSlot : Bits.concat(slot.asBits(), inSlot.asBits()).asUInt();
    }
}
