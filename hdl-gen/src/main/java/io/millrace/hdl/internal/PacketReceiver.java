package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.UInt;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Finds packets in the byte stream from the host: section 8.3 of {@code docs/protocol.md}. The data of a numbered packet that fits the window goes
 * to its slot as it comes; {@code good} is 1 for one clock after an undamaged packet, while the header fields show it. On a packet link a packet is a whole
 * message.
 */
final class PacketReceiver extends Block {
    private static final int HUNT = 0;
    private static final int MARK = 1;
    private static final int HEADER = 2;
    private static final int DECIDE = 3;
    private static final int PAYLOAD = 4;
    private static final int CRC = 5;
    private static final int ACT = 6;
    /** On a packet link: the rest of a message that holds no packet. */
    private static final int SKIP = 7;

    private static final int FIRST_MARK = 0xA5;
    private static final int SECOND_MARK = 0x5A;
    private static final int HEADER_REST = 14;

    final Bit valid;
    final Bits data;
    final Bit ready;
    /** Of a packet link, with the last byte of a message: that it is, and that the message came damaged. */
    final @Nullable Bit last;

    final @Nullable Bit bad;
    final Bits session;
    final UInt base;
    final Bits full;
    final Bit refused;

    final Bit good;
    final Bit dropped;
    final Bits type;
    final Bit answer;
    final UInt length;
    final Bits packetSession;
    final UInt sequence;
    final Bits payload;
    final Bit store;
    final Bit numbered;
    final Bit writeEnable;
    final UInt writeAddress;
    final Bits writeData;

    PacketReceiver(PacketFormat format) {
        super("host_packet_receiver");
        valid = in("link_valid", bit());
        data = in("link_data", bits(8));
        last = format.packets() ? in("link_last", bit()) : null;
        bad = format.packets() ? in("link_bad", bit()) : null;
        session = in("session", bits(32));
        base = in("base", uint(32));
        full = in("slots_full", bits(format.receiveSlots()));
        refused = in("refused", bit());

        UInt state = reg("state", uint(3)).init(HUNT);
        Bits header = reg("header", bits(8 * HEADER_REST)).initial(0);
        UInt count = reg("count", uint(4)).initial(0);
        UInt left = reg("left", uint(PacketFormat.LENGTH_BITS)).initial(0);
        UInt position = reg("position", uint(PacketFormat.LENGTH_BITS)).initial(0);
        Bits early = reg("early_payload", bits(64)).initial(0);
        Bit stores = reg("stores", bit()).initial(0);
        Bits crc = reg("crc", bits(32)).initial(0);

        ready = out("link_ready", state.ne(DECIDE).and(state.ne(ACT)));
        Bit taken = wire("taken", valid.and(ready));
        Bit firstMark = wire("first_mark", data.eq(FIRST_MARK));
        Bit starts = wire("starts", state.eq(HUNT).or(state.eq(MARK).and(firstMark)));
        Bits from = starts.mux(Bits.of(Crc32.START, 32), crc);
        when(taken, () -> crc.set(Crc32.PACKET.step(from, data)));

        type = out("packet_type", header.slice(0, 8));
        answer = out("packet_answer", header.bit(8));
        UInt wholeLength = header.slice(16, 16).asUInt();
        length = out("packet_length", wholeLength.resize(PacketFormat.LENGTH_BITS));
        packetSession = out("packet_session", header.slice(48, 32));
        sequence = out("packet_sequence", header.slice(80, 32).asUInt());
        payload = out("packet_payload", early);
        store = out("packet_stored", stores);
        numbered = out("packet_numbered", type.slice(2, 6).eq(0x10 >> 2));

        // When byte 7 comes, bytes 4 to 6 are the last in the header register.
        UInt lengthNow = header.slice(88, 16).asUInt();
        Bits checkNow = Bits.concat(data, header.slice(104, 8));
        Bit badLength = wire(
                "bad_length",
                checkNow.ne(lengthNow.asBits().not())
                        .or(lengthNow.gt(UInt.of(format.dataBytesMax() + PacketFormat.PREFIX_BYTES, 16))));
        Bit dropsHeader = wire(
                "drops_header", state.eq(HEADER).and(taken).and(count.eq(5)).and(badLength));
        Bit intact = wire("intact", crc.eq(Crc32.PACKET.good));
        good = out("good", state.eq(ACT).and(intact));
        dropped = out("dropped", bit());
        Bit spoilt = state.eq(ACT).and(intact.not());

        UInt distance = sequence.minus(base);
        UInt slot = sequence.resize(format.receiveIndexBits());
        Bit empty = (format.receiveSlots() == 1 ? full.bit(0) : full.bit(slot)).not();
        // Two clocks: the comparison, then what follows from it.
        Bit fits = regNext("fits", distance.lt(format.receiveSlots()).and(empty));
        Bit ofSession = regNext("of_session", packetSession.eq(session));
        UInt padded = wire("padded", length.plus(3).shiftRight(2).shiftLeft(2).resize(PacketFormat.LENGTH_BITS));

        select(state)
                .is(HUNT, () -> when(taken.and(firstMark), () -> state.set(MARK)))
                .is(
                        MARK,
                        () -> when(taken, () -> {
                            count.set(0);
                            when(data.eq(SECOND_MARK), () -> state.set(HEADER))
                                    .elseWhen(firstMark.not(), () -> state.set(HUNT));
                        }))
                .is(
                        HEADER,
                        () -> when(taken, () -> {
                            header.set(Bits.concat(data, header.slice(8, 8 * (HEADER_REST - 1))));
                            count.set(count.plus(1));
                            when(count.eq(HEADER_REST - 1), () -> state.set(DECIDE));
                            when(dropsHeader, () -> state.set(HUNT));
                        }))
                .is(DECIDE, () -> {
                    stores.set(numbered.and(ofSession).and(refused.not()).and(fits));
                    position.set(0);
                    left.set(padded);
                    count.set(HEADER_REST + 1);
                    when(count.eq(HEADER_REST + 1), () -> {
                        count.set(0);
                        when(length.eq(0), () -> state.set(CRC)).otherwise(() -> state.set(PAYLOAD));
                    });
                })
                .is(
                        PAYLOAD,
                        () -> when(taken, () -> {
                            position.set(position.plus(1));
                            left.set(left.minus(1));
                            when(position.lt(8), () -> early.set(Bits.concat(data, early.slice(8, 56))));
                            when(left.eq(1), () -> state.set(CRC));
                        }))
                .is(
                        CRC,
                        () -> when(taken, () -> {
                            count.set(count.plus(1));
                            when(count.eq(3), () -> state.set(ACT));
                        }))
                .otherwise(() -> state.set(HUNT));
        if (last != null && bad != null) {
            Bit ends = wire("ends", state.eq(CRC).and(count.eq(3)));
            Bit whole = wire("whole", ends.and(last).and(bad.not()));
            Bit astray = state.eq(HUNT)
                    .and(firstMark.not())
                    .or(state.eq(MARK).and(data.ne(SECOND_MARK)))
                    .or(dropsHeader)
                    .or(ends);
            when(state.eq(SKIP), () -> state.set(SKIP));
            when(
                    taken.and(whole.not()),
                    () -> when(last, () -> state.set(HUNT)).elseWhen(astray, () -> state.set(SKIP)));
            dropped.set(taken.and(last).and(whole.not()).or(spoilt));
        } else {
            dropped.set(dropsHeader.or(spoilt));
        }

        Bit isData = type.slice(0, 2).eq(PacketFormat.DATA);
        UInt skipped = isData.mux(UInt.of(PacketFormat.PREFIX_BYTES, 5), UInt.of(0, 5));
        Bit inSlot = position.lt(length).and(position.ge(skipped.resize(PacketFormat.LENGTH_BITS)));
        writeEnable =
                out("write_enable", state.eq(PAYLOAD).and(taken).and(stores).and(inSlot));
        var address = new ArrayList<Bits>();
        address.add(position.minus(skipped.resize(PacketFormat.LENGTH_BITS))
                .resize(format.slotBits())
                .asBits());
        if (format.receiveSlots() > 1) {
            address.add(slot.asBits());
        }
        writeAddress = out("write_address", join(address).asUInt());
        writeData = out("write_data", data);
    }
}
