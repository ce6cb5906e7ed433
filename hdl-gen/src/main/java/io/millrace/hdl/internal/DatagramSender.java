package io.millrace.hdl.internal;

import io.millrace.hdl.EthernetOptions;
import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.UInt;
import java.util.ArrayList;
import java.util.List;

/**
 * Puts packets into datagrams and these into frames, and answers who asks for the address. The checksum of UDP is 0, which says that there is none (RFC 768): it would
 * stand before what it is summed of, and packets have a better one.
 */
final class DatagramSender extends Block {
    private static final int IDLE = 0;
    private static final int SUM = 1;
    private static final int HEADER = 2;
    private static final int BODY = 3;
    private static final int WHOLE = 4;

    private static final int TIME_TO_LIVE = 64;
    /** What is summed: the length, two halves of the address, two carries; each is chosen a clock before. */
    private static final int SUM_STEPS = 6;

    final Bit asked;
    final Bits asker;
    final Bits host;
    final Bits stray;

    final Bit valid;
    final Bits data;
    final Bit last;
    final UInt bytes;
    final Bit toStray;
    final Bit ready;

    /** Words of {@link EthernetSender}. */
    final Bit wordValid;

    final Bits word;
    final Bit wordReady;
    /** A frame is in the queue as a whole. */
    final Bit frameWhole;

    final Bit frameTaken;

    DatagramSender(EthernetOptions options) {
        super("datagram_sender");
        asked = in("asked", bit());
        asker = in("asker", bits(DatagramReceiver.MAC_BITS + DatagramReceiver.ADDRESS_BITS));
        host = in("host", bits(DatagramReceiver.PEER_BITS));
        stray = in("stray", bits(DatagramReceiver.PEER_BITS));
        valid = in("valid", bit());
        data = in("data", bits(8));
        last = in("last", bit());
        bytes = in("bytes", uint(PacketFormat.LENGTH_BITS));
        toStray = in("to_stray", bit());
        wordReady = in("word_ready", bit());
        frameTaken = in("frame_taken", bit());

        UInt state = reg("state", uint(3)).init(IDLE);
        UInt place = reg("place", uint(6)).initial(0);
        Bit answers = reg("answers", bit()).initial(0);
        Bit due = reg("answer_due", bit()).init(0);
        Bits dueTo = reg("answer_to", bits(asker.width())).initial(0);
        Bits to = reg("to", bits(DatagramReceiver.PEER_BITS)).initial(0);
        UInt udpLength = reg("udp_length", uint(16)).initial(0);
        UInt length = reg("length", uint(16)).initial(0);

        when(state.eq(IDLE), () -> {
            place.set(0);
            answers.set(due);
            udpLength.set(bytes.resize(16).plus(DatagramReceiver.UDP_HEADER_BYTES));
            length.set(bytes.resize(16).plus(DatagramReceiver.UDP_HEADER_BYTES + DatagramReceiver.IP_HEADER_BYTES));
            when(due, () -> {
                        due.set(0);
                        to.set(Bits.concat(dueTo, Bits.of(0, DatagramReceiver.PORT_BITS)));
                        state.set(HEADER);
                    })
                    .elseWhen(valid, () -> {
                        to.set(toStray.mux(stray, host));
                        state.set(SUM);
                    });
        });
        when(asked, () -> {
            due.set(1);
            dueTo.set(asker);
        });
        Bits checksum = checksum(options, state, place, length, to);
        Bit atEnd = wire("at_end", place.eq(DatagramReceiver.HEADER_BYTES - 1));
        select(state)
                .is(SUM, () -> {
                    place.set(place.plus(1));
                    when(place.eq(SUM_STEPS - 1), () -> {
                        place.set(0);
                        state.set(HEADER);
                    });
                })
                .is(
                        HEADER,
                        () -> when(wordReady, () -> {
                            place.set(place.plus(1));
                            when(atEnd, () -> state.set(answers.mux(UInt.of(WHOLE, 3), UInt.of(BODY, 3))));
                        }))
                .is(BODY, () -> when(valid.and(wordReady).and(last), () -> state.set(WHOLE)))
                .is(WHOLE, () -> when(frameTaken, () -> state.set(IDLE)))
                .otherwise(() -> {});

        Bits answer = pick(place, answer(options, to));
        Bits header = pick(place, header(options, to, length, checksum, udpLength));
        Bit inBody = wire("in_body", state.eq(BODY));
        Bits value = inBody.mux(data, answers.mux(answer, header));
        Bit isLast = inBody.mux(last, answers.and(atEnd));
        ready = out("ready", inBody.and(wordReady));
        wordValid = out("word_valid", state.eq(HEADER).or(inBody.and(valid)));
        word = out("word", Bits.concat(isLast.asBits(), value));
        frameWhole = out("frame_whole", state.eq(WHOLE));
    }

    /** Of the IPv4 header (RFC 791), summed up in as many steps as it has parts that change. */
    private Bits checksum(EthernetOptions options, UInt state, UInt step, UInt length, Bits to) {
        UInt sum = reg("sum", uint(16)).initial(0);
        Bit carry = reg("sum_carry", bit()).initial(0);
        UInt address = to.slice(DatagramReceiver.PORT_BITS, DatagramReceiver.ADDRESS_BITS)
                .asUInt();
        UInt zero = UInt.of(0, 16);
        UInt part = regNext("part", pick(step, List.of(length, address.slice(16, 16), address.slice(0, 16), zero)));
        UInt next = wire("sum_next", sum.plusCarry(part).plus(carry.asUInt().resize(17)));
        when(state.eq(IDLE), () -> {
            sum.set(constantSum(options));
            carry.set(0);
        });
        when(state.eq(SUM).and(step.ne(0)), () -> {
            sum.set(next.slice(0, 16));
            carry.set(next.bit(16));
        });
        return sum.not().asBits();
    }

    private static long constantSum(EthernetOptions options) {
        int address = options.address();
        long sum = 0x4500L + 0x4000 + (TIME_TO_LIVE << 8 | 17) + (address >>> 16) + (address & 0xffff);
        return (sum & 0xffff) + (sum >>> 16);
    }

    /** Destination and source. */
    private static List<Bits> stations(EthernetOptions options, Bits to) {
        var list = new ArrayList<>(highestFirst(to.slice(DatagramReceiver.PEER_BITS - 48, 48)));
        list.addAll(constant(options.macAddress(), 6));
        return list;
    }

    private static List<Bits> header(EthernetOptions options, Bits to, UInt length, Bits checksum, UInt udpLength) {
        var list = new ArrayList<>(stations(options, to));
        list.addAll(constant(0x0800_4500L, 4));
        list.addAll(highestFirst(length.asBits()));
        // Identification 0 and no fragments (RFC 6864, section 4.1).
        list.addAll(constant(0x0000_4000_0011L | TIME_TO_LIVE << 8, 6));
        list.addAll(highestFirst(checksum));
        list.addAll(constant(Integer.toUnsignedLong(options.address()), 4));
        list.addAll(highestFirst(to.slice(DatagramReceiver.PORT_BITS, DatagramReceiver.ADDRESS_BITS)));
        list.addAll(constant(options.port(), 2));
        list.addAll(highestFirst(to.slice(0, DatagramReceiver.PORT_BITS)));
        list.addAll(highestFirst(udpLength.asBits()));
        list.addAll(constant(0, 2));
        return list;
    }

    /** RFC 826. */
    private static List<Bits> answer(EthernetOptions options, Bits to) {
        var list = new ArrayList<>(stations(options, to));
        list.addAll(constant(0x0806, 2));
        list.addAll(constant(0x0001_0800_0604_0002L, 8));
        list.addAll(constant(options.macAddress(), 6));
        list.addAll(constant(Integer.toUnsignedLong(options.address()), 4));
        list.addAll(highestFirst(to.slice(DatagramReceiver.PORT_BITS, 80)));
        return list;
    }

    private static List<Bits> highestFirst(Bits word) {
        return split(word, word.width() / 8).reversed();
    }

    private static List<Bits> constant(long value, int bytes) {
        var list = new ArrayList<Bits>();
        for (int i = bytes - 1; i >= 0; i--) {
            list.add(Bits.of(value >>> 8 * i & 0xff, 8));
        }
        return list;
    }
}
