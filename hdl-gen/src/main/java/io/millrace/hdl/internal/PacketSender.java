package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.UInt;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Chooses the next packet and sends it, a byte a clock: section 8.6 of {@code docs/protocol.md}. */
final class PacketSender extends Block {
    private static final int IDLE = 0;
    private static final int FIXED = 1;
    private static final int DATA = 2;
    private static final int PAD = 3;
    private static final int CRC = 4;

    private static final int HEADER_BYTES = 16;
    private static final int CRC_BYTES = 4;
    /** Payload bytes held in the register with the header; INFO has twice as many. */
    private static final int HELD_BYTES = 24;

    final Bits due;
    final Bits answers;
    final Bits session;
    final Bits foreignSession;
    final UInt refusalCode;
    final Bits refusalDetail;
    final UInt base;
    final Bits full;
    final Bits program;
    /** The 24 bytes of COUNTERS. */
    final Bits counters;

    final Bit unsent;
    final Bit take;
    final UInt resultSequence;
    final UInt resultLength;
    final Bits resultPrefix;
    final Bit readEnable;
    final UInt readIndex;
    final Bits readData;
    final Bit valid;
    final Bits data;
    final Bit ready;
    /** Of a packet link: the last byte of a packet; bytes of the whole packet; that it goes to the host that was taken for a stray. */
    final @Nullable Bit last;

    final @Nullable UInt bytes;
    final @Nullable Bit toStray;

    private final @Nullable UInt packetBytes;
    private final Bits register;
    private final UInt fixedLeft;
    private final UInt dataLeft;
    private final UInt padLeft;
    private final Bit secondHalf;

    PacketSender(PacketFormat format) {
        super("host_packet_sender");
        int lengthBits = PacketFormat.LENGTH_BITS;
        due = in("due", bits(SessionControl.DUE_KINDS));
        session = in("session", bits(32));
        foreignSession = in("foreign_session", bits(32));
        refusalCode = in("refusal_code", uint(3));
        refusalDetail = in("refusal_detail", bits(32));
        base = in("base", uint(32));
        full = in("slots_full", bits(format.receiveSlots()));
        program = in("program_identity", bits(128));
        counters = in("counters", bits(192));
        unsent = in("unsent", bit());
        resultSequence = in("result_sequence", uint(32));
        resultLength = in("result_length", uint(lengthBits));
        resultPrefix = in("result_prefix", bits(128));
        readData = in("read_data", bits(8));
        ready = in("link_ready", bit());

        UInt state = reg("state", uint(3)).init(IDLE);
        packetBytes = format.packets() ? reg("packet_bytes", uint(lengthBits)).initial(0) : null;
        register = reg("held", bits(8 * (HEADER_BYTES + HELD_BYTES))).initial(0);
        fixedLeft = reg("fixed_left", uint(6)).initial(0);
        dataLeft = reg("data_left", uint(lengthBits)).initial(0);
        padLeft = reg("pad_left", uint(2)).initial(0);
        UInt crcLeft = reg("crc_left", uint(2)).initial(0);
        UInt nextByte = reg("next_byte", uint(format.slotBits())).initial(0);
        Bits crc = reg("crc", bits(32)).initial(0);
        secondHalf = reg("second_half", bit()).initial(0);
        Bit resultFirst = reg("result_first", bit()).init(0);

        // INFO in two halves, byte 0 lowest.
        Bits infoLow = Bits.concat(
                program.slice(0, 32),
                constant(format.design().toBytes()),
                Bits.of(PacketFormat.FEATURE_CYCLE_COUNTERS, 16),
                Bits.of(PacketFormat.VERSION, 16));
        Bits infoHigh = Bits.concat(
                Bits.of(format.clockKhz(), 32),
                Bits.of(format.frames(), 8),
                Bits.of(format.codeBytes(), 8),
                Bits.of(format.inBytes(), 16),
                Bits.of(format.sendSlots(), 8),
                Bits.of(format.receiveSlots(), 8),
                Bits.of(format.dataBytesMax(), 16),
                program.slice(32, 96));

        Bit idle = wire("idle", state.eq(IDLE));
        Bit resultTurn = unsent.and(resultFirst);
        List<Bit> go = new ArrayList<>();
        Bit taken = Bit.of(false);
        for (int kind = 0; kind < SessionControl.DUE_KINDS; kind++) {
            Bit blocked = kind < SessionControl.DUE_ACK ? taken : taken.or(resultTurn);
            Bit now = wire("go" + kind, idle.and(due.bit(kind)).and(blocked.not()));
            go.add(now);
            taken = taken.or(due.bit(kind));
        }
        take = out("take", wire("go_result", idle.and(unsent).and(any(go).not())));
        answers = out("answers", joinBits(go));

        when(idle, () -> {
            secondHalf.set(0);
            dataLeft.set(0);
            padLeft.set(0);
        });
        when(go.get(SessionControl.DUE_INFO), () -> {
            load(PacketFormat.INFO, UInt.of(48, lengthBits), session, UInt.of(0, 32), infoLow, HELD_BYTES);
            secondHalf.set(1);
        });
        when(go.get(SessionControl.DUE_NO_SESSION), () -> {
            Bits payload = Bits.concat(session, Bits.of(PacketFormat.NO_SESSION, 32));
            load(PacketFormat.ERROR, UInt.of(8, lengthBits), foreignSession, UInt.of(0, 32), payload, 8);
        });
        when(go.get(SessionControl.DUE_REFUSAL), () -> {
            Bits payload = Bits.concat(refusalDetail, refusalCode.asBits().resize(32));
            load(PacketFormat.ERROR, UInt.of(8, lengthBits), session, UInt.of(0, 32), payload, 8);
        });
        when(go.get(SessionControl.DUE_ACK), () -> {
            Bits payload = Bits.concat(Bits.of(0, 32), received(format).resize(32));
            load(PacketFormat.ACK, UInt.of(8, lengthBits), session, base, payload, 8);
            resultFirst.set(1);
        });
        when(go.get(SessionControl.DUE_COUNTERS), () -> {
            load(PacketFormat.COUNTERS, UInt.of(24, lengthBits), session, UInt.of(0, 32), counters, 24);
            resultFirst.set(1);
        });
        when(take, () -> {
            UInt length = resultLength.plus(PacketFormat.PREFIX_BYTES);
            load(PacketFormat.RESULT, length, session, resultSequence, resultPrefix, 16);
            dataLeft.set(resultLength);
            padLeft.set(UInt.of(0, 2).minus(resultLength.resize(2)));
            resultFirst.set(0);
        });
        when(idle.and(any(go).or(take)), () -> {
            state.set(FIXED);
            crc.set(Bits.of(Crc32.START, 32));
            crcLeft.set(3);
            nextByte.set(0);
        });

        Bit moves = wire("moves", idle.not().and(ready));
        Bits body = wire("body", bits(8));
        body.set(register.slice(0, 8));
        when(state.eq(DATA), () -> body.set(readData));
        when(state.eq(PAD), () -> body.set(0));
        when(moves.and(state.ne(CRC)), () -> crc.set(Crc32.PACKET.step(crc, body)));
        UInt afterData = padLeft.ne(0).mux(UInt.of(PAD, 3), UInt.of(CRC, 3));
        when(
                moves,
                () -> select(state)
                        .is(FIXED, () -> {
                            register.set(register.shiftRight(UInt.of(8, 4)));
                            fixedLeft.set(fixedLeft.minus(1));
                            when(
                                    fixedLeft.eq(1),
                                    () -> when(secondHalf, () -> {
                                                register.set(infoHigh.resize(register.width()));
                                                fixedLeft.set(HELD_BYTES);
                                                secondHalf.set(0);
                                            })
                                            .otherwise(() ->
                                                    state.set(dataLeft.ne(0).mux(UInt.of(DATA, 3), afterData))));
                        })
                        .is(DATA, () -> {
                            dataLeft.set(dataLeft.minus(1));
                            when(dataLeft.eq(1), () -> state.set(afterData));
                        })
                        .is(PAD, () -> {
                            padLeft.set(padLeft.minus(1));
                            when(padLeft.eq(1), () -> state.set(CRC));
                        })
                        .otherwise(() -> {
                            crc.set(crc.shiftRight(UInt.of(8, 4)));
                            crcLeft.set(crcLeft.minus(1));
                            when(crcLeft.eq(0), () -> state.set(IDLE));
                        }));
        // The byte after the one that leaves.
        Bit reads = moves.and(state.eq(FIXED).or(state.eq(DATA)));
        when(reads.and(state.eq(DATA).or(fixedLeft.eq(1))), () -> nextByte.set(nextByte.plus(1)));
        readEnable = out("read_enable", reads);
        readIndex = out("read_index", nextByte);
        valid = out("link_valid", idle.not());
        data = out("link_data", state.eq(CRC).mux(crc.slice(0, 8).not(), body));
        if (packetBytes != null) {
            Bit strays = reg("to_stray", bit()).initial(0);
            when(idle, () -> strays.set(go.get(SessionControl.DUE_NO_SESSION)));
            last = out("link_last", state.eq(CRC).and(crcLeft.eq(0)));
            bytes = out("link_bytes", packetBytes);
            toStray = out("link_to_stray", strays);
        } else {
            last = null;
            bytes = null;
            toStray = null;
        }
    }

    /** Takes header and first part of a packet into the register. */
    private void load(int type, UInt length, Bits packetSession, UInt sequence, Bits payload, int payloadBytes) {
        if (packetBytes != null) {
            UInt padded = length.plus(3).shiftRight(2).shiftLeft(2);
            packetBytes.set(padded.plus(HEADER_BYTES + CRC_BYTES));
        }
        Bits header = header(type, length, packetSession, sequence);
        register.set(Bits.concat(payload, header).resize(register.width()));
        fixedLeft.set(HEADER_BYTES + payloadBytes);
    }

    private static Bits header(int type, UInt length, Bits session, UInt sequence) {
        Bits wide = length.asBits().resize(16);
        return Bits.concat(
                sequence.asBits(), session, wide.not(), wide, Bits.of(0, 8), Bits.of(type, 8), Bits.of(0x5AA5, 16));
    }

    /** Bit i: number base + i is in a slot. */
    private Bits received(PacketFormat format) {
        int slots = format.receiveSlots();
        if (slots == 1) {
            return full;
        }
        UInt first = base.resize(format.receiveIndexBits());
        List<Bit> bits = new ArrayList<>();
        for (int i = 0; i < slots; i++) {
            bits.add(full.bit(first.plus(i)));
        }
        return joinBits(bits);
    }

    private static Bits constant(byte[] bytes) {
        List<Bits> parts = new ArrayList<>();
        for (byte b : bytes) {
            parts.add(Bits.of(b & 0xff, 8));
        }
        return join(parts);
    }
}
