package io.millrace.hdl.internal;

import io.millrace.hdl.EthernetOptions;
import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.UInt;
import java.util.stream.IntStream;

/**
 * Takes the datagrams for one UDP port out of frames, and requests for one IPv4 address. Everything else is dropped: other addresses and ports, fragments, headers with
 * options or a wrong checksum, lengths that contradict each other. The checksum of UDP is not looked at; packets have a better one.
 *
 * <p>A datagram's data goes on as it comes. Whether it was whole is known when its frame has ended, so its last byte is held back until then.
 */
final class DatagramReceiver extends Block {
    static final int MAC_BITS = 48;
    static final int ADDRESS_BITS = 32;
    static final int PORT_BITS = 16;
    /** MAC address, IPv4 address and port, in this order, the MAC address highest. */
    static final int PEER_BITS = MAC_BITS + ADDRESS_BITS + PORT_BITS;

    /** Ethernet, IPv4 without options and UDP; or Ethernet and ARP. */
    static final int HEADER_BYTES = 42;

    static final int UDP_HEADER_BYTES = 8;
    static final int IP_HEADER_BYTES = 20;
    private static final int ETHERNET_HEADER_BYTES = 14;
    private static final int LENGTH_BITS = 11;
    private static final long SUM_OF_GOOD_HEADER = 0xFFFF;

    final Bit wordValid;
    final Bits word;
    final Bit wordReady;

    final Bit valid;
    final Bits data;
    final Bit last;
    final Bit bad;
    final Bit ready;
    /** Who sent the datagram whose data is shown, and until the next one. */
    final Bits sender;
    /** 1 for a clock: somebody asks for the address. */
    final Bit asked;
    /** With {@code asked}: MAC address and IPv4 address of who asks, the MAC address highest. */
    final Bits asker;

    DatagramReceiver(EthernetOptions options) {
        super("datagram_receiver");
        wordValid = in("word_valid", bit());
        word = in("word", bits(EthernetReceiver.WORD_BITS));
        ready = in("ready", bit());

        Bits value = word.slice(0, 8);
        Bit ends = word.bit(EthernetReceiver.END_BIT);
        Bit good = word.bit(EthernetReceiver.GOOD_BIT);
        UInt place = reg("place", uint(6)).init(0);
        UInt left = reg("left", uint(LENGTH_BITS)).initial(0);
        // Data are still to come: left is not 0.
        Bit more = reg("more", bit()).init(0);
        Bit holds = reg("holds", bit()).init(0);
        Bits held = reg("held", bits(8)).initial(0);

        Bit inHeader = wire("in_header", place.ne(HEADER_BYTES));
        Bit inData = wire("in_data", ends.not().and(more));
        Bit emits = wire("emits", wordValid.and(holds).and(ends.or(inData)));
        Bit taken = wire("taken", wordValid.and(emits.not().or(ready)));
        Bit headerByte = wire("header_byte", taken.and(ends.not()).and(inHeader));

        Bit toUs = new HeaderPattern()
                .number(0, 6, options.macAddress())
                .seen(this, "to_us", headerByte.and(place.lt(6)), place, value);
        Bit toAll =
                new HeaderPattern().number(0, 6, -1L).seen(this, "to_all", headerByte.and(place.lt(6)), place, value);
        Bit isUdp = udp(options).seen(this, "is_udp", headerByte, place, value);
        Bit isRequest = request(options).seen(this, "is_request", headerByte, place, value);

        // Shifted together from here and there, the first byte highest.
        Bits peer = reg("peer", bits(PEER_BITS)).initial(0);
        Bit keeps = wire(
                "keeps",
                isRequest.mux(
                        at(place, 6, 6).or(at(place, 22, 10)),
                        at(place, 6, 6).or(at(place, 26, 4)).or(at(place, 34, 2))));
        when(headerByte.and(keeps), () -> peer.set(Bits.concat(peer.slice(0, PEER_BITS - 8), value)));
        UInt total = field("total_length", headerByte, place, 16, value);
        UInt length = field("udp_length", headerByte, place, 38, value);
        Bit lengthsFit = regNext(
                "lengths_fit",
                length.eq(total.minus(IP_HEADER_BYTES))
                        .and(total.lt(EthernetReceiver.FRAME_BYTES_MAX - ETHERNET_HEADER_BYTES))
                        .and(length.ge(UDP_HEADER_BYTES + 1)));
        Bit sumFits = headerSum(headerByte, place, value);

        Bits from = reg("from", bits(PEER_BITS)).initial(0);
        when(taken, () -> {
            when(ends, () -> {
                        place.set(0);
                        more.set(0);
                        holds.set(0);
                    })
                    .elseWhen(inHeader, () -> {
                        place.set(place.plus(1));
                        when(
                                place.eq(HEADER_BYTES - 1)
                                        .and(toUs)
                                        .and(isUdp)
                                        .and(lengthsFit)
                                        .and(sumFits),
                                () -> {
                                    left.set(length.minus(UDP_HEADER_BYTES).resize(LENGTH_BITS));
                                    more.set(1);
                                    from.set(peer);
                                });
                    })
                    .elseWhen(inData, () -> {
                        left.set(left.minus(1));
                        when(left.eq(1), () -> more.set(0));
                        holds.set(1);
                        held.set(value);
                    });
        });
        wordReady = out("word_ready", emits.not().or(ready));
        valid = out("valid", emits);
        data = out("data", held);
        last = out("last", ends);
        bad = out("bad", good.not().or(more));
        sender = out("sender", from);
        Bit whole = inHeader.not().and(good);
        asked = out(
                "asked",
                regNext("asks", taken.and(ends).and(whole).and(isRequest).and(toUs.or(toAll))));
        asker = out("asker", peer.slice(0, MAC_BITS + ADDRESS_BITS));
    }

    /** RFC 791, RFC 768: version 4, five words of header, no fragment, UDP; from no group. */
    private static HeaderPattern udp(EthernetOptions options) {
        return new HeaderPattern()
                .zeros(6, 1)
                .bytes(12, 0x08, 0x00, 0x45)
                .zeros(20, 0xBF)
                .bytes(21, 0)
                .bytes(23, 17)
                .number(30, 4, options.address())
                .number(36, 2, options.port());
    }

    /** RFC 826: a request for the address, by a station of Ethernet. */
    private static HeaderPattern request(EthernetOptions options) {
        return new HeaderPattern()
                .zeros(6, 1)
                .bytes(12, 0x08, 0x06, 0, 1, 0x08, 0x00, 6, 4, 0, 1)
                .zeros(22, 1)
                .number(38, 4, options.address());
    }

    private static Bit at(UInt place, int first, int bytes) {
        return any(IntStream.range(first, first + bytes).mapToObj(place::eq).toList());
    }

    /** A number of two bytes in the header. */
    private UInt field(String name, Bit taken, UInt place, int first, Bits value) {
        Bits field = reg(name, bits(16)).initial(0);
        when(taken.and(at(place, first, 2)), () -> field.set(Bits.concat(field.slice(0, 8), value)));
        return field.asUInt();
    }

    /** Whether the ones' complement sum of the IPv4 header is that of a good one; known some bytes behind it. */
    private Bit headerSum(Bit taken, UInt place, Bits value) {
        int end = ETHERNET_HEADER_BYTES + IP_HEADER_BYTES;
        UInt sum = reg("header_sum", uint(16)).initial(0);
        Bit carry = reg("header_carry", bit()).initial(0);
        Bits before = reg("byte_before", bits(8)).initial(0);
        Bit second = place.bit(0);
        UInt added =
                place.eq(end).mux(UInt.of(0, 16), Bits.concat(before, value).asUInt());
        UInt next =
                wire("header_sum_next", sum.plusCarry(added).plus(carry.asUInt().resize(17)));
        Bit inHeader = place.ge(ETHERNET_HEADER_BYTES).and(place.lt(end));
        when(taken, () -> {
            before.set(value);
            when(place.eq(0), () -> {
                        sum.set(0);
                        carry.set(0);
                    })
                    .elseWhen(inHeader.and(second).or(place.eq(end)), () -> {
                        sum.set(next.slice(0, 16));
                        carry.set(next.bit(16));
                    });
        });
        return sum.eq(SUM_OF_GOOD_HEADER);
    }
}
